"""Services, for operators: files to examine, questions, decisions, listing, surveillance, complaints."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from carnet.apps.access.api import people_connected
from carnet.apps.catalogue import api as catalogue
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.pages.said import saying

ACTS = {
    "take": "Commencer l’examen", "ask": "Poser une question", "accept": "Accepter", "refuse": "Refuser",
    "publish": "Mettre en ligne", "suspend": "Suspendre", "dereference": "Déréférencer",
    "renew": "Lister la fiche telle qu’elle est ici, et renouveler", "refuse-renewal": "Refuser le nouvel examen",
    "watch": "Noter une surveillance",
}  # fmt: skip
PROBLEMS = {
    "not-now": "Cet acte n’est pas possible dans l’état où est le dossier.",
    "changed-since": "L’éditeur a modifié ce dossier depuis que vous l’avez ouvert. Relisez-le, puis décidez.",
    "reason-missing": "Écrivez quelques mots : ils restent au dossier.",
    "blocking-criteria": "Des critères bloquants ne sont pas remplis :", "criteria-missing": "Des critères attendent une réponse :",
}  # fmt: skip
ANSWERS = {"yes": "Oui", "no": "Non", "not-concerned": "Ne le concerne pas"}
STATUSES = {"C": "lu dans un texte", "I": "déduit, à vérifier"}
KINDS = {"application": "Application", "assistant": "Assistant"}
VERBS = {"read": "lire", "write": "écrire"}
_WAITING = (catalogue.State.SUBMITTED, catalogue.State.EXAMINATION, catalogue.State.PRE_SERIES)
_FIELDS = {
    "name": "Nom", "tagline": "En une phrase", "description": "Description", "kind": "Nature", "device": "Dispositif médical",
    "themes": "Thèmes", "price": "Prix", "model": "Qui finance", "hosting": "Hébergement", "accessibility": "Accessibilité",
    "destination": "Où vont les données", "site": "Site", "terms": "Conditions", "privacy": "Confidentialité", "help": "Aide",
    "launch": "Adresse d’ouverture", "screens": "Écrans",
}  # fmt: skip


def _by(asked: Asked) -> catalogue.By:
    return catalogue.By(catalogue.Side.OPERATOR, asked.name)


@signed_in("GET")
def queue(asked: Asked) -> HttpResponse:
    """What waits for somebody here, then every service."""
    found = [(s, catalogue.STATE_LABELS[s.state]) for s in catalogue.queue()]
    waiting = [(s, t) for s, t in found if s.state in _WAITING or s.renewal_asked_at is not None]
    context: dict[str, object] = {
        "tab": "services", "others": found,
        "waiting": sorted(waiting, key=lambda row: row[0].renewal_asked_at or row[0].changed_at),
        "complaints": [(c, next((s.name for s, _ in found if s.id == c.service_id), "")) for c in catalogue.complaints()],
    }  # fmt: skip
    return page(asked, "services", context)


def _asked_line(line: dict[str, Any]) -> str:
    """A line of what a service asks for, in words: what, to do what, how far, why."""
    verbs = ", ".join(VERBS.get(v, v) for v in line.get("verbs", ()))
    far = catalogue.perimeter_of(line["category"], line.get("perimeter", "all"))
    why = f" Pour : {line['why']}" if line.get("why") else ""
    return f"{catalogue.label_of(line['category'])} ({verbs}). {far}.{why}"


def _told(card: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """A card in words, line by line: the label and the lines of each field, and of each purpose by its code and place.

    Two purposes may bear one title: neither takes the place of the other here.
    """
    lists = {"themes": [catalogue.THEMES.get(t, t) for t in card.get("themes", ())], "screens": list(card.get("screens", ())),
             "kind": [KINDS.get(card.get("kind", "application"), "")]}  # fmt: skip
    plain = {field: [str(card[field])] if card.get(field) else [] for field in _FIELDS}
    found = {field: (label, (plain | lists)[field]) for field, label in _FIELDS.items()}
    for place, purpose in enumerate(card.get("purposes", ())):
        code = f"purpose:{purpose.get('code', '')}"
        # The title is a line: one that changed is told as new.
        lines = [f"« {purpose.get('title', '')} »", *(_asked_line(x) for x in purpose.get("lines", ()))]
        found[f"{code}:{place}" if code in found else code] = ("Finalité", lines)
    return found


def _compared(service: catalogue.Service) -> list[tuple[str, list[tuple[str, bool]], list[str]]]:
    """The file beside what is listed: a field, its lines with whether each is new, and the lines of the catalogue that are gone."""
    written = _told(service.draft)
    listed = _told(service.listed.model_dump(mode="json")) if service.listed is not None else written
    found = []
    for field in dict.fromkeys([*written, *listed]):
        (label, here), (_, there) = written.get(field) or (listed[field][0], []), listed.get(field) or ("", [])
        if here or there:
            found.append((label, [(line, line not in there) for line in here], [line for line in there if line not in here]))
    return found


def _file(asked: Asked, number: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    file = catalogue.file_of(_by(asked), number)
    told = file.service.answers
    rows = [(c, ANSWERS.get(told.get(c.code, {}).get("answer", ""), ""), told.get(c.code, {}).get("proof", ""),
             STATUSES.get(c.status, c.status)) for c in file.concerned]  # fmt: skip
    met, of = file.weight
    context: dict[str, object] = {
        "tab": "services", "file": file, "service": file.service, "rows": rows, "met": met, "of": of,
        "state": catalogue.STATE_LABELS[file.service.state], "failing": file.failing, "problem": problem,
        "acts": [(act, ACTS[act], catalogue.MOVES[act].reasoned) for act in file.acts(catalogue.Side.OPERATOR)],
        "steps": [(s, catalogue.STEP_LABELS.get(s.act, s.act), catalogue.STATE_LABELS[s.state]) for s in file.steps],
        "complaints": catalogue.complaints(number), "people": people_connected(number, asked.at),
        "clients": catalogue.clients_of(_by(asked), number),
        "fields": _compared(file.service), "families": file.criteria.families,
    }  # fmt: skip
    return page(asked, "service", context, status)


@signed_in("GET")
def one(asked: Asked, number: UUID) -> HttpResponse:
    """A file."""
    return _file(asked, number)


@signed_in("POST")
def act(asked: Asked, number: UUID) -> HttpResponse:
    """Do an act of the file's life."""
    try:
        # What is decided is what was read: a publisher may write while an operator reads.
        seen = asked.form.text("version", 9)
        said = asked.form.text("texte", 2000)
        catalogue.act_on_file(_by(asked), number, asked.form.text("acte", 20), said, asked.at, int(seen) if seen.isdecimal() else 0)
    except catalogue.CardError as error:
        return _file(asked, number, f"La fiche n’est pas complète : {', '.join(field for field, _ in error.problems)}.", 409)
    except catalogue.ReferencingError as error:
        return _file(asked, number, " ".join([PROBLEMS.get(error.code, error.code), ", ".join(error.missing)]).strip(), 409)
    return saying(asked, f"/services/{number}", "service")


@signed_in("POST")
def answer(asked: Asked, number: UUID) -> HttpResponse:
    """Say what was done about a complaint."""
    service = catalogue.answer_complaint(_by(asked), number, asked.form.text("texte", 2000), asked.at)
    return saying(asked, f"/services/{service}", "reclamation")
