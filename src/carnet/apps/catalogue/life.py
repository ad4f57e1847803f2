"""The life of a service in the catalogue: its states, and who may do which act in which.

States of the listing are those of Mon espace santé (EN_LIGNE, HORS_LIGNE, DEREFERENCEE, PRESERIE, SUSPENDUE); those before it
follow the public path of an application: request, admissibility, examination with questions, decision, agreement, connection tests.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a service stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    EXAMINATION = "examination"
    QUESTIONED = "questioned"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PRE_SERIES = "pre-series"
    ONLINE = "online"
    OFFLINE = "offline"
    SUSPENDED = "suspended"
    DEREFERENCED = "dereferenced"


class Side(StrEnum):
    """Who does an act."""

    PUBLISHER = "publisher"
    OPERATOR = "operator"
    TIMER = "timer"


LISTED = frozenset({State.ONLINE})
"""States in which everybody finds the service."""
REACHABLE = frozenset({State.PRE_SERIES, State.ONLINE, State.OFFLINE})
"""States in which a service that a person connected reads and writes. One that is offline takes nobody new."""
CONNECTABLE = frozenset({State.PRE_SERIES, State.ONLINE})
"""States in which a person may connect it: in pre-series, by its own address alone."""
EDITABLE = frozenset({State.DRAFT, State.QUESTIONED, State.REFUSED, State.PRE_SERIES, State.ONLINE, State.OFFLINE})


@dataclass(frozen=True, slots=True)
class Move:
    """An act: from which states, to which one (none: it stays), whose it is, whether it says why."""

    act: str
    before: frozenset[State]
    after: State | None
    side: Side
    reasoned: bool = False


_S = State
MOVES = {
    m.act: m
    for m in (
        Move("submit", frozenset({_S.DRAFT, _S.REFUSED}), _S.SUBMITTED, Side.PUBLISHER),
        Move("take", frozenset({_S.SUBMITTED}), _S.EXAMINATION, Side.OPERATOR),
        Move("ask", frozenset({_S.EXAMINATION}), _S.QUESTIONED, Side.OPERATOR, reasoned=True),
        Move("answer", frozenset({_S.QUESTIONED}), _S.EXAMINATION, Side.PUBLISHER, reasoned=True),
        Move("accept", frozenset({_S.EXAMINATION}), _S.ACCEPTED, Side.OPERATOR),
        Move("refuse", frozenset({_S.EXAMINATION}), _S.REFUSED, Side.OPERATOR, reasoned=True),
        Move("sign", frozenset({_S.ACCEPTED}), _S.PRE_SERIES, Side.PUBLISHER),
        Move("publish", frozenset({_S.PRE_SERIES, _S.SUSPENDED}), _S.ONLINE, Side.OPERATOR),
        Move("hide", frozenset({_S.ONLINE}), _S.OFFLINE, Side.PUBLISHER),
        Move("show", frozenset({_S.OFFLINE}), _S.ONLINE, Side.PUBLISHER),
        Move("suspend", REACHABLE, _S.SUSPENDED, Side.OPERATOR, reasoned=True),
        Move("dereference", REACHABLE | {_S.SUSPENDED}, _S.DEREFERENCED, Side.OPERATOR, reasoned=True),
        Move("ask-renewal", frozenset({_S.ONLINE, _S.OFFLINE}), None, Side.PUBLISHER),
        Move("renew", frozenset({_S.ONLINE, _S.OFFLINE}), None, Side.OPERATOR),
        Move("refuse-renewal", frozenset({_S.ONLINE, _S.OFFLINE}), None, Side.OPERATOR, reasoned=True),
        Move("watch", REACHABLE | {_S.SUSPENDED}, None, Side.OPERATOR, reasoned=True),
    )
}
"""Every act on a file. `watch`: an act of surveillance, with what was looked at."""


def may(act: str, state: State, side: Side) -> bool:
    """Whether somebody of this side may do the act now."""
    move = MOVES.get(act)
    return move is not None and move.side is side and state in move.before


def possible(state: State, side: Side) -> list[str]:
    """The acts that are open to a side in a state, in their order."""
    return [m.act for m in MOVES.values() if m.side is side and state in m.before]


STATE_LABELS = {
    State.DRAFT: "Brouillon", State.SUBMITTED: "Déposé", State.EXAMINATION: "En examen", State.QUESTIONED: "Question posée",
    State.ACCEPTED: "Accepté, convention à signer", State.REFUSED: "Refusé", State.PRE_SERIES: "Présérie",
    State.ONLINE: "En ligne", State.OFFLINE: "Hors ligne", State.SUSPENDED: "Suspendu", State.DEREFERENCED: "Déréférencé",
}  # fmt: skip
"""The states in the words of the two spaces that manage them."""
STEP_LABELS = {
    "open": "Dossier ouvert", "submit": "Dossier déposé", "take": "Examen commencé", "ask": "Question", "answer": "Réponse",
    "accept": "Accepté", "refuse": "Refusé", "sign": "Convention signée", "publish": "Mis en ligne", "hide": "Mis hors ligne",
    "show": "Remis en ligne", "suspend": "Suspendu", "dereference": "Déréférencé", "ask-renewal": "Nouvel examen demandé",
    "renew": "Référencement renouvelé",
    "refuse-renewal": "Nouvel examen refusé : la fiche listée reste", "watch": "Surveillance",
    "complaint": "Réponse à une réclamation",
    "end": "Convention arrivée à son terme",
}  # fmt: skip
