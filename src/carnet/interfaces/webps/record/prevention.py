"""What is due for a patient: vaccinations and screenings, as far as this reader may know; and a vaccination that is recorded."""

from datetime import date

from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.interfaces.webps.acting.band import band
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import sought_of
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.kernel.ask import Act
from carnet.pages.forms import Problems
from carnet.pages.prevention import doses_alone, doses_of, named_dose, rows_of
from carnet.pages.said import saying

FEW = 4
_OF_PROFESSIONALS = frozenset({"vaccination", "screening", "check-up", "pregnancy"})
"""Families that a professional is shown. The rest is the person's own agenda."""


def known(opened: Opened) -> prevention.Agenda | None:
    """The agenda as this reader may know it. None where the vaccinations are closed to them: what one does not see is not due."""
    if not opened.visit.opens("vaccinations"):
        return None
    return prevention.agenda_in(opened.visit, opened.entries, opened.asked.today)


def due_context(opened: Opened) -> Context:
    """For the first screen: what is due, what nothing states, and what is up to date."""
    agenda = known(opened)
    if agenda is None:
        return {"prevention": None}
    now = [x for x in agenda.now if x.rule.family in _OF_PROFESSIONALS]
    unstated = [x for x in agenda.to_tell if x.rule.family in _OF_PROFESSIONALS]
    current = [x for x in (*agenda.soon, *agenda.later) if x.groups and x.before is not None]
    return {
        "prevention": agenda, "due_now": rows_of(agenda, now[:FEW]), "unstated": rows_of(agenda, unstated[:FEW]),
        "up_to_date": rows_of(agenda, current[:FEW]), "more_due": max(len(now) - FEW, 0) + max(len(unstated) - FEW, 0),
        "to_ask": _risks(agenda), "last_dose": next(iter(agenda.shots), None),
    }  # fmt: skip


def _risks(agenda: prevention.Agenda) -> list[str]:
    """Vaccinations that depend on what is not in the record: told to be asked for, never as due."""
    return list(dict.fromkeys(x.label for lines in agenda.questions.values() for x in lines if x.groups))


@record_page("vaccinations", "GET", detail="vaccinations", sections=prevention.SECTIONS, most=profile.MOST)
def vaccinations(opened: Opened) -> Shown | HttpResponse:
    """The vaccination record: what is due, the schedule as a picture, every dose with what it is worth."""
    agenda = known(opened)
    context: Context = {
        "vaccinations": profile.stated(opened.entries, "vaccinations"),
        "no_vaccinations": profile.absences(opened.entries, "vaccinations"), "agenda": agenda,
    }  # fmt: skip
    if agenda is None and opened.visit.opens("vaccinations"):
        context["doses"] = doses_alone(prevention.shots_in(opened.visit, opened.entries, opened.asked.today))
    if agenda is not None:
        due = [x for x in (*agenda.now, *agenda.to_tell, *agenda.soon) if x.rule.family == "vaccination"]
        context |= {
            "due": rows_of(agenda, due), "picture": prevention.picture(agenda, gettext("Aucune trace")),
            "doses": doses_of(agenda), "to_ask": _risks(agenda),
            "others": rows_of(agenda, [x for x in (*agenda.now, *agenda.to_tell) if x.rule.family in ("screening", "check-up")]),
        }  # fmt: skip
    return Shown("vaccinations", context)


def _content(asked: Asked, edition: prevention.Edition, problems: Problems, birth: str) -> profile.Content:
    form = asked.form
    day, (label, code) = form.day("date"), named_dose(edition, form.text("vaccin", 30), form.text("produit", 200))
    if not label:
        problems.append(("vaccin", gettext("Choisissez le vaccin, ou écrivez son nom.")))
    if day is None or day > asked.today:
        problems.append(("date", gettext("Écrivez le jour de l’injection, qui n’est pas à venir.")))
    if day is not None and day.isoformat() < birth:
        problems.append(("date", gettext("Cette date est avant la naissance.")))
    lot = form.text("lot", 40)
    return profile.Content(
        label, code, profile.ATC if code else "", (day or date.min).isoformat(), detail=f"lot {lot}" if lot else "",
        route=form.text("voie", 60), site=form.text("endroit", 60), author=asked.actor.name,
    )  # fmt: skip


ROUTES = ("Intramusculaire", "Sous-cutanée", "Intradermique", "Orale", "Nasale")
SITES = ("Bras gauche", "Bras droit", "Cuisse gauche", "Cuisse droite")


@signed_in("GET", "POST")
def record(asked: Asked, handle: str) -> HttpResponse:
    """Record a vaccination that was given: the vaccine that is due and today stand there, the lot is typed or scanned."""
    sought, problems, edition = sought_of(handle, asked.actor), Problems(), prevention.edition_on(asked.today)
    group = asked.request.GET.get("groupe", "")[:30]
    held = sorted(
        (v for v in edition.vaccines if v.holds), key=lambda v: (group not in prevention.groups_of(edition, v.code), v.name)
    )
    context: Context = {
        "vaccines": held, "problems": problems,
        "given": asked.request.POST or {"date": asked.today.isoformat(), "vaccin": asked.request.GET.get("vaccin", "")},
        "routes": ROUTES, "sites": SITES, "today": asked.today.isoformat(),
    }  # fmt: skip
    if asked.request.method == "POST":
        content = _content(asked, edition, problems, sought.traits.birth_date)
        if not problems:
            number = profile.add_entry(asked.about(sought, Act.WRITE_PROFILE), None, "vaccinations", content)
            return saying(asked, f"/dossier/{handle}/vaccinations", "vaccin", annuler="vaccin", sur=str(number))
    return page(asked, "record/vaccine_form", band(asked, handle, sought) | context, 400 if problems else 200)
