"""Who sees what: a preview through somebody's eyes, what is masked, emergency, professionals, presets in plain words."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.records.api import Look, Names, Query, Visit, consulted, criteria, documents, preview
from carnet.dicah.settings import PROFILE_SECTIONS
from carnet.formats import codes
from carnet.formats.codes.public import CATEGORIES
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.profile import SECTIONS
from carnet.kernel.ask import Act
from carnet.kernel.identifiers import IdentifierError, ps_id, structure_id
from carnet.kernel.refusal import No, Refusal
from carnet.pages.civil import begins, civil
from carnet.pages.rows import row
from carnet.pages.said import saying

ANYBODY: dict[str, str] = {
    "10": _("Un médecin que je ne connais pas"), "60": _("Une infirmière que je ne connais pas"),
    "21": _("Une pharmacienne que je ne connais pas"), "40": _("Un dentiste que je ne connais pas"),
    "50": _("Une sage-femme que je ne connais pas"), "70": _("Un kinésithérapeute que je ne connais pas"),
}  # fmt: skip
"""Profession (TRE_G15) and how the page says it. They are looked at as if the person had agreed."""
_EMERGENCIES = {"urgence": _("Un médecin si ma vie est en danger"), "samu": _("Un médecin du centre 15")}
_HIDES: dict[str, str] = {
    "masked-to-professionals": _("Vous l’avez masqué."),
    "type-closed-to-profession": _("La règle nationale ne l’ouvre pas à cette profession."),
    "attribute-without-right": _("La règle nationale ne l’ouvre pas à cette profession dans cet état."),
    "profile-section-closed": _("Cette rubrique n’est pas ouverte aux professionnels."),
    "professional-blocked": _("Vous avez bloqué cette personne."),
    "consent-missing": _("Vous ne lui avez pas donné votre accord."),
    "initial-consent-missing": _("Vous n’avez pas encore donné l’accord initial à votre équipe de soins."),
    "consent-expired": _("Votre accord est arrivé à son terme."),
    "emergency-opposed": _("Vous vous êtes opposé à l’accès en urgence."),
    "exercise-closed": _("Cette personne n’exerce plus, d’après l’annuaire."),
    "habilitation-profession": _("La règle nationale n’ouvre rien à cette profession."),
    "habilitation-context": _("Cette personne n’exerce pas dans un lieu de soins."),
    "function-not-allowed": _("La règle nationale n’ouvre rien à cette personne."),
    "occupational-doctor-closed": _("Un médecin du travail ne peut pas lire votre carnet."),
}
"""Rule of the law → why, in words for the person."""
PRESETS: dict[str, tuple[str, str]] = {
    "ouvert": (_("Mes soignants voient tout ce que leur métier permet"),
               _("Les nouveaux documents sont visibles de ceux qui ont votre accord. L’urgence est permise.")),
    "prudent": (_("Je décide document par document"),
                _("Les nouveaux documents sont masqués jusqu’à ce que vous les montriez. L’urgence est permise, sans eux.")),
    "reserve": (_("Seuls mon médecin traitant et mes soignants choisis, jamais l’urgence"),
                _("Les nouveaux documents sont masqués. Personne n’entre en urgence, même si votre vie est en danger.")),
}  # fmt: skip
PRESET_OF = dict(zip(PRESETS, records.PRESETS, strict=True))


@dataclass(frozen=True, slots=True)
class Reader:
    """A professional or a structure, as the page names them."""

    kind: str
    subject_kind: str
    subject_id: str
    name: str
    role: str
    since: object
    until: object
    ground: str


def readers(visit: Visit) -> list[Reader]:
    """Everybody who is authorised, blocked or named, as far as the reader may know."""
    found = records.named_in(visit)
    people = records.names_in(visit, [n.subject_id for n in found if n.subject_kind == "person"])
    return [_reader(visit, n, people) for n in found]


def _reader(visit: Visit, named: access.Named, people: Names) -> Reader:
    name, situation = people.get(named.subject_id, (named.subject_id, None))
    if named.subject_kind == "structure":
        structure = records.structure_in(visit, named.subject_id)
        name, situation = structure.name if structure else named.subject_id, None
    code = situation.profession if situation else None
    role = codes.label("professions", code.code, code.system).lower() if code else ""
    place = situation.structure_name if situation else ""
    return Reader(named.kind, named.subject_kind, named.subject_id, name, ", ".join(p for p in (role, place) if p), named.since,
                  named.until, named.ground)  # fmt: skip


def _eyes(who: str, eyes: records.Eyes) -> str:
    """Through whose eyes the preview looks, as the page names them."""
    kind, _of, value = who.partition(":")
    return eyes.ask.actor.name or gettext(_EMERGENCIES.get(kind) or ANYBODY[value])


def why(rule: str) -> str:
    """Why a rule hides, in words for the person."""
    return gettext(_HIDES.get(rule, _("Une règle d’accès ne le permet pas.")))


def look_sections(look: Look, entries: list[profile.Entry]) -> list[tuple[str, int, str]]:
    """Sections that hold something: title, how many entries they would see, why not."""
    seen = {d.logical_id for d in look.seen}
    found = []
    for name, section in SECTIONS.items():
        held = [e for e in entries if e.section == name and e.content.code != profile.NOT_CONCERNED]
        visible = [e for e in held if e.document_id is None or e.document_id in seen]
        # What only documents state has no switch of its own: it is seen with them.
        rule = look.sections.get(profile.category_of(name), "") if profile.SECTIONS[name] else ""
        if held:
            lines = len(profile.stated(visible, name)) or len(visible)
            found.append((gettext(section.title), 0 if rule else lines, why(rule) if rule else ""))
    return found


def _own_rights(visit: Visit) -> None:
    """Who sees what is the holder's and the representatives' to know and to choose. Raises Refusal for a carer."""
    if not visit.may(Act.CHOOSE_RIGHTS):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)


@record_page("acces", "GET", detail="rights", sections=tuple(SECTIONS), most=profile.MOST)
def overview(opened: Opened) -> Shown | HttpResponse:
    """The preview: the real rules on the real record, through the eyes that were chosen."""
    _own_rights(opened.visit)
    visit, who = opened.visit, opened.asked.request.GET.get("comme", "")
    named = {r.subject_id: r for r in readers(visit) if r.subject_kind == "person"}
    context: Context = {"access_tab": "apercu", "readers": list(named.values()), "anybody": list(ANYBODY.items()), "who": who}
    if not who:
        return Shown("rights/overview", context)
    # Looking through somebody's eyes is the holder's own act, and the journal says so.
    consulted(visit, Act.PREVIEW_RIGHTS)
    eyes = records.eyes_of(visit, who)
    look = preview(visit, eyes.ask, {profile.category_of(s) for s in SECTIONS}, eyes.consents)
    hidden = [(row(d), why(rule)) for d, rule in look.hidden]
    return Shown("rights/overview", context | {
        "name": _eyes(who, eyes), "consents": eyes.consents, "look": look, "seen": [row(d) for d in look.seen], "hidden": hidden,
        "profile": look_sections(look, opened.entries), "closed": why(look.rule) if look.code else "",
        "counted": len(look.seen), "uncounted": len(hidden),
    })  # fmt: skip


@record_page("acces", "GET", detail="rights")
def masking(opened: Opened) -> Shown | HttpResponse:
    """What is masked today, and what will be on arrival."""
    visit = opened.visit
    _own_rights(visit)
    masked = documents(visit, Query((criteria.by_label("MASQUE_PS"),), sort="date", count=200)).items
    recent = documents(visit, Query((criteria.by_statuses(["Approved"]),), sort="date", count=40)).items
    context: Context = {
        "access_tab": "masquer", "masked": [row(d) for d in masked], "recent": [row(d) for d in recent if not d.facts.masked],
        "choices": records.choices_in(visit), "categories": list(CATEGORIES.items()),
        "may_choose": visit.may(Act.CHOOSE_RIGHTS),
    }  # fmt: skip
    return Shown("rights/masking", context)


@signed_in("POST")
def choose_masks(asked: Asked) -> HttpResponse:
    """Keep what is masked on arrival; a category that was added is masked today too, one that was taken out is shown again."""
    wanted = asked.form.many("categorie", CATEGORIES)
    records.choose_masks(asked.ask(Act.CHOOSE_RIGHTS), asked.record, asked.form.text("nouveaux", 10) == "masques", wanted)
    return saying(asked, "/acces/masquer", "choix")


@record_page("acces", "GET", detail="rights")
def emergency(opened: Opened) -> Shown | HttpResponse:
    """The three switches, sections that professionals see, and presets."""
    visit = opened.visit
    _own_rights(visit)
    hidden = records.choices_in(visit)
    sections = [(c, gettext(t)) for c, t in _categories()]
    context: Context = {"access_tab": "urgence", "choices": hidden, "sections": sections, "presets": PRESETS,
                        "may_choose": visit.may(Act.CHOOSE_RIGHTS)}  # fmt: skip
    return Shown("rights/emergency", context)


def _categories() -> list[tuple[str, str]]:
    """Categories of the profile that professionals may see, with their titles."""
    found: dict[str, str] = {}
    for name, section in SECTIONS.items():
        category = profile.category_of(name)
        if category in PROFILE_SECTIONS:
            found.setdefault(category, section.title)
    return [*found.items(), ("directives", _("Directives anticipées"))]


@signed_in("POST")
def choose_emergency(asked: Asked) -> HttpResponse:
    """Keep the three switches."""
    danger, regulation, masked = (asked.form.yes(field) for field in ("danger", "centre15", "masques"))
    records.choose_emergency(
        asked.ask(Act.CHOOSE_RIGHTS), asked.record, break_glass=danger, regulation=regulation, masked_in_emergency=masked
    )
    return saying(asked, "/acces/urgence", "choix")


@signed_in("POST")
def choose_sections(asked: Asked) -> HttpResponse:
    """Keep which sections of the profile professionals see."""
    opened = set(asked.form.many("rubrique", {c for c, _ in _categories()}))
    records.close_sections(asked.ask(Act.CHOOSE_RIGHTS), asked.record, [c for c, _ in _categories() if c not in opened])
    return saying(asked, "/acces/urgence", "choix")


@signed_in("POST")
def choose_preset(asked: Asked) -> HttpResponse:
    """Several choices at once, in plain words."""
    records.choose_preset(asked.ask(Act.CHOOSE_RIGHTS), asked.record, PRESET_OF.get(asked.form.text("preset", 20), ""))
    return saying(asked, "/acces/urgence", "choix")


@record_page("acces", "GET", detail="rights")
def professionals(opened: Opened) -> Shown | HttpResponse:
    """Who may read, who is blocked, who sees what is masked."""
    visit, at = opened.visit, opened.asked.at
    _own_rights(visit)
    found = readers(visit)
    context: Context = {
        "access_tab": "personnes", "authorised": [r for r in found if r.kind == "authorised"],
        "blocked": [r for r in found if r.kind == "blocked"], "treating": [r for r in found if r.kind == "treating_doctor"],
        "administrators": [r for r in found if r.kind == "administrator"], "may_choose": visit.may(Act.CHOOSE_RIGHTS),
        "latest": settings.LAW.day(at + visit.facts.settings.authorisation_lasts).isoformat(),
        "today": opened.asked.today.isoformat(),
    }  # fmt: skip
    return Shown("rights/professionals", context)


def _subject(asked: Asked) -> tuple[str, str]:
    kind, number = asked.form.text("sorte", 10) or "person", asked.form.text("numero", 64)
    try:
        return kind, ps_id(number) if kind == "person" else structure_id(number)
    except IdentifierError:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "a national identifier"}) from None


@signed_in("GET", "POST")
def find(asked: Asked) -> HttpResponse:
    """Look a professional or a structure up in the national directory, by name or number, to block or name them."""
    question = asked.request.GET.get("q", "").strip()[:80]
    with records.visiting(asked.ask(Act.SEARCH), asked.record, "rights") as visit:
        _own_rights(visit)
    found = identity.search_professionals(question) if len(question) >= 3 else []
    context: dict[str, object] = {"tab": "acces", "access_tab": "personnes", "question": question, "found": found}
    return page(asked, "rights/find", context)


_DOES: dict[str, tuple[str, str]] = {
    "bloquer": ("block", "bloque"), "debloquer": ("unblock", "debloque"), "retirer": ("withdraw", "accord-retire"),
    "donner": ("authorise", "accord-donne"), "administrateur": ("administrator", "administrateur"),
    "plus-administrateur": ("administrator-ended", "administrateur-fin"),
    "medecin-traitant": ("treating-doctor", "medecin-traitant"),
    "s-opposer": ("objection", "choix"),
}  # fmt: skip


@signed_in("POST")
def professional(asked: Asked, act: str) -> HttpResponse:
    """Block, unblock, take an agreement back, give or prolong it, name an administrator or a treating doctor."""
    if act not in _DOES:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    detail, said = _DOES[act]
    kind, number = _subject(asked)
    until = asked.form.day("jusqu-au")
    if act == "donner" and not (until and asked.today <= until <= settings.LAW.day(asked.at + settings.LAW.authorisation_lasts)):
        # Another day in its place would not be the one that was chosen.
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "jusqu-au"})
    last = begins(until + timedelta(days=1)) if until else None
    undo = _undo(asked, act, kind, number)
    records.change_reader(asked.ask(Act.CHOOSE_RIGHTS), asked.record, detail, number, kind, last)
    return saying(asked, "/acces/professionnels", said, **undo)


def _undo(asked: Asked, act: str, kind: str, number: str) -> dict[str, str]:
    """What takes an act back: never more than what was there. Blocking ends an agreement, and unblocking gives none."""
    if act in ("bloquer", "debloquer"):
        return {"annuler": "debloquer" if act == "bloquer" else "bloquer", "numero": number, "sorte": kind}
    if act != "retirer" or kind != "person":
        return {}
    with records.visiting(asked.ask(Act.SEARCH), asked.record, "rights") as visit:
        held = [n for n in records.named_in(visit) if n.kind == "authorised" and n.subject_id == number and n.until]
    # The last whole day of what was given: taken back, the agreement ends no later than it did.
    last = civil(held[0].until).date() - timedelta(days=1) if held and held[0].until else None
    return {"annuler": "donner", "numero": number, "jusqu-au": last.isoformat()} if last and last > asked.today else {}
