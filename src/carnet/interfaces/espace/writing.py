"""Writing: a new message, a renewal of treatments, a wish for an appointment; with documents and measures of the record joined."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.messaging import api as messaging
from carnet.apps.messaging.api import Piece, Sending
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Visit, criteria, documents, visiting
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import NOT_OPEN, not_open
from carnet.interfaces.espace.messages import pieces_of, sentence_of
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.proposing import field_of
from carnet.pages.rows import row
from carnet.pages.said import saying
from carnet.pages.templatetags.pages import measured

KINDS = {"ecrire": messaging.MESSAGE, "renouvellement": messaging.RENEWAL, "rendez-vous": messaging.APPOINTMENT}
TITLES = {"ecrire": "Écrire", "renouvellement": "Demander un renouvellement", "rendez-vous": "Demander un rendez-vous"}
OFFERED = 40


def _measures(visit: Visit) -> dict[str, profile.Entry]:
    found = profile.entries(visit, ("measures", "vitals"), most=OFFERED)
    return {str(e.id): e for e in found if e.content.value}


def _treatments(visit: Visit, asked: Asked) -> dict[str, profile.Treatment]:
    """What the person takes, as their own list says it, by its number in the page."""
    kept = profile.entries(visit, ("treatments",), most=profile.MOST)
    held = profile.in_course(profile.treatments(visit, kept, asked.today), profile.Course.CURRENT, profile.Course.SILENT)
    return {str(n): treatment for n, treatment in enumerate(held)}


_DURATIONS = (_("un mois"), _("trois mois"), _("six mois"))


def _may_write(visit: Visit) -> None:
    """Raises Refusal for whoever may not write, before the journal tells that they opened what they may not."""
    if not visit.may(Act.WRITE_MESSAGE):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)


def _context(asked: Asked, name: str, visit: Visit) -> dict[str, object]:
    found = documents(visit, Query((criteria.by_statuses(["Approved"]),), sort="date", count=OFFERED))
    held = _treatments(visit, asked) if name == "renouvellement" else {}
    return {
        "tab": "messages", "traits": visit.traits, "minor": visit.facts.minor, "name": name, "title": gettext(TITLES[name]),
        "choices": messaging.choices_of(visit), "documents": [row(d) for d in found.items],
        "measures": [(number, measured(e)) for number, e in _measures(visit).items()],
        "treatments": [(n, t.name, t.first.content.detail) for n, t in held.items()], "may_hide": visit.facts.minor and asked.own,
        "given": asked.request.POST, "thread": asked.request.POST.get("fil", "") or asked.request.GET.get("fil", ""),
        "joined": [*asked.request.POST.getlist("documents"), asked.request.GET.get("document", "")],
        "ticked": asked.request.POST.getlist("traitement"),
        "durations": [gettext(one) for one in _DURATIONS], "lasting": asked.form.text("duree", 60) or gettext(_DURATIONS[1]),
        "to": asked.request.POST.get("a", "") or asked.request.GET.get("a", ""), "limit": messaging.PERSON_MOST_BYTES,
    }  # fmt: skip


def _form(asked: Asked, name: str, problems: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    try:
        with visiting(asked.ask(Act.SEARCH), asked.record, "messages") as visit:
            _may_write(visit)
            context = _context(asked, name, visit)
    except Refusal as refusal:
        if refusal.code in NOT_OPEN:
            return not_open(asked, refusal)
        raise
    return page(asked, "messages/write", context | {"problems": problems}, status)


def _number(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _joined(asked: Asked) -> tuple[tuple[Piece, ...], str, bool]:
    """Documents and a measure of the record that the person joins, read as the person reads them; whether the measure is secret."""
    with visiting(asked.ask(Act.SEARCH), asked.record, "messages") as visit:
        _may_write(visit)
        numbers = [n for text in asked.request.POST.getlist("documents") if (n := _number(text))]
        packed = tuple(p for n in numbers for p in messaging.pack(visit, n))
        chosen = _measures(visit).get(asked.form.text("mesure", 40))
        secret = chosen is not None and profile.kept_from_representatives(visit, chosen)
    return packed, measured(chosen) if chosen else "", secret


def _request(asked: Asked, name: str) -> tuple[dict[str, object], bool]:
    """What is asked for, and whether it tells of what a minor keeps secret."""
    if name == "rendez-vous":
        return {"wishes": asked.form.text("souhaits", 500), "reason": asked.form.text("motif", 300)}, False
    if name != "renouvellement":
        return {}, False
    with visiting(asked.ask(Act.SEARCH), asked.record, "messages") as visit:
        _may_write(visit)
        known = _treatments(visit, asked)
        chosen = [(known[n], asked.form.text(f"mot-{n}", 300)) for n in asked.form.many("traitement", known)]
        secret = any(profile.kept_from_representatives(visit, treatment.first) for treatment, _ in chosen)
    lines = [{"label": treatment.name, "dose": treatment.first.content.detail, "note": note} for treatment, note in chosen]
    return {"lines": lines, "duration": asked.form.text("duree", 60)}, secret


def _line(one: dict[str, str]) -> str:
    return ", ".join(filter(None, [f"- {one['label']}", one["dose"], f"« {one['note']} »" if one["note"] else ""]))


def _text(asked: Asked, request: dict[str, object], measure: str) -> str:
    """The words of a request, for whoever reads it as a mail."""
    parts = [asked.form.text("texte", 20_000)]
    lines = request.get("lines")
    if isinstance(lines, list):
        told = [_line(one) for one in lines]
        parts = [gettext("Demande de renouvellement :"), *told, gettext("Durée : %s") % request["duration"], *parts]
    if "wishes" in request:
        parts = [
            gettext("Demande de rendez-vous : %s") % request["reason"],
            gettext("Disponibilités : %s") % request["wishes"],
            *parts,
        ]
    return "\n".join(filter(None, [*parts, gettext("Mesure jointe : %s") % measure if measure else ""]))


def _problems(asked: Asked, name: str, request: dict[str, object]) -> list[tuple[str, str]]:
    found = []
    if not asked.form.text("a", 60) and not asked.form.text("fil", 60):
        found.append(("a", gettext("Choisissez à qui vous écrivez.")))
    if name == "renouvellement" and not request["lines"]:
        found.append(("traitements", gettext("Cochez au moins un traitement.")))
    if name == "rendez-vous" and not request["reason"]:
        found.append(("motif", gettext("Dites pourquoi vous demandez un rendez-vous.")))
    if name == "ecrire" and not asked.form.text("texte", 20_000):
        found.append(("texte", gettext("Écrivez votre message.")))
    return found


@signed_in("GET", "POST")
def write(asked: Asked, name: str) -> HttpResponse:
    """The form, and the sending: all of it, or nothing."""
    if name not in KINDS:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    if asked.request.method == "GET":
        return _form(asked, name, [])
    request, tells_secret = _request(asked, name)
    problems = _problems(asked, name, request)
    if problems:
        return _form(asked, name, problems, 400)
    try:
        joined, measure, secret_measure = _joined(asked)
        subject = asked.form.text("objet", 200) or (gettext(TITLES[name]) if name != "ecrire" else gettext("Message"))
        sending = Sending(
            _text(asked, request, measure), _number(asked.form.text("fil", 40)), asked.form.text("a", 60), subject, KINDS[name],
            request, (*joined, *pieces_of(asked)), asked.form.yes("secret"), tells_secret=tells_secret or secret_measure,
        )  # fmt: skip
        thread = messaging.write(asked.ask(Act.WRITE_MESSAGE), asked.record, sending)
    except Refusal as refusal:
        if refusal.code in (No.DOCUMENT_UNKNOWN, No.OUTSIDE_SCOPE, *NOT_OPEN):
            raise
        return _form(asked, name, [(field_of(refusal), sentence_of(refusal))], 400)
    return saying(asked, f"/messages/{thread}", "message-envoye" if name == "ecrire" else "demande-envoyee")
