"""What stands beside a name or a value: how sure, a comment, a specimen, bounds in words, a dose, and why a value is not there."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from support.small_cda import concern, document, product, result, section
from unit.test_cda_said import ALLERGIES, PROBLEMS, RESULTS, TREATMENTS, VACCINES, agent, one, read, reasons, valued

from carnet.apps.profile.entries import Content, Entry
from carnet.apps.profile.reading import content_of
from carnet.apps.profile.results import comparable, series
from carnet.apps.profile.summary import stated
from carnet.formats.cda import read_statements
from carnet.formats.cda.statements import Reason

SAYS = "<entryRelationship typeCode='REFR'><observation><code code='66455-7'/><value {}/></observation></entryRelationship>"
COMMENT = "<entryRelationship typeCode='SUBJ'><act><code code='48767-8'/><text>{}</text></act></entryRelationship>"


@pytest.mark.parametrize("said", ["code='723511001'", "code='410593006'", "code='428263003'", "code='1' displayName='Refuted (qualifier value)'",
                                  "code='1' displayName='Probablement absent'"])  # fmt: skip
def test_what_is_refuted_or_not_suspected_is_no_fact(said: str) -> None:
    assert reasons(PROBLEMS, concern("<value displayName='Asthme'/>", SAYS.format(said))) == {Reason.REFUTED}
    assert reasons(ALLERGIES, concern("<value/>", agent("<code displayName='Arachide'/>") + SAYS.format(said))) == {Reason.REFUTED}


def test_a_finding_context_that_nobody_reads_is_told_and_a_known_one_is_not() -> None:
    qualifier = "<value displayName='Asthme'><qualifier><name code='408729009'/><value code='{}' {}/></qualifier></value>"
    assert reasons(PROBLEMS, concern(qualifier.format("410593006", ""))) == {Reason.REFUTED}
    assert one(PROBLEMS, concern(qualifier.format("99", "displayName='Ailleurs'"))).detail == "Ailleurs"
    assert one(PROBLEMS, concern(qualifier.format("98", ""))).detail == "sans libellé (code 98)"
    assert one(PROBLEMS, concern(qualifier.format("410515003", ""))).detail == ""


def test_codes_without_a_label_are_told_in_words_of_ours_or_as_they_stand() -> None:
    reaction = "<entryRelationship typeCode='MFST'><observation><value code='{}'/>{}</observation></entryRelationship>"
    severe = "<entryRelationship><observation><code code='SEV'/><value code='24484000'/></observation></entryRelationship>"
    told = agent("<code displayName='Arachide'/>")
    assert one(ALLERGIES, concern("<value/>", told + reaction.format("39579001", severe))).detail == "anaphylaxie (sévère)"
    assert one(ALLERGIES, concern("<value/>", told + reaction.format("777", ""))).detail == "sans libellé (code 777)"
    held = "<entryRelationship typeCode='MFST'><organizer><component><observation><value code='126485001'/></observation></component></organizer></entryRelationship>"
    assert one(ALLERGIES, concern("<value/>", told + held)).detail == "urticaire"
    side = "<value displayName='Fracture'><qualifier><value code='7771000'/></qualifier></value>"
    assert one(PROBLEMS, concern(side)).detail == "gauche"
    assert valued(one(RESULTS, result("<value code='260385009'/>"))) == "négatif"
    assert "voie intraveineuse" in one(TREATMENTS, product(more="<routeCode code='IV'/>")).detail
    assert "voie écrite" in one(TREATMENTS, product(more="<routeCode code='IV' displayName='Voie écrite'/>")).detail


def test_comments_stand_beside_what_they_are_about() -> None:
    assert one(PROBLEMS, concern("<value displayName='Asthme'/>", COMMENT.format("Depuis l’enfance"))).detail == "Depuis l’enfance"
    told = agent("<code displayName='Arachide'/>") + COMMENT.format("Traces tolérées")
    assert one(ALLERGIES, concern("<value/>", told)).detail == "Traces tolérées"
    found = one(RESULTS, result("<value xsi:type='PQ' value='6' unit='mmol/L'/>", COMMENT.format("Échantillon hémolysé")))
    assert content_of(found).comment == "Échantillon hémolysé"
    assert (
        one(RESULTS, result("<value xsi:type='PQ' value='92' unit='%'/>", "<text>sous 3 L d’oxygène</text>")).comment
        == "sous 3 L d’oxygène"
    )
    assert one(RESULTS, result("<value xsi:type='PQ' value='92' unit='%'/>", "<text>Potassium</text>")).comment == ""


@pytest.mark.parametrize(
    ("value", "told"),
    [("<value xsi:type='PQ' nullFlavor='TRC'/>", "traces"), ("<value xsi:type='PQ' nullFlavor='UNK'/>", "valeur inconnue"),
     ("<value xsi:type='PQ' nullFlavor='MSK'/>", "non communiqué"), ("<value xsi:type='CD' nullFlavor='ASKU'/>", "demandé, et inconnu"),
     ("<value xsi:type='PQ' nullFlavor='OTH'><originalText>traces indosables</originalText></value>", "traces indosables"),
     ("<text>prélèvement insuffisant</text>", "prélèvement insuffisant"), ("<statusCode code='active'/>", "résultat attendu"),
     ("<value xsi:type='RTO_PQ_PQ'><numerator xsi:type='IVL_PQ'><low value='1' inclusive='false'/></numerator><denominator value='8'/></value>", "> 1 / 8"),
     ("<value xsi:type='ED' mediaType='application/pdf' representation='B64'>JVBERi0x</value>", "fichier dans le document"),
     ("<value xsi:type='ED' mediaType='text/plain'>Absence</value>", "Absence")],
)  # fmt: skip
def test_why_there_is_no_number_is_told(value: str, told: str) -> None:
    assert valued(one(RESULTS, result(value))) == told


@pytest.mark.parametrize("value", ["<value xsi:type='PQ' nullFlavor='NI'/>", "<value xsi:type='PQ' nullFlavor='NA'/>", "<text>Potassium</text>", "",
                                   "<value xsi:type='ED' mediaType='application/pdf' representation='B64'/>"])  # fmt: skip
def test_what_says_nothing_of_a_value_is_none(value: str) -> None:
    assert reasons(RESULTS, result(value)) == {Reason.NO_VALUE}


@pytest.mark.parametrize(
    ("bounds", "told"),
    [("<value xsi:type='ST'>inférieur au seuil</value>", "inférieur au seuil"), ("<value xsi:type='CD' displayName='Négatif attendu'/>", "Négatif attendu"),
     ("<value xsi:type='IVL_PQ'><center value='5'/><width value='2'/></value>", "étendue 2"), ("<value xsi:type='PQ' value='5' unit='g/L'/>", "5 g/L")],
)  # fmt: skip
def test_bounds_that_are_words_are_told(bounds: str, told: str) -> None:
    reference = f"<referenceRange><observationRange>{bounds}</observationRange></referenceRange>"
    assert told in content_of(one(RESULTS, result("<value xsi:type='PQ' value='6'/>", reference))).bounds_text


def test_bounds_of_another_interpretation_say_which() -> None:
    bounds = "<interpretationCode code='H'/><value xsi:type='IVL_PQ'><low value='1'/><high value='2'/></value>"
    found = result(
        "<value xsi:type='PQ' value='6'/>", f"<referenceRange><observationRange>{bounds}</observationRange></referenceRange>"
    )
    assert content_of(one(RESULTS, found)).bounds_text == "haut : 1 à 2"


def test_blood_and_urine_are_two_examinations_where_no_code_tells_them() -> None:
    specimen = (
        "<specimen><specimenRole><specimenPlayingEntity><code displayName='{}'/></specimenPlayingEntity></specimenRole></specimen>"
    )
    entry = "<observation><code><originalText>Glucose</originalText></code><value xsi:type='PQ' value='1'/>{}</observation>"
    assert [one(RESULTS, entry.format(specimen.format(name))).label for name in ("Sang", "Urine")] == [
        "Glucose (sang)",
        "Glucose (urine)",
    ]
    coded = result("<value xsi:type='PQ' value='1'/>", specimen.format("Sang"))
    assert one(RESULTS, coded).label == "Potassium", "its code tells"


def test_how_a_treatment_is_taken_in_the_words_of_its_author() -> None:
    assert one(TREATMENTS, product(more="<text>1 cp matin et soir</text>")).detail == "1 cp matin et soir"
    assert one(TREATMENTS, product(more="<text>X</text>")).detail == ""
    assert one(TREATMENTS, product(more="<text>Autre</text><doseQuantity value='2'/>")).detail == "2"
    act = "<entryRelationship><act><code code='409073007'/><text>à jeun</text></act></entryRelationship>"
    assert one(TREATMENTS, product(more=act)).detail == "à jeun"
    unit = "<doseQuantity value='2'/><administrationUnitCode displayName='Bouffée'/>"
    assert one(TREATMENTS, product(more=unit)).detail == "2 bouffées"
    reason = "<entryRelationship typeCode='RSON'><observation><value displayName='Asthme'/></observation></entryRelationship>"
    assert one(TREATMENTS, product(more=reason)).detail == "pour : Asthme"


def test_one_moment_is_one_administration_and_a_day_alone_is_a_beginning() -> None:
    once = one(TREATMENTS, product(more="<effectiveTime value='20261118083000+0100'/>"))
    assert (once.when.start, once.when.end) == ("2026-11-18", "2026-11-18")
    assert one(TREATMENTS, product(more="<effectiveTime value='20261118'/>")).when.end == ""
    often = (
        "<effectiveTime value='20261118083000+0100'/><effectiveTime xsi:type='PIVL_TS'><period value='1' unit='d'/></effectiveTime>"
    )
    assert one(TREATMENTS, product(more=often)).when.end == ""


def test_a_dose_with_who_gave_it_how_and_what_came_of_it() -> None:
    who = "<performer><assignedEntity><assignedPerson><name><given>Ida</given><family>Piqueuse</family></name></assignedPerson></assignedEntity></performer>"
    rank = (
        "<entryRelationship><observation><code code='30973-2'/><value xsi:type='INT' value='2'/></observation></entryRelationship>"
    )
    shock = "<entryRelationship typeCode='CAUS'><observation><value displayName='Malaise'/></observation></entryRelationship>"
    more = f"<routeCode code='IM'/><approachSiteCode displayName='Deltoïde gauche'/><doseQuantity value='0.5' unit='mL'/>{who}{rank}{shock}{COMMENT.format('Lot rappelé')}"
    found = content_of(one(VACCINES, product("<code displayName='ROR'/><lotNumberText>A1</lotNumberText>", more=more)))
    assert (found.detail, found.route, found.site, found.performer) == (
        "lot A1",
        "voie intramusculaire",
        "Deltoïde gauche",
        "Ida Piqueuse",
    )
    assert found.comment == "0,5 mL, dose n° 2, réaction : Malaise, Lot rappelé"
    place = "<performer><assignedEntity><representedOrganization><name>Centre</name></representedOrganization></assignedEntity></performer>"
    assert one(VACCINES, product(more=place)).performer == "Centre"
    made = product().replace(
        "</manufacturedMaterial>", "</manufacturedMaterial><manufacturerOrganization><name>Labo</name></manufacturerOrganization>"
    )
    assert one(VACCINES, made).comment == "fabricant : Labo"


def test_an_end_that_is_left_out_is_the_day_before_and_one_that_is_unknown_says_so() -> None:
    time = "<effectiveTime><low value='20261101'/><high value='{}' inclusive='false'/></effectiveTime>"
    assert one(TREATMENTS, product(more=time.format("20261129"))).when.end == "2026-11-28"
    assert one(TREATMENTS, product(more=time.format("202611"))).when.end == "2026-11"
    assert one(TREATMENTS, product(more=time.format("20261129120000"))).when.end == "2026-11-29"
    unknown = "<effectiveTime><low value='2010'/><high nullFlavor='UNK'/></effectiveTime>"
    found = one(PROBLEMS, concern("<value displayName='Asthme'/>", unknown))
    assert (found.detail, found.over) == ("fin inconnue selon le document", False)


def test_a_stay_with_its_end_alone_is_one_by_its_code_only() -> None:
    def stays(code: str) -> int:
        encounter = f"<encounter><code code='{code}'/><effectiveTime><low nullFlavor='UNK'/><high value='20261103'/></effectiveTime></encounter>"
        return len(read_statements(section("46240-8", encounter)).statements)

    assert (stays("IMP"), stays("autre")) == (1, 0)


def test_a_day_of_nine_digits_is_none() -> None:
    assert one(RESULTS, result("<value xsi:type='PQ' value='4'/>", "<effectiveTime value='202610201'/>")).when.start == ""


def test_a_certainty_beside_another_patient_is_none() -> None:
    assert read(PROBLEMS, concern("<value displayName='Asthme'/>", SAYS.format("code='410605003'")))[0].certainty == "confirmed"
    assert read_statements(document("")).statements == ()


# what several sources say


def entry(section_: str, day: int, source: str = "document", **content: Any) -> Entry:
    at = datetime(2026, 11, day, tzinfo=UTC)
    told: dict[str, Any] = {"label": "Arachide"} | content
    return Entry(uuid4(), section_, source, uuid4(), at, "x", False, None, None, Content(**told), written_at=at)


def test_a_newer_source_takes_no_reaction_away_and_the_person_stands_behind_the_document() -> None:
    old, new = entry("allergies", 1, detail="choc anaphylactique"), entry("allergies", 9)
    [found] = stated([old, new], "allergies")
    assert (found.first, found.detail) == (new, "choc anaphylactique (dit le 01/11/2026)")
    [found] = stated([old, entry("allergies", 20, "person")], "allergies")
    assert (found.first, found.detail) == (old, "choc anaphylactique")
    [found] = stated(
        [entry("devices", 1, detail="droit"), entry("devices", 1, detail="gauche"), entry("devices", 1, detail="droit")], "devices"
    )
    assert sorted(found.detail.split(" ; ")) == ["droit", "gauche"]


def test_another_bout_is_told_and_the_same_told_less_precisely_is_not() -> None:
    kept = [entry("history", 5, start=start, detail=detail)
            for start, detail in (("2015-03-01", ""), ("2010", ""), ("2010-05", ""), ("2015", ""), ("2015-03-01", "gauche"), ("", ""))]  # fmt: skip
    [found] = stated(kept, "history")
    also = {(e.content.start, e.content.detail) for e in found.also}
    assert (found.first.content.start, found.first.content.detail) == ("2015-03-01", "gauche") or ("2015-03-01", "gauche") in also
    assert {start[:4] for start, _ in also} >= {"2010"} and sum(start.startswith("2010") for start, _ in also) == 1


def test_a_final_result_takes_the_place_of_a_provisional_or_awaited_one_and_the_fuller_one_stands() -> None:
    day = date(2026, 11, 1).isoformat()
    waited = entry("results", 1, label="CRP", code="crp", value="7", unit="mg/L", start=day, status="active")
    final = entry("results", 2, label="CRP", code="crp", value="7", unit="mg/L", start=day)
    fuller = entry("results", 3, label="CRP", code="crp", value="7", unit="mg/L", start=day, high="5", interpretation="haut")
    assert [s.points for s in series([waited, final])] == [(final,)]
    assert [s.points for s in series([waited, final, fuller])] == [(fuller,)]
    assert [s.points for s in series([fuller, final])] == [(fuller,)]
    awaited = entry("results", 1, label="CRP", code="crp", value="résultat attendu", start=day, status="active")
    assert [s.points for s in series([awaited])] == [(awaited,)]
    assert [s.points for s in series([awaited, final])] == [(final,)]


def test_a_condition_in_words_is_no_need_and_a_dash_says_nothing() -> None:
    def taken(criterion: str) -> str:
        return one(TREATMENTS, product(more=f"<precondition><criterion>{criterion}</criterion></precondition>")).detail

    assert taken("<text>à suspendre avant l’opération</text>") == "condition : à suspendre avant l’opération"
    assert taken("<text>en cas de douleur</text>") == "en cas de douleur"
    assert taken("<text><reference value='#nowhere'/></text>") == ""
    assert taken("<text>-</text>") == ""
    assert taken("<value displayName='douleur'/>") == "si besoin : douleur"
    assert taken("<value displayName='si douleur'/><text/>") == "si besoin : si douleur"
    assert taken("<value nullFlavor='NI'/>") == "si besoin"
    act = "<entryRelationship><act><code code='{}'/><text>{}</text></act></entryRelationship>"
    assert one(TREATMENTS, product(more=act.format("FINSTRUCT", "boîte entière"))).detail == "au pharmacien : boîte entière"
    assert one(TREATMENTS, product(more=act.format("PINSTRUCT", "-"))).detail == ""
    count = (
        "<doseQuantity value='1' unit='{count}'><translation><originalText>1 comprimé</originalText></translation></doseQuantity>"
    )
    assert one(TREATMENTS, product(more=count)).detail == "1 comprimé"


@pytest.mark.parametrize("more", ["<text>1 comprimé chaque matin</text><effectiveTime value='20261118083000+0100'/>",
                                  "<effectiveTime xsi:type='IVL_TS' value='20261118083000+0100'/>"])  # fmt: skip
def test_a_moment_beside_words_or_as_an_interval_ends_nothing(more: str) -> None:
    assert one(TREATMENTS, product(more=more)).when.end == ""
    prescribed = product(more="<effectiveTime value='20261118083000+0100'/>", attributes="moodCode='INT'")
    assert one(TREATMENTS, prescribed).when.end == ""


def test_an_allergy_that_nothing_names_is_none() -> None:
    empty = concern("<value xsi:type='CD'><originalText><reference value='#'/></originalText></value>", agent("<code/>"))
    assert reasons(ALLERGIES, empty) == {Reason.NOT_A_THING}
    assert one(ALLERGIES, concern("<value/>", agent("<code nullFlavor='OTH'/>"))).label == ""


def test_a_short_comment_on_a_battery_concerns_each_of_its_values_and_a_germ_its_count() -> None:
    note = "<component><act><code code='48767-8'/><text>{}</text></act></component>"
    battery = f"<organizer>{note.format('Plasma hémolysé')}{note.format('x' * 81)}<component>{result('<value value=' + chr(34) + '6' + chr(34) + '/>')}</component></organizer>"
    assert one(RESULTS, battery).comment == "Plasma hémolysé"
    germ = "<specimen><specimenRole><specimenPlayingEntity classCode='MIC'><code displayName='E. coli'/></specimenPlayingEntity></specimenRole></specimen>"
    found = read(
        RESULTS, f"<organizer>{germ}<component>{result('<value value=' + chr(34) + '6' + chr(34) + '/>')}</component></organizer>"
    )
    assert {s.organism for s in found if s.label == "Potassium"} == {"E. coli"}


def test_the_line_of_a_table_is_no_value() -> None:
    text = '<content ID="r">Potassium 4,1 mmol/L 3,5 - 5,0</content><content ID="i">prélèvement insuffisant</content>'
    assert read(RESULTS, result("<text><reference value='#r'/></text>"), text) == ()
    assert valued(one(RESULTS, result("<text><reference value='#i'/></text>"), text)) == "prélèvement insuffisant"


def test_a_centre_with_its_width_tells_both() -> None:
    interval = "<value xsi:type='IVL_PQ'><center value='6' unit='mg/L'/><width value='2' unit='mg/L'/></value>"
    assert valued(one(RESULTS, result(interval))) == "6 mg/L étendue 2 mg/L"


def test_what_the_person_notes_since_it_was_over_is_there_by_their_word() -> None:
    over = entry("allergies", 1, clinical="resolved", active=False)
    noted = entry("allergies", 9, "person")
    assert stated([over, noted], "allergies")[0].first is noted
    assert (
        stated([entry("allergies", 1, "person"), entry("allergies", 9, clinical="resolved", active=False)], "allergies")[
            0
        ].first.source
        == "document"
    )


def test_details_are_not_told_twice_and_a_degree_is_of_its_own_source() -> None:
    def detail(new: str, old: str) -> str:
        return stated([entry("allergies", 1, detail=old), entry("allergies", 9, detail=new)], "allergies")[0].detail

    assert detail("Urticaire, Œdème", "Urticaire") == "Urticaire, Œdème"
    assert detail("criticité : basse", "criticité : haute") == "criticité : basse"
    assert detail("", "fin inconnue selon le document") == ""
    assert detail("Urticaire", "Œdème, criticité : haute") == "Urticaire ; Œdème, criticité : haute (dit le 01/11/2026)"


def test_another_detail_of_the_same_day_is_no_other_bout_and_another_side_is() -> None:
    def also(*told: tuple[str, str]) -> list[str]:
        return [
            e.content.detail
            for e in stated([entry("problems", n + 1, start=s, detail=d) for n, (s, d) in enumerate(told)], "problems")[0].also
        ]

    assert also(("2020-03-10", "bilan en attente"), ("2020-03-10", "")) == []
    assert also(("2020-03-10", "gauche"), ("2020-03-10", "droite")) == ["gauche"]


def test_a_value_of_an_unknown_day_is_not_the_last_and_one_that_is_told_hides_that_it_is_unknown() -> None:
    lost = entry("results", 9, label="CCMH", code="c", value="32.5", origin="unreadable")
    known_ = entry("results", 8, label="CCMH", code="c", value="33.0", start="2023-01-04")
    assert series([lost, known_])[0].last is known_
    untold = entry("results", 9, label="CCMH", code="c", value="valeur inconnue", start="2023-01-04")
    assert [s.points for s in series([untold, known_])] == [(known_,)]
    assert [s.points for s in series([untold])] == [(untold,)]
    words = entry("results", 9, label="CRP", value="< 1,0 mg/L", bounds_unit="mg/L", high="6")
    assert comparable(words), "words are in no other unit"
    assert not comparable(entry("results", 9, label="CRP", value="1", bounds_unit="mg/L", high="6"))
