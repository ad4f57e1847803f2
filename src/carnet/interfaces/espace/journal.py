"""Who looked: the journal in sentences, an access that one does not recognise, notices, and the proof to keep."""

import io
import zipfile
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.records.api import Query, Visit, consulted, criteria, documents, visiting
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.home import journal_lines
from carnet.interfaces.espace.wording import FILTERS, Line, OwnVisit, chosen, folded, merged
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name
from carnet.pages.civil import civil, number_of
from carnet.pages.said import saying
from carnet.pages.templatetags.pages import last

PER_PAGE = 30
NOTICES: dict[str, str] = {
    "access": _("Un professionnel a consulté mon carnet"), "deposit": _("Un document est arrivé"),
    "authorisation-declared": _("Un professionnel a déclaré mon accord"),
    "authorisation-prolonged": _("Un professionnel a prolongé son accès"), "archive": _("Un document est archivé"),
    "unarchive": _("Un document est remis en vigueur"), "delete": _("Un document est supprimé par son auteur"),
    "document-visible": _("Un document qui m’attendait peut être lu"), "new-device": _("Une connexion depuis un nouvel appareil"),
    "case-answered": _("Une réponse à une demande"), "sheet-read": _("Ma fiche d’urgence a été ouverte par un lien"),
    "relation-answered": _("Un proche a répondu à une invitation"),
    "service-connected": _("Un service a été connecté à mon carnet"), "service-ending": _("Un accord avec un service va s’arrêter"),
}  # fmt: skip
"""Notices that a person may turn off. Those that the law asks for are always sent."""
_HOW = """Vérifier votre journal
======================

entries.jsonl  chaque ligne qui vous est montrée, avec la preuve de sa place
checkpoint     l'état du journal, signé par la plateforme et par un témoin
maps.json      la carte de chaque jour : combien de lignes avait votre journal ce jour-là
keys           les clés publiques ; demandez-les aussi par une autre voie

1. Gardez ce dossier.
2. La prochaine fois, téléchargez de nouveau le journal.
3. Sur votre ordinateur, sans nous :

   python carnet_verify.py NOUVEAU --since ANCIEN --key CLE

carnet_verify.py est un seul fichier, livré avec Carnet : il ne pose aucune question à notre serveur.
"""


def _titles(visit: Visit, lines: list[Line]) -> dict[str, str]:
    """Titles of the documents that lines name, where the reader sees them."""
    ids = sorted({d for line in lines for d in line.documents})
    if not ids:
        return {}
    found = documents(visit, Query((criteria.by_logical_id(ids),), count=len(ids))).items
    return {str(d.logical_id): d.title for d in found}


def _fits(line: Line, words: str, titles: dict[str, str]) -> bool:
    told = " ".join([line.who, line.role, line.where, line.done, *(titles.get(d, "") for d in line.documents)])
    return words in normalise_name(told)


def _shown(
    line: Line | OwnVisit, titles: dict[str, str], cases: dict[str, access.Case]
) -> tuple[object, object, list[str], object]:
    """A line of the page: a visit of one's own, or an access with the titles that it names and what was asked about it."""
    if isinstance(line, OwnVisit):
        return line, None, [], None
    return None, line, [titles[d] for d in line.documents if d in titles], cases.get(str(line.name))


@record_page("acces", "GET", detail="traces")
def listing(opened: Opened) -> Shown | HttpResponse:
    """The journal. Reading it is itself in it."""
    get, visit = opened.asked.request.GET, opened.visit
    consulted(visit, Act.OWN_TRACES)
    kind, words = get.get("sorte", ""), normalise_name(get.get("q", "")[:80])
    lines = merged(line for line in journal_lines(visit, opened.asked.actor.key) if chosen(line, kind))
    titles = _titles(visit, lines) if words else {}
    lines = [line for line in lines if _fits(line, words, titles)] if words else lines
    at, told_lines = number_of(get.get("page", "1"), 10_000) or 1, folded(lines)
    shown = told_lines[(at - 1) * PER_PAGE : at * PER_PAGE]
    titles = titles or _titles(visit, [line for line in shown if isinstance(line, Line)])
    told = {c.subject: c for c in records.cases_in(visit) if c.kind == access.ACCESS}
    context: Context = {
        "access_tab": "journal", "lines": [_shown(line, titles, told) for line in shown], "kind": kind,
        "words": get.get("q", "")[:80],
        "filters": FILTERS, "next": at + 1 if len(told_lines) > at * PER_PAGE else 0, "previous": at - 1, "empty": not lines,
        "provable": opened.asked.own and (settings.CARNET.log() / "checkpoint").exists(),
    }  # fmt: skip
    return Shown("journal/list", context)


def _line(visit: Visit, me: str, number: UUID) -> Line:
    for line in journal_lines(visit, me):
        if line.name == number:
            return line
    raise Refusal(No.DOCUMENT_UNKNOWN)


@record_page("acces", "GET", detail="traces")
def one(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """One line in full."""
    consulted(opened.visit, Act.OWN_TRACES)
    line = _line(opened.visit, opened.asked.actor.key, number)
    titles = _titles(opened.visit, [line])
    return Shown(
        "journal/one", {"access_tab": "journal", "line": line, "titles": titles, "emergency": _emergency(opened.visit, line)}
    )


_VERDICTS = {
    "justified": _("Relu et jugé justifié"), "unjustified": _("Relu et jugé injustifié"),
    "followed-up": _("Relu : une suite est donnée"), "": _("Pas encore relu : chaque accès d’urgence l’est"),
}  # fmt: skip


def _emergency(visit: Visit, line: Line) -> tuple[access.EmergencyTold, str] | None:
    """Of the opening of an emergency access: the reason that was written, and what the review concluded."""
    kind, _colon, who = line.actor.partition(":")
    if line.act != Act.OPEN_EMERGENCY or kind != "professional":
        return None
    found = records.emergency_in(visit, who, line.at)
    return (found, gettext(_VERDICTS[found.verdict])) if found else None


def _sentence(line: Line) -> str:
    parts = [
        f"{line.who}, {line.role}" if line.role else line.who,
        line.done,
        f"{civil(line.at):%d/%m/%Y %H:%M}",
        line.where,
        line.behalf,
    ]
    return " · ".join(p for p in parts if p)


_PROVED = frozenset({"presence-proved", "presence-proved-own-card"})


def _facts(visit: Visit, me: str, line: Line) -> list[str]:
    """What whoever examines the access should know, as the person knows it: agreement, presence, place, other accesses."""
    lines = [other for other in journal_lines(visit, me) if other.actor == line.actor]
    number = line.actor.partition(":")[2]
    held = [n for n in records.named_in(visit) if n.kind == "authorised" and n.subject_id == number]
    agreed = [
        f"Accord : {_GROUNDS.get(n.ground, 'sans motif dit')}, depuis le {civil(n.since):%d/%m/%Y}"
        + (f", jusqu’au {civil(last(n.until) or n.until):%d/%m/%Y}" if n.until else "") for n in held
    ]  # fmt: skip
    proved = [other for other in lines if other.detail_code in _PROVED]
    days = sorted({f"{civil(other.at):%d/%m/%Y}" for other in lines}, key=lambda d: d[6:] + d[3:5] + d[:2])
    return [
        *(agreed or ["Accord : aucun en cours"]),
        f"Présence : prouvée le {civil(proved[0].at):%d/%m/%Y}" if proved else "Présence : aucune preuve dans le journal",
        f"Lieu : {line.where}" if line.where else "Lieu : non dit",
        f"Accès de cette personne à ce carnet : {len(lines)} en tout ; derniers jours : {', '.join(days[-6:])}",
    ]  # fmt: skip


_GROUNDS = {
    "care_team": "équipe de soins", "consultation": "consultation", "holder": "donné depuis l’espace",
    "treating_doctor": "médecin traitant",
}  # fmt: skip


@record_page("acces", "GET", detail="traces")
def doubt(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """The form of somebody who does not recognise an access."""
    line = _line(opened.visit, opened.asked.actor.key, number)
    if not line.reportable:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    who = line.actor.partition(":")[2] if line.actor.startswith("professional:") else ""
    context: Context = {"access_tab": "journal", "line": line, "blockable": who, "may_block": opened.visit.may(Act.CHOOSE_RIGHTS)}
    return Shown("journal/doubt", context)


@signed_in("POST")
def report(asked: Asked, number: UUID) -> HttpResponse:
    """Open a case, and block at once when that is asked too."""
    with visiting(asked.ask(Act.SEARCH), asked.record, "traces") as visit:
        consulted(visit, Act.OWN_TRACES)
        line = _line(visit, asked.actor.key, number)
        facts = _facts(visit, asked.actor.key, line)
    if not line.reportable:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    about = "\n".join([_sentence(line), *facts])
    records.report(asked.ask(Act.REPORT_ACCESS), asked.record, access.ACCESS, str(number), about, asked.form.text("texte"))
    if asked.form.yes("bloquer") and line.actor.startswith("professional:"):
        records.change_reader(asked.ask(Act.CHOOSE_RIGHTS), asked.record, "block", line.actor.partition(":")[2])
    return saying(asked, "/demandes", "signale")


@signed_in("GET")
def proof(asked: Asked) -> HttpResponse:
    """The journal with its proofs, the signed checkpoint and the daily maps, as one archive to keep."""
    if not asked.own:
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    folder = settings.CARNET.log()
    if not journal.is_sealed(folder):
        return page(asked, "journal/unsealed", {"tab": "acces", "access_tab": "journal"}, 409)
    with visiting(asked.ask(Act.SEARCH), asked.record, "traces") as visit:
        consulted(visit, Act.OWN_TRACES)
        files = dict(journal.chains_export(records.sealed_chains(visit), folder))
    keys = folder / "keys"
    files |= {"LISEZMOI.txt": _HOW} | ({"keys": keys.read_text(encoding="utf-8")} if keys.exists() else {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(name, text)
    response = HttpResponse(out.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="journal-{asked.today.isoformat()}.zip"'
    return response


@record_page("acces", "GET", detail="rights")
def notices(opened: Opened) -> Shown | HttpResponse:
    """What one is told of by mail, where, and how often."""
    contact = records.contact_in(opened.visit)
    context: Context = {"access_tab": "journal", "contact": contact, "notices": [(k, gettext(t)) for k, t in NOTICES.items()],
                        "may_choose": opened.visit.may(Act.CHOOSE_RIGHTS)}  # fmt: skip
    return Shown("journal/notices", context)


@signed_in("POST")
def choose_notices(asked: Asked) -> HttpResponse:
    """Keep an address and preferences."""
    wanted = set(asked.form.many("avis", NOTICES))
    contact = outbox.Contact(asked.form.text("courriel", 200), frozenset(NOTICES) - wanted,
                             outbox.DAILY if asked.form.text("rythme", 10) == "jour" else outbox.IMMEDIATE)  # fmt: skip
    try:
        records.choose_contact(asked.ask(Act.CHOOSE_RIGHTS), asked.record, contact)
    except outbox.ContactError:
        problems = [("courriel", gettext("Écrivez une adresse de courriel, comme nom@exemple.fr."))]
        told: dict[str, object] = {
            "tab": "acces", "access_tab": "journal", "contact": contact, "problems": problems, "may_choose": True,
            "notices": [(k, gettext(t)) for k, t in NOTICES.items()],
        }  # fmt: skip
        return page(asked, "journal/notices", told, 400)
    return saying(asked, "/acces/avis", "avis")
