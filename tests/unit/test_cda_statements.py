"""What a structured body states: the table of shapes, and the one gate that decides what may be said of the patient."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from support.small_cda import IPS, SNOMED, WHO, concern, document, draft, product, result, section
from support.statements import stated

from carnet.formats.cda import CdaError, Section, Statement, read_statements, render
from carnet.formats.cda.statements import Origin, Polarity, Range, Reason, Status, Value, When, shown
from carnet.formats.cda.statements.units import dose_unit, duration, unit
from carnet.formats.xds import Coding

CODES = {"allergies": "48765-2", "problems": "11450-4", "history": "11348-0", "treatments": "10160-0", "vaccinations": "11369-6",
         "results": "30954-2", "devices": "46264-8"}  # fmt: skip


def read(code: str, entries: str, text: str = "") -> list[Statement]:
    return list(read_statements(section(code, entries, text)).statements)


def left(code: str, entries: str) -> list[Reason]:
    return [one.reason for one in read_statements(section(code, entries)).left]


ALL = (
    stated("allergies", "Amoxicilline", "1", "2", date(2019, 5, 2), detail="Anaphylaxie"),
    stated("allergies", "Latex"),
    stated("allergies", "Pas d'allergie connue", "no-known-allergies", IPS, polarity=Polarity.KNOWN_ABSENT),
    stated("problems", "Diabète", "E11", "c", date(2010, 1, 1)),
    stated("history", "Appendicectomie", end=date(1999, 1, 1), clinical="resolved"),
    stated("treatments", "Apixaban", "B01AF02", "atc", date(2026, 11, 1), detail="1 matin"),
    stated("treatments", "Fluindione", "B01AA12", "atc", status=Status.ABORTED),
    stated("vaccinations", "Grippe", "J07BB02", "atc", date(2025, 10, 14), detail="lot A1"),
    stated("vaccinations", "Tétanos"),
    stated("results", "Potassium", "2823-3", "l", date(2026, 10, 1), value="4.6", unit="mmol/L", low="3.5", high="5.1"),
    stated("results", "Sodium", "2951-2", "l", date(2026, 10, 1), value="140", unit="mmol/L"),
    replace(stated("results", "CRP", "1988-5", "l"), value=Value("5", "mg/L", "<")),
    replace(stated("results", "CRP", "1988-5", "l"), value=Value("5", "mg/L", "≤")),
    replace(stated("results", "Urines"), value=Value(text="Germe trouvé")),
    stated("devices", "Stimulateur", "D", "s", date(2020, 1, 1)),
)


@pytest.mark.parametrize("fact", ALL, ids=lambda f: f.label)
def test_what_is_written_is_read_again_with_its_place_in_the_narrative(fact: Statement) -> None:
    content = draft(Section(CODES[fact.section], "Section", facts=(fact,)))
    [found] = read_statements(content).statements
    kept = ("section", "label", "detail", "value", "polarity", "over", "bounds")
    assert {n: getattr(found, n) for n in kept} == {n: getattr(fact, n) for n in kept}
    assert (found.code.code, found.code.system) == (fact.code.code, fact.code.system)
    document_day = "2026-11-01" if fact.section == "results" and not fact.when.start else ""
    assert (found.when.start, found.when.end) == (fact.when.start or document_day, fact.when.end)
    assert f'id="n-{found.anchor}"' in render(content)


def test_what_names_a_shape_beside_a_statement_states_nothing() -> None:
    named = '<templateId root="1.2.3"/>' + result("<value xsi:type='PQ' value='4.2' unit='mmol/L'/>")
    reading = read_statements(section("30954-2", named))
    assert [one.label for one in reading.statements] == ["Potassium"]
    assert not reading.left


def test_somebody_else_is_written_as_somebody_else() -> None:
    child = replace(stated("results", "Poids", value="3200", unit="g"), other="Enfant")
    reading = read_statements(draft(Section("30954-2", "S", facts=(child,))))
    assert [one.reason for one in reading.left] == [Reason.OTHER_PERSON]


def test_a_refusal_is_written_as_one() -> None:
    refused = stated("vaccinations", "Grippe", polarity=Polarity.NEGATED)
    assert [one.reason for one in read_statements(draft(Section("11369-6", "S", facts=(refused,)))).left] == [Reason.NEGATED]


def test_facts_as_many_as_rows_are_said_by_the_rows() -> None:
    table = (("Vaccin", "Date"), ("Grippe", "2025"))
    html = render(draft(Section("11369-6", "V", table=table, facts=(ALL[7],))))
    assert '<tr id="n-f-11369-6-0">' in html
    assert "<ul>" not in html


# polarity, mood, status, subject: the gate


@pytest.mark.parametrize(
    ("code", "entry", "why"),
    [
        ("11369-6", product(attributes='negationInd="1"'), Reason.NEGATED),
        ("11369-6", product(attributes='negationInd=" true "'), Reason.NEGATED),
        ("11369-6", f'<act negationInd="true"><entryRelationship>{product()}</entryRelationship></act>', Reason.NEGATED),
        ("11369-6", product(attributes='moodCode="INT"'), Reason.NOT_HAPPENED),
        ("11369-6", product(attributes='moodCode="RQO"'), Reason.NOT_HAPPENED),
        ("11369-6", f'<act moodCode="PRP"><entryRelationship>{product()}</entryRelationship></act>', Reason.NOT_HAPPENED),
        ("11369-6", product(more='<statusCode code="cancelled"/>'), Reason.NOT_DONE),
        ("11369-6", product(more='<statusCode code="aborted"/>'), Reason.NOT_DONE),
        ("11369-6", product(more='<statusCode code="nullified"/>'), Reason.NOT_DONE),
        ("11369-6", product(more='<statusCode code="active"/>'), Reason.NOT_DONE),
        ("11369-6", product("<name>Non</name>"), Reason.NOT_A_THING),
        ("10160-0", product(attributes='moodCode="GOL"'), Reason.NOT_HAPPENED),
        ("11450-4", concern(attributes='negationInd="1"'), Reason.NEGATED),
        ("11450-4", concern(more="<statusCode code='nullified'/>"), Reason.NOT_DONE),
        ("47519-4", "<procedure><code displayName='Suture'/><statusCode code='aborted'/></procedure>", Reason.NOT_DONE),
        ("11450-4", concern('<value xsi:type="BL" value="true"/>'), Reason.NOT_A_THING),
        ("11450-4", concern('<value xsi:type="BL" value="0"/>'), Reason.NOT_A_THING),
        ("11450-4", concern('<value displayName="Oui"/>'), Reason.NOT_A_THING),
        ("11450-4", concern('<code code="HTA" displayName="Hypertension"/><value displayName="absent"/>'), Reason.NEGATED),
        ("11450-4", concern(more="<entryRelationship><observation><code code='66455-7'/><value code='refuted'/></observation>"
                                 "</entryRelationship>"), Reason.REFUTED),
        ("30954-2", result("<value xsi:type='PQ' value='1'/>", "<subject><relatedSubject><code code='CHILD'/></relatedSubject></subject>"),
         Reason.OTHER_PERSON),
        ("30954-2", result("<value xsi:type='PQ' value='1'/>", "<subject nullFlavor='UNK'/>"), Reason.OTHER_PERSON),
        ("30954-2", result("<value xsi:type='PQ' value='1'/>", "<participant typeCode='SBJ'/>"), Reason.OTHER_PERSON),
        ("30954-2", "<organizer><subject><relatedSubject/></subject><component>" + result("<value xsi:type='PQ' value='1'/>")
         + "</component></organizer>", Reason.OTHER_PERSON),
        ("30954-2", result("<value xsi:type='PQ' value='1'/>", attributes='moodCode="GOL"'), Reason.NOT_HAPPENED),
        ("30954-2", result("<value xsi:type='PQ' value='1'/>", "<statusCode code='cancelled'/>"), Reason.NOT_DONE),
        ("30954-2", result("<value xsi:type='PQ' nullFlavor='NA'/>"), Reason.NO_VALUE),
        ("30954-2", "<procedure/>", Reason.READ_THERE),
        ("46264-8", "<supply moodCode='INT'><participant><participantRole><playingDevice><code displayName='Lit médicalisé'/>"
                    "</playingDevice></participantRole></participant></supply>", Reason.NOT_HAPPENED),
        ("10157-6", "<organizer/>", Reason.FAMILY),
        ("46240-8", "<encounter><code code='AMB'/><effectiveTime value='20260101'/></encounter>", Reason.NOT_A_STAY),
        ("10160-0", "<observation/>", Reason.SHAPE),
        ("10160-0", "<act/>", Reason.SHAPE),
        ("10160-0", "<substanceAdministration/>", Reason.SHAPE),
        ("10160-0", "<supply/>", Reason.SHAPE),
        ("46264-8", "<supply/>", Reason.SHAPE),
        ("48765-2", "<act/>", Reason.SHAPE),
        ("48765-2", "", Reason.SHAPE),
        ("00000-0", concern(), Reason.READ_THERE),
    ],
)  # fmt: skip
def test_what_may_not_be_said_of_the_patient_is_left_and_named(code: str, entry: str, why: Reason) -> None:
    reading = read_statements(section(code, entry))
    assert reading.statements == ()
    assert why in [one.reason for one in reading.left]


def test_the_patient_may_be_the_subject_by_name() -> None:
    told = "<subject><relatedSubject><code code='ONESELF'/></relatedSubject></subject>"
    assert [s.other for s in read("30954-2", result("<value xsi:type='PQ' value='1'/>", told))] == [""]


@pytest.mark.parametrize(
    ("code", "entry", "polarity", "label"),
    [
        ("48765-2", concern(f'<value code="no-known-allergies" codeSystem="{IPS}" displayName="Aucune connue"/>'), "known-absent",
         "Aucune connue"),
        ("48765-2", concern(f'<value code="no-allergy-info" codeSystem="{IPS}" displayName="Pas dit"/>'), "no-information", "Pas dit"),
        ("48765-2", concern(f'<value code="716186003" codeSystem="{SNOMED}" displayName="Sans allergie"/>'), "known-absent",
         "Sans allergie"),
        ("48765-2", concern(f'<value code="261665006" codeSystem="{SNOMED}" displayName="Inconnu"/>'), "no-information", "Inconnu"),
        ("48765-2", concern('<value displayName="Aucune"/>'), "known-absent", "Aucune"),
        ("48765-2", concern('<value displayName="Pas d’allergie connue"/>'), "known-absent", "Pas d’allergie connue"),
        ("48765-2", concern('<value displayName="Aucune allergie sauf pénicilline"/>'), "", "Aucune allergie sauf pénicilline"),
        ("48765-2", concern(f'<value code="419199007" codeSystem="{SNOMED}" displayName="Allergie"/>', attributes='negationInd="true"'),
         "known-absent", "Allergie"),
        ("48765-2", concern(f"<value code='no-known-food-allergies' codeSystem='{IPS}'/><participant><participantRole><playingEntity>"
                            "<code nullFlavor='NA'/></playingEntity></participantRole></participant>"), "partly-absent", ""),
        ("10160-0", f'<substanceAdministration><code code="no-known-medications" codeSystem="{IPS}" displayName="Aucun"/>'
                    "</substanceAdministration>", "known-absent", "Aucun"),
        ("11369-6", f'<substanceAdministration><code code="no-immunization-info" codeSystem="{IPS}" displayName="?"/>'
                    "</substanceAdministration>", "no-information", "?"),
        ("46264-8", f'<supply><participant><participantRole><playingDevice><code code="no-known-devices" codeSystem="{IPS}"/>'
                    "</playingDevice></participantRole></participant></supply>", "known-absent", ""),
        ("47519-4", f'<procedure><code code="no-known-procedures" codeSystem="{IPS}" displayName="Aucun acte"/></procedure>',
         "known-absent", "Aucun acte"),
    ],
)  # fmt: skip
def test_an_absence_is_a_statement_of_its_own(code: str, entry: str, polarity: str, label: str) -> None:
    assert [(s.polarity.value, s.label) for s in read(code, entry)] == [(polarity, label)]


@pytest.mark.parametrize(
    ("status", "over"),
    [("inactive", True), ("73425007", True), ("413322009", True), ("resolved", True), ("remission", True), ("55561003", False),
     ("active", False), ("other", False), ("7087005", False)],
)  # fmt: skip
def test_a_clinical_status_in_fhir_or_snomed(status: str, over: bool) -> None:
    told = f"<entryRelationship><observation><code code='33999-4'/><value code='{status}'/></observation></entryRelationship>"
    assert [s.over for s in read("11450-4", concern(more=told))] == [over]


def test_a_status_beside_the_observation_qualifies_the_concern_and_is_no_problem() -> None:
    beside = "<entryRelationship><observation><code code='33999-4'/><value code='resolved'/></observation></entryRelationship>"
    entry = f"<act><entryRelationship><observation><value displayName='Z'/></observation></entryRelationship>{beside}</act>"
    assert [(s.label, s.over) for s in read("11450-4", entry)] == [("Z", True)]


def test_a_problem_without_a_time_takes_that_of_its_concern() -> None:
    [found] = read("11450-4", concern(act='<effectiveTime><low value="2015"/></effectiveTime>'))
    assert (found.when.start, found.when.origin) == ("2015", Origin.ORGANIZER)


@pytest.mark.parametrize(
    ("code", "over"), [("aborted", True), ("suspended", False), ("completed", False), ("active", False), ("x", False)]
)
def test_the_status_of_a_concern(code: str, over: bool) -> None:
    assert [s.over for s in read("11450-4", concern(act=f'<statusCode code="{code}"/>'))] == [over]


# names and codes

LINKED = '<content ID="r">texte lié</content><content ID="old" revised="delete">biffé</content>'


@pytest.mark.parametrize(
    ("code", "entry", "told"),
    [
        ("11450-4", concern(), "Z|"),
        ("11450-4", "<observation><text><reference value='#r'/></text><value/></observation>", "texte lié|"),
        ("11450-4", "<observation><text><reference value='r'/></text><value/></observation>", "texte lié|"),
        ("11450-4", "<observation><value><originalText>Écrit</originalText></value></observation>", "Écrit|"),
        ("11450-4", "<observation><value><originalText><reference value='#r'/></originalText></value></observation>", "texte lié|"),
        ("11450-4", "<observation><value nullFlavor='OTH'><translation code='1'/><translation code='2' displayName='Traduit'/></value>"
                    "</observation>", "Traduit|"),
        ("11450-4", "<observation/>", "|"),
        ("11450-4", "<observation><text><reference value='#nowhere'/></text><value/></observation>", "|"),
        ("48765-2", concern("<code displayName='Intolérance'/><participant><participantRole><playingEntity><name>Lait</name>"
                            "</playingEntity></participantRole></participant>"), "Lait|Intolérance"),
        ("48765-2", concern("<participant><participantRole><playingEntity><code code='9' nullFlavor='OTH'><translation displayName='Cajou'/>"
                            "</code></playingEntity></participantRole></participant>"), "Cajou|"),
        ("48765-2", concern("<participant><participantRole><playingEntity><code code='9' displayName='Lait'/></playingEntity></participantRole>"
                            "</participant><entryRelationship typeCode='MFST'><observation><value displayName='Œdème'/><entryRelationship>"
                            "<observation><code code='SEV'/><value displayName='Grave'/></observation></entryRelationship></observation>"
                            "</entryRelationship><entryRelationship typeCode='MFST'><observation><text>toux</text><value/></observation>"
                            "</entryRelationship><entryRelationship typeCode='MFST'><observation><value/></observation></entryRelationship>"),
         "Lait|Œdème (grave), toux"),
        ("48765-2", f"<organizer><component>{concern()}</component><component><procedure/></component></organizer>", "Z|"),
        ("10160-0", product("<code displayName='Y'/>"), "Y|"),
        ("10160-0", product("<asSpecializedKind><generalizedMedicineClass><name>dci</name></generalizedMedicineClass></asSpecializedKind>"),
         "dci|"),
        ("10160-0", "<substanceAdministration><consumable><manufacturedProduct><manufacturedLabeledDrug><name>D</name>"
                    "</manufacturedLabeledDrug></manufacturedProduct></consumable></substanceAdministration>", "D|"),
        ("10160-0", f"<organizer><component>{product()}</component></organizer>", "X|"),
        ("47519-4", "<procedure><text>Pose</text><targetSiteCode displayName='Hanche'/></procedure>", "Pose|Hanche"),
        ("11450-4", "<procedure><code displayName='Suture'/><statusCode code='completed'/></procedure>", "Suture|"),
    ],
)  # fmt: skip
def test_a_statement_is_named_as_it_was_written(code: str, entry: str, told: str) -> None:
    assert [f"{s.label}|{s.detail}" for s in read(code, entry, LINKED)] == [told]


def test_every_code_of_a_product_is_kept_whatever_its_namespace() -> None:
    inner = ("<code code='1' codeSystem='cis'><translation code='2' codeSystem='cip'><translation code='2b' codeSystem='x'/></translation></code>"
             "<name>Marque</name><p:asSpecializedKind xmlns:p='urn:hl7-org:pharm'><p:generalizedMedicineClass><p:code code='B01' codeSystem='atc'/>"
             "</p:generalizedMedicineClass></p:asSpecializedKind><p:ingredient xmlns:p='urn:hl7-org:pharm'><p:ingredient><p:code code='9'/>"
             "</p:ingredient></p:ingredient>")  # fmt: skip
    [found] = read("10160-0", product(inner))
    assert [c.code for c in found.codes] == ["1", "2", "2b", "B01", "9"]
    assert Statement("results", "x").code == Coding()


def test_an_author_of_an_entry_is_told() -> None:
    author = "<author><assignedAuthor><assignedPerson><name><given>A</given> <family>B</family></name></assignedPerson></assignedAuthor></author>"
    assert [s.author for s in read("10160-0", product(more=author))] == ["A B"]
    titled = author.replace("<given>A</given> <family>B</family>", "Dr A B")
    assert [s.author for s in read("10160-0", product(more=titled))] == ["Dr A B"]
    assert [s.author for s in read_statements(draft(Section("10160-0", "S", facts=(stated("treatments", "X"),)))).statements] == [
        "G F"
    ]


# times


@pytest.mark.parametrize(
    ("time", "start", "end", "origin"),
    [
        ('<low value="1998"/>', "1998", "", Origin.OWN),
        ('<low value="200407"/><high value="20050103"/>', "2004-07", "2005-01-03", Origin.OWN),
        ('<low value="20260301233000+0100"/>', "2026-03-01", "", Origin.OWN),
        ('<high value="2005"/>', "", "2005", Origin.OWN),
        ('<low nullFlavor="UNK"/>', "", "", Origin.UNKNOWN),
        ('<low value="20261301"/>', "", "", Origin.UNREADABLE),
        ('<low value="abc"/>', "", "", Origin.UNREADABLE),
        ('<low value="2026-01-15"/>', "2026-01-15", "", Origin.OWN),
        ('<low value="20260301"/><width value="7" unit="d"/>', "2026-03-01", "2026-03-07", Origin.OWN),
        ('<low value="20260301"/><width value="x" unit="d"/>', "2026-03-01", "", Origin.OWN),
        ('<low value="202603"/><width value="7" unit="d"/>', "2026-03", "2026-04", Origin.OWN),
        ('<width value="7" unit="d"/>', "", "", Origin.NOT_STATED),
        ('<width value="0" unit="d"/>', "", "", Origin.NOT_STATED),
        ("", "", "", Origin.NOT_STATED),
    ],
)  # fmt: skip
def test_a_time_is_as_precise_as_it_was_written(time: str, start: str, end: str, origin: Origin) -> None:
    [found] = read("10160-0", product(more=f'<effectiveTime xsi:type="IVL_TS">{time}</effectiveTime>'))
    assert (found.when.start, found.when.end, found.when.origin) == (start, end, origin)


def test_an_hour_is_kept_beside_its_day() -> None:
    [found] = read("11369-6", product(more='<effectiveTime value="20260301101500+0100"/>'))
    assert (found.when.start, found.when.instant) == ("2026-03-01", "20260301101500+0100")
    [unknown] = read("11369-6", product(more='<effectiveTime nullFlavor="UNK"/>'))
    assert unknown.when.origin is Origin.UNKNOWN


def test_a_result_takes_the_time_of_its_organizer_then_of_its_document_and_an_unknown_one_stays_unknown() -> None:
    value = "<value xsi:type='PQ' value='4'/>"
    held = f"<organizer><effectiveTime value='20260201'/><component>{result(value)}</component></organizer>"
    for entry, start, origin in (
        (held, "2026-02-01", Origin.ORGANIZER),
        (result(value), "2026-11-01", Origin.DOCUMENT),
        (f"<organizer><component>{result(value)}</component></organizer>", "2026-11-01", Origin.DOCUMENT),
        (result(value, "<effectiveTime nullFlavor='UNK'/>"), "", Origin.UNKNOWN),
    ):
        [found] = read("30954-2", entry)
        assert (found.when.start, found.when.origin) == (start, origin)
    nothing = document('<component><section><code code="30954-2"/><entry>' + result(value) + "</entry></section></component>")
    [found] = read_statements(nothing.replace(b'<effectiveTime value="20261101"/>', b"")).statements
    assert found.when == When()


# values


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("<value xsi:type='PQ' value='4.6' unit='mmol/L'/>", "4,6 mmol/L"),
        ("<value xmlns:c='urn:hl7-org:v3' xsi:type='c:PQ' value='5' unit='g/L'/>", "5 g/L"),
        ("<value xsi:type='nobody:PQ' value='5' unit='g/L'/>", "5 g/L"),
        ("<value xmlns:z='urn:other' xsi:type='z:PQ' value='5'/>", "5"),
        ("<value value='5' unit='g'/>", "5 g"),
        ("<value xsi:type='INT' value='3'/>", "3"),
        ("<value xsi:type='REAL' value='0.5'/>", "0,5"),
        ("<value xsi:type='IVL_PQ'><high value='5' unit='mg/L' inclusive='false'/></value>", "< 5 mg/L"),
        ("<value xsi:type='IVL_PQ'><high value='5' unit='mg/L'/></value>", "≤ 5 mg/L"),
        ("<value xsi:type='IVL_PQ'><low value='60' unit='mL/min' inclusive='0'/></value>", "> 60 mL/min"),
        ("<value xsi:type='IVL_PQ'><low value='60' unit='mL/min'/></value>", "≥ 60 mL/min"),
        ("<value><low value='1' unit='/uL'/><high value='5'/></value>", "1 à 5 /uL"),
        ("<value><high value='5'/></value>", "≤ 5"),
        ("<value xsi:type='IVL_INT'><low value='2'/><high value='2'/></value>", "2"),
        ("<value xsi:type='IVL_PQ'><center value='7'/></value>", "7"),
        ("<value xsi:type='RTO_PQ_PQ'><numerator value='1'/><denominator value='128'/></value>", "1 / 128"),
        ("<value xsi:type='CD' displayName='Détecté'/>", "Détecté"),
        ("<value xsi:type='CE' code='POS'/>", "POS"),
        ("<value code='POS' displayName='Positif'/>", "Positif"),
        ("<value><translation displayName='Trad'/></value>", "Trad"),
        ("<value xsi:type='ST'>clair</value>", "clair"),
        ("<value>paille</value>", "paille"),
        ("<value xsi:type='ED'><reference value='#r'/></value>", "texte lié"),
        ("<value xsi:type='BL' value='1'/>", "oui"),
        ("<value xsi:type='BL' value='false'/>", "non"),
        ("<value xsi:type='TS' value='20260903'/>", "03/09/2026"),
        ("<value xsi:type='IVL_TS'><low value='20260903'/><high value='202610'/></value>", "du 03/09/2026 au 10/2026"),
        ("<value xsi:type='PPD_PQ' value='5' unit='g/L'/>", "5 g/L"),
        ("<value xsi:type='PQ' nullFlavor='OTH'><translation value='0.99' code='g/L'/></value>", "0,99 g/L"),
    ],
)  # fmt: skip
def test_values_of_every_type(value: str, told: str) -> None:
    [found] = read("30954-2", result(value), LINKED)
    assert found.value is not None
    assert shown(found.value) == told


@pytest.mark.parametrize(
    "value",
    ["<value xsi:type='IVL_PQ'/>", "<value xsi:type='RTO'><numerator value='1'/></value>", "<value xsi:type='PQ' value=' '/>",
     "<value xsi:type='BL' value='x'/>", "<value xsi:type='CD'/>", ""],
)  # fmt: skip
def test_a_value_that_is_none_is_told_to_be_missing(value: str) -> None:
    assert left("30954-2", result(value)) == [Reason.NO_VALUE]


BOUNDS = "<referenceRange>{}<observationRange>{}<value><low value='59' unit='umol/L'/><high value='104' unit='umol/L'/></value></observationRange></referenceRange>"


@pytest.mark.parametrize(
    ("more", "bounds", "ranges"),
    [
        (BOUNDS.format("", ""), ("59", "104", "µmol/L"), 1),
        (BOUNDS.format("", "<interpretationCode code='N'/>"), ("59", "104", "µmol/L"), 1),
        (BOUNDS.format("", "<interpretationCode code='THER' displayName='Thérapeutique'/>"), ("", "", ""), 1),
        (BOUNDS.format("<precondition><criterion><code displayName='Sexe'/><value code='F' displayName='Femme'/></criterion></precondition>", ""),
         ("", "", ""), 1),
        (BOUNDS.format("<precondition><criterion><text>plus de 70 ans</text></criterion></precondition>", ""), ("", "", ""), 1),
        (BOUNDS.format("<precondition><criterion/></precondition>", ""), ("", "", ""), 1),
        (BOUNDS.format("", "") * 2, ("", "", ""), 2),
        ("<referenceRange><observationRange><text>négatif</text></observationRange></referenceRange>", ("", "", ""), 1),
        ("<referenceRange><observationRange/></referenceRange>", ("", "", ""), 0),
    ],
)  # fmt: skip
def test_bounds_hold_for_everybody_or_name_for_whom(more: str, bounds: tuple[str, str, str], ranges: int) -> None:
    [found] = read("30954-2", result("<value xsi:type='PQ' value='70' unit='umol/L'/>", more))
    assert (found.bounds.low, found.bounds.high, found.bounds.unit) == bounds
    assert len(found.ranges) == ranges
    assert found.bounds != Range() or all(r.whom or r.text or ranges > 1 for r in found.ranges)


def test_the_interpretation_of_the_laboratory_and_its_second_unit_are_kept() -> None:
    value = "<value xsi:type='PQ' value='1' unit='g/L'><translation value='2' unit='mmol/L'/><translation/></value>"
    [found] = read("30954-2", result(value, "<interpretationCode code='HH'/>"))
    assert (found.interpretation, found.also) == ("très haut (alerte du laboratoire)", "2 mmol/L")
    [own] = read("30954-2", result(value, "<interpretationCode code='LA1' displayName='Douteux'/>"))
    assert own.interpretation == "Douteux"
    assert [s.interpretation for s in read("30954-2", result(value, "<interpretationCode nullFlavor='NA'/>"))] == [""]


def test_a_germ_and_its_susceptibilities_are_about_the_germ() -> None:
    germ = "<specimen><specimenRole><specimenPlayingEntity classCode='MIC'><code displayName='E. coli'/></specimenPlayingEntity></specimenRole></specimen>"
    inner = result("", "<interpretationCode code='R'/><effectiveTime value='20260101'/>")
    entry = f"<organizer classCode='CLUSTER'>{germ}<component><organizer classCode='BATTERY'><component>{inner}</component></organizer></component></organizer>"
    found = read("00000-0", entry)
    assert [(s.label, s.value and s.value.text, s.organism) for s in found] == [("Potassium", "résistant", "E. coli")]
    results = read("30954-2", entry)
    assert [(s.label, s.value and s.value.text, s.organism, s.when.start) for s in results] == [
        ("Potassium", "résistant", "E. coli", "2026-01-01"), ("Germe isolé", "E. coli", "", "2026-01-01"),
    ]  # fmt: skip
    nameless = "<organizer><specimen><specimenRole><specimenPlayingEntity classCode='MIC'><code/></specimenPlayingEntity></specimenRole></specimen></organizer>"
    assert read("30954-2", nameless) == []
    alone = nameless.replace("<code/>", "<code displayName='S. aureus'/>")
    assert [s.when.start for s in read("30954-2", alone)] == ["2026-11-01"]


def test_what_holds_other_observations_is_told_by_them() -> None:
    inner = "<component><observation><code displayName='K'/><value xsi:type='PQ' value='4'/></observation></component>"
    assert [s.label for s in read("30954-2", f"<observation><code displayName='Ionogramme'/>{inner}</observation>")] == ["K"]


def test_vital_signs_habits_and_pregnancies_have_their_own_groups_and_numbers_of_other_sections_are_results() -> None:
    value = result("<value xsi:type='PQ' value='58' unit='kg'/>")
    assert {code: read(code, value)[0].section for code in ("8716-3", "29762-2", "10162-6", "30954-2", "35088-4")} == {
        "8716-3": "vitals", "29762-2": "habits", "10162-6": "obstetrics", "30954-2": "results", "35088-4": "results",
    }  # fmt: skip
    weight = value.replace('code="K"', 'code="29463-7"')
    assert {code: read(code, weight)[0].section for code in ("35088-4", "30954-2")} == {"35088-4": "vitals", "30954-2": "results"}
    status = "<entryRelationship><observation><code code='33999-4'/><value code='active'/></observation></entryRelationship>"
    assert len(read("30954-2", result("<value xsi:type='PQ' value='1'/>", status))) == 1, "what qualifies a result is none"


# treatments


def posology(more: str) -> str:
    [found] = read("10160-0", product(more=more), LINKED)
    return found.detail


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('<doseQuantity value="2" unit="{comprimé}"/>', "2 comprimés"),
        ('<doseQuantity><low value="1" unit="{tablet}"/><high value="2" unit="{tablet}"/></doseQuantity>', "1 à 2 comprimés"),
        ('<doseQuantity><high value="2" unit="{cp}"/></doseQuantity>', "jusqu’à 2 comprimés"),
        ('<doseQuantity><low value="3" unit="mg"/></doseQuantity>', "au moins 3 mg"),
        ('<doseQuantity><low value="1"/><high value="1"/></doseQuantity>', "1"),
        ('<doseQuantity value="0.5" unit="mL"/>', "0,5 mL"),
        ('<doseQuantity value="10" unit="[drp]"/>', "10 gouttes"),
        ('<doseQuantity><low><translation><originalText>selon INR</originalText></translation></low></doseQuantity>', "selon INR"),
        ("<doseQuantity/>", ""),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="1" unit="d"/></effectiveTime><doseQuantity value="1" unit="{tbl}"/>',
         "1 comprimé 1 fois par jour"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="6" unit="h"/></effectiveTime>', "toutes les 6 heures"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="1" unit="h"/></effectiveTime>', "toutes les heures"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="0.5" unit="d"/></effectiveTime>', "toutes les 12 heures"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="2" unit="d"/></effectiveTime>', "tous les 2 jours"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="1" unit="wk"/></effectiveTime>', "1 fois par semaine"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="1" unit="min"/></effectiveTime>', "toutes les minutes"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="x" unit="d"/></effectiveTime>', "période écrite : x d"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="0" unit="d"/></effectiveTime>', "période écrite : 0 d"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="3" unit="zz"/></effectiveTime>', "période écrite : 3 zz"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="6" unit="hr"/></effectiveTime>', "toutes les 6 heures"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="1" unit="jour"/></effectiveTime>', "1 fois par jour"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="1" unit="s"/></effectiveTime>', "période écrite : 1 s"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="0.33" unit="d"/></effectiveTime>', "3 fois par jour"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="0.33" unit="h"/></effectiveTime>', "3 fois par heure"),
        ('<effectiveTime xsi:type="PIVL_TS"><period><low value="4" unit="h"/><high value="6" unit="h"/></period></effectiveTime>',
         "toutes les 4 à 6 heures"),
        ('<effectiveTime xsi:type="PIVL_TS"><period><low value="4" unit="h"/></period></effectiveTime>', "période écrite : au moins 4 h"),
        ('<effectiveTime xsi:type="PIVL_TS"><period nullFlavor="UNK"/></effectiveTime>', ""),
        ('<effectiveTime xsi:type="PIVL_TS" operator="E"><period value="7" unit="d"/></effectiveTime>', "sauf tous les 7 jours"),
        ('<effectiveTime xsi:type="EIVL_TS" operator="E"><event code="HS"/></effectiveTime>', "sauf au coucher"),
        ('<effectiveTime xsi:type="IVL_TS" operator="E"><low value="20261110"/><high value="20261220"/></effectiveTime>',
         "sauf du 10/11/2026 au 20/12/2026"),
        ('<effectiveTime xsi:type="TS" operator="E" value="20261110"/>', "sauf 10/11/2026"),
        ('<effectiveTime xsi:type="PIVL_TS"/>', ""),
        ('<effectiveTime><period><translation><originalText>3 fois/j</originalText></translation></period></effectiveTime>', "3 fois/j"),
        ('<effectiveTime xsi:type="PIVL_TS"><frequency><numerator value="3"/><denominator value="1" unit="d"/></frequency></effectiveTime>',
         "3 fois par jour"),
        ('<effectiveTime xsi:type="PIVL_TS"><frequency><numerator value="3"/></frequency></effectiveTime>', "3 fois"),
        ('<effectiveTime xsi:type="PIVL_TS"><frequency><numerator value="3"/><denominator value="2" unit="d"/></frequency></effectiveTime>',
         "3 fois en 2 jours"),
        ('<effectiveTime xsi:type="PIVL_TS"><frequency><numerator value="1"/><denominator value="8" unit="h"/></frequency></effectiveTime>',
         "1 fois en 8 heures"),
        ('<effectiveTime xsi:type="PIVL_TS"><frequency><numerator><low value="2"/><high value="3"/></numerator><denominator unit="d"/>'
         "</frequency></effectiveTime>", "2 à 3 fois par jour"),
        ('<effectiveTime xsi:type="PIVL_TS"><frequency><numerator value="2"/><denominator value="3" unit="zz"/></frequency></effectiveTime>',
         "2 fois en 3 zz"),
        ('<effectiveTime xsi:type="PIVL_TS"><period value="8" unit="h"/><frequency/></effectiveTime>', "toutes les 8 heures"),
        ('<effectiveTime xsi:type="EIVL_TS"><event code="HS"/></effectiveTime>', "au coucher"),
        ('<effectiveTime xsi:type="EIVL_TS"><event code="X" displayName="Avant la dialyse"/></effectiveTime>', "Avant la dialyse"),
        ('<effectiveTime xsi:type="EIVL_TS"><event code="ACM"/><offset><low value="-30" unit="min"/></offset></effectiveTime>',
         "30 minutes avant le petit déjeuner"),
        ('<effectiveTime xsi:type="EIVL_TS"><event code="PC"/><offset value="1" unit="h"/></effectiveTime>', "1 heure après les repas"),
        ('<effectiveTime xsi:type="EIVL_TS"/>', ""),
        ('<effectiveTime xsi:type="TS" value="20260301"/><effectiveTime xsi:type="TS" value="20260308"/>', "le 01/03/2026, le 08/03/2026"),
        ('<effectiveTime xsi:type="TS" value="20260301"/>', ""),
        ('<effectiveTime xsi:type="IVL_TS"><low value="20260301"/><width value="7" unit="d"/></effectiveTime>', "pendant 7 jours"),
        ('<effectiveTime xsi:type="SXPR_TS"><comp xsi:type="IVL_TS"><low value="20260301"/><width value="2" unit="d"/></comp>'
         '<comp xsi:type="PIVL_TS"><period value="8" unit="h"/></comp></effectiveTime>', "toutes les 8 heures, pendant 2 jours"),
        ('<rateQuantity value="100" unit="mg/d"/>', "débit 100 mg/jour"),
        ('<maxDoseQuantity><numerator value="4" unit="g"/><denominator value="1" unit="d"/></maxDoseQuantity>', "au plus 4 g en 1 jour"),
        ('<maxDoseQuantity><numerator value="4"/></maxDoseQuantity>', "au plus 4"),
        ("<maxDoseQuantity><numerator/></maxDoseQuantity>", ""),
        ('<repeatNumber value="3"/>', "renouvelable 3 fois"),
        ('<repeatNumber value="0"/>', ""),
        ("<precondition><criterion/></precondition>", "si besoin"),
        ("<precondition><criterion><text>douleur</text></criterion></precondition>", "condition : douleur"),
        ("<precondition><criterion><code displayName='En cas de fièvre'/></criterion></precondition>", "En cas de fièvre"),
        ("<precondition><criterion><value displayName='Toux'/></criterion></precondition>", "si besoin : Toux"),
        ('<routeCode displayName="Voie orale"/>', "voie orale"),
        ("<entryRelationship><act><code code='PINSTRUCT'/><text><reference value='#r'/></text></act></entryRelationship>", "texte lié"),
        ("<entryRelationship><act><code code='OTHER'/><text>x</text></act></entryRelationship><entryRelationship><act/></entryRelationship>", ""),
        ("<entryRelationship><substanceAdministration><doseQuantity value='1' unit='{tbl}'/></substanceAdministration></entryRelationship>"
         "<entryRelationship><substanceAdministration><doseQuantity value='2' unit='{tbl}'/></substanceAdministration></entryRelationship>",
         "1 comprimé puis 2 comprimés"),
    ],
)  # fmt: skip
def test_a_posology_is_told_whole(more: str, told: str) -> None:
    assert posology(more) == told


def test_a_stop_is_a_statement_and_a_phase_says_when_a_treatment_was_taken() -> None:
    [denied] = read("10160-0", product(attributes='negationInd="true"'))
    assert (denied.status, denied.polarity, denied.over) == (Status.ABORTED, Polarity.AFFIRMED, True)
    assert [s.status for s in read("10160-0", product(more='<statusCode code="completed"/>'))] == [Status.NOT_STATED]
    assert [s.over for s in read("10160-0", product(more='<statusCode code="suspended"/>'))] == [True]
    assert {code: read(code, product())[0].phase.value for code in ("10183-2", "42346-7", "18610-6", "57828-6", "60590-7")} == {
        "10183-2": "", "42346-7": "admission", "18610-6": "given", "57828-6": "", "60590-7": "dispensed",
    }  # fmt: skip


def test_a_dispensation_is_what_was_given_out() -> None:
    supply = ("<supply moodCode='EVN'><statusCode code='completed'/><effectiveTime value='20260301'/><quantity value='2' unit='30009000'/><product>"
              "<manufacturedProduct><manufacturedMaterial><name>X</name></manufacturedMaterial></manufacturedProduct></product>{}</supply>")  # fmt: skip
    [found] = read("60590-7", supply.format(""))
    assert (found.label, found.detail, found.when.start, found.when.end) == ("X", "délivré : 2", "2026-03-01", "")
    dose = "<entryRelationship><substanceAdministration><doseQuantity value='1' unit='{tbl}'/></substanceAdministration></entryRelationship>"
    assert read("60590-7", supply.format(dose))[0].detail == "1 comprimé, délivré : 2"
    assert [s.detail for s in read("60590-7", supply.format("").replace("<quantity value='2' unit='30009000'/>", ""))] == [""]
    for only in (supply.replace("completed", "aborted"), supply.replace("EVN", "RQO")):
        assert read("60590-7", only.format("")) == [], "nothing was given out"


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("code='J010104' codeSystem='1.2.250.1.213.2.68' displayName='Stimulateur'", "devices"),
        ("code='Y18' codeSystem='1.2.250.1.213.2.68' displayName='Aide'", "equipment"),
        ("code='3408693' codeSystem='1.2.250.1.213.3.3.3' displayName='Stent'", "devices"),
        ("code='1201960' codeSystem='1.2.250.1.213.3.3.3' displayName='Chose'", "equipment"),
        ("code='X' codeSystem='1.2.250.1.213.3.3.3' displayName='Pacemaker'", "devices"),
        ("displayName='Fauteuil roulant'", "equipment"),
        ("displayName='Prothèse de hanche'", "devices"),
    ],
)  # fmt: skip
def test_a_hospital_bed_is_no_implant(code: str, group: str) -> None:
    entry = f"<supply><statusCode code='completed'/><participant><participantRole><playingDevice><code {code}/></playingDevice></participantRole></participant></supply>"
    assert [s.section for s in read("46264-8", entry)] == [group]


# stays


def stay(times: str, code: str = "", place: str = "<location><name>H</name></location>") -> bytes:
    return document("", f"<componentOf><encompassingEncounter>{code}<effectiveTime>{times}</effectiveTime><location><healthCareFacility>{place}"
                        "</healthCareFacility></location></encompassingEncounter></componentOf>")  # fmt: skip


@pytest.mark.parametrize(
    ("times", "code", "found"),
    [
        ('<low value="20261001"/><high value="20261003"/>', "", [("2026-10-01", "2026-10-03")]),
        ('<low value="20261001"/><high value="20261001"/>', "", [("2026-10-01", "2026-10-01")]),
        ('<low value="20261001"/><high value="20261001"/>', '<code code="IMP"/>', [("2026-10-01", "2026-10-01")]),
        ('<low value="20261001"/>', '<code code="imp"/>', [("2026-10-01", "")]),
        ('<low value="20261001"/>', "", []),
        ('<low value="20261001"/><high value="20261003"/>', '<code code="AMB"/>', []),
        ('<low nullFlavor="UNK"/>', '<code code="IMP"/>', []),
    ],
)  # fmt: skip
def test_a_stay_is_told_from_a_consultation_by_its_code(times: str, code: str, found: list[tuple[str, str]]) -> None:
    reading = read_statements(stay(times, code))
    assert [(s.when.start, s.when.end) for s in reading.statements] == found
    assert bool(found) is not (Reason.NOT_A_STAY in [one.reason for one in reading.left])


def test_a_stay_names_its_place() -> None:
    times = '<low value="20261001"/><high value="20261003"/>'
    organization = "<serviceProviderOrganization><name>Hôpital</name></serviceProviderOrganization>"
    assert [s.label for s in read_statements(stay(times, place=organization)).statements] == ["Hôpital"]
    nowhere = stay(times).replace(
        b"<location><healthCareFacility><location><name>H</name></location></healthCareFacility></location>", b""
    )
    assert [s.label for s in read_statements(nowhere).statements] == [""]
    told = (datetime.fromisoformat("2026-10-01T08:00:00+00:00"), datetime.fromisoformat("2026-10-09T08:00:00+00:00"))
    [found] = read_statements(draft(Section("8648-8", "Séjour", ("x",)), stay=told)).statements
    assert (found.label, found.when.start, found.when.end) == (WHO.structure_name, "2026-10-01", "2026-10-09")
    entry = "<encounter><code code='IMP' displayName='Hospitalisation'/><effectiveTime><low value='2020'/></effectiveTime>{}</encounter>"
    assert [(s.label, s.when.start) for s in read("46240-8", entry.format(""))] == [("Hospitalisation", "2020")]
    place = "<participant><participantRole><playingEntity><name>Clinique</name></playingEntity></participantRole></participant>"
    assert [s.label for s in read("46240-8", entry.format(place))] == ["Clinique"]
    assert read_statements(section("46240-8", "<encounter/>")).statements == ()


# the whole document


def reasons(content: bytes) -> list[tuple[str, Reason]]:
    return [(one.section, one.reason) for one in read_statements(content).left]


def test_nothing_is_dropped_in_silence() -> None:
    words = document('<component><section><code code="X"/><title>Conclusion</title><text>Repos.</text></section></component>')
    assert reasons(words) == [("X Conclusion", Reason.NARRATIVE)]
    outer = document("<component><section><text>a</text><component><section><entry>" + result("<value xsi:type='PQ' value='4'/>")
                     + "</entry></section></component></section></component>")  # fmt: skip
    assert [s.label for s in read_statements(outer).statements] == ["Potassium"], "a section without a code, inside another"
    assert reasons(draft(text="note")) == [("", Reason.NOT_STRUCTURED)]
    twice = "<entry>" + product() + "</entry>"
    body = document(f'<component><section><code code="10160-0"/>{twice}{twice}</section></component>')
    assert (len(read_statements(body).statements), reasons(body)) == (1, []), "one that repeats another adds nothing"
    with pytest.raises(CdaError):
        read_statements(b"<x")


def test_a_document_that_states_too_much_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.formats.cda.statements.read.MOST", 1)
    body = document(
        f'<component><section><code code="10160-0"/><entry>{product()}</entry><entry>{product("<name>Y</name>")}</entry></section></component>'
    )
    assert reasons(body) == [("treatments", Reason.TOO_MANY)]


def test_the_chapters_of_a_laboratory_report_give_results_and_its_attachments_do_not() -> None:
    report = '<code code="11502-2"/>'
    value = "<entry>" + result("<value xsi:type='ST'>clair</value>") + "</entry>"
    body = document(f'<component><section><code code="18725-2"/>{value}</section></component><component><section><code code="55107-7"/>{value}</section></component>',
                    report)  # fmt: skip
    assert [s.value and s.value.text for s in read_statements(body).statements] == ["clair"]
    assert [reason for _, reason in reasons(body)] == [Reason.READ_THERE]


@pytest.mark.parametrize(
    ("written", "told"),
    [("mm[Hg]", "mmHg"), ("ug/mL", "µg/mL"), ("10*9/L", "10⁹/L"), ("{score}", "score"), ("{count}", ""), ("/min", "/min"), ("mg/d", "mg/jour"),
     ("[iU]/L", "UI/L"), ("", "")],
)  # fmt: skip
def test_units_as_people_read_them(written: str, told: str) -> None:
    assert unit(written) == told


def test_doses_and_durations_agree_in_number() -> None:
    assert dose_unit("[tsp_us]", "2") == "cuillères à café"
    assert dose_unit("{dose}", "x") == "dose"
    assert duration("3", "mo") == "3 mois"
    assert duration("1", "a") == "1 an"
    assert duration("", "d") == duration("1", "zz") == ""
