"""Appointments and reminders that a person writes, private calendars, and which messages are wanted."""

import re
from datetime import time, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from carnet.apps.prevention import api as prevention
from carnet.interfaces.espace.agenda import AHEAD, opens, taken_out
from carnet.interfaces.espace.door import Asked, page, public, render, signed_in
from carnet.interfaces.espace.frame import Opened, Shown, may_hide, record_page
from carnet.kernel.ask import Act
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages.forms import Problems
from carnet.pages.said import saying

KINDS = {"rendez-vous": prevention.APPOINTMENT, "rappel": prevention.REMINDER}


HOUR = re.compile(r"([01]?\d|2[0-3]) ?[:hH] ?([0-5]\d)")


def _time(text: str) -> time | None:
    found = HOUR.fullmatch(text)
    return time(int(found[1]), int(found[2])) if found else None


def _draft(asked: Asked, problems: Problems) -> prevention.Draft:
    form = asked.form
    kind, title, day, hour = KINDS.get(form.text("sorte", 12), ""), form.text("titre", 120), form.day("date"), form.text("heure", 5)
    if not kind:
        problems.append(("sorte", gettext("Choisissez rendez-vous ou rappel.")))
    if not title:
        problems.append(("titre", gettext("Écrivez de quoi il s’agit.")))
    if day is None:
        problems.append(("date", gettext("Choisissez le jour.")))
    if hour and _time(hour) is None:
        problems.append(("heure", gettext("Écrivez l’heure comme 9:30, ou laissez-la vide.")))
    far = day is not None and abs(day - asked.today) > timedelta(days=3 * 365)
    if far:
        problems.append(("date", gettext("Choisissez un jour à moins de trois ans.")))
    return prevention.Draft(
        kind or prevention.REMINDER, title, day or asked.today, _time(hour), form.text("lieu", 200), form.text("avec", 200),
        form.text("precision", 500), form.text("regle", 40),
    )  # fmt: skip


def _form(asked: Asked, problems: Problems, action: str, given: object, changing: bool = False, status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        "tab": "agenda", "problems": problems, "action": action, "given": given, "changing": changing,
        "may_hide": not changing and may_hide(asked, "agenda"), "kinds": list(KINDS),
    }  # fmt: skip
    return page(asked, "agenda/booking", context, status)


ADD = "/agenda/rendez-vous/noter"


@record_page("agenda", "GET", detail="agenda")
def adding(opened: Opened) -> Shown | HttpResponse:
    """The form of an appointment or a reminder. A minor may keep it from the representatives."""
    opens(opened)
    rule = prevention.edition_in(opened.visit, opened.asked.today).rule(opened.asked.request.GET.get("pour", "")[:40])
    given = {"titre": rule.label if rule else "", "regle": rule.id if rule else "", "sorte": "rendez-vous"}
    return Shown("agenda/booking", {"problems": [], "action": ADD, "given": given, "changing": False, "kinds": list(KINDS),
                                    "may_hide": opened.asked.own and opened.minor})  # fmt: skip


@signed_in("POST")
def add(asked: Asked) -> HttpResponse:
    """Write an appointment or a reminder."""
    problems = Problems()
    draft = _draft(asked, problems)
    if problems:
        return _form(asked, problems, ADD, asked.request.POST, status=400)
    prevention.add_event(asked.ask(Act.WRITE_PROFILE), asked.record, draft, asked.form.yes("secret"))
    return saying(asked, f"/agenda?mois={draft.on_day:%Y-%m}", "agenda-note")


@record_page("agenda", "GET", detail="agenda")
def one(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """One appointment or reminder, to be read, changed or taken out."""
    event = prevention.event_in(opened.visit, number)
    to_come = event.on_day >= opened.asked.today and event.status != "cancelled" and not event.withdrawn
    return Shown("agenda/event", {"event": event, "to_come": to_come, "may_write": opened.visit.may(Act.WRITE_PROFILE)})


@signed_in("POST")
def change(asked: Asked, number: UUID, act: str) -> HttpResponse:
    """Change it, take it out of the agenda, or put it back."""
    question = asked.ask(Act.WRITE_PROFILE)
    if act == "annuler":
        prevention.cancel_event(question, asked.record, number)
        return saying(asked, "/agenda", "agenda-annule", annuler="rendez-vous", sur=str(number))
    if act == "retablir":
        prevention.cancel_event(question, asked.record, number, back=True)
        return saying(asked, "/agenda", "agenda-note")
    problems = Problems()
    draft = _draft(asked, problems)
    if act != "changer":
        raise Refusal(No.DOCUMENT_UNKNOWN)
    if problems:
        return _form(asked, problems, f"/agenda/rendez-vous/{number}/changer", asked.request.POST, True, 400)
    prevention.change_event(question, asked.record, number, draft)
    return saying(asked, f"/agenda?mois={draft.on_day:%Y-%m}", "agenda-note")


@record_page("agenda", "GET", detail="agenda")
def editing(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """The form with what is there."""
    event = prevention.event_in(opened.visit, number)
    if event.withdrawn or event.software:
        # Its own page says what it is, and what may be done with it.
        return HttpResponseRedirect(f"/agenda/rendez-vous/{number}")
    given = {
        "sorte": next(k for k, v in KINDS.items() if v == event.kind), "titre": event.title, "date": event.on_day.isoformat(),
        "heure": event.at_time.strftime("%H:%M") if event.at_time else "", "lieu": event.place, "avec": event.whom,
        "precision": event.comment, "regle": event.rule,
    }  # fmt: skip
    return Shown("agenda/booking", {"problems": [], "action": f"/agenda/rendez-vous/{number}/changer", "given": given,
                                    "changing": True, "kinds": list(KINDS)})  # fmt: skip


@record_page("agenda", "GET", detail="agenda")
def download(opened: Opened) -> Shown | HttpResponse:
    """Appointments and reminders as a file: whole, or saying when and nothing of what."""
    opens(opened)
    taken_out(opened)
    today = opened.asked.today
    events = prevention.events_in(opened.visit, today - timedelta(days=31), today + AHEAD)
    whole = opened.asked.request.GET.get("contenu") == "complet"
    discreet = "" if whole else gettext("Rendez-vous")
    return _calendar(prevention.as_calendar(events, gettext("Mon agenda de santé"), opened.asked.at, discreet))


def _calendar(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="agenda.ics"'
    response["Cache-Control"] = "no-store"
    return response


@signed_in("POST")
def share(asked: Asked) -> HttpResponse:
    """Make a private calendar: its address is shown this once."""
    whole = asked.form.text("contenu", 10) == "complet"
    address = prevention.make_feed(asked.ask(Act.WRITE_PROFILE), asked.record, whole, settings.CARNET.espace_url)
    return page(asked, "agenda/shared", {"tab": "agenda", "address": address, "whole": whole})


@signed_in("POST")
def cut(asked: Asked, number: UUID) -> HttpResponse:
    """Cut a private calendar."""
    prevention.cut_feed(asked.ask(Act.WRITE_PROFILE), asked.record, number)
    return saying(asked, "/agenda", "lien-fin")


@public("GET")
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar reads by its private address. Any other address leads nowhere."""
    found = prevention.read_feed(token, moment(), gettext("Mon agenda"), gettext("Rendez-vous"))
    return _calendar(found) if found is not None else render("nothing", {}, 404)


@record_page("agenda", "GET", detail="agenda")
def messages(opened: Opened) -> Shown | HttpResponse:
    """Which families of messages are wanted."""
    opens(opened)
    muted = prevention.muted_in(opened.visit)
    families = [(name, gettext(label), name not in muted) for name, label in prevention.FAMILIES.items()]
    return Shown("agenda/messages", {"families": families})


@signed_in("POST")
def choose_messages(asked: Asked) -> HttpResponse:
    """Keep them."""
    wanted = frozenset(asked.form.many("famille", prevention.FAMILIES))
    prevention.choose_messages(asked.ask(Act.WRITE_PROFILE), asked.record, wanted)
    return saying(asked, "/agenda/messages", "avis")


__all__ = ["add", "adding", "change", "choose_messages", "cut", "download", "editing", "feed", "messages", "one", "share"]
