"""Pages of a record that is open: one decision, one journal entry, then everything that the page shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps

from django.http import HttpResponse

from carnet.apps.messaging.api import unread_in
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Visit, visiting
from carnet.interfaces.espace.account import life_page
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

Context = dict[str, object]
NOT_OPEN = frozenset({No.RECORD_ABSENT, No.RECORD_CLOSED, No.RECORD_SUSPENDED, No.RELATION_MISSING})


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that is open for one page."""

    asked: Asked
    visit: Visit
    entries: list[profile.Entry] = field(default_factory=list)
    """Of the profile: the sections that the page asked for, those said not to concern the person included."""

    @property
    def minor(self) -> bool:
        """Whether the person of the record is a minor."""
        return self.visit.facts.minor

    def stated(self, section: str) -> list[profile.Stated]:
        """What is said in a section, grouped by what it names."""
        return profile.stated([e for e in self.entries if e.content.code != profile.NOT_CONCERNED], section)

    def treatments(self) -> list[profile.Treatment]:
        """Treatments, one for each substance."""
        kept = [e for e in self.entries if e.content.code != profile.NOT_CONCERNED]
        return profile.treatments(self.visit, kept, self.asked.today)

    def closed(self, sections: Iterable[str]) -> list[str]:
        """Of some sections, those that are closed to whoever looks, in whole or in part."""
        wanted = list(sections)
        open_ones = set(profile.readable_sections(self.visit, wanted)) - profile.narrowed(self.visit)
        return [s for s in wanted if s not in open_ones]

    def marked(self, section: str) -> bool:
        """Whether the section is said not to concern the person."""
        return any(e.section == section and e.content.code == profile.NOT_CONCERNED for e in self.entries)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view answers: a template with its context, written once the record is closed again."""

    template: str
    context: Context
    status: int = 200


View = Callable[..., Shown | HttpResponse]


def record_page(
    tab: str, *methods: str, detail: str, sections: tuple[str, ...] = (), most: int = profile.SUMMARY
) -> Callable[[View], Callable[..., HttpResponse]]:
    """A page of the record of the session: one visit. A record that is not open leads to what its person may do with it."""

    def decorate(function: View) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(asked: Asked, **kwargs: object) -> HttpResponse:
            try:
                with visiting(asked.ask(Act.SEARCH), asked.record, detail) as visit:
                    entries = profile.entries(visit, sections, most=most, markers=True) if sections else []
                    opened = Opened(asked, visit, entries)
                    shown = function(opened, **kwargs)
                    if sections and not entries and len(opened.closed(sections)) == len(sections):
                        visit.line.detail = "nothing-shown"
                    relation = visit.facts.access.relation
                    base: Context = {
                        "tab": tab, "traits": visit.traits, "minor": visit.facts.minor, "unread": unread_in(visit),
                        "partial": bool(relation and relation.scope),
                    }  # fmt: skip
            except Refusal as refusal:
                if refusal.code in NOT_OPEN:
                    return not_open(asked, refusal)
                raise
            return page(asked, shown.template, base | shown.context, shown.status) if isinstance(shown, Shown) else shown

        return signed_in(*(methods or ("GET",)))(view)

    return decorate


def may_hide(asked: Asked, detail: str) -> bool:
    """Whether whoever writes may keep it from the representatives: a minor in their own record (access law §3).

    The record says so at each form, an error's too: an address or a field that is lost on the way must not open a secret.
    """
    if not asked.own:
        return False
    with visiting(asked.ask(Act.SEARCH), asked.record, detail) as visit:
        return visit.facts.minor


def not_open(asked: Asked, refusal: Refusal) -> HttpResponse:
    """What stands instead of a record that is not open to this person now."""
    return life_page(asked, refusal)
