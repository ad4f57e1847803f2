"""The agenda: what is to be done and why, appointments, what the person alone can tell, the schedule as a picture, the family."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import REPRESENTS
from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Visit, criteria, documents, mine, standing, visiting
from carnet.apps.signin.api import name_of
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.months import month_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.pages.naming import of_name
from carnet.pages.prevention import Row, doses_of, rows_of
from carnet.pages.said import saying

FEW = 3
AHEAD = timedelta(days=365)
ANSWERS = {"fait": prevention.YES, "pas-fait": prevention.NO, "sais-pas": prevention.UNKNOWN}
A_MONTH = timedelta(days=31)
YES_NO = {"oui": prevention.YES, "non": prevention.NO, "sais-pas": prevention.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose answer decides: what it decides is said beside it."""

    code: str
    text: str
    decides: list[str]
    intimate: bool

    @property
    def told(self) -> str:
        """What it decides, in a few words."""
        shown = ", ".join(self.decides[:FEW])
        return gettext("%(some)s, et d’autres") % {"some": shown} if len(self.decides) > FEW else shown


def questions_of(agenda: prevention.Agenda) -> list[Question]:
    """Questions that are open, those that decide most first."""
    found = []
    for code, lines in agenda.questions.items():
        fact = agenda.edition.fact(code)
        if fact is not None:
            labels = list(dict.fromkeys(x.label for x in lines))
            found.append(Question(code, fact.question, labels, fact.intimate))
    # What one may ask aloud stands first: the page is opened beside children, and at a counter.
    return sorted(found, key=lambda q: (q.intimate, -len(q.decides)))


def opens(opened: Opened, category: str = prevention.CATEGORY) -> None:
    """A page of what is closed to its reader (a carer with a scope) says so, and is never empty instead. Raises Refusal."""
    if not opened.visit.opens(category):
        raise Refusal(No.OUTSIDE_SCOPE)


def taken_out(opened: Opened) -> None:
    """A file that leaves: carers take nothing out (access law, section 6). Raises Refusal."""
    if opened.asked.actor.kind is ActorKind.CARER:
        raise Refusal(No.OUTSIDE_SCOPE)


def _open(opened: Opened) -> prevention.Agenda | None:
    """The agenda. Where vaccinations are closed to its reader, it has none: what one does not see is not due."""
    opens(opened)
    entries = [e for e in opened.entries if e.content.code != profile.NOT_CONCERNED]
    found = prevention.agenda_in(opened.visit, entries, opened.asked.today)
    if found is None or opened.visit.opens("vaccinations"):
        return found
    return replace(found, lines=tuple(x for x in found.lines if x.rule.family != "vaccination"), forecasts=(), shots=(), doses={})


def due_in(asked: Asked, visit: Visit) -> int:
    """How many acts of the agenda of an open record are due now."""
    agenda = _open(Opened(asked, visit, profile.entries(visit, prevention.SECTIONS)))
    return len(agenda.now) if agenda else 0


@record_page("agenda", "GET", detail="agenda", sections=prevention.SECTIONS, most=profile.MOST)
def overview(opened: Opened) -> Shown | HttpResponse:
    """The page: now, soon, to be told, the month, what is done, the picture."""
    asked, visit, agenda = opened.asked, opened.visit, _open(opened)
    get = asked.request.GET
    month = month_of(get.get("mois", ""), asked.today)
    first, last = min(month.first, asked.today - A_MONTH), max(month.last, asked.today + AHEAD)
    events = prevention.events_in(visit, first, last)
    context: Context = {
        "month": month.with_events(events), "listed": [e for e in events if e.on_day >= asked.today],
        "passed": [e for e in reversed(events) if asked.today - A_MONTH <= e.on_day < asked.today],
        "as_list": get.get("vue") == "liste",
        "may_write": visit.may(Act.WRITE_PROFILE), "agenda": agenda,
        "first_name": of_name(visit.traits.given_names.split(" ")[0].title()),
        "feeds": prevention.feeds_in(visit) if asked.actor.kind is not ActorKind.CARER else [],
        "narrowed": bool(opened.closed(["vaccinations"])), "vaccines_open": visit.opens("vaccinations"),
        "proofs_seen": proofs_seen(visit, agenda.shots if agenda is not None else ()),
    }  # fmt: skip
    return Shown("agenda/overview", context | (_told(agenda, events) if agenda is not None else {}))


def proofs_seen(visit: Visit, held: Iterable[prevention.Shot]) -> set[str]:
    """Documents that prove a dose and that the reader sees: of another one, nothing says that it exists."""
    named = {s.entry.content.proof for s in held if s.entry.content.proof}
    if not named:
        return set()
    found = documents(visit, Query((criteria.by_logical_id(sorted(named)),), count=len(named))).items
    return {str(d.logical_id) for d in found}


def _told(agenda: prevention.Agenda, events: list[prevention.Event]) -> Context:
    tell = rows_of(agenda, sorted(agenda.to_tell, key=lambda x: (not x.groups, -(x.due or date.min).toordinal())), events)
    return {
        "lead": prevention.lead(agenda), "now": rows_of(agenda, agenda.now, events), "soon": rows_of(agenda, agenda.soon, events),
        "tell": tell[:FEW], "more_tell": tell[FEW:], "questions": questions_of(agenda),
        "done_lines": rows_of(agenda, agenda.done, events),
        "earlier": rows_of(agenda, agenda.earlier, events), "later": rows_of(agenda, agenda.later, events),
        "picture": prevention.picture(agenda), "doses": doses_of(agenda), "few": FEW,
    }  # fmt: skip


@signed_in("POST")
def say(asked: Asked, rule: str) -> HttpResponse:
    """Say that something was done, was not, or that one does not know."""
    answer = ANSWERS.get(asked.form.text("reponse", 10))
    if answer is None:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "done, not done or unknown"})
    day = asked.form.day("date")
    unread = bool(asked.form.text("date", 20)) and day is None
    if text := _wrong_day(asked, day, unread):
        found = prevention.edition_on(asked.today).rule(rule)
        context: Context = {"tab": "agenda", "rule": found, "today": asked.today.isoformat(), "problems": [("date", text)]}
        if found is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        return page(asked, "agenda/done", context, 400)
    number = prevention.say_item(asked.ask(Act.WRITE_PROFILE), asked.record, rule, answer, day)
    return saying(asked, "/agenda", _said(answer), annuler="agenda", sur=str(number))


def _wrong_day(asked: Asked, day: date | None, unread: bool) -> str:
    """What is wrong with the day on which something was done, in words; empty for a day of the person's life, or none."""
    if unread:
        return gettext("Écrivez un jour, ou laissez vide.")
    if day is not None and day > asked.today:
        return gettext("Cette date est dans l’avenir.")
    person = standing(asked.record)
    born = person.traits.birth_date if person else ""
    return gettext("Cette date est avant la naissance.") if day and day.isoformat() < born else ""


def _said(answer: str) -> str:
    """What is said after an answer: who does not know leaves the question open."""
    return "agenda-inconnu" if answer == prevention.UNKNOWN else "agenda-dit"


@signed_in("POST")
def tell(asked: Asked, code: str) -> HttpResponse:
    """Answer a question."""
    answer = YES_NO.get(asked.form.text("reponse", 10))
    if answer is None:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "yes, no or unknown"})
    day, fact = asked.form.day("date"), prevention.edition_on(asked.today).fact(code)
    if fact is not None and fact.dated and answer == prevention.YES and (day is None or day > asked.today):
        context: Context = {
            "tab": "agenda",
            "question": fact.question,
            "label": gettext(fact.dated),
            "code": code,
            "problems": [("date", gettext("Donnez la date, qui est passée."))] if asked.form.yes("datee") else [],
        }
        return page(asked, "agenda/question", context, 400 if context["problems"] else 200)
    number = prevention.say_fact(asked.ask(Act.WRITE_PROFILE), asked.record, code, answer, day)
    return saying(asked, "/agenda", _said(answer), annuler="agenda", sur=str(number))


@record_page("agenda", "GET", detail="agenda", sections=prevention.SECTIONS)
def done(opened: Opened, rule: str) -> Shown | HttpResponse:
    """Give the day on which something was done."""
    agenda = _open(opened)
    found = next((x for x in agenda.lines if x.rule.id == rule), None) if agenda is not None else None
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return Shown("agenda/done", {"rule": found.rule, "problems": [], "today": opened.asked.today.isoformat()})


@record_page("agenda", "GET", detail="agenda", sections=prevention.SECTIONS)
def answers(opened: Opened) -> Shown | HttpResponse:
    """Everything that was said to the agenda, to be taken back."""
    agenda = _open(opened)
    edition = agenda.edition if agenda is not None else prevention.edition_in(opened.visit, opened.asked.today)
    told = []
    for one in prevention.answers_in(opened.visit):
        rule, fact = edition.rule(one.code), edition.fact(one.code)
        label = fact.question if fact is not None else rule.label if rule is not None else one.code
        told.append((one, label))
    return Shown("agenda/answers", {"answers": list(reversed(told)), "may_write": opened.visit.may(Act.WRITE_PROFILE)})


@signed_in("POST")
def take_back(asked: Asked, number: UUID) -> HttpResponse:
    """Take an answer back."""
    prevention.take_back(asked.ask(Act.WRITE_PROFILE), asked.record, number)
    return saying(asked, "/agenda", "agenda-repris")


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody of the family: their name, and what is for now and soon."""

    name: str
    record: UUID
    own: bool
    now: list[Row]
    soon: list[Row]
    lead: str
    closed: bool = False


@signed_in("GET")
def family(asked: Asked) -> HttpResponse:
    """The agendas of a person and of those whom they represent: one visit to each record, each with its trace."""
    found = []
    for held, kind, _ in mine(asked.session.account, asked.at):
        if kind in (REPRESENTS, ActorKind.HOLDER.value):
            found.append(_relative(asked, held.record_id, name_of(held.traits), kind))
    return page(asked, "agenda/family", {"tab": "agenda", "family": found, "acting": asked.record})


def _relative(asked: Asked, record: UUID, name: str, kind: str) -> Relative:
    actor = replace(asked.actor, kind=ActorKind(kind))
    own = kind == ActorKind.HOLDER.value
    try:
        with visiting(replace(asked.ask(Act.SEARCH), actor=actor), record, "agenda") as visit:
            agenda = _open(Opened(asked, visit, profile.entries(visit, prevention.SECTIONS)))
            if agenda is None:
                return Relative(name, record, own, [], [], gettext("La date de naissance n’est pas connue."))
            events = prevention.events_in(visit, asked.today, asked.today + AHEAD)
            now, soon = (rows_of(agenda, lines, events) for lines in (agenda.now, agenda.soon[:FEW]))
            return Relative(name, record, own, now, soon, prevention.lead(agenda))
    except Refusal:
        return Relative(name, record, own, [], [], "", closed=True)


__all__ = ["answers", "done", "due_in", "family", "opens", "overview", "proofs_seen", "say", "take_back", "taken_out", "tell"]
