"""What changed since the reader's last visit, as facts: begun, stopped, another dose, out of bounds, a new allergy or illness."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.pages.civil import civil

MOST = 8
FIRST_VISIT = timedelta(days=90)
"""What a first visit is shown: the facts of the last three months."""
_NAMED = ("allergies", "problems", "history", "devices", "vaccinations")


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is new: a word for what happened, what it is about, how it was before, and its statement."""

    word: str
    tone: str
    what: str
    before: str
    entry: profile.Entry


def _treatment(found: profile.Treatment, since: datetime) -> Change | None:
    """What happened to a treatment; nothing for one that was only restated."""
    first = found.first
    if first.recorded_at <= since:
        return None
    earlier = [e for e in found.entries if e.recorded_at <= since and e.content.active]
    if found.course is profile.Course.STOPPED:
        return Change(_("Arrêté"), "", first.content.label, "", first) if earlier else None
    if found.course not in (profile.Course.CURRENT, profile.Course.LATER):
        return None
    if not earlier:
        # New to the record is not begun: a synthesis may be the first to tell of what is taken since years.
        starts, current = first.content.starts, found.course is profile.Course.CURRENT
        begun = current and starts is not None and starts >= civil(since).date()
        return Change(_("Commencé") if begun else _("Inscrit"), "new", first.content.label, "", first)
    old = earlier[0].content
    changed = profile.dose_of(earlier[0]) != profile.dose_of(first) and bool(old.detail)
    return Change(_("Dose"), "", first.content.label, f"{old.label}, {old.detail}", first) if changed else None


def _words(taken: list[profile.Treatment], since: datetime) -> Iterator[Change]:
    """What the person says of a treatment, where it is not what those who treat them say."""
    for found in taken:
        if found.word and found.at_odds and found.word.recorded_at > since:
            odd = _("Dit pris") if found.course is profile.Course.STOPPED else _("Dit non pris")
            yield Change(odd, "", found.first.content.label, "", found.word)


def _results(entries: list[profile.Entry], since: datetime) -> Iterator[Change]:
    for found in profile.series(entries):
        if found.last.recorded_at > since and profile.out_of_bounds(found.last):
            before = found.points[-2] if len(found.points) > 1 else None
            yield Change(_("Hors borne"), "stop", found.label, before.content.value if before else "", found.last)


def _named(entries: list[profile.Entry], since: datetime) -> Iterator[Change]:
    for section in _NAMED:
        for found in profile.stated(entries, section):
            if all(e.recorded_at > since for e in found.entries):
                word = _("Déclaré") if found.declared_only else _("Inscrit")
                yield Change(word, "stop" if section == "allergies" else "", found.first.content.label, "", found.first)


def changes(
    entries: list[profile.Entry], taken: list[profile.Treatment], since: datetime | None, at: datetime
) -> tuple[list[Change], int]:
    """The facts that are new, allergies and treatments first, and how many more there are."""
    after = since or at - FIRST_VISIT
    treatments = [change for t in taken if (change := _treatment(t, after))]
    named = list(_named(entries, after))
    dangerous = [c for c in named if c.tone]
    found = [*dangerous, *treatments, *_words(taken, after), *_results(entries, after), *(c for c in named if not c.tone)]
    return found[:MOST], max(len(found) - MOST, 0)
