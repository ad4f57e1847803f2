"""The health profile: sections with their source and date, declared or confirmed; measures with curves; directives."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.apps.records.api import names_in
from carnet.interfaces.espace.civil_dates import day_text, stated_day
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, may_hide, record_page
from carnet.interfaces.espace.medicines import medicines_shown
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.curves import curve_of
from carnet.pages.said import saying
from carnet.pages.templatetags.pages import unsure


@dataclass(frozen=True, slots=True)
class Section:
    """A section as people know it."""

    name: str
    title: str
    one: str
    hint: str
    empty: str
    choices: tuple[str, ...] = ()


SECTIONS: dict[str, Section] = {s.name: s for s in (
    Section("allergies", _("Allergies"), _("une allergie"), _("Par exemple : pénicilline, arachide, latex."),
            _("Aucune allergie n’est inscrite. Cela ne veut pas dire que vous n’en avez pas.")),
    Section("treatments", _("Traitements"), _("un traitement"), _("Médicament et dose, avec ou sans ordonnance."),
            _("Aucun traitement n’est inscrit.")),
    Section("problems", _("Maladies"), _("une maladie"), _("Une maladie que vous avez aujourd’hui."),
            _("Aucune maladie n’est inscrite.")),
    Section("history", _("Antécédents"), _("un antécédent"), _("Une maladie passée ou une opération."),
            _("Aucun antécédent n’est inscrit.")),
    Section("family", _("Antécédents familiaux"), _("un antécédent familial"), _("La maladie, puis qui l’a eue."),
            _("Aucun antécédent familial n’est inscrit.")),
    Section("vaccinations", _("Vaccinations"), _("un vaccin"), _("Le nom du vaccin, et la date de l’injection."),
            _("Aucun vaccin n’est inscrit.")),
    Section("stays", _("Séjours à l’hôpital"), _("un séjour"), _("L’hôpital, et pourquoi."), _("Aucun séjour n’est inscrit.")),
    Section("devices", _("Dispositifs"), _("un dispositif"), _("Prothèse, pacemaker, implant, lentilles."),
            _("Aucun dispositif n’est inscrit.")),
    Section("measures", _("Mesures"), _("une mesure"), _("Poids, tension, température…"), _("Aucune mesure n’est inscrite.")),
    Section("habits", _("Habitudes de vie"), _("une habitude"), _("Ce que vous voulez en dire."),
            _("Aucune habitude n’est inscrite."),
            (_("Alimentation"), _("Activité physique"), _("Sommeil"), _("Écrans"), _("Alcool"), _("Tabac"))),
    Section("disability", _("Handicap"), _("un handicap"), _("Ce qui vous aide, ce qu’il faut savoir pour vous recevoir."),
            _("Rien n’est inscrit.")),
    Section("blood", _("Groupe sanguin"), _("un groupe sanguin"), _("À titre d’information : un hôpital le vérifie toujours."),
            _("Aucun groupe n’est inscrit."), ("A+", "A−", "B+", "B−", "AB+", "AB−", "O+", "O−")),
    Section("contacts", _("Personnes à prévenir"), _("une personne"), _("Son nom, son lien avec vous, son téléphone."),
            _("Personne n’est inscrit."),
            (_("À prévenir en urgence"), _("Personne de confiance"), _("Aidant"), _("Autre personne"))),
    Section("wishes", _("Volontés"), _("une volonté"), _("Don d’organes : dites si vous en avez parlé à vos proches. "
            "Le refus se note au registre national."), _("Aucune volonté n’est inscrite.")),
)}  # fmt: skip
MEASURES = {code: m for code, m in profile.MEASURES.items() if code not in profile.OF_SENSORS}
"""Those that a person writes by hand."""
ORDER = tuple(SECTIONS)


def _section(name: str) -> Section:
    if name not in SECTIONS:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return SECTIONS[name]


_PRESSURE = frozenset({profile.SYSTOLIC, profile.DIASTOLIC})


def _in_short(opened: Opened, name: str) -> tuple[list[str], int]:
    """What a section holds in a few lines: what is not over, and what was declared absent."""
    if name == "treatments":
        # What nobody said again and nobody stopped may be taken: it stands there, as it does on its page.
        taken = profile.in_course(opened.treatments(), profile.Course.CURRENT, profile.Course.SILENT)
        return [t.name for t in taken][:3], len(taken)
    entries = [e for e in opened.entries if e.content.code != profile.NOT_CONCERNED]
    # An illness may be over; a stay, a dose or an operation that is over was.
    over = name in ("allergies", "problems", "devices")
    held = profile.active(entries, name, opened.asked.today) if over else profile.stated(entries, name)
    absent = [s.first.content.label for s in profile.absences(entries, name)]
    if name == "measures":
        # The two numbers of a pressure are one measure, as they are on the page of measures.
        names = dict.fromkeys(gettext("Tension") if s.first.content.code in _PRESSURE else s.first.content.label for s in held)
        return list(names)[:3], len(names)
    named = [f"{s.first.content.label}{unsure(s.first.content)}" for s in held]
    return (named or absent)[:3], len(profile.stated(entries, name)) or len(absent)


@record_page("dossier", "GET", detail="profile", sections=(*ORDER, "directives"))
def overview(opened: Opened) -> Shown | HttpResponse:
    """All sections, with what each holds in a few lines."""
    entries = [e for e in opened.entries if e.content.code != profile.NOT_CONCERNED]
    open_ones = set(profile.readable_sections(opened.visit, ORDER))
    found = []
    for name, section in SECTIONS.items():
        if name in open_ones:
            lines, count = _in_short(opened, name)
            found.append((section, lines, count, opened.marked(name), bool(opened.closed([name]))))
    directives = next((e for e in entries if e.section == "directives"), None)
    context: Context = {"sections": found, "directives": directives, "directives_closed": bool(opened.closed(["directives"]))}
    return Shown("profile/overview", context)


@record_page("dossier", "GET", detail="profile", sections=ORDER, most=profile.MOST)
def section(opened: Opened, name: str) -> Shown | HttpResponse:
    """One section: everything that is said, source by source; nothing is merged silently."""
    shown, visit = _section(name), opened.visit
    if name == "measures":
        return _measures(opened)
    if name == "treatments":
        return medicines_shown(opened, shown.title)
    stated = opened.stated(name)
    writers = {e.recorded_by for s in stated for e in s.entries if e.source == profile.PROFESSIONAL}
    known = {n: told[0] for n, told in names_in(visit, writers).items()}
    context: Context = {
        "section": shown, "stated": stated, "marked": opened.marked(name), "narrowed": bool(opened.closed([name])),
        "absent": profile.absences([e for e in opened.entries if e.content.code != profile.NOT_CONCERNED], name),
        "writers": known, "may_write": visit.may(Act.WRITE_PROFILE) and name in profile.DECLARABLE,
        "by_documents": not profile.SECTIONS[name],
        "opened_to_professionals": profile.category_of(name) in visit.facts.settings.profile_sections
        - visit.facts.access.hidden_profile_sections,
    }  # fmt: skip
    return Shown("profile/section", context)


def _measures(opened: Opened) -> Shown:
    """Each measure with its values and their curve. One without a date stands where it was written."""
    kept = [e for e in opened.entries if e.section == "measures" and e.content.code != profile.NOT_CONCERNED]
    kept.sort(key=profile.moment_of)
    pairs = [(high, low) for high, low in profile.pressures(kept) if high and low]
    together = {e.id for pair in pairs for e in pair}
    groups: dict[str, list[profile.Entry]] = {}
    for entry in (e for e in kept if e.id not in together):
        groups.setdefault(entry.content.code, []).append(entry)
    rows = [
        (points[-1].content.label, points[-1].content.unit, list(reversed(points)), curve_of(points)) for points in groups.values()
    ]
    context: Context = {"section": SECTIONS["measures"], "rows": rows, "marked": opened.marked("measures"),
                        "narrowed": bool(opened.closed(["measures"])),
                        "pressures": list(reversed(pairs)), "pressure_curves": [curve_of([p[n] for p in pairs]) for n in (0, 1)],
                        "may_write": opened.visit.may(Act.WRITE_PROFILE)}  # fmt: skip
    return Shown("profile/measures", context)


_UNREAD = {
    "number": _("Écrivez un nombre, avec son unité si vous voulez : 72,5 kg, 1,72 m, 38,5 °C."),
    "pressure": _("Écrivez les deux nombres de la tension : 12/8 ou 120/80."),
    "unit": _("Cette unité n’est pas celle de la mesure."),
    "glucose-unit": _("Dites l’unité de la glycémie : 1,26 g/L, 7,2 mmol/L ou 126 mg/dL. Carnet ne devine pas."),
}


def _bounds(code: str) -> str:
    if code == profile.PRESSURE:
        return gettext("Cette tension sort de ce qui se mesure. Vérifiez les deux nombres : 12/8 ou 120/80.")
    known = MEASURES[code]
    low, high = (f"{n:g}".replace(".", ",") for n in (known.low, known.high))
    return gettext("Écrivez une valeur entre %(low)s et %(high)s %(unit)s : au-delà, c’est sans doute une faute de frappe.") % {
        "low": low, "high": high, "unit": known.unit,
    }  # fmt: skip


def _measures_written(asked: Asked, problems: list[tuple[str, str]]) -> list[profile.Content]:
    """A measure as people write it. One without a date is one of today: the form says so."""
    code, taken = asked.form.text("mesure", 12), _day(asked, problems) or asked.today.isoformat()
    try:
        found = profile.read_written(code, asked.form.text("valeur", 40))
    except KeyError:
        problems.append(("mesure", gettext("Choisissez ce que vous mesurez.")))
        return [profile.Content("?")]
    except profile.WrittenError as error:
        problems.append(("valeur", _bounds(code) if error.code == "bounds" else gettext(_UNREAD[error.code])))
        return [profile.Content("?")]
    more = asked.form.text("precision", 250)
    return [
        profile.Content(w.measure.label, w.measure.code, w.measure.system, taken, value=f"{w.value:g}", unit=w.measure.unit,
                        detail=", ".join(filter(None, [more, f"«\u00a0{w.words}\u00a0»" if w.words else ""])))
        for w in found
    ]  # fmt: skip


def _day(asked: Asked, problems: list[tuple[str, str]]) -> str:
    given, found = asked.form.text("date", 10), day_text(asked.request.POST, "date")
    if given and not found:
        problems.append(("date", gettext("Écrivez la date, ou laissez-la vide.")))
    if found > asked.today.isoformat():
        problems.append(("date", gettext("Cette date est dans l’avenir.")))
    return found


_TELEPHONE = re.compile(r"\+?(?:[\s().-]*[0-9]){3,20}[\s.]*(?:poste [0-9]{1,6})?")


def _contents(asked: Asked, name: str, problems: list[tuple[str, str]]) -> list[profile.Content]:
    """What the form says: one thing, or the two values of a blood pressure."""
    if name == "measures":
        return _measures_written(asked, problems)
    label = asked.form.text("libelle", 300)
    if not label:
        problems.append(("libelle", gettext("Écrivez de quoi il s’agit.")))
    value = asked.form.text("telephone", 30) if name == "contacts" else ""
    if value and not _TELEPHONE.fullmatch(value):
        problems.append(("telephone", gettext("Écrivez le numéro en chiffres, comme 06 12 34 56 78.")))
    return [profile.Content(label, start=stated_day(asked, problems), detail=asked.form.text("precision", 2000), value=value)]


def _offered() -> list[tuple[str, str, str]]:
    """What may be written: the blood pressure first, as one entry."""
    alone = [(code, gettext(m.label), m.unit) for code, m in MEASURES.items()]
    return [(profile.PRESSURE, gettext("Tension, les deux nombres"), "12/8"), *alone]


def _form(
    asked: Asked, name: str, problems: list[tuple[str, str]], action: str, given: object = None, status: int = 200
) -> HttpResponse:
    changing = action.endswith("/changer")
    context: dict[str, object] = {
        "tab": "dossier", "section": _section(name), "problems": problems, "action": action, "given": given or asked.request.POST,
        "measures": _offered(), "today": asked.today.isoformat(),
        "changing": changing, "may_hide": not changing and may_hide(asked, "profile"),
    }  # fmt: skip
    return page(asked, "profile/form", context, status)


@signed_in("GET", "POST")
def add(asked: Asked, name: str) -> HttpResponse:
    """Declare something."""
    action, problems = f"/profil/{_section(name).name}/ajouter", list[tuple[str, str]]()
    if asked.request.method == "GET":
        return _form(asked, name, problems, action)
    contents = _contents(asked, name, problems)
    if problems:
        return _form(asked, name, problems, action, status=400)
    numbers = profile.declare_entries(asked.ask(Act.WRITE_PROFILE), asked.record, name, contents, asked.form.yes("secret"))
    # Two values together are taken back one by one: each stands in the list with its own way out.
    undo = {"annuler": "retirer", "sur": str(numbers[0])} if len(numbers) == 1 else {}
    return saying(asked, f"/profil/{name}", "entree-ajoutee", **undo)


@record_page("dossier", "GET", detail="profile", sections=ORDER, most=profile.MOST)
def entry(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """One entry with its history, and what may be done with it."""
    found = next((e for e in opened.entries if e.id == number), None)
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    history = profile.history_in(opened.visit, number)
    writers = names_in(opened.visit, [e.recorded_by for e in history if e.source == profile.PROFESSIONAL])
    context: Context = {
        "entry": found, "section": SECTIONS.get(found.section), "declared": found.source == profile.PERSON,
        "of_service": found.source == profile.SERVICE,
        "history": [(e, writers.get(e.recorded_by, ("", None))[0]) for e in history],
        "may_write": opened.visit.may(Act.WRITE_PROFILE), "may_correct": opened.visit.may(Act.ASK_CORRECTION),
    }  # fmt: skip
    return Shown("profile/entry", context)


@signed_in("POST")
def change(asked: Asked, number: UUID, act: str) -> HttpResponse:
    """Change, withdraw or take back what was declared."""
    question = asked.ask(Act.WRITE_PROFILE)
    if act == "retirer":
        name = profile.withdraw_declared(question, asked.record, number)
        return saying(asked, f"/profil/{name}", "entree-retiree", annuler="retablir", sur=str(number))
    if act == "retablir":
        return saying(asked, f"/profil/{profile.withdraw_declared(question, asked.record, number, back=True)}", "entree-retablie")
    name, problems = asked.form.text("rubrique", 20), list[tuple[str, str]]()
    if act != "changer" or name not in SECTIONS:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    contents = _contents(asked, name, problems)
    if len(contents) > 1:
        problems.append(("mesure", gettext("Corrigez un nombre à la fois.")))
    if problems:
        return _form(asked, name, problems, f"/profil/entree/{number}/changer", status=400)
    profile.change_declared(question, asked.record, number, contents[0])
    return saying(asked, f"/profil/{name}", "entree-changee")


@signed_in("POST")
def concerned(asked: Asked, name: str) -> HttpResponse:
    """Say that a section does not concern the person, or that it does."""
    said = not asked.form.yes("concerne")
    profile.not_concerned(asked.ask(Act.WRITE_PROFILE), asked.record, _section(name).name, said)
    return saying(asked, f"/profil/{name}", "non-concerne" if said else "concerne")


@record_page("dossier", "GET", detail="wishes", sections=("directives",))
def directives(opened: Opened) -> Shown | HttpResponse:
    """Advance directives: read, written, replaced. Not for minors."""
    found = next((e for e in opened.entries if e.section == "directives"), None)
    may_write = opened.visit.may(Act.WRITE_PROFILE) and not opened.minor
    return Shown("profile/directives", {"directives": found, "may_write": may_write, "closed": bool(opened.closed(["directives"]))})


@signed_in("POST")
def write_directives(asked: Asked) -> HttpResponse:
    """Keep the directives, in the place of those before."""
    text = asked.form.raw("texte", 40_000).replace("\r\n", "\n")
    profile.write_directives(asked.ask(Act.WRITE_PROFILE), asked.record, text)
    return saying(asked, "/directives", "directives" if text.strip() else "directives-retirees")
