"""Files of insured people, small and well formed, and what became of whom."""

from pathlib import Path
from uuid import UUID

from carnet.apps.identity import api as identity
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from support.people import now
from support.roles import as_role

COLUMNS = (
    "matricule;nom_naissance;prenoms;sexe;date_naissance;courriel;adresse;code_postal;commune;territoire;representants;"
    "anciens_matricules;date_deces"
)


def line(person: DemoPerson, **more: str) -> str:
    """The line of a person."""
    t = person.traits
    told = {
        "matricule": person.ins.matricule, "nom_naissance": t.birth_name, "prenoms": t.given_names, "sexe": t.sex,
        "date_naissance": t.birth_date, "adresse": "1 rue des Essais", "code_postal": "29200", "commune": "Brest",
    } | more  # fmt: skip
    return ";".join(told.get(name, "") for name in COLUMNS.split(";"))


def load(folder: Path, *lines: str, name: str = "gens.csv") -> records.Import:
    """Import a file of these lines, as the owner of the tables."""
    path = folder / name
    path.write_text("\n".join((COLUMNS, *lines)) + "\n", encoding="utf-8")
    with as_role("postgres"):
        return records.import_people(path, "test")


def reasons(done: records.Import) -> dict[str, int]:
    """Lines that were refused, by reason."""
    with as_role("postgres"), unit() as work:
        return dict(records.reasons_of(work, done.id))


def record_of(person: DemoPerson) -> UUID:
    """The record that an INS leads to."""
    with as_role("carnet_espace"):
        found = identity.find(person.ins)
    assert found is not None
    return found


def state_of(record_id: UUID) -> str:
    """State of a record."""
    with as_role("carnet_worker"), unit(record_id) as work:
        return str(work.rows("SELECT state FROM records_record WHERE record_id = %s", record_id)[0][0])


def operator(name: str = "ada", act: Act = Act.CONFIGURE) -> Ask:
    """A question of an operator."""
    return Ask(Actor(ActorKind.OPERATOR, name, name, Authentication(Means.PERSON_SESSION, at=now())), act, now())
