"""Identities through life: records united and parted, documents given to whose they are, deaths, new matricules.

An operator compares, asks, and another one confirms; the worker carries out. No page shows a content.
"""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.identity.api import IdentityError
from carnet.apps.records.api import (
    EventError,
    Side,
    ask_split,
    ask_undo,
    ask_union,
    compared_side,
    decide_union,
    report_death,
    report_matricule,
    undelivered,
    union_of,
    unions,
    withdraw_death,
    write_down,
)
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.interfaces.operator.helpdesk import STATES, found_person, person_page
from carnet.kernel.identifiers import IdentifierError
from carnet.kernel.ins import InsError
from carnet.kernel.refusal import No, Refusal
from carnet.pages.reading_ins import ins_typed
from carnet.pages.said import saying

OBSTACLES = {
    "same": "Ces deux matricules mènent déjà au même carnet.",
    "kept-not-open": "Le carnet à garder n’est pas ouvert : ouvrez-le d’abord, ou inversez les deux.",
    "absorbed-state": "L’autre carnet est suspendu, supprimé ou refusé : demandez d’abord à la personne ce qu’elle veut.",
    "in-course": "Un changement de l’un de ces carnets est déjà en cours.",
    "documents": "Cochez les documents à remettre.",
    "states-changed": "L’état d’un des deux carnets avait changé : rien n’a bougé.",
}  # fmt: skip
KINDS = {"unite": "Réunion", "split": "Documents remis"}
WAITS = {"second": "attend un second exploitant", "worker": "en cours", "undoing": "séparation en cours", "": ""}
OUTCOMES = {"dropped": "écartée", "undone": "séparée de nouveau", "final": "définitive", "done": "faite", "": "faite"}


def _state(kind: str, waits_for: str, outcome: str) -> str:
    refused = outcome.partition(":")[2]
    return f"refusée. {OBSTACLES.get(refused, '')}" if refused else WAITS[waits_for] or OUTCOMES[outcome]


@signed_in("GET")
def queue(asked: Asked) -> HttpResponse:
    """What waits and what was done; a form to compare two records."""
    rows = [(u, KINDS[u.kind], kept, other, _state(u.kind, u.waits_for, u.outcome)) for u, kept, other in unions(asked.ask())]
    return page(asked, "identities", {"tab": "identites", "rows": rows, "given": {}})


def _compared(asked: Asked, problem: str = "", status: int = 200) -> HttpResponse:
    try:
        kept = found_person(asked, "ins-a", "naissance-a")
        other = found_person(asked, "ins-b", "naissance-b")
    except Refusal:
        rows = [(u, KINDS[u.kind], a, b, _state(u.kind, u.waits_for, u.outcome)) for u, a, b in unions(asked.ask())]
        context: dict[str, object] = {"tab": "identites", "rows": rows, "given": asked.request.POST, "problem": True}
        return page(asked, "identities", context, 404)
    sides = [compared_side(asked.ask(), one.record_id) for one in (kept, other)]
    context = {"tab": "identites", "a": sides[0], "b": sides[1], "state_a": STATES.get(sides[0].state, ""),
               "state_b": STATES.get(sides[1].state, ""), "given": asked.request.POST, "problem": problem}  # fmt: skip
    return page(asked, "compare", context, status)


@signed_in("POST")
def compare(asked: Asked) -> HttpResponse:
    """Two records side by side: traits, state, documents by day and structure."""
    return _compared(asked)


@signed_in("POST")
def ask_for(asked: Asked) -> HttpResponse:
    """Ask that both become one, or that documents of the first go to the second."""
    kept = found_person(asked, "ins-a", "naissance-a").record_id
    other = found_person(asked, "ins-b", "naissance-b").record_id
    try:
        if asked.form.text("acte", 10) == "remettre":
            known = {str(d.logical_id) for d in compared_side(asked.ask(), kept).documents}
            number = ask_split(asked.ask(), kept, other, [UUID(d) for d in asked.form.many("document", known)])
        else:
            number = ask_union(asked.ask(), kept, other)
    except Refusal as refusal:
        if refusal.code != No.REQUEST_MALFORMED:
            raise
        return _compared(asked, OBSTACLES.get(str(refusal.details.get("problem")), ""), 409)
    return saying(asked, f"/identites/{number}", "identite-demandee")


@signed_in("GET")
def one(asked: Asked, number: UUID) -> HttpResponse:
    """A union or a split: both sides, where it is, what may be done."""
    found = union_of(asked.ask(), number)
    sides = {name: _side(asked, record_id) for name, record_id in (("a", found.kept), ("b", found.absorbed))}
    chosen = set(found.moved.get("documents", []))
    going = sides["a"].documents if sides["a"] else []
    context: dict[str, object] = {
        "tab": "identites", "union": found, "kind": KINDS[found.kind], **sides,
        "state": _state(found.kind, found.waits_for, found.outcome), "undone_until": found.undone_until(),
        "going": [d for d in going if str(d.logical_id) in chosen],
        **{f"state_{name}": STATES.get(side.state, "") for name, side in sides.items() if side},
        "mine": found.asked_by == asked.ask().actor.key,
    }  # fmt: skip
    return page(asked, "union", context)


def _side(asked: Asked, record_id: UUID) -> Side | None:
    """One of two records; None for one that was destroyed since."""
    try:
        return compared_side(asked.ask(), record_id)
    except Refusal as refusal:
        if refusal.code != No.DOCUMENT_UNKNOWN:
            raise
        return None


@signed_in("POST")
def act(asked: Asked, number: UUID) -> HttpResponse:
    """Confirm what somebody else asked for, set it aside, or take a union back."""
    act_ = asked.form.text("acte", 12)
    if act_ == "separer":
        ask_undo(asked.ask(), number)
        return saying(asked, f"/identites/{number}", "identite-separee")
    if act_ not in ("confirmer", "ecarter"):
        raise Refusal(No.REQUEST_MALFORMED)
    decide_union(asked.ask(), number, confirmed=act_ == "confirmer")
    return saying(asked, f"/identites/{number}", f"identite-{act_}")


@signed_in("POST")
def life(asked: Asked) -> HttpResponse:
    """What happened to somebody who was found: an opposition by telephone, a notice that came back, a death, another matricule."""
    found, act_ = found_person(asked), asked.form.text("acte", 12)
    try:
        said = _happened(asked, found.record_id, act_)
    except (EventError, IdentityError, InsError, IdentifierError, Refusal) as error:
        if isinstance(error, Refusal) and error.code != No.REQUEST_MALFORMED:
            raise
        return person_page(asked, found, 409, problem=_PROBLEMS.get(act_, ""))
    return saying(asked, "/assistance", said)


_PROBLEMS = {
    "opposition": "Ce carnet est déjà ouvert, fermé, ou l’opposition est déjà faite.",
    "revenu": "Ce carnet n’est plus annoncé : le retour de la lettre ne change rien.",
    "deces": "La date n’est pas celle d’un décès possible, ou ce décès est déjà noté.",
    "pas-deces": "Aucun décès n’est noté pour ce carnet.",
    "matricule": "Ce matricule est mal écrit, déjà le sien, ou celui d’une autre personne d’ici.",
}  # fmt: skip


def _happened(asked: Asked, record_id: UUID, act_: str) -> str:
    """Do it. Returns what the next page says. Raises Refusal, EventError, IdentityError, InsError."""
    if act_ == "opposition" and write_down(asked.ask(), record_id, "phone"):
        return "opposition"
    if act_ == "revenu":
        undelivered(asked.ask(), record_id)
        return "revenu"
    died = asked.form.day("jour")
    if act_ == "deces" and died is not None and report_death(asked.ask(), record_id, died):
        return "deces"
    if act_ == "pas-deces":
        withdraw_death(asked.ask(), record_id)
        return "pas-deces"
    if act_ == "matricule":
        report_matricule(asked.ask(), record_id, ins_typed(asked.form.text("nouveau", 40)))
        return "matricule"
    raise Refusal(No.REQUEST_MALFORMED)
