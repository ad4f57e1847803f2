"""What a document says in other words than a list of codes: that nobody knows, that there is none, of whom, on which side, until when."""

import pytest
from support.small_cda import SNOMED, concern, document, product, result, section

from carnet.apps.profile.reading import content_of
from carnet.formats.cda import deceased, plain_text, read_statements, render
from carnet.formats.cda.statements import Origin, Polarity, Reason, Statement, Status, When, shown

ALLERGIES, PROBLEMS, ACTS, TREATMENTS, VACCINES, RESULTS, DEVICES = (
    "48765-2", "11450-4", "47519-4", "10160-0", "11369-6", "30954-2", "46264-8")  # fmt: skip
QUALIFIER = "<qualifier><name code='{}'/><value code='{}' displayName='{}'/></qualifier>"
RELATION = "<entryRelationship typeCode='{}'><observation><code code='{}'/><value {}</observation></entryRelationship>"


def read(code: str, entry: str, text: str = "") -> tuple[Statement, ...]:
    return read_statements(section(code, entry, text)).statements


def one(code: str, entry: str, text: str = "") -> Statement:
    [found] = read(code, entry, text)
    return found


def valued(found: Statement) -> str:
    """The value of a statement, as pages tell it."""
    assert found.value is not None
    return shown(found.value)


def reasons(code: str, entry: str) -> set[Reason]:
    found = read_statements(section(code, entry))
    assert found.statements == ()
    return {left.reason for left in found.left}


def agent(inner: str) -> str:
    return f"<participant typeCode='CSM'><participantRole><playingEntity>{inner}</playingEntity></participantRole></participant>"


# nobody knows

NOBODY_KNOWS = {
    "an agent": (ALLERGIES, concern("<value nullFlavor='NI'/>", agent("<code nullFlavor='NI'/>"))),
    "the concern": (ALLERGIES, "<act nullFlavor='NI'><entryRelationship><observation>" + agent("<code/>") + "</observation></entryRelationship></act>"),
    "a value": (PROBLEMS, concern("<value nullFlavor='UNK'/>")),
    "an act": (ACTS, "<procedure nullFlavor='NI'><code nullFlavor='NI'/></procedure>"),
    "a product": (TREATMENTS, product("<code nullFlavor='NI'/>")),
    "an administration": (TREATMENTS, product("", "nullFlavor='NASK'")),
    "a vaccine": (VACCINES, product("<code nullFlavor='ASKU'/>")),
    "a device": (DEVICES, "<supply><participant><participantRole><playingDevice><code nullFlavor='NI'/></playingDevice>"
                          "</participantRole></participant></supply>"),
}  # fmt: skip


@pytest.mark.parametrize(("code", "entry"), NOBODY_KNOWS.values(), ids=list(NOBODY_KNOWS))
def test_a_null_flavour_of_what_is_not_named_says_that_nobody_knows(code: str, entry: str) -> None:
    found = one(code, entry)
    assert (found.polarity, found.label, found.codes) == (Polarity.NO_INFORMATION, "", ())
    assert content_of(found).label == "Pas d’information"


@pytest.mark.parametrize("flavor", ["OTH", "MSK"])
def test_another_null_flavour_names_something_that_is_not_told(flavor: str) -> None:
    found = one(ALLERGIES, concern("<value/>", agent(f"<code nullFlavor='{flavor}'/>")))
    assert found.polarity is Polarity.AFFIRMED and content_of(found).label == "Sans libellé"


def test_what_has_a_date_or_a_dose_was_there_and_is_not_named() -> None:
    time = "<effectiveTime value='20260327'/>"
    for code, entry in ((TREATMENTS, product("<code nullFlavor='UNK'/>", more=time)), (PROBLEMS, concern("<value nullFlavor='UNK'/>", time)),
                        (ALLERGIES, concern(time, agent("<code nullFlavor='UNK'/>"))), (TREATMENTS, product("<code nullFlavor='UNK'/>", more="<doseQuantity value='1'/>")),
                        (ACTS, f"<procedure><code nullFlavor='UNK'/>{time}</procedure>")):  # fmt: skip
        found = one(code, entry)
        assert found.polarity is Polarity.AFFIRMED and content_of(found).label == "Sans libellé"
    choked = "<entryRelationship typeCode='MFST'><observation><value displayName='Choc'/></observation></entryRelationship>"
    assert one(ALLERGIES, concern("<value/>", agent("<code nullFlavor='UNK'/>") + choked)).polarity is Polarity.AFFIRMED


def test_a_name_beside_a_null_flavour_counts() -> None:
    named = agent("<code nullFlavor='UNK'><originalText>Kiwi</originalText></code>")
    assert one(ALLERGIES, concern("<value/>", named)).polarity is Polarity.AFFIRMED
    assert one(PROBLEMS, concern("<value nullFlavor='UNK'><originalText>Toux</originalText></value>")).polarity is Polarity.AFFIRMED


@pytest.mark.parametrize(
    "label",
    ["Inconnu", "Non renseigné", "Non renseignées", "Allergies : non renseignées", "Allergie inconnue", "Pas d’information", "Non précisé",
     "Pas d'information sur les allergies", "Ne sait pas", "Aucune information", "Non recherchée", "Unknown", "NSP"],
)  # fmt: skip
def test_words_say_that_nobody_knows(label: str) -> None:
    assert one(ALLERGIES, concern(f'<value displayName="{label}"/>')).polarity is Polarity.NO_INFORMATION


@pytest.mark.parametrize(
    ("label", "polarity"),
    [
        ("Allergies : aucune", Polarity.KNOWN_ABSENT), ("No known allergies", Polarity.KNOWN_ABSENT),
        ("Aucune connue", Polarity.KNOWN_ABSENT), ("Patient sans allergie", Polarity.KNOWN_ABSENT),
        ("Aucune allergie signalée par le patient", Polarity.KNOWN_ABSENT), ("Pas de notion d’allergie", Polarity.KNOWN_ABSENT),
        ("Aucun antécédent allergique", Polarity.KNOWN_ABSENT), ("Sans allergie ni intolérance connues", Polarity.KNOWN_ABSENT),
        ("Rien à signaler", Polarity.KNOWN_ABSENT), ("R.A.S.", Polarity.KNOWN_ABSENT), ("Pas d’allergie à ce jour", Polarity.KNOWN_ABSENT),
        ("Aucune allergie alimentaire connue", Polarity.PARTLY_ABSENT), ("NKDA", Polarity.PARTLY_ABSENT),
        ("No known drug allergies", Polarity.PARTLY_ABSENT), ("Aucune allergie au latex", Polarity.PARTLY_ABSENT),
        ("Aucune allergie sauf la pénicilline", Polarity.AFFIRMED), ("Allergie alimentaire", Polarity.AFFIRMED),
        ("Pas d’allergie à la pénicilline", Polarity.AFFIRMED), ("Allergie non médicamenteuse", Polarity.AFFIRMED),
        ("Nickel", Polarity.AFFIRMED), ("NCB", Polarity.AFFIRMED), ("NRL", Polarity.AFFIRMED), ("Nr latex", Polarity.AFFIRMED),
        ("Allergie sans réaction", Polarity.AFFIRMED), ("Réaction allergique sans traitement", Polarity.AFFIRMED),
        ("Intolérance alimentaire sans allergie", Polarity.AFFIRMED),
        ("Pas d’allergie, pas d’intolérance", Polarity.KNOWN_ABSENT), ("Ni allergie ni intolérance", Polarity.KNOWN_ABSENT),
        ("Aucune allergie connue, aucune intolérance connue", Polarity.KNOWN_ABSENT), ("Allergies : non", Polarity.KNOWN_ABSENT),
        ("Allergie (non)", Polarity.KNOWN_ABSENT), ("Il n’y a pas d’allergie", Polarity.KNOWN_ABSENT),
        ("Aucune allergie connue (déclaratif)", Polarity.KNOWN_ABSENT), ("Non allergique", Polarity.KNOWN_ABSENT),
        ("Le patient n’est pas allergique", Polarity.KNOWN_ABSENT), ("Jamais d’allergie", Polarity.KNOWN_ABSENT),
        ("Allergie négative", Polarity.KNOWN_ABSENT), ("NKFA", Polarity.PARTLY_ABSENT), ("Allergies : aucune à ce jour", Polarity.KNOWN_ABSENT),
        ("Denies allergies", Polarity.KNOWN_ABSENT), ("Aucune information disponible", Polarity.NO_INFORMATION),
        ("Données non disponibles", Polarity.NO_INFORMATION), ("N.R.", Polarity.NO_INFORMATION), ("Inconnus", Polarity.NO_INFORMATION),
    ],
)  # fmt: skip
def test_words_say_that_there_is_none(label: str, polarity: Polarity) -> None:
    assert one(ALLERGIES, concern(f'<value displayName="{label}"/>')).polarity is polarity


@pytest.mark.parametrize(
    ("code", "label"),
    [(ACTS, "Aucune intervention connue"), (ACTS, "Pas d’antécédent chirurgical"), (TREATMENTS, "Aucun traitement au long cours"),
     (PROBLEMS, "Absence d’antécédents médicaux notables"), (ACTS, "No surgical history"), (TREATMENTS, "Ne prend aucun traitement"),
     (PROBLEMS, "Pas d’ATCD"), (TREATMENTS, "No current medications"), (DEVICES, "Aucun dispositif implanté")],
)  # fmt: skip
def test_none_of_another_kind(code: str, label: str) -> None:
    entry = {ACTS: f'<procedure><code displayName="{label}"/></procedure>', TREATMENTS: product(f"<name>{label}</name>"),
             PROBLEMS: concern(f'<value displayName="{label}"/>'),
             DEVICES: f'<supply><participant><participantRole><playingDevice><code displayName="{label}"/></playingDevice></participantRole>'
                      "</participant></supply>"}[code]  # fmt: skip
    assert one(code, entry).polarity is Polarity.KNOWN_ABSENT


@pytest.mark.parametrize(
    ("code", "label"),
    [(PROBLEMS, "Maladie chronique sans traitement"), (ACTS, "Chirurgie sans hospitalisation"), (ACTS, "Intervention sans implant"),
     (TREATMENTS, "Traitement sans médicament")],
)  # fmt: skip
def test_a_denial_behind_a_kind_denies_something_else(code: str, label: str) -> None:
    entry = {ACTS: f'<procedure><code displayName="{label}"/></procedure>', TREATMENTS: product(f"<name>{label}</name>"),
             PROBLEMS: concern(f'<value displayName="{label}"/>')}[code]  # fmt: skip
    assert one(code, entry).polarity is Polarity.AFFIRMED


def test_a_name_says_nothing_against_a_code_that_names_a_thing() -> None:
    epilepsy = "<value code='G40.3' codeSystem='2.16.840.1.113883.6.3' displayName='Absence'/>"
    assert one(PROBLEMS, concern(epilepsy)).polarity is Polarity.AFFIRMED
    unspecified = "<value code='T78.4' codeSystem='2.16.840.1.113883.6.3' displayName='Allergie non précisée'/>"
    assert one(PROBLEMS, concern(unspecified)).polarity is Polarity.AFFIRMED
    general = f"<value code='419199007' codeSystem='{SNOMED}' displayName='Aucune allergie'/>"
    assert one(ALLERGIES, concern(general)).polarity is Polarity.KNOWN_ABSENT


def test_what_is_not_specified_and_has_a_date_was_there() -> None:
    time = "<effectiveTime value='20190612'/>"
    for code, entry in ((ACTS, "<procedure><code displayName='Opération non précisée'/>{}</procedure>"), (VACCINES, product("<name>Vaccin non précisé</name>", more="{}")),
                        (PROBLEMS, concern("<value displayName='Maladie non précisée'/>", "{}"))):  # fmt: skip
        assert one(code, entry.format(time)).polarity is Polarity.AFFIRMED
        assert one(code, entry.format("")).polarity is Polarity.NO_INFORMATION


def test_no_known_procedures_by_its_code() -> None:
    assert (
        one(ACTS, f"<procedure><code code='787480003' codeSystem='{SNOMED}' displayName='x'/></procedure>").polarity
        is Polarity.KNOWN_ABSENT
    )


def test_no_medicine_is_none_at_all_among_treatments() -> None:
    assert one(TREATMENTS, product("<name>Aucun médicament</name>")).polarity is Polarity.KNOWN_ABSENT


def test_a_mark_alone_names_nothing() -> None:
    assert reasons(ALLERGIES, concern("<value displayName='-'/>")) == {Reason.NOT_A_THING}


@pytest.mark.parametrize(("code", "polarity"), [("419199007", Polarity.KNOWN_ABSENT), ("416098002", Polarity.PARTLY_ABSENT)])
def test_a_general_allergy_that_is_denied_says_of_all_or_of_one_kind(code: str, polarity: Polarity) -> None:
    value = f"<value code='{code}' codeSystem='{SNOMED}' displayName='Allergie'/>"
    assert one(ALLERGIES, concern(value, agent("<code nullFlavor='NA'/>"), attributes='negationInd="true"')).polarity is polarity


# what is beside the thing


def test_what_a_concern_refers_to_is_none_of_its_problems() -> None:
    asthma = "<entryRelationship typeCode='SUBJ'><observation><value displayName='Asthme'/></observation></entryRelationship>"
    other = RELATION.format("REFR", "X", "displayName='Priorité haute'/>")
    assert [s.label for s in read(PROBLEMS, f"<act>{asthma}{other}</act>")] == ["Asthme"]
    [left] = read_statements(section(PROBLEMS, f"<act>{asthma}{other}</act>")).left
    assert (left.reason, left.what) == (Reason.READ_THERE, "Priorité haute"), "named as not kept"
    assert [s.label for s in read(PROBLEMS, f"<act>{asthma}{other.replace('REFR', 'SUBJ').replace('X', '225773000')}</act>")] == [
        "Asthme"
    ]
    assert [s.label for s in read(PROBLEMS, f"<act>{other}</act>")] == ["Priorité haute"], (
        "where there is nothing else, it is the subject"
    )


def test_severity_and_criticality_of_an_allergy_are_told() -> None:
    penicillin = agent("<name>Pénicilline</name>")
    severe = RELATION.format("SUBJ", "SEV", "displayName='Sévère'/>")
    high = RELATION.format("SUBJ", "82606-5", "code='high'/>")
    back = severe.replace("<observation>", "<observation negationInd='true'>")
    assert one(ALLERGIES, concern("<code code='A' displayName='Allergie'/>", penicillin)).detail == ""
    assert one(ALLERGIES, concern("", penicillin + severe + high)).detail == "sévérité : sévère, criticité : haute"
    assert one(ALLERGIES, concern("", penicillin + back)).detail == ""
    assert (
        one(ALLERGIES, concern("<code code='A' displayName='Intolérance'/>", penicillin + high)).detail
        == "Intolérance, criticité : haute"
    )


def test_a_disease_of_a_relative_by_a_qualifier_is_no_disease_of_the_patient() -> None:
    mother = QUALIFIER.format("408732007", "72705000", "Mère")
    assert reasons(PROBLEMS, concern(f"<value displayName='Diabète'>{mother}</value>")) == {Reason.OTHER_PERSON}
    oneself = QUALIFIER.format("408732007", "410604004", "Lui-même")
    found = one(PROBLEMS, concern(f"<value displayName='Diabète'>{oneself}</value>"))
    assert (found.label, found.other, found.detail) == ("Diabète", "", "")
    unnamed = "<qualifier><name code='408732007'/><value code='1'/></qualifier>"
    assert reasons(PROBLEMS, concern(f"<value displayName='Diabète'>{unnamed}</value>")) == {Reason.OTHER_PERSON}


@pytest.mark.parametrize("context", ["410519009", "410518001"])
def test_a_risk_or_a_goal_by_a_qualifier_has_not_happened(context: str) -> None:
    assert reasons(PROBLEMS, concern(f"<value displayName='Chute'>{QUALIFIER.format('408729009', context, 'x')}</value>")) == {
        Reason.NOT_HAPPENED
    }


def test_a_side_is_told() -> None:
    left = QUALIFIER.format("272741003", "7771000", "gauche")
    assert one(PROBLEMS, concern(f"<value displayName='Fracture'>{left}</value>")).detail == "gauche"
    assert (
        one(
            PROBLEMS, concern("<value displayName='Fracture'/>", f"<targetSiteCode displayName='Fémur'>{left}</targetSiteCode>")
        ).detail
        == "Fémur, gauche"
    )
    assert (
        one(ACTS, f"<procedure><code displayName='Prothèse'>{left}</code><targetSiteCode displayName='Hanche'/></procedure>").detail
        == "Hanche, gauche"
    )
    assert one(PROBLEMS, concern("<value displayName='Fracture'><qualifier/></value>")).detail == ""


@pytest.mark.parametrize(
    ("value", "clinical"),
    [("xsi:type='CD' nullFlavor='OTH'><originalText>Guérie</originalText></value>", "resolved"),
     ("xsi:type='CD' code='9' displayName='Résolu'/>", "resolved"), ("xsi:type='ST'>En rémission</value>", "remission"),
     ("xsi:type='ST' value='resolved'/>", "resolved"), ("xsi:type='ST'>Active</value>", "active"), ("xsi:type='ST'>Ailleurs</value>", "")],
)  # fmt: skip
def test_a_clinical_status_in_words(value: str, clinical: str) -> None:
    assert one(PROBLEMS, concern("<value displayName='Otite'/>", RELATION.format("REFR", "33999-4", value))).clinical == clinical


@pytest.mark.parametrize(("words", "certainty"), [("Suspectée", "unconfirmed"), ("Confirmé", "confirmed")])
def test_a_certainty_in_words(words: str, certainty: str) -> None:
    qualified = RELATION.format("SUBJ", "66455-7", f"displayName='{words}'/>")
    assert one(PROBLEMS, concern("<value displayName='Otite'/>", qualified)).certainty == certainty
    assert reasons(
        PROBLEMS, concern("<value displayName='Otite'/>", RELATION.format("SUBJ", "66455-7", "displayName='Écartée'/>"))
    ) == {Reason.REFUTED}


def test_a_device_is_named_by_its_model() -> None:
    device = "<supply><participant><participantRole><playingDevice>{}<manufacturerModelName>ADVISA</manufacturerModelName></playingDevice></participantRole></participant></supply>"
    assert (one(DEVICES, device.format("")).label, one(DEVICES, device.format("")).detail) == ("ADVISA", "")
    named = one(DEVICES, device.format("<code displayName='Stimulateur'/>"))
    assert (named.label, named.detail) == ("Stimulateur", "ADVISA")


def test_a_denied_treatment_is_told_as_not_taken() -> None:
    found = one(TREATMENTS, product(attributes="negationInd='true'", more="<doseQuantity value='1'/>"))
    assert (found.status, found.detail) == (Status.ABORTED, "1, non pris, selon le document")


# when


def test_an_end_before_the_beginning_ends_nothing() -> None:
    times = "<effectiveTime><low value='{}'/><high value='{}'/></effectiveTime>"
    found = one(PROBLEMS, concern("<value displayName='Gastrite'/>", times.format("2015", "20100304")))
    assert (found.when.start, found.when.end) == ("2015", "")
    assert found.detail == "dates contradictoires : fin écrite (04/03/2010) avant le début"
    kept = one(TREATMENTS, product(more=times.format("20260310", "202603")))
    assert (kept.when.end, kept.detail) == ("2026-03", ""), "a month that holds the beginning contradicts nothing"


def test_a_pause_is_not_when_a_treatment_is_taken() -> None:
    taken = "<effectiveTime><low value='20260110'/></effectiveTime>"
    pause = "<effectiveTime xsi:type='IVL_TS' operator='E'><low value='20251110'/><high value='20251220'/></effectiveTime>"
    found = one(TREATMENTS, product(more=pause + taken))
    assert (found.when.start, found.detail) == ("2026-01-10", "sauf du 10/11/2025 au 20/12/2025")


def test_a_date_that_does_not_read_is_not_the_documents() -> None:
    found = one(RESULTS, result("<value xsi:type='PQ' value='4'/>", "<effectiveTime value='20260230'/>"))
    assert (found.when.start, found.when.origin) == ("", Origin.UNREADABLE)


@pytest.mark.parametrize(
    ("instant", "day"),
    [("20260301233000+0000", "2026-03-02"), ("20260301003000+0100", "2026-03-01"), ("202603011030", "2026-03-01"),
     ("20260301000000+0200", "2026-03-01"), ("20260301200000-0400", "2026-03-01"), ("20260302013000+0400", "2026-03-02"),
     ("20260301000000+0000", "2026-03-01"), ("20260301", "2026-03-01"), ("20260301250000", "2026-03-01")],
)  # fmt: skip
def test_the_day_of_a_moment_is_the_one_of_the_country(instant: str, day: str) -> None:
    when = When(f"{instant[:4]}-{instant[4:6]}-{instant[6:8]}", instant=instant if len(instant) > 8 else "")
    assert content_of(Statement("results", "x", when=when)).start == day


@pytest.mark.parametrize(
    ("written", "day"),
    [("20260301233000Z", "2026-03-02"), ("2026-03-01T23:30:00Z", "2026-03-02"), ("2026-03-01T23:30:00+01:00", "2026-03-01"),
     ("2026-03-01T23:30", "2026-03-01"), ("2026-03-01T", "2026-03-01"), ("20260301Z", "2026-03-01")],
)  # fmt: skip
def test_a_moment_that_is_written_as_fhir_writes_it_is_the_same_moment(written: str, day: str) -> None:
    found = one(RESULTS, result("<value xsi:type='PQ' value='4'/>", f"<effectiveTime value='{written}'/>"))
    assert content_of(found).start == day


@pytest.mark.parametrize(
    ("said", "told"),
    [("<s:deceasedInd value='true'/>", ""), ("<s:deceasedInd value='1'/><s:deceasedTime value='202603'/>", "2026-03"),
     ("<deceasedInd value='true'/>", ""), ("<s:deceasedTime value='20260301'/>", "2026-03-01"), ("<s:deceasedInd value='false'/>", None),
     ("<s:deceasedInd value='false'/><s:deceasedTime value='2026'/>", None), ("<s:deceasedInd nullFlavor='UNK'/>", None), ("", None)],
)  # fmt: skip
def test_a_death_that_the_header_states(said: str, told: str | None) -> None:
    patient = f"<recordTarget><patientRole><patient xmlns:s='urn:hl7-org:sdtc'>{said}</patient></patientRole></recordTarget>"
    found = deceased(f"<ClinicalDocument xmlns='urn:hl7-org:v3'>{patient}</ClinicalDocument>".encode())
    assert (found.on if found else None) == told


def test_a_document_without_a_patient_states_no_death() -> None:
    assert deceased(b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>") is None


@pytest.mark.parametrize(("code", "told"), [("R", "confidentialité restreinte"), ("v", "très restreinte"), ("N", ""), ("", "")])
def test_a_part_that_its_author_calls_confidential_says_so(code: str, told: str) -> None:
    content = section(RESULTS, "", "<paragraph>Texte</paragraph>").replace(
        b"<text>", f"<confidentialityCode code='{code}'/><text>".encode()
    )
    drawn = render(content)
    assert told in drawn and ("dit son auteur" in drawn) is bool(told)


# numbers and words


def test_a_raised_number_stays_raised_and_a_call_of_a_note_is_no_part_of_a_number() -> None:
    text = '<content ID="a">4,5 10<sup>9</sup>/L</content><content ID="b">250<footnoteRef IDREF="f">1</footnoteRef></content><content ID="c">1<sup>er</sup> jour<footnote ID="f">Contrôlé</footnote></content>'
    told = [valued(one(RESULTS, result(f"<value xsi:type='ST'><reference value='#{name}'/></value>"), text)) for name in "abc"]
    assert told == ["4,5 10⁹/L", "250", "1er jour Contrôlé"]
    assert "10⁹/L" in plain_text(section(RESULTS, "", text))


def test_a_quantity_without_any_number_is_none() -> None:
    assert reasons(RESULTS, result("<value xsi:type='PQ' nullFlavor='OTH'><translation code='g/L'/></value>")) == {Reason.NO_VALUE}


def test_an_interpretation_alone_is_an_answer_and_several_are_all_told() -> None:
    alone = one(RESULTS, result("<value xsi:type='CD' nullFlavor='NA'/>", "<interpretationCode code='POS'/>"))
    assert valued(alone) == "positif" and alone.interpretation == ""
    both = one(RESULTS, result("<value xsi:type='PQ' value='4'/>", "<interpretationCode code='N'/><interpretationCode code='A'/>"))
    assert both.interpretation == "normal, anormal"
    assert reasons(RESULTS, result("<value xsi:type='CD' nullFlavor='NA'/>", "<interpretationCode code='H'/>")) == {Reason.NO_VALUE}


# the narrative


def body(inner: str, attributes: str = "", title: str = "<title>T</title>", code: str = "") -> str:
    return render(document(f"<component><section {attributes}>{code}{title}{inner}</section></component>"))


def test_a_section_without_title_is_named_by_its_code() -> None:
    assert "<h2>Antécédents familiaux</h2>" in body("<text>Diabète</text>", title="", code="<code code='10157-6'/>")
    assert "<h2>Famille</h2>" in body("<text>Diabète</text>", title="", code="<code code='10157-6' displayName='Famille'/>")
    assert "<h2" not in body("<text>x</text>", title="", code="<code code='1'/>")


def test_a_section_that_holds_nothing_says_so() -> None:
    assert "Le document dit : pas d’information." in body("<text/>", "nullFlavor='NI'")
    assert "Le document dit : non demandé." in body("<text nullFlavor='NASK'/>")
    assert "Le document ne porte aucun texte ici." in body("")
    assert "lost" not in body("<component><section><text>x</text></section></component>")
    assert "aucun texte" not in body("<text><renderMultiMedia referencedObject='z'/></text>")


def test_a_link_leads_to_a_section() -> None:
    assert '<section id="n-s1">' in body("<text>x</text>", "ID='s1'")


def test_what_is_struck_out_in_a_table_is_struck_in_its_cells() -> None:
    row = body("<text><table><tbody><tr revised='delete'><td>vieux</td></tr></tbody></table></text>")
    assert '<tr><td><del><span class="vh">supprimé : </span>vieux</del></td></tr>' in row
    assert "<td><ins>" in body("<text><table><tbody><tr><td revised='insert'>neuf</td></tr></tbody></table></text>")
    assert "<li><del>" in body("<text><list><item revised='delete'>vieux</item></list></text>")
    assert "<s>barré</s>" in body("<text><content styleCode='xStrike'>barré</content></text>")


def test_what_stands_where_nothing_may_is_shown() -> None:
    told = body("<text><list>mot<item>un</item>fin<paragraph>deux</paragraph></list></text>")
    assert "<p>mot</p><p>fin</p><p>deux</p><ul><li>un</li></ul>" in told
    assert "<table><tr><td>seul</td></tr></table>" in body("<text><table><td>seul</td></table></text>")
    assert "<p>mot</p>" in body("<text><table>mot<col/><tr><td>a</td></tr></table></text>")
    assert 'colspan="100"' in body("<text><table><tr><td colspan='100' rowspan='02'>a</td></tr></table></text>")
    assert 'rowspan="2"' in body("<text><table><tr><td colspan='1' rowspan='02'>a</td></tr></table></text>")


# an agent in general, a denial in capitals, an act that is ahead


@pytest.mark.parametrize("code", ["105590001", "410942007"])
def test_an_agent_in_general_does_not_hide_what_the_value_says(code: str) -> None:
    general = agent(f"<code code='{code}' codeSystem='{SNOMED}' displayName='Substance'/>")
    none = f"<value code='716186003' codeSystem='{SNOMED}' displayName='Pas d’allergie connue'/>"
    found = one(ALLERGIES, concern(none, general))
    assert (found.polarity, found.label) == (Polarity.KNOWN_ABSENT, "Pas d’allergie connue")
    assert one(ALLERGIES, concern("<value displayName='Allergie'/>", general)).label == "Substance"


@pytest.mark.parametrize(
    ("inner", "polarity"),
    [(f"<code code='105590001' codeSystem='{SNOMED}' displayName='Substance'/>", Polarity.KNOWN_ABSENT),
     (f"<code code='410942007' codeSystem='{SNOMED}' displayName='Médicament'/>", Polarity.PARTLY_ABSENT),
     ("<code nullFlavor='NA'/>", Polarity.KNOWN_ABSENT)],
)  # fmt: skip
def test_a_denied_agent_in_general_is_an_absence(inner: str, polarity: Polarity) -> None:
    assert one(ALLERGIES, concern("", agent(inner), attributes="negationInd='true'")).polarity is polarity


@pytest.mark.parametrize("denied", ["TRUE", "True", " 1 "])
def test_a_denial_in_capitals_denies(denied: str) -> None:
    assert reasons(PROBLEMS, concern(attributes=f"negationInd='{denied}'")) == {Reason.NEGATED}
    step = "<entryRelationship><substanceAdministration {}><doseQuantity value='2'/></substanceAdministration></entryRelationship>"
    assert one(TREATMENTS, product(more=step.format(f"negationInd='{denied}'"))).detail == ""


def test_a_problem_without_a_value_is_named_by_its_code() -> None:
    found = one(PROBLEMS, concern("<code code='I10' displayName='Hypertension'/>"))
    assert (found.label, found.code.code) == ("Hypertension", "I10")
    assert one(PROBLEMS, concern("<code code='I10'/><text>Tension</text>")).label == "Tension"
    assert reasons(PROBLEMS, concern("<code code='RX' displayName='Radiographie'/><value xsi:type='ST'>normale</value>")) == {
        Reason.NOT_A_THING
    }


@pytest.mark.parametrize("code", [ACTS, "29554-3"])
def test_an_act_that_is_ahead_or_not_done_is_no_history(code: str) -> None:
    act = "<procedure><code displayName='Pontage'/><statusCode code='{}'/><effectiveTime value='{}'/></procedure>"
    assert reasons(code, act.format("completed", "20280612")) == {Reason.NOT_HAPPENED}
    for status in ("new", "suspended", "aborted"):
        assert reasons(code, act.format(status, "2019")) == {Reason.NOT_DONE}
    assert one(code, act.format("completed", "2026")).label == "Pontage", "the year of the document is not ahead of it"
    assert one(code, act.format("active", "2019")).detail == "en cours, selon le document"


@pytest.mark.parametrize("system", ["", "http://snomed.info/sct", f"urn:oid:{SNOMED}"])
def test_an_absence_of_snomed_ct_is_one_however_its_system_is_written(system: str) -> None:
    value = f"<value code='716186003' codeSystem='{system}' displayName='x'/>"
    assert one(ALLERGIES, concern(value)).polarity is Polarity.KNOWN_ABSENT
    assert one(ALLERGIES, concern("<value code='716186003' codeSystem='1.2' displayName='x'/>")).polarity is Polarity.AFFIRMED


def test_a_blank_name_is_none() -> None:
    assert one(ALLERGIES, concern("<value code='Z' displayName='  '><originalText>Kiwi</originalText></value>")).label == "Kiwi"


def test_a_section_is_known_by_a_translation_of_its_code() -> None:
    code = "<code nullFlavor='OTH'><translation code='48765-2'/></code>"
    found = read_statements(document(f"<component><section>{code}<entry>{concern()}</entry></section></component>"))
    assert [s.section for s in found.statements] == ["allergies"]


def test_a_device_that_is_planned_is_none() -> None:
    device = ("<procedure><effectiveTime value='{}'/><participant><participantRole><playingDevice><code displayName='Stent'/></playingDevice>"
              "</participantRole></participant></procedure>")  # fmt: skip
    assert reasons(DEVICES, device.format("20280101")) == {Reason.NOT_HAPPENED}
    assert one(DEVICES, device.format("20260101")).label == "Stent"


def test_a_stay_that_is_ahead_is_none() -> None:
    stay = "<encounter><code code='IMP' displayName='H'/><effectiveTime><low value='{}'/><high value='{}'/></effectiveTime></encounter>"
    assert reasons("46240-8", stay.format("20270310", "20270312")) == {Reason.NOT_HAPPENED}
    assert one("46240-8", stay.format("20260310", "20260312")).label == "H"
    found = one("46240-8", stay.format("20260310", "20260301"))
    assert (found.when.end, "dates contradictoires" in found.detail) == ("", True)


GERM = ("<organizer classCode='CLUSTER'>{}<specimen><specimenRole><specimenPlayingEntity classCode='MIC'><code displayName='SALMO'/>"
        "</specimenPlayingEntity></specimenRole></specimen>{}</organizer>")  # fmt: skip
SAID = "<component><observation {}><code displayName='PCR'/>{}</observation></component>"


@pytest.mark.parametrize(
    "told",
    [SAID.format("", "<value xsi:type='CD' displayName='Non détecté'/>"), SAID.format("", "<value xsi:type='ST'>Absence</value>"),
     SAID.format("", "<value xsi:type='BL' value='false'/>"), SAID.format("negationInd='true'", "<value xsi:type='BL' value='true'/>")],
)  # fmt: skip
def test_a_germ_that_was_looked_for_and_not_found_is_not_isolated(told: str) -> None:
    assert "Germe isolé" not in [s.label for s in read(RESULTS, GERM.format("", told))]
    found = SAID.format("", "<value xsi:type='CD' displayName='Détecté'/>")
    assert "Germe isolé" in [s.label for s in read(RESULTS, GERM.format("", told + found))]


def test_a_germ_of_an_examination_that_was_broken_off_is_not_isolated() -> None:
    assert "Germe isolé" not in [s.label for s in read(RESULTS, GERM.format("<statusCode code='aborted'/>", ""))]
    assert "Germe isolé" in [s.label for s in read(RESULTS, GERM.format("", ""))]


@pytest.mark.parametrize("so", ["negationInd='true'", "moodCode='GOL'"])
def test_a_status_that_is_denied_or_a_goal_is_none(so: str) -> None:
    resolved = (
        f"<entryRelationship><observation {so}><code code='33999-4'/><value code='413322009'/></observation></entryRelationship>"
    )
    assert one(PROBLEMS, concern("<value displayName='Otite'/>", resolved)).clinical == ""
    refuted = (
        f"<entryRelationship><observation {so}><code code='66455-7'/><value code='refuted'/></observation></entryRelationship>"
    )
    assert one(PROBLEMS, concern("<value displayName='Otite'/>", refuted)).certainty == ""
    back = resolved.replace(so, "").replace("<value", "<statusCode code='nullified'/><value")
    assert one(PROBLEMS, concern("<value displayName='Otite'/>", back)).clinical == ""


def test_a_problem_by_reference_beside_a_comment_is_the_subject() -> None:
    comment = "<entryRelationship typeCode='SUBJ'><act><code code='48767-8'/><text>x</text></act></entryRelationship>"
    problem = "<entryRelationship typeCode='REFR'><observation><value displayName='Asthme'/></observation></entryRelationship>"
    assert [s.label for s in read(PROBLEMS, f"<act>{comment}{problem}</act>")] == ["Asthme"]


@pytest.mark.parametrize(
    ("times", "told"),
    [("<low value='20261110'/>", "sauf à partir du 10/11/2026"), ("<low value='20261110'/><width value='20' unit='d'/>", "sauf pendant 20 jours à partir du 10/11/2026"),
     ("<high value='20261220'/>", "sauf jusqu’au 20/12/2026"), ("<low nullFlavor='UNK'/>", "sauf pendant une pause sans date")],
)  # fmt: skip
def test_a_pause_is_told_as_far_as_it_is_stated(times: str, told: str) -> None:
    pause = f"<effectiveTime xsi:type='IVL_TS' operator='E'>{times}</effectiveTime>"
    assert one(TREATMENTS, product(more=pause)).detail == told


@pytest.mark.parametrize(("written", "day", "ahead"), [("2026", "20260110", False), ("202601", "20260110", False), ("202601", "20260210", True),
                                                      ("20260301", "20260302", False), ("20260301", "20260304", True), ("2026", "2027", True)])  # fmt: skip
def test_what_is_ahead_is_so_at_the_precision_of_both(written: str, day: str, ahead: bool) -> None:
    entry = f"<procedure><code displayName='Pontage'/><effectiveTime value='{day}'/></procedure>"
    content = section(ACTS, entry).replace(b'effectiveTime value="20261101"', f'effectiveTime value="{written}"'.encode(), 1)
    assert (read_statements(content).statements == ()) is ahead


def test_a_subject_who_is_the_patient_is_the_patient() -> None:
    for qualifier in (QUALIFIER.format("408732007", "116154003", "x"), QUALIFIER.format("408732007", "9", "Patient")):
        assert one(PROBLEMS, concern(f"<value displayName='Diabète'>{qualifier}</value>")).other == ""


def test_a_translation_that_is_the_value_is_told_once() -> None:
    found = one(RESULTS, result("<value xsi:type='PQ' nullFlavor='OTH'><translation value='0.99' code='g/L'/></value>"))
    assert (valued(found), found.also) == ("0,99 g/L", "")


def test_a_year_with_a_width_ends_with_its_last_possible_month() -> None:
    time = "<effectiveTime><low value='2025'/><width value='7' unit='d'/></effectiveTime>"
    assert one(TREATMENTS, product(more=time)).when.end == "2026-01"
    iso = "<effectiveTime value='2026-02-28T10:00:00'/>"
    assert one(PROBLEMS, concern("<value displayName='Otite'/>", iso)).when.start == "2026-02-28"
