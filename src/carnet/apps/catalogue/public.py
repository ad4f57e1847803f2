"""The public catalogue: what everybody finds, in the order of names. Nobody pays to be first, and nothing of a visit is kept."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.catalogue import rows
from carnet.apps.catalogue.categories import CATEGORIES
from carnet.apps.catalogue.criteria import ASSISTANT
from carnet.apps.catalogue.rows import Service
from carnet.apps.records.api import Visit
from carnet.apps.storage.api import Work, unit
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name

FREE = "gratuit"
FILTERS = ("gratuit", "dispositif", "sans-echange")
PROPOSED = 3


def _words(service: Service) -> str:
    card = service.listed
    return normalise_name(f"{card.name} {card.tagline} {card.description} {service.publisher_name}") if card is not None else ""


def _fits(service: Service, chosen: Iterable[str]) -> bool:
    card = service.listed
    if card is None:
        return False
    held = {"gratuit": normalise_name(card.price).startswith("GRATUIT"), "dispositif": bool(card.device),
            "sans-echange": not card.purposes}  # fmt: skip
    return all(held.get(name, True) for name in chosen)


@contextmanager
def _within(visit: Visit | None) -> Iterator[Work]:
    """The unit of work of a visit, or one of its own for a page of no record."""
    if visit is not None:
        yield visit.work
        return
    with unit() as work:
        yield work


def found_services(visit: Visit | None, words: str = "", theme: str = "", chosen: Iterable[str] = ()) -> list[Service]:
    """The services that everybody finds, of a theme, with every word in their card, and that fit the filters."""
    wanted, filters = normalise_name(words).split(), list(chosen)
    with _within(visit) as work:
        listed = rows.listed_services(work)
    return [
        s for s in listed
        if s.listed is not None and (not theme or theme in s.listed.themes)
        and all(w in _words(s) for w in wanted) and _fits(s, filters)
    ]  # fmt: skip


def shown_service(visit: Visit | None, number: UUID) -> Service:
    """A service by its own address: listed, or in pre-series; one that may not act, for whoever connected it.

    Raises Refusal `document-unknown`.
    """
    with _within(visit) as work:
        found = rows.service_of(work, number)
    if found is None or found.listed is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    if not found.lives:
        # That somebody connected it is theirs to know alone.
        if visit is None or not visit.may(Act.CHOOSE_RIGHTS):
            raise Refusal(No.DOCUMENT_UNKNOWN)
        try:
            access.agreement_of(visit.work, visit.record_id, number, visit.ask.at)
        except Refusal:
            raise Refusal(No.DOCUMENT_UNKNOWN) from None
    return found


def proposed(held: Iterable[str], connected: Iterable[UUID], services: Iterable[Service]) -> list[tuple[Service, str]]:
    """Services that may be of use: those that work with a category of which the record holds something, each with that category.

    It is worked out from the page that is being shown and kept nowhere: no service learns of it, and no visit is counted.
    """
    full, already = set(held), set(connected)
    found = []
    for service in services:
        if service.listed is None or service.id in already or service.listed.kind == ASSISTANT:
            continue
        wanted = (x.category.partition(".")[0] for p in service.listed.purposes for x in p.lines)
        of = next((c for c in wanted if c in full and c in CATEGORIES and CATEGORIES[c].section), "")
        found += [(service, of)] if of else []
    return found[:PROPOSED]
