"""The national directory and INSi: what the importer reads, leaves out and closes; what the simulator knows."""

from contextlib import suppress

import pytest
from django.conf import settings
from support.people import now
from support.roles import as_role

from carnet.apps.identity import api as identity
from carnet.apps.identity.api import ExtractionError
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import streaming, unit
from carnet.desk.demonstration.people import ABSENT
from carnet.desk.simulators.insi import PUBLISHED, Simulator
from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
from carnet.kernel.ins import Ins

HEAD = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité|Nom d'exercice|Prénom d'exercice|Code profession|"
    "Code catégorie professionnelle|Code savoir-faire|Code mode exercice|Numéro SIRET site|Numéro FINESS site|"
    "Identifiant technique de la structure|Raison sociale site|Ancien identifiant de la structure|Code secteur d'activité|Code rôle|"
)
TOWN = "8|99700012345|899700012345|MME|ESSAI|Anne|10|C|SM54|L|||R900001|Cabinet d'essai|499700012345001|SA07||"
HOSPITAL = "8|99700012345|899700012345|MME|ESSAI|Anne|10|C|SM54|S||330099944||Centre hospitalier|1330099944|SA01||"
STUDENT = "8|99700012346|899700012346|M|ESSAI|Élie|10|E||S||330099944||Centre hospitalier|1330099944|SA01||"
SOCIAL = "8|99700012347|899700012347|M|ESSAI|Zoé|41|C||S|12345678900012|||Service d'aide||SA18||"
BROKEN = "8|x|<script>|M|ESSAI|Zoé|41|C||S||||Service||SA18||"


def load(*lines: str) -> list[str]:
    with as_role("carnet_operator"):
        return list(signin.import_directory([HEAD, *lines], now(), partial=True).left_out)


def read(identifier: str) -> identity.Professional:
    with unit() as work:
        found = identity.professional(work, identifier)
    assert found is not None
    return found


def test_several_activities_of_one_person_with_typed_structures() -> None:
    assert load(TOWN, HOSPITAL, STUDENT, SOCIAL) == []
    person = read("899700012345")
    assert person.name == "Anne ESSAI"
    assert [(s.structure, s.sector, s.open) for s in person.situations] == [
        ("499700012345001", "SA07", True),
        ("1330099944", "SA01", True),
    ]
    assert person.situations[0].profession == Code(PROFESSION_SYSTEM, "10")
    assert read("899700012346").situations[0].profession == Code(TRAINEE_SYSTEM, "10"), (
        "a student is not the profession of that number"
    )
    social = read("899700012347").situations[0]
    assert (social.profession, social.structure) == (Code("1.2.250.1.213.1.6.1.4", "41"), "312345678900012")


def test_what_the_extraction_no_longer_shows_is_closed_not_forgotten() -> None:
    load(TOWN, HOSPITAL)
    load(TOWN)
    assert [s.open for s in read("899700012345").situations] == [True, False]


def test_a_line_that_cannot_be_read_is_named_and_the_others_are_kept() -> None:
    left_out = load(BROKEN, TOWN)
    assert len(left_out) == 1
    assert left_out[0].startswith("line 2: not a national identifier of a professional")


def test_whoever_has_a_line_that_cannot_be_read_has_not_left_and_loses_no_situation() -> None:
    load(TOWN, HOSPITAL, STUDENT)
    unread = HOSPITAL.replace("|SA01|", "|SECTEUR-LONG|")
    load(TOWN, unread)
    assert [s.open for s in read("899700012345").situations] == [True, True]
    told = imported(
        [HEAD, TOWN.replace("99700012345", "99700012399").replace("899700012345", "899700012399"), unread], most_gone=10**6
    )
    assert "899700012345" not in told.gone
    assert "899700012346" in told.gone


def test_a_code_that_is_none_is_named() -> None:
    assert load(TOWN.replace("|SA07|", "|SECTEUR-LONG|"), HOSPITAL)[0] == "line 2: not a code: Code secteur d'activité"


def test_a_situation_that_comes_back_is_the_same_one_again() -> None:
    load(TOWN, HOSPITAL)
    load(HOSPITAL)
    load(HOSPITAL, TOWN)
    assert [(s.sector, s.open) for s in read("899700012345").situations] == [("SA07", True), ("SA01", True)]


class _Undone(Exception):
    """Takes an import back: other tests share the directory."""


def imported(lines: list[str], **options: object) -> identity.Difference:
    """What an import of the whole directory says it would change; nothing stays."""
    done: list[identity.Difference] = []
    with suppress(_Undone), as_role("carnet_operator"), streaming() as work:
        done.append(identity.import_extraction(work, lines, now(), **options))
        assert (
            work.rows("SELECT count(*) FROM identity_situation WHERE open AND professional_id = ANY(%s)", list(done[0].gone))[0][0]
            == 0
        )
        raise _Undone
    return done[0]


def test_a_file_that_lacks_too_many_is_refused_unless_the_operator_says_how_many_left() -> None:
    load(TOWN, HOSPITAL, STUDENT)
    with pytest.raises(ExtractionError, match="--accept-gone"):
        imported([HEAD, TOWN])
    assert [s.open for s in read("899700012346").situations][-1], "nothing changed"
    done = imported([HEAD, TOWN], most_gone=100_000)
    assert (done.professionals, done.new, done.changed) == (1, 0, 1), "the hospital closed"
    assert "899700012346" in done.gone
    assert "899700012345" not in done.gone


def test_the_same_file_again_changes_nothing() -> None:
    load(TOWN, HOSPITAL, STUDENT)
    with as_role("carnet_operator"):
        again = signin.import_directory([HEAD, TOWN, HOSPITAL, STUDENT], now(), partial=True)
    assert (again.professionals, again.structures, again.new, again.changed, again.gone) == (2, 2, 0, 0, ())


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(ExtractionError, match="Identification nationale PP"), as_role("carnet_operator"):
        signin.import_directory(["a|b", "1|2"], now())
    with pytest.raises(ExtractionError, match="no professional"), as_role("carnet_operator"):
        signin.import_directory([HEAD], now())


def test_unknown_professionals_are_unknown() -> None:
    with unit() as work:
        assert identity.professional(work, "899799999999") is None
        assert identity.known_professionals(work, frozenset({"899799999999"})) == frozenset()


def test_the_simulator_of_insi_knows_the_published_people_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for matricule, traits in PUBLISHED.items():
        assert Simulator().traits_of(Ins.of(matricule)) == traits
    assert Simulator().traits_of(ABSENT.ins) == ABSENT.traits
    unknown = Ins.of("283084121661677")
    assert Simulator().traits_of(unknown) is None
    assert identity.is_unknown(unknown)
    monkeypatch.setattr(settings, "INSI_CLIENT", "")
    assert not identity.is_unknown(unknown), "without INSi nobody can say that a matricule does not exist"
