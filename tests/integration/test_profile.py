"""The health profile: read from documents at deposit, written by professionals, seen by whoever sees its source."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from support.people import ask, deposit, host, now, patient, today
from support.statements import stated

from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.storage.api import key_of, unit
from carnet.formats.cda import Section
from carnet.formats.cda.statements import Origin, Value, When
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

ALLERGY = stated("allergies", "Amoxicilline", "372687004", "2.16.840.1.113883.6.96", date(2019, 5, 2), detail="Anaphylaxie")
TREATMENT = stated("treatments", "Apixaban 5 mg", "B01AF02", "2.16.840.1.113883.6.73", date(2026, 11, 1), detail="1 matin, 1 soir")
RESULT = stated(
    "results", "Potassium", "2823-3", "2.16.840.1.113883.6.1", date(2026, 11, 19), value="4.6", unit="mmol/L", low="3.5", high="5.1"
)
SECTIONS = (
    Section("48765-2", "Allergies", facts=(ALLERGY,)),
    Section("10160-0", "Traitements", facts=(TREATMENT,)),
    Section("30954-2", "Résultats", facts=(RESULT,)),
)


def shown(person, who: str = "treating", **options) -> list[profile.Entry]:
    with records.visiting(ask(who, Act.SEARCH, person)) as visit:
        return profile.entries(visit, **options)


def taken(person, on: date | None = None, who: str = "treating") -> list[profile.Treatment]:
    with records.visiting(ask(who, Act.SEARCH, person)) as visit:
        return profile.treatments(visit, profile.entries(visit), on or today())


def labels(person, who: str = "treating") -> set[str]:
    return {e.content.label for e in shown(person, who)}


def test_what_a_document_states_is_in_the_profile_with_its_source() -> None:
    person, _ = patient("treating")
    document = deposit(person, sections=SECTIONS)
    found = {e.section: e for e in shown(person)}
    assert {s: e.content.label for s, e in found.items()} == {
        "allergies": "Amoxicilline",
        "treatments": "Apixaban 5 mg",
        "results": "Potassium",
    }
    assert {e.document_id for e in found.values()} == {document}
    assert found["allergies"].content.detail == "Anaphylaxie"
    assert found["treatments"].content.code == "B01AF02"
    assert (found["results"].content.value, found["results"].content.low, found["results"].content.high) == ("4.6", "3.5", "5.1")
    assert found["allergies"].content.anchor, "it leads to its place in the document"


def test_a_masked_document_takes_its_facts_with_it_and_so_does_a_confirmation_of_them() -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    document = deposit(person, sections=SECTIONS)
    [allergy] = [e for e in shown(person, "nurse") if e.section == "allergies"]
    who = ask("nurse", Act.WRITE_PROFILE, person)
    record_id = records.test_record(ask("nurse", Act.TEST_RECORD, person)).record_id
    profile.correct_entry(who, record_id, allergy.id)
    assert "Amoxicilline" in labels(person, "nurse")
    records.change_document(ask("treating", Act.MASK, person), document)
    assert labels(person, "nurse") == set()
    assert "Amoxicilline" in labels(person, "treating"), "the treating doctor sees what is masked"


def test_a_replaced_or_deleted_document_no_longer_states_anything() -> None:
    person, _ = patient("treating")
    document = deposit(person, sections=SECTIONS)
    deposit(person, replaces=document, sections=SECTIONS[:1])
    assert labels(person) == {"Amoxicilline"}
    assert len(shown(person)) == 1


def test_a_type_that_the_profession_may_not_read_gives_it_no_fact() -> None:
    person, _ = patient("treating", "optician")
    deposit(person, sections=SECTIONS)
    edition_closed = labels(person, "optician")
    assert edition_closed == set()


def test_the_holder_closes_a_section() -> None:
    from carnet.apps.access import api as access

    person, record_id = patient("treating")
    deposit(person, sections=SECTIONS)
    with unit(record_id) as work:
        access.close_sections(work, host(record_id), ["allergies"])
    assert labels(person) == {"Apixaban 5 mg", "Potassium"}


def test_a_professional_adds_corrects_withdraws_and_nothing_is_forgotten() -> None:
    person, record_id = patient("treating")
    who = ask("treating", Act.WRITE_PROFILE, person)
    first = profile.add_entry(who, record_id, "allergies", profile.Content("Latex", detail="urticaire"))
    second = profile.correct_entry(who, record_id, first, profile.Content("Latex", detail="urticaire de contact"))
    assert [e.content.detail for e in shown(person)] == ["urticaire de contact"]
    assert [e.content.detail for e in profile.entry_history(who, record_id, second)] == ["urticaire de contact", "urticaire"]
    profile.withdraw_entry(who, record_id, second)
    assert shown(person) == []
    profile.restore_entry(who, record_id, second)
    assert [e.content.detail for e in shown(person)] == ["urticaire de contact"]
    with pytest.raises(Refusal, match="document-unknown"):
        profile.restore_entry(who, record_id, first)


def test_a_correction_keeps_what_its_form_does_not_show() -> None:
    person, record_id = patient("treating")
    who = ask("treating", Act.WRITE_PROFILE, person)
    told = profile.Content("Apixaban 5 mg", code="B01AF02", system="2.16.840.1.113883.6.73", end="2099-01-01")
    first = profile.add_entry(who, record_id, "treatments", told)
    second = profile.correct_entry(who, record_id, first, profile.Content("apixaban 5 mg", detail="1 matin"))
    [entry] = shown(person)
    assert (entry.content.code, entry.content.end, entry.content.detail) == ("B01AF02", "2099-01-01", "1 matin")
    profile.correct_entry(who, record_id, second, profile.Content("Paracétamol"))
    assert [e.content.code for e in shown(person)] == [""], "a code does not stay on other words"


def test_nothing_but_results_is_cut_by_the_summary() -> None:
    person, record_id = patient("treating")
    with unit(record_id) as work:
        key = key_of(work, record_id)
        for section in ("allergies", "results"):
            profile.declare(work, key, section, profile.Content("Ancienne"), now() - timedelta(days=900))
            for number in range(profile.SUMMARY):
                profile.declare(work, key, section, profile.Content(f"Nouvelle {number}"), now())
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        found = profile.entries(visit, ("allergies", "results"), most=profile.SUMMARY)
    assert [e.section for e in found if e.content.label == "Ancienne"] == ["allergies"]
    assert len([e for e in found if e.section == "results"]) == profile.SUMMARY


def test_what_cannot_be_written_is_refused() -> None:
    person, record_id = patient("treating")
    who = ask("treating", Act.WRITE_PROFILE, person)
    with pytest.raises(Refusal, match="request-malformed"):
        profile.add_entry(who, record_id, "wishes", profile.Content("Don d'organes"))
    with pytest.raises(Refusal, match="request-malformed"):
        profile.add_entry(who, record_id, "allergies", profile.Content("  "))
    with pytest.raises(Refusal, match="document-unknown"):
        profile.correct_entry(who, record_id, record_id)


def test_writing_needs_a_profession_of_the_matrix_and_reading_needs_consent() -> None:
    person, record_id = patient("treating")
    profile.add_entry(ask("nurse", Act.WRITE_PROFILE, person), record_id, "vaccinations", profile.Content("Grippe"))
    with pytest.raises(Refusal, match="consent-missing"):
        shown(person, "nurse")
    with pytest.raises(Refusal):
        profile.add_entry(ask("social_worker", Act.WRITE_PROFILE, person), record_id, "vaccinations", profile.Content("Grippe"))


def test_the_summary_groups_sources_and_keeps_bounds() -> None:
    person, record_id = patient("treating")
    later = replace(RESULT, when=When("2026-11-20", origin=Origin.OWN), value=Value("5.4", "mmol/L"))
    deposit(person, sections=SECTIONS)
    deposit(person, sections=(Section("30954-2", "Résultats", facts=(later,)), Section("10160-0", "T", facts=(TREATMENT,))))
    with unit(record_id) as work:
        profile.declare(work, key_of(work, record_id), "treatments", profile.Content("Ibuprofène 400 mg"), now())
    [apixaban, ibuprofen] = taken(person)
    assert (apixaban.first.content.label, len(apixaban.entries), apixaban.badge) == (
        "Apixaban 5 mg",
        2,
        profile.Badge.ANTICOAGULANT,
    )
    assert (apixaban.declared_only, ibuprofen.declared_only, ibuprofen.badge) == (False, True, None)
    [potassium] = profile.series(shown(person))
    assert [p.content.value for p in potassium.points] == ["4.6", "5.4"]
    assert [profile.out_of_bounds(p) for p in potassium.points] == [0, 1]
    assert {t.course for t in taken(person, today() + timedelta(days=800))} == {profile.Course.SILENT}
