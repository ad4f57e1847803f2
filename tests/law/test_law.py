"""The table holds, every rule matters, and the official cells are right."""

import csv
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from carnet.config.law import law_in
from carnet.dicah import Permit, decide, functional_rights
from carnet.dicah.conditions.consent import renews
from carnet.dicah.decision import ORDER, Light
from carnet.dicah.facts import Authorisation, AuthorisationGround, DocumentFacts, Facts, RecordFacts, RecordState
from carnet.dicah.habilitation import in_force, shipped
from carnet.dicah.messages import MESSAGES
from carnet.dicah.settings import LawSettings
from carnet.dicah.visibility import check_codes
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import PROFESSION_SYSTEM, Code
from law.reading import NOW, WHO, world_of
from law.table import Row, rows

TABLE = rows()


def answer(row: Row, rules=ORDER) -> str:
    verdict = decide(*world_of(row), rules)
    return "yes" if isinstance(verdict, Permit) else verdict.code


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_the_law_says(row: Row) -> None:
    assert answer(row) == row.answer


@pytest.mark.parametrize("name", [rule.name for rule in ORDER])
def test_removing_any_one_rule_changes_an_answer(name: str) -> None:
    rest = [rule for rule in ORDER if rule.name != name]
    assert any(answer(row, rest) != row.answer for row in TABLE), f"no line of the table needs the rule {name}"


def test_every_refusal_has_code_rule_sentences_and_next_step() -> None:
    for code, message in MESSAGES.items():
        assert code == message.code
        assert all((message.rule, message.professional, message.patient, message.next_step)), code
        assert "!" not in message.professional + message.patient, "no exclamation mark (look.md, Voice)"
        assert "erreur" not in (message.professional + message.patient).lower()
        message.professional.format(support="34 22")
    assert {row.answer for row in TABLE} - {"yes"} <= set(MESSAGES)


def test_every_answer_carries_all_lights_and_the_editions_used() -> None:
    for row in TABLE:
        verdict = decide(*world_of(row))
        assert set(verdict.lights) == set("DICAH")
        assert set(verdict.editions) == {"law", "settings", "functional_rights", "habilitation"}
        assert "reconstruction" in verdict.editions["habilitation"]


def test_no_light_of_the_record_is_shown_before_authentication_and_a_qualified_identity() -> None:
    for row in TABLE:
        ask, facts = world_of(row)
        lights = decide(ask, facts).lights
        if lights["A"] is Light.RED or row.who == "anonymous":
            assert {lights[name] for name in "DICH"} == {Light.DARK}
        elif lights["I"] is not Light.GREEN:
            assert {lights[name] for name in "DCH"} == {Light.DARK}


def test_an_act_outside_the_table_is_refused_for_everybody() -> None:
    for who in WHO.values():
        for act in (Act.CLOSE_RECORD, Act.CONFIGURE, Act.RUN_TIMER):
            actor = who()
            verdict = decide(Ask(actor, act, NOW, None), Facts(record=RecordFacts(RecordState.OPEN)))
            if isinstance(verdict, Permit):
                assert (actor.kind, act) in {("timer", Act.RUN_TIMER), ("operator", Act.CONFIGURE)}


def test_the_functional_matrix_is_whole() -> None:
    assert len(functional_rights.table()) == 537
    assert sum(right.allowed for right in functional_rights.table().values()) == 343
    assert functional_rights.right("TD9.9", "cps_cpf", "doctor", "normal") == functional_rights.NO_RIGHT


def test_the_functional_matrix_is_that_of_the_source(shared: Path) -> None:
    source = csv.DictReader((shared / "data" / "functional_rights_matrix.csv").read_text(encoding="utf-8").splitlines())
    auth = {"CPS_CPF": "cps_cpf", "AIR_PS": "air_ps", "AIR_PE": "air_pe", "CPE": "cpe", "CERTIFICAT_ES_indirect": "certificate"}
    actor = {"PS non médecin": "ps", "Médecin (non MT)": "doctor", "Médecin traitant DMP (MT)": "treating_doctor", "tous": "any",
             "non PS": "non_ps", "Médecin du travail": "occupational_doctor"}  # fmt: skip
    mode = {"regulation": "centre_15"}
    for row in source:
        key = (row["transaction"], auth[row["auth"]], actor[row["actor"]], mode.get(row["access_mode"], row["access_mode"]))
        assert functional_rights.table()[key].allowed == (row["allowed"] == "Y"), key


GOLDEN = {
    # Published statements on the official matrix (order of 26 October 2023): these cells are confirmed.
    "10": ({"ATTEST-RESID"}, {"68599-0", "75496-0", "83901-9"}),
    "60": ({"75496-0", "68599-0", "83901-9", "68817-6", "89601-9"}, {"83981-1", "PROT_ALD"}),
    "40": ({"75496-0", "83981-1", "83901-9", "68599-0"}, set()),
}


@pytest.mark.parametrize("profession", sorted(GOLDEN))
def test_confirmed_cells_of_the_habilitation_matrix(profession: str) -> None:
    closed, opened = GOLDEN[profession]
    for edition in shipped():
        who = Code(PROFESSION_SYSTEM, profession)
        for type_code in closed | opened:
            assert edition.basis(who, type_code) == "confirmed", type_code
            assert (type_code in edition.consultable(who)) == (type_code in opened), type_code


PHARMACISTS_DO_NOT_READ = {"34842-5", "68817-6", "75496-0", "86531-1", "89601-9", "EXPPAT_3"}
OPTICIANS_READ = {"61357-0", "75468-9", "83836-7", "DOCPAT02", "DOCPAT09", "EXPPAT_1", "EXPPAT_2"}


def test_what_is_better_known_is_a_new_edition_beside_the_old_one() -> None:
    """Press readings of the order's annex: a closed list for pharmacists, one for opticians."""
    old, new = in_force(date(2026, 11, 25)), in_force(date(2026, 11, 26))
    assert (old.effective, new.effective) == (date(2023, 10, 29), date(2026, 11, 26))
    pharmacist, optician, preparer = (Code(PROFESSION_SYSTEM, code) for code in ("21", "28", "38"))
    assert old.consultable(pharmacist) >= PHARMACISTS_DO_NOT_READ
    assert not PHARMACISTS_DO_NOT_READ & new.consultable(pharmacist)
    assert not OPTICIANS_READ & old.consultable(optician)
    assert new.consultable(optician) >= OPTICIANS_READ
    assert new.basis(optician, "61357-0") == "press"
    assert preparer not in old.professions()
    assert new.consultable(preparer) == new.consultable(pharmacist)
    assert len([key for key in old.cells if old.cells[key] is not new.cells[key]]) == 16


def test_the_edition_is_that_of_the_source(shared: Path) -> None:
    rows = csv.DictReader((shared / "data" / "habilitation_matrix.csv").read_text(encoding="utf-8").splitlines())
    cells = {
        (Code(r["profession_system"], r["profession_code"]), r["type_code"]): (r["consult"] == "yes", r["basis"]) for r in rows
    }
    new = shipped()[-1]
    assert {key: (allowed, new.basis(*key)) for key, allowed in new.cells.items()} == cells


def test_a_reconstruction_is_never_called_official() -> None:
    for edition in shipped():
        assert "not official" in edition.name


def test_visibility_codes_of_a_deposit() -> None:
    settings, plain = LawSettings(), DocumentFacts()
    both = DocumentFacts(masked=True, hidden_from_patient=True)
    assert check_codes(plain, settings) is None
    assert check_codes(both, settings).code == "visibility-combination"
    assert check_codes(both, replace(settings, masked_and_hidden_together=True)) is None
    assert check_codes(replace(both, technical=True), settings) is None
    hidden = DocumentFacts(hidden_from_patient=True)
    assert check_codes(hidden, settings, by_person=True).code == "visibility-not-allowed"
    secret = DocumentFacts(hidden_from_representatives=True)
    assert check_codes(secret, settings, by_person=True).code == "visibility-not-allowed", (
        "a person hides nothing from representatives"
    )
    assert check_codes(secret, settings) is None
    assert check_codes(DocumentFacts(masked=True), settings, by_person=True) is None
    assert check_codes(hidden, settings, replaced=plain).code == "visibility-not-allowed"
    assert check_codes(hidden, settings, replaced=hidden) is None
    assert check_codes(secret, settings, replaced=plain).code == "visibility-not-allowed", "nor does one disappear for them"
    assert check_codes(secret, settings, replaced=secret) is None


TEAM, VISIT = AuthorisationGround.CARE_TEAM, AuthorisationGround.CONSULTATION


@pytest.mark.parametrize(
    ("held", "ground", "asks_nobody"),
    [
        (Authorisation(TEAM, NOW, NOW), TEAM, True),
        (Authorisation(TEAM, NOW, NOW, by_person=True), TEAM, False),
        (Authorisation(TEAM, NOW, NOW - timedelta(days=183)), TEAM, True),
        (Authorisation(TEAM, NOW, NOW - timedelta(days=183, seconds=1)), TEAM, False),
        (Authorisation(TEAM, NOW, NOW, initial_consent=False), TEAM, False),
        (Authorisation(VISIT, NOW, NOW), TEAM, False),
        (Authorisation(TEAM, NOW, NOW), VISIT, False),
        (None, TEAM, False),
    ],
)
def test_a_membership_of_the_care_team_is_prolonged_without_asking_again(
    held: Authorisation, ground: AuthorisationGround, asks_nobody: bool
) -> None:
    assert renews(held, ground, NOW, LawSettings()) is asks_nobody


def test_an_authorisation_of_the_care_team_lasts_six_months() -> None:
    assert LawSettings().authorisation_lasts == timedelta(days=183)


_OTHER_TEXTS = {"civil_zone": "Europe/Brussels", "raised_confidentiality": "refuse", "support_line": "15", "insured_status": "VALI"}


def _another(name: str, value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, frozenset):
        return value | {"SA99"}
    return _OTHER_TEXTS[name] if isinstance(value, str) else value + (timedelta(1) if isinstance(value, timedelta) else 1)  # type: ignore[operator]


def test_a_day_is_the_one_of_the_civil_zone_and_what_has_no_hour_is_told_as_it_is() -> None:
    law = LawSettings()
    assert law.day(datetime(2026, 11, 28, 22, 59, tzinfo=UTC)) == date(2026, 11, 28)
    assert law.day(datetime(2026, 11, 28, 23, tzinfo=UTC)) == date(2026, 11, 29)
    told = {
        "2026-11-28T23:30:00Z": "2026-11-29",
        "2026-11-28 23:30:00+00:00": "2026-11-29",
        "2026-11-28T23:30:00+01:00": "2026-11-28",
    }
    assert {moment: law.day_told(moment) for moment in told} == told
    assert [law.day_told(t) for t in ("2026-11-28", "2026-11", "2026", "")] == ["2026-11-28", "2026-11", "2026", ""]


def test_every_setting_of_the_law_moves_the_digest() -> None:
    default = LawSettings()
    changed = {replace(default, **{f.name: _another(f.name, getattr(default, f.name))}).digest for f in fields(LawSettings)}
    assert len(changed | {default.digest}) == len(fields(LawSettings)) + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"authorisation_lasts": timedelta(-1)},
        {"civil_zone": "Mars/Olympus"},
        {"raised_confidentiality": "hide"},
        {"figures_least": 1},
        {"insured_status": "SÛR"},
    ],
)
def test_a_setting_that_no_law_can_have_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LawSettings(**wrong)


def test_a_setting_of_the_law_with_an_unknown_name_or_an_impossible_value_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_LAW_AUTHORISATION_LAST", "P30D")
    with pytest.raises(ValueError, match="CARNET_LAW_AUTHORISATION_LAST : aucun réglage"):
        law_in("test")
    monkeypatch.delenv("CARNET_LAW_AUTHORISATION_LAST")
    monkeypatch.setenv("CARNET_LAW_EMERGENCY_REASON_LENGTH", "0")
    with pytest.raises(ValueError, match="has a reason"):
        law_in("test")
    monkeypatch.setenv("CARNET_LAW_EMERGENCY_REASON_LENGTH", "12")
    assert law_in("test").emergency_reason_length == 12
