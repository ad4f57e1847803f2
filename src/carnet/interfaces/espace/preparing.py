"""Preparing an appointment: on one page, what changed, what is taken, what was measured, and one's own questions; to print, or to
keep in the record, where a professional whom one gives the presence code reads it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Visit, criteria, documents, visiting
from carnet.formats.paper import as_pdf
from carnet.interfaces.espace.adding import deposit_own, own_entry
from carnet.interfaces.espace.door import Asked, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.requests import plain_to_all
from carnet.kernel.ask import Act
from carnet.pages.changes import Change, changes
from carnet.pages.said import saying
from carnet.pages.templatetags.pages import long_day, measured

PERIODS = {
    "3": (_("trois mois"), timedelta(days=92)),
    "6": (_("six mois"), timedelta(days=183)),
    "12": (_("un an"), timedelta(days=366)),
}
MEASURES = 8
QUESTIONS = 4000
_SECTIONS = ("allergies", "treatments", "problems", "history", "devices", "vaccinations", "results", "measures")


@dataclass(frozen=True, slots=True)
class Held:
    """What the page says of a record."""

    changed: list[Change]
    more: int
    going: list[profile.Treatment]
    measures: list[profile.Entry]
    allergies: list[profile.Stated]
    absent: list[profile.Stated]


def _held(asked: Asked, visit: Visit, entries: list[profile.Entry], period: str) -> Held:
    kept = [e for e in entries if e.content.code != profile.NOT_CONCERNED]
    taken = profile.treatments(visit, kept, asked.today)
    changed, more = changes(kept, taken, asked.at - PERIODS[period][1], asked.at)
    measures = sorted((e for e in kept if e.section == "measures"), key=profile.moment_of, reverse=True)
    return Held(
        changed, more, profile.in_course(taken, profile.Course.CURRENT, profile.Course.LATER, profile.Course.SILENT),
        measures[:MEASURES], profile.active(kept, "allergies", asked.today), profile.absences(kept, "allergies"),
    )  # fmt: skip


def _period(told: str) -> str:
    return told if told in PERIODS else "3"


@record_page("agenda", "GET", detail="profile", sections=_SECTIONS, most=profile.MOST)
def prepare(opened: Opened) -> Shown | HttpResponse:
    """The page."""
    asked, period = opened.asked, _period(opened.asked.request.GET.get("depuis", ""))
    held = _held(asked, opened.visit, opened.entries, period)
    context: Context = {
        "held": held, "absent": held.absent, "period": period, "periods": [(k, told) for k, (told, _span) in PERIODS.items()],
        "limit": QUESTIONS, "narrowed": bool(opened.closed(_SECTIONS)), "may_feed": opened.visit.may(Act.FEED),
    }  # fmt: skip
    return Shown("agenda/prepare", context)


def _named(lines: Iterable[str], none: str) -> list[str]:
    return [f"- {line}" for line in lines] or [none]


def _on_paper(held: Held, questions: str, period: str) -> str:
    """The page in words. It never says that nothing is inscribed: what is masked is not here, and nobody may learn that it is."""
    nothing = gettext("Rien ici. Cela ne veut pas dire qu’il n’y a rien.")
    parts = [
        (gettext("Mes questions"), questions.splitlines() or [gettext("Aucune question écrite.")]),
        (gettext("Mes allergies"), _named((_whole(s) for s in held.allergies), nothing)),
        (gettext("Ce que je prends"), _named((_taken(t) for t in held.going), nothing)),
        (gettext("Ce qui a changé depuis %(period)s") % {"period": gettext(PERIODS[period][0])},
         _named((f"{gettext(c.word)} : {c.what}" for c in held.changed), gettext("Rien de nouveau ici."))),
        (gettext("Mes mesures"), _named((measured(e) for e in held.measures), nothing)),
    ]  # fmt: skip
    return "\n".join(line for title, lines in parts for line in (title.upper(), *lines, ""))


def _whole(stated: profile.Stated) -> str:
    return ", ".join(filter(None, [stated.first.content.label, stated.detail]))


def _taken(treatment: profile.Treatment) -> str:
    said = {
        profile.Word.TAKEN: gettext("pris ainsi"), profile.Word.OTHERWISE: gettext("pris autrement"),
        profile.Word.STOPPED: gettext("plus pris"),
    }  # fmt: skip
    word = said[treatment.spoken] if treatment.spoken else ""
    detail = treatment.word.content.detail if treatment.word and treatment.spoken else ""
    return ", ".join(p for p in (treatment.first.content.label, treatment.first.content.detail, word, detail) if p)


def _shareable(visit: Visit, entries: list[profile.Entry]) -> list[profile.Entry]:
    """What a document of the record may say to whoever reads it: nothing of a masked document, of a secret, of a closed section.

    What is masked is masked with everything that was read in it: a page that is kept must not say it in its place.
    """
    sources = sorted({str(e.document_id) for e in entries if e.document_id})
    found = documents(visit, Query((criteria.by_logical_id(sources),), count=len(sources))).items if sources else []
    plain = {d.logical_id for d in found if plain_to_all(d.facts)}
    shut = visit.facts.access.hidden_profile_sections
    return [
        e for e in entries
        if not e.secret and (e.document_id is None or e.document_id in plain) and profile.category_of(e.section) not in shut
    ]  # fmt: skip


@signed_in("POST")
def keep(asked: Asked) -> HttpResponse:
    """Keep the page as a document of the record: whoever reads documents there reads it."""
    period = _period(asked.form.text("depuis", 2))
    with visiting(asked.ask(Act.SEARCH), asked.record, "profile") as visit:
        held = _held(asked, visit, _shareable(visit, profile.entries(visit, _SECTIONS, most=profile.MOST)), period)
    title = gettext("Préparation de mon rendez-vous, le %(day)s") % {"day": long_day(asked.today)}
    paper = as_pdf(title, _on_paper(held, asked.form.raw("questions", QUESTIONS), period))
    deposit_own(asked, own_entry(asked, "application/pdf", title, "AUTR_DOC", asked.today.isoformat(), ()), paper)
    return saying(asked, "/documents", "prepare")
