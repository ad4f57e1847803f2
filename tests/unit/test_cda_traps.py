"""Documents whose plain reading would say of a patient what nobody stated: who, of what, how sure, and whether it was taken back."""

import pytest
from support.small_cda import IPS, SNOMED, concern, document, product, result, section

from carnet.formats.cda import read_statements
from carnet.formats.cda.statements import Polarity, Reason, shown
from carnet.formats.cda.statements.entry import MOST_QUALIFIERS

ALLERGIES, PROBLEMS, ACTS, TREATMENTS, RESULTS, DISPENSED = "48765-2", "11450-4", "47519-4", "10160-0", "30954-2", "60590-7"
QUALIFIED = "<entryRelationship><observation><code code='66455-7'/>{}</observation></entryRelationship>"


def told(code: str, entry: str, text: str = "") -> list[str]:
    return [f"{s.label}|{s.detail}" for s in read_statements(section(code, entry, text)).statements]


def left(code: str, entry: str) -> set[Reason]:
    reading = read_statements(section(code, entry))
    assert reading.statements == ()
    return {one.reason for one in reading.left}


def agent(name: str, kind: str = "typeCode='CSM'") -> str:
    return (
        f"<participant {kind}><participantRole><playingEntity><name>{name}</name></playingEntity></participantRole></participant>"
    )


# allergies


def test_an_allergy_is_to_each_thing_that_was_consumed_and_to_nobody_who_verified_it() -> None:
    assert told(ALLERGIES, concern(more=agent("Dr Ver", "typeCode='VRF'") + agent("Latex") + agent("Kiwi"))) == ["Latex|", "Kiwi|"]
    assert told(ALLERGIES, concern('<value displayName="Pollen"/>', agent("Dr Ver", "typeCode='VRF'"))) == ["Pollen|"]


def test_a_denied_allergen_with_a_general_value_is_no_absence_of_all_allergies() -> None:
    general = f'<value code="419199007" codeSystem="{SNOMED}" displayName="Allergie"/>'
    assert left(ALLERGIES, concern(general, agent("Pénicilline"), attributes='negationInd="true"')) == {Reason.NEGATED}


def test_an_absence_of_one_kind_is_not_one_of_all() -> None:
    for code in ("409137002", "429625007"):
        [found] = read_statements(
            section(ALLERGIES, concern(f'<value code="{code}" codeSystem="{SNOMED}" displayName="x"/>'))
        ).statements
        assert found.polarity is Polarity.PARTLY_ABSENT
    for words, polarity in (("Aucune allergie médicamenteuse", Polarity.PARTLY_ABSENT), ("Aucune allergie", Polarity.KNOWN_ABSENT)):
        [found] = read_statements(section(ALLERGIES, concern(f'<value displayName="{words}"/>'))).statements
        assert found.polarity is polarity


def test_the_denial_of_none_known_says_nothing() -> None:
    none = f'<value code="no-known-allergies" codeSystem="{IPS}" displayName="Aucune"/>'
    assert left(ALLERGIES, concern(none, attributes='negationInd="true"')) == {Reason.NEGATED}


@pytest.mark.parametrize("so", ["negationInd='true'", "moodCode='RSK'"])
def test_a_reaction_that_did_not_happen_is_none(so: str) -> None:
    reaction = "<entryRelationship typeCode='MFST'><observation {}><value displayName='{}'/>{}</observation></entryRelationship>"
    both = reaction.format(so, "Choc", "") + reaction.format("", "Toux", "")
    assert told(ALLERGIES, concern(more=agent("Kiwi") + both)) == ["Kiwi|Toux"]
    back = reaction.format("", "Choc", "<statusCode code='nullified'/>")
    assert told(ALLERGIES, concern(more=agent("Kiwi") + back)) == ["Kiwi|"]


# what was taken back, and by whom it is held


def test_what_holds_a_statement_takes_it_back() -> None:
    value = result("<value xsi:type='PQ' value='4'/>")
    battery = f"<organizer><statusCode code='nullified'/><component>{value}</component></organizer>"
    assert left(RESULTS, battery) == {Reason.NOT_DONE}
    inside = "<procedure><code displayName='Pontage'/></procedure>"
    assert left(ACTS, "<procedure><code displayName='Pontage'/><statusCode code='cancelled'/></procedure>") == {Reason.NOT_DONE}
    held = f"<act><statusCode code='cancelled'/><entryRelationship>{inside}</entryRelationship></act>"
    assert read_statements(section(ACTS, held)).statements == ()
    assert left(TREATMENTS, product(more="<statusCode code='nullified'/>")) == {Reason.NOT_DONE}
    assert left(PROBLEMS, concern(act="<statusCode code='nullified'/>")) == {Reason.NOT_DONE}


def test_a_cancelled_stay_was_none() -> None:
    stay = "<encounter><code code='IMP' displayName='H'/>{}<effectiveTime><low value='20260101'/><high value='20260104'/></effectiveTime></encounter>"
    assert told("46240-8", stay.format("")) == ["H|"]
    assert left("46240-8", stay.format("<statusCode code='cancelled'/>")) == {Reason.NOT_DONE}


def test_a_proposal_inside_an_intention_is_a_proposal() -> None:
    proposal = product(attributes="moodCode='PRP'")
    proposed = f"<act moodCode='INT'><entryRelationship>{proposal}</entryRelationship></act>"
    assert left(TREATMENTS, proposed) == {Reason.NOT_HAPPENED}


# how sure


def test_a_certainty_is_read_wherever_its_code_stands() -> None:
    for value in (
        "<value code='refuted'/>",
        f"<value nullFlavor='OTH'><translation code='410516002' codeSystem='{SNOMED}'/></value>",
    ):
        assert left(PROBLEMS, concern(more=QUALIFIED.format(value))) == {Reason.REFUTED}
    qualifier = "<value displayName='Z'><qualifier><value code='410594000'/></qualifier></value>"
    assert left(PROBLEMS, concern(qualifier)) == {Reason.REFUTED}
    [unsure] = read_statements(section(PROBLEMS, concern(more=QUALIFIED.format("<value code='415684004'/>")))).statements
    assert unsure.certainty == "unconfirmed"


def test_what_qualifies_a_statement_stands_among_its_first_relations() -> None:
    noise = "<entryRelationship><observation/></entryRelationship>"
    refuted = QUALIFIED.format("<value code='refuted'/>")
    assert told(PROBLEMS, concern(more=noise * (MOST_QUALIFIERS - 1) + refuted)) == []
    assert told(PROBLEMS, concern(more=noise * MOST_QUALIFIERS + refuted)) == ["Z|"], (
        "a bound, or n statements read n relations each"
    )


# questions and answers


@pytest.mark.parametrize(
    ("value", "found", "reasons"),
    [
        (f'<value code="52101004" codeSystem="{SNOMED}" displayName="Présent"/>', [], {Reason.NOT_A_THING}),
        (f'<value code="2667000" codeSystem="{SNOMED}" displayName="Absent"/>', [], {Reason.NEGATED}),
        ('<value displayName="Non détecté"/>', [], {Reason.NEGATED}),
        ('<value xsi:type="BL" value="true"/>', [], {Reason.NOT_A_THING}),
        ('<value displayName="Pas de traitement"/>', [], {Reason.NEGATED}),
        ('<value displayName="Asthme allergique"/>', ["Asthme allergique|"], set()),
    ],
)  # fmt: skip
def test_an_answer_is_no_name_of_an_illness(value: str, found: list[str], reasons: set[Reason]) -> None:
    reading = read_statements(section(PROBLEMS, concern(f'<code code="R50" displayName="Fièvre"/>{value}')))
    assert [f"{s.label}|{s.detail}" for s in reading.statements] == found
    assert {one.reason for one in reading.left} == reasons


def test_a_name_is_never_borrowed_from_what_a_statement_holds() -> None:
    text = '<content ID="inner">Cancer du poumon</content>'
    nested = "<entryRelationship><observation><code code='SEV'/><text><reference value='#inner'/></text></observation></entryRelationship>"
    assert told(PROBLEMS, concern("<value/>", nested), text) == ["|"]


# measures


def test_a_specimen_is_no_germ() -> None:
    specimen = "<specimen><specimenRole><specimenPlayingEntity><code displayName='Sang'/></specimenPlayingEntity></specimenRole></specimen>"
    inner = result("<value xsi:type='PQ' value='4'/>")
    assert told(RESULTS, f"<organizer>{specimen}<component>{inner}</component></organizer>") == ["Potassium|"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("<low value='1' unit='g/L'/><high value='500' unit='mg/L'/>", "1 g/L à 500 mg/L"),
        ("<low value='5' unit='mg'/><width value='2' unit='g'/>", "5 mg étendue 2 g"),
        ("<center value='7' unit='g/L'/>", "7 g/L"),
    ],
)
def test_an_interval_is_told_whole(value: str, words: str) -> None:
    [found] = read_statements(section(RESULTS, result(f"<value xsi:type='IVL_PQ'>{value}</value>"))).statements
    assert found.value is not None
    assert shown(found.value) == words


def test_each_value_of_an_observation_is_a_statement() -> None:
    two = result("<value xsi:type='PQ' value='4' unit='g'/><value xsi:type='ST'>hémolysé</value>")
    values = [s.value for s in read_statements(section(RESULTS, two)).statements]
    assert [shown(v) for v in values if v] == ["4 g", "hémolysé"]


@pytest.mark.parametrize(
    ("observed", "whom", "words"),
    [
        ("<value><low value='1' unit='g/L'/><high value='500' unit='mg/L'/></value>", "", "1 g/L à 500 mg/L"),
        ("<text>femme enceinte</text><value><low value='1' unit='g/L'/><high value='5' unit='g/L'/></value>", "femme enceinte", "femme enceinte"),
    ],
)  # fmt: skip
def test_bounds_that_cannot_be_compared_judge_nobody(observed: str, whom: str, words: str) -> None:
    more = f"<referenceRange><observationRange>{observed}</observationRange></referenceRange>"
    [found] = read_statements(section(RESULTS, result("<value xsi:type='PQ' value='4' unit='g/L'/>", more))).statements
    assert [(r.whom, r.text) for r in found.ranges] == [(whom, words)]
    assert (found.bounds.low, found.bounds.high) == ("", "")


# treatments


def dose(value: str, more: str = "") -> str:
    return f"<doseQuantity><low value='{value}' unit='mg'/>{more}</doseQuantity>"


def step(value: str, attributes: str = "", number: str = "") -> str:
    return (f"<entryRelationship>{number}<substanceAdministration {attributes}><doseQuantity value='{value}' unit='mg'/>"
            "</substanceAdministration></entryRelationship>")  # fmt: skip


def test_a_dose_in_two_units_keeps_both() -> None:
    assert told(TREATMENTS, product(more=dose("500", "<high value='1' unit='g'/>"))) == ["X|500 mg à 1 g"]
    assert told(TREATMENTS, product(more=dose("500"))) == ["X|au moins 500 mg"]


def test_steps_come_in_their_order_and_a_denied_one_is_none() -> None:
    first, second = "<sequenceNumber value='1'/>", "<sequenceNumber value='2'/>"
    assert told(TREATMENTS, product(more=step("20", number=second) + step("10", number=first))) == ["X|10 mg puis 20 mg"]
    assert told(TREATMENTS, product(more=step("20", "negationInd='true'") + step("10"))) == ["X|10 mg"]
    assert told(TREATMENTS, product(more=step("20", number="<sequenceNumber value='²'/>"))) == ["X|20 mg"]


def test_the_dose_of_another_product_is_not_that_of_the_first() -> None:
    other = product("<name>Y</name>", more="<doseQuantity value='9' unit='mg'/>")
    assert told(TREATMENTS, product(more=f"<entryRelationship>{other}</entryRelationship>")) == ["X|", "Y|9 mg"]
    coded = product("<code displayName='Z'/>")
    assert told(TREATMENTS, product(more=f"<entryRelationship>{coded}</entryRelationship>")) == ["X|", "Z|"]


def test_an_offset_is_before_or_after_its_event() -> None:
    event = '<effectiveTime xsi:type="EIVL_TS"><event code="{}"/><offset><low value="{}" unit="min"/></offset></effectiveTime>'
    assert told(TREATMENTS, product(more=event.format("CM", "-30"))) == ["X|30 minutes avant le petit déjeuner"]
    assert told(TREATMENTS, product(more=event.format("HS", "30"))) == ["X|30 minutes après le coucher"]


def test_what_was_ordered_or_suspended_was_not_given_out() -> None:
    supply = ("<supply {}><statusCode code='{}'/><product><manufacturedProduct><manufacturedMaterial><name>X</name></manufacturedMaterial>"
              "</manufacturedProduct></product></supply>")  # fmt: skip
    assert told(DISPENSED, supply.format("", "completed")) == ["X|"]
    assert left(DISPENSED, supply.format("moodCode='RQO'", "completed")) == {Reason.NOT_HAPPENED}
    assert left(DISPENSED, supply.format("", "suspended")) == {Reason.NOT_DONE}


def test_the_subject_of_a_section_is_that_of_its_statements() -> None:
    subject = "<subject><relatedSubject><code displayName='Mère'/></relatedSubject></subject>"
    body = document(
        f'<component><section><code code="{PROBLEMS}"/><text/>{subject}<entry>{concern()}</entry></section></component>'
    )
    assert [one.reason for one in read_statements(body).left] == [Reason.OTHER_PERSON]
