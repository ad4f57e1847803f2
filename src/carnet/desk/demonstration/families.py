"""Families of the demonstration: a mother, her teenager and her baby, a father and the second representative, a carer with a scope.

Accounts, relations and choices are made by the acts that people do in the portal.
"""

from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.people import BABY, CARER, HELPED, MEASURED, MOTHER, PEOPLE, TEENAGER, DemoPerson
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask


def account_for(person: DemoPerson, at: datetime) -> tuple[UUID, UUID]:
    """The account of a person, and their record: activated, as FranceConnect+ would the first time."""
    record_id = identity.find(person.ins)
    if record_id is None:
        raise ValueError("this person has no record")
    with unit() as work:
        account = signin.open_account(work, record_id, signin.name_of(person.traits), at)
    records.activate_record(holder(account.id, account.name, at), record_id, at)
    return account.id, record_id


def holder(account: UUID, name: str, at: datetime) -> Actor:
    """A person who signed in to their own space."""
    proof = Authentication(Means.PERSON_SESSION, "eidas2", at + timedelta(hours=1), at)
    return Actor(ActorKind.HOLDER, str(account), name, proof, software="Mon espace")


def _measures(person: DemoPerson, account: UUID, record_id: UUID, at: datetime) -> None:
    who = holder(account, signin.name_of(person.traits), at)
    for weeks, weight in enumerate(("81.4", "80.9", "80.2", "79.8", "79.1", "78.6")):
        day = at - timedelta(weeks=4 * (6 - weeks))
        content = profile.Content("Poids", "29463-7", "http://loinc.org", f"{access.law().day(day)}", value=weight, unit="kg")
        profile.declare_entry(Ask(who, Act.WRITE_PROFILE, at), record_id, "measures", content)
    habit = profile.Content("Activité physique", detail="marche, trois fois par semaine")
    profile.declare_entry(Ask(who, Act.WRITE_PROFILE, at), record_id, "habits", habit)


def load(at: datetime) -> None:
    """Load the families, once."""
    mother, _ = account_for(PEOPLE[MOTHER], at)
    if len(access.records_of_person(mother, at)) > 1:
        return
    account_for(PEOPLE[TEENAGER], at)
    for child in (TEENAGER, BABY):
        record_id = identity.find(PEOPLE[child].ins)
        if record_id is not None:
            with unit(record_id) as work:
                granted = access.host_grant(record_id, "demonstration", at)
                records.represent(work, granted, mother, signin.name_of(PEOPLE[MOTHER].traits))
    _, helped = account_for(PEOPLE[HELPED], at)
    carer, _ = account_for(PEOPLE[CARER], at)
    scope = frozenset({"57833-6", "60593-1", "57832-8", "DOCPAT02", "profile:treatments"})
    with unit(helped) as work:
        given = access.Given(at + timedelta(days=180), scope)
        granted = access.host_grant(helped, "demonstration", at)
        access.name_person(work, key_of(work, helped), granted, carer, access.CARES, signin.name_of(PEOPLE[CARER].traits), given)
    account, record_id = account_for(PEOPLE[MEASURED], at)
    _measures(PEOPLE[MEASURED], account, record_id, at)
