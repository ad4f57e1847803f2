"""What a document says, as finely as it says it: germs and what marks them, ends by their day, text that was taken back, names."""

import pytest
from support.small_cda import concern, product, result, section

from carnet.apps.profile.entries import number_of
from carnet.apps.profile.reading import content_of
from carnet.formats.cda import read_statements, render
from carnet.formats.cda.statements import Polarity, Statement, shown

ALLERGIES, PROBLEMS, TREATMENTS, RESULTS = "48765-2", "11450-4", "10160-0", "30954-2"


def read(code: str, entry: str, text: str = "") -> tuple[Statement, ...]:
    return read_statements(section(code, entry, text)).statements


# germs

CLUSTER = ("<organizer classCode='CLUSTER'><specimen><specimenRole><specimenPlayingEntity classCode='MIC'><code displayName='E. coli'/>"
           "</specimenPlayingEntity></specimenRole></specimen>{}</organizer>")  # fmt: skip
TOLD = "<component><observation {}><code displayName='{}'/>{}</observation></component>"
ABSENT = "<value xsi:type='CD' displayName='Absence'/>"


def isolated(*observations: str) -> bool:
    return "Germe isolé" in [s.label for s in read(RESULTS, CLUSTER.format("".join(observations)))]


@pytest.mark.parametrize("marker", ["BLSE", "Recherche de toxine", "Résistance à la méticilline", "gène mecA"])
def test_a_marker_that_is_not_there_says_nothing_of_the_germ(marker: str) -> None:
    assert isolated(TOLD.format("", marker, ABSENT))
    assert not isolated(TOLD.format("", "Culture", ABSENT))


def test_a_germ_that_was_tested_against_drugs_was_isolated() -> None:
    tested = TOLD.format("", "Amoxicilline", "<value xsi:type='CD' nullFlavor='NA'/><interpretationCode code='R'/>")
    assert isolated(TOLD.format("", "Culture", ABSENT), tested)


@pytest.mark.parametrize(
    "told",
    [
        "<value xsi:type='ST'>Recherche négative</value>", "<value xsi:type='ST'>Not detected</value>",
        "<value xsi:type='ST'>Non retrouvée</value>", "<interpretationCode code='NEG'/>", "<interpretationCode code='ND'/>",
    ],
)  # fmt: skip
def test_a_germ_that_is_not_found_in_any_words(told: str) -> None:
    assert not isolated(TOLD.format("", "PCR", told))
    assert isolated(TOLD.format("", "PCR", told), TOLD.format("", "PCR", "<value xsi:type='ST'>présent</value>"))
    assert isolated(TOLD.format("", "PCR", told), TOLD.format("", "PCR", "<interpretationCode code='POS'/>"))


def test_a_goal_says_nothing_of_a_germ() -> None:
    assert isolated(TOLD.format("moodCode='GOL'", "Culture", ABSENT))


# allergies and problems


def agent(inner: str) -> str:
    return f"<participant typeCode='CSM'><participantRole><playingEntity>{inner}</playingEntity></participantRole></participant>"


def test_an_allergy_to_what_is_not_named_that_was_judged_is_one() -> None:
    high = "<entryRelationship typeCode='SUBJ'><observation><code code='82606-5'/><value code='high'/></observation></entryRelationship>"
    [bare] = read(ALLERGIES, concern("<value/>", agent("<code nullFlavor='UNK'/>")))
    [judged] = read(ALLERGIES, concern("<value/>", agent("<code nullFlavor='UNK'/>") + high))
    assert (bare.polarity, judged.polarity) == (Polarity.NO_INFORMATION, Polarity.AFFIRMED)
    assert "criticité : haute" in judged.detail


def test_a_file_that_is_no_longer_kept_on_an_allergy_ends_no_allergy() -> None:
    entry = concern("", agent("<name>Pénicilline</name>"), act="<statusCode code='aborted'/>")
    [allergy] = read(ALLERGIES, entry)
    [problem] = read(PROBLEMS, concern(act="<statusCode code='aborted'/>"))
    assert (allergy.over, problem.over) == (False, True)


@pytest.mark.parametrize(("relation", "labels"), [("RSON", ["Z"]), ("CAUS", ["Z"]), ("SPRT", ["Z"]), ("COMP", ["Z", "Autre"])])
def test_a_reason_of_a_concern_is_none_of_its_subjects(relation: str, labels: list[str]) -> None:
    more = f"<entryRelationship typeCode='{relation}'><observation><value displayName='Autre'/></observation></entryRelationship>"
    entry = concern().replace("</act>", more + "</act>")
    assert [s.label for s in read(PROBLEMS, entry)] == labels


# days, numbers and words


def test_an_end_in_universal_time_is_told_as_the_day_of_the_country() -> None:
    ends = "<effectiveTime><low value='20260101'/><high value='{}'/></effectiveTime>"
    for written, day in (("20260301233000+0000", "2026-03-02"), ("202603012330+0100", "2026-03-01"), ("20260301", "2026-03-01")):
        [found] = read(PROBLEMS, concern(more=ends.format(written)))
        assert content_of(found).end == day, written


@pytest.mark.parametrize("text", ["NaN", "INF", "-inf", "1_000", "infinity", "١٢", "", "-", "1e400", "0x10"])
def test_what_only_a_program_takes_for_a_number_is_none(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(("text", "number"), [("4,5", 4.5), (" .5", 0.5), ("-2", -2.0), ("1e3", 1000.0), ("12.", 12.0)])
def test_a_number_is_one_however_it_is_written(text: str, number: float) -> None:
    assert number_of(text) == number


def told_as(text: str) -> str:
    [found] = read(RESULTS, result("<value xsi:type='ST'><reference value='#a'/></value>"), f"<content ID='a'>{text}</content>")
    assert found.value is not None
    return shown(found.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [("12<sup>1,2</sup>", "12^1,2"), ("10<sup>−3</sup>", "10⁻³"), ("1<sup>er</sup>", "1er"), ("5<sup> *</sup>", "5 *")],
)  # fmt: skip
def test_what_is_raised_is_no_part_of_the_number_before_it(text: str, told: str) -> None:
    assert told_as(text) == told


@pytest.mark.parametrize("style", ["strikethrough", "xStrike", "LineThrough", "Bold xStrike"])
def test_what_was_struck_out_by_its_style_is_not_told(style: str) -> None:
    assert told_as(f"<content styleCode='{style}'>4,1</content> 5,2") == "5,2"


def test_a_section_is_named_by_a_translation_of_its_code() -> None:
    content = section(RESULTS, "", "<paragraph>x</paragraph>").decode().replace("<title>T</title>", "")
    named = f'<code code="{RESULTS}" displayName=" "><translation code="L" displayName="Bilan"/></code>'
    assert "Bilan" in render(content.replace(f'<code code="{RESULTS}"/>', named).encode())


# numbers that would stop a door


@pytest.mark.parametrize("value", ["1e10000000", "1e-320", "INF", "NaN", "-1", "0", "1" * 5000, "0.0000000001", "1/0", "x"])
def test_a_number_that_is_none_stops_nothing_and_is_told_as_it_stands(value: str) -> None:
    for more in (
        f"<doseQuantity value='{value}' unit='tablet'/>", f"<effectiveTime xsi:type='PIVL_TS'><period value='{value}' unit='d'/></effectiveTime>",
        f"<effectiveTime xsi:type='IVL_TS'><low value='20260101'/><width value='{value}' unit='d'/></effectiveTime>",
        f"<repeatNumber value='{value}'/>",
    ):  # fmt: skip
        [found] = read(TREATMENTS, product(more=more))
        assert found.label == "X" and found.when.end in ("", "2026-01-01")


# status and certainty in an author's own words


def qualified(code: str, words: str) -> str:
    return (f"<entryRelationship typeCode='REFR'><observation><code code='{code}'/><value displayName='{words}'/></observation>"
            "</entryRelationship>")  # fmt: skip


@pytest.mark.parametrize("words", ["Stabilisé", "Guéri le 12/03/2019", "Rémission complète"])
def test_a_status_that_nobody_reads_is_told_in_its_words_and_ends_nothing(words: str) -> None:
    [found] = read(PROBLEMS, concern(more=qualified("33999-4", words)))
    assert (found.clinical, found.over, found.detail) == ("", False, f"état : {words[0].lower()}{words[1:]}")
    [known] = read(PROBLEMS, concern(more=qualified("33999-4", "Guéri")))
    assert (known.over, known.detail) == (True, "")


def test_a_certainty_that_nobody_reads_is_told_in_its_words() -> None:
    [found] = read(PROBLEMS, concern(more=qualified("66455-7", "Suspicion forte")))
    assert (found.certainty, found.detail) == ("", "certitude : suspicion forte")
    coded = qualified("66455-7", "Probable diagnosis").replace("<value ", "<value code='2931005' ")
    [probable] = read(PROBLEMS, concern(more=coded))
    assert (probable.certainty, probable.detail) == ("unconfirmed", "")


def test_a_period_from_a_number_to_the_same_is_that_number() -> None:
    period = (
        "<effectiveTime xsi:type='PIVL_TS'><period><low value='6' unit='h'/><high value='6' unit='h'/></period></effectiveTime>"
    )
    [found] = read(TREATMENTS, product(more=period))
    assert "toutes les 6 heures" in found.detail


def test_a_width_past_every_calendar_has_no_end() -> None:
    ends = "<effectiveTime xsi:type='IVL_TS'><low value='99991230'/><width value='10' unit='d'/></effectiveTime>"
    [found] = read(TREATMENTS, product(more=ends))
    assert (found.when.start, found.when.end, found.when.width) == ("9999-12-30", "", "10 jours")


def test_a_translation_without_a_number_is_no_other_unit() -> None:
    value = "<value xsi:type='PQ' value='4' unit='g/L'><translation code='x'/><translation value='40' code='mg/dL'/></value>"
    [found] = read(RESULTS, result(value))
    assert found.also == "40 mg/dL"
    [bare] = read(RESULTS, result("<value xsi:type='PQ' value='4' unit='g/L'><translation code='x'/></value>"))
    assert bare.also == ""


def test_an_observation_of_a_germ_without_an_answer_says_nothing() -> None:
    silent = TOLD.format("", "Culture", "<value xsi:type='CD' nullFlavor='NI'/>")
    assert isolated(silent) and isolated(TOLD.format("", "Culture", ""))
    assert not isolated(silent, TOLD.format("", "PCR", ABSENT))
