"""What every page of an open record has: the visit, the header with its watch line, and the way back to the gate."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps

from django.http import HttpResponse, HttpResponseRedirect

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Visit, visiting
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of, secrecy_of, sought_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Mode
from carnet.kernel.refusal import Nature, No, Refusal

WATCHED_ALLERGIES = 3
"""Allergies that the watch line names; it tells how many more there are."""
WATCHED = ("allergies", "treatments", "devices", "wishes")
TABS = (
    ("essentiel", "", "Essentiel"),
    ("documents", "/documents", "Documents"),
    ("parcours", "/parcours", "Parcours"),
    ("resultats", "/resultats", "Résultats"),
    ("vaccinations", "/vaccinations", "Vaccinations"),
    ("volontes", "/volontes", "Volontés et droits"),
    ("acces", "/acces", "Accès"),
)
_NOT_THE_GATE = frozenset({Nature.ACTIVITY, Nature.DOCUMENT, Nature.REQUEST, Nature.OURS, No.DOCUMENT_NOT_OWN,
                           No.MINOR_AGREEMENT_MISSING, No.AUTHENTICATION_EXPIRED, No.AUTHENTICATION_MISSING,
                           No.DELEGATION_MISSING})  # fmt: skip
"""Refusals that concern an activity, a document, a form or a session, not the entry to the record."""
Context = dict[str, object]


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that is open for one page."""

    asked: Asked
    handle: str
    sought: Sought
    visit: Visit
    entries: list[profile.Entry] = field(default_factory=list)
    """Of the profile: what the header watches, and the sections that the page asked for."""
    taken: list[profile.Treatment] = field(default_factory=list)
    """Every treatment, one for each substance."""

    @property
    def base(self) -> str:
        """Beginning of the addresses of this record."""
        return f"/dossier/{self.handle}"

    def going(self, section: str) -> list[profile.Stated]:
        """What a section holds that is not over today."""
        return profile.active(self.entries, section, self.asked.today)

    def watch(self) -> Context:
        """The watch line: everything dangerous or the number of what is left out, and what nobody may take for silence."""
        allergies, devices, wishes = self.going("allergies"), self.going("devices"), self.going("wishes")
        none = profile.absences(self.entries, "allergies")
        held = profile.in_course(self.taken, profile.Course.CURRENT, profile.Course.SILENT)
        return {
            "watch_allergies": allergies[:WATCHED_ALLERGIES], "more_allergies": max(len(allergies) - WATCHED_ALLERGIES, 0),
            "no_allergies": none, "whole_absence": [s for s in none if s.first.content.polarity != "partly-absent"][:1],
            "watch_badges": [(t, t.badge is profile.Badge.ANTICOAGULANT) for t in held if t.badge],
            "watch_devices": devices[:2], "more_devices": max(len(devices) - 2, 0),
            "watch_wishes": wishes[:1], "more_wishes": max(len(wishes) - 1, 0),
        }  # fmt: skip

    def context(self, tab: str) -> Context:
        """What the header shows."""
        visit, access = self.visit, self.visit.facts.access
        return self.watch() | {
            "tab": "patients", "record_tab": tab, "tabs": TABS, "base": self.base, "handle": self.handle, "ins": visit.ins,
            "traits": visit.traits, "authorisation": access.authorisation, "treating_doctor": access.treating_doctor,
            "emergency": access.emergency if self.sought.mode in EMERGENCY_MODES else None, "mode": self.sought.mode.value,
            "narrowed": profile.narrowed(visit),
            "closed": sorted(set(profile.SECTIONS) - set(profile.readable_sections(visit))),
            "may_feed": visit.may(Act.FEED), "may_write_profile": visit.may(Act.WRITE_PROFILE),
            **secrecy_of(self.sought, self.asked.actor),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view answers: a template with its context, written once the record is closed again."""

    template: str
    context: Context
    status: int = 200


View = Callable[..., Shown | HttpResponse]


def to_gate(handle: str) -> HttpResponse:
    """What stands between this professional and this record is said at the gate."""
    return HttpResponseRedirect(f"/porte/{handle}")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page asks of the frame."""

    tab: str
    detail: str
    sections: tuple[str, ...]
    most: int


def _visited(asked: Asked, handle: str, wanted: Page, function: View, kwargs: dict[str, object]) -> HttpResponse:
    sought = sought_of(handle, asked.actor)
    if asked.actor.kind is not ActorKind.PROFESSIONAL:
        return to_gate(handle)
    try:
        with visiting(asked.about(sought, Act.SEARCH), detail=wanted.detail) as visit:
            entries = profile.entries(visit, {*WATCHED, *wanted.sections}, most=wanted.most)
            taken = profile.treatments(visit, entries, asked.today)
            opened = Opened(asked, handle, sought, visit, entries, taken)
            shown = function(opened, **kwargs)
            base = opened.context(wanted.tab) if isinstance(shown, Shown) else {}
    except Refusal as refusal:
        if {refusal.code, refusal.code.nature} & _NOT_THE_GATE:
            raise
        # An emergency access that is over leads to the normal gate.
        over = sought.mode in EMERGENCY_MODES
        return to_gate(handle_of(sought.in_mode(Mode.NORMAL), asked.actor) if over else handle)
    if isinstance(shown, Shown):
        return page(asked, f"record/{shown.template}", base | shown.context, shown.status)
    return shown


def record_page(
    tab: str, *methods: str, detail: str = "", sections: tuple[str, ...] = (), most: int = profile.SUMMARY
) -> Callable[[View], Callable[..., HttpResponse]]:
    """A page of an open record: one decision, one visit, one journal entry. A refusal leads to the gate."""
    wanted = Page(tab, detail, sections, most)

    def decorate(function: View) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(asked: Asked, handle: str, **kwargs: object) -> HttpResponse:
            return _visited(asked, handle, wanted, function, kwargs)

        return signed_in(*(methods or ("GET",)))(view)

    return decorate
