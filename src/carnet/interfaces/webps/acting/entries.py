"""Entries of the profile: add, confirm, correct, withdraw, take back. What was there before stays in the history."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.apps.records.api import names_in
from carnet.interfaces.webps.acting.band import band
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import Sought, sought_of
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.partial_dates import partial_day
from carnet.pages.said import saying

TITLES = {
    "allergies": _("une allergie"), "problems": _("une maladie"), "history": _("un antécédent"),
    "vaccinations": _("une vaccination"), "devices": _("un dispositif implanté"), "treatments": _("un traitement"),
}  # fmt: skip
_BACK = {"vaccinations": "/vaccinations"}
"""Where a section is read; the others are on the first screen."""


def _content(asked: Asked, problems: list[tuple[str, str]]) -> profile.Content:
    """What the form says; what is wrong with it joins `problems` as field and sentence."""
    label = asked.form.text("libelle", 300)
    if not label:
        problems.append(("libelle", gettext("Écrivez de quoi il s'agit.")))
    start, day = "", asked.form.day("date")
    try:
        start = partial_day(asked.form, day.isoformat() if day else "")
    except ValueError:
        problems.append(("date", gettext("Écrivez la date, ou l'année seule, ou laissez-la vide.")))
    if (profile.first_day(start) or asked.today) > asked.today:
        problems.append(("date", gettext("Cette date est dans l'avenir.")))
    return profile.Content(label, start=start, detail=asked.form.text("precision", 300))


def _form(asked: Asked, handle: str, sought: Sought, context: Context, status: int = 200) -> HttpResponse:
    return page(asked, "record/entry_form", band(asked, handle, sought) | {"given": asked.request.POST} | context, status)


@signed_in("GET", "POST")
def add(asked: Asked, handle: str, section: str) -> HttpResponse:
    """Write a new entry. As feeding, it asks for no authorisation to read."""
    if section not in TITLES:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    sought, problems = sought_of(handle, asked.actor), list[tuple[str, str]]()
    context: Context = {"section": section, "what": gettext(TITLES[section]), "problems": problems,
                        "action": f"/dossier/{handle}/profil/{section}/ajouter"}  # fmt: skip
    if asked.request.method == "GET":
        return _form(asked, handle, sought, context)
    content = _content(asked, problems)
    if problems:
        return _form(asked, handle, sought, context, 400)
    profile.add_entry(asked.about(sought, Act.WRITE_PROFILE), None, section, content)
    return saying(asked, f"/dossier/{handle}{_BACK.get(section, '')}", "entree-ajoutee")


def _entry(opened: Opened, number: UUID) -> profile.Entry:
    for entry in opened.entries:
        if entry.id == number:
            return entry
    raise Refusal(No.DOCUMENT_UNKNOWN)


@record_page("essentiel", "GET", sections=tuple(profile.WRITABLE))
def edit(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """An entry with its source and history, to be confirmed, corrected or withdrawn."""
    entry = _entry(opened, number)
    history = profile.history_in(opened.visit, number)
    writers = names_in(opened.visit, [e.recorded_by for e in history if e.source == profile.PROFESSIONAL])
    context: Context = {
        "entry": entry, "what": gettext(TITLES.get(entry.section, "")), "writable": entry.section in profile.WRITABLE,
        "known": not profile.may_change(opened.visit, entry),
        "history": [(e, writers.get(e.recorded_by, ("", None))[0]) for e in history],
    }  # fmt: skip
    return Shown("entry", context)


@signed_in("POST")
def change(asked: Asked, handle: str, number: UUID, act: str) -> HttpResponse:
    """Confirm, correct, withdraw or take back."""
    sought = sought_of(handle, asked.actor)
    question, base = asked.about(sought, Act.WRITE_PROFILE), f"/dossier/{handle}"
    if act == "confirmer":
        profile.correct_entry(question, None, number)
        return saying(asked, base, "entree-confirmee")
    if act == "retirer":
        profile.withdraw_entry(question, None, number)
        return saying(asked, base, "entree-retiree", annuler="entree", sur=str(number))
    if act == "retablir":
        profile.restore_entry(question, None, number)
        return saying(asked, base, "entree-retablie")
    problems: list[tuple[str, str]] = []
    content = _content(asked, problems)
    if act != "corriger":
        raise Refusal(No.DOCUMENT_UNKNOWN)
    if problems:
        action = f"{base}/profil/{number}/corriger"
        return _form(asked, handle, sought, {"problems": problems, "action": action, "what": "", "correcting": True}, 400)
    profile.correct_entry(question, None, number, content)
    return saying(asked, base, "entree-corrigee")
