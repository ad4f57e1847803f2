"""Ask → decision → journal → Grant. The only place where a Grant is made (held by an AST test)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from uuid import UUID

from django.conf import settings

from carnet.apps.access.budgets import negative_answer
from carnet.apps.access.closing import close_where_reached
from carnet.apps.journal.api import (
    BOTH,
    PATIENT,
    REPRESENTATIVES,
    Event,
    append,
    append_statement,
    begin_chains,
    chain_of_statement,
    record_alone,
    stands_still,
)
from carnet.apps.storage.api import Statement, Work
from carnet.dicah import Permit, Refuse, decide, habilitation
from carnet.dicah.acts import READINGS
from carnet.dicah.conditions.authentication import CONNECTED
from carnet.dicah.conditions.habilitation import function_not_allowed, habilitation_context, habilitation_profession
from carnet.dicah.decision import AUTHENTICATION, BEFORE_RECORD, editions_of
from carnet.dicah.facts import DocumentFacts, Facts
from carnet.dicah.habilitation import Edition
from carnet.dicah.settings import LawSettings
from carnet.dicah.visibility import visibility_of
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal


def law() -> LawSettings:
    """The settings of the law in force in this process."""
    current: LawSettings = settings.LAW
    return current


_EDITION_HELD = 1.0
"""Seconds after which a process looks again whether an edition was imported."""
_held: tuple[float, date, Path, Edition] | None = None


def edition(at: datetime) -> Edition:
    """The habilitation edition in force on the day of a moment, imported ones included."""
    global _held
    on = law().day(at)
    directory: Path = settings.CARNET.editions()
    held, now = _held, monotonic()
    if held is not None and now - held[0] < _EDITION_HELD and held[1] == on and held[2] == directory:
        return held[3]
    found = habilitation.in_force(on, directory if directory.is_dir() else None)
    _held = now, on, directory, found
    return found


def may_ever(ask: Ask) -> bool:
    """Whether the tables let somebody do an act in a mode, whatever the record: what one never can is not offered.

    It asks condition H alone, of nobody's record; what is then done is decided whole.
    """
    facts = Facts(settings=law(), edition=edition(ask.at))
    return not any(rule(ask, facts) for rule in (function_not_allowed, habilitation_context, habilitation_profession))


_under: tuple[LawSettings, Edition, str] | None = None
"""What was told last, and of what: it is the same until an edition is imported."""


def in_force(at: datetime) -> str:
    """Under what this process decides at a moment, as the journal tells it."""
    global _under
    rules, matrix = law(), edition(at)
    under = _under
    if under is None or under[0] is not rules or under[1] is not matrix:
        told = editions_of(rules, matrix) | {"habilitation": f"{matrix.effective.isoformat()}/{matrix.digest[:12]}"}
        under = _under = rules, matrix, " ".join(f"{name}={value}" for name, value in told.items())
    return under[2]


def event_of(
    ask: Ask, outcome: str, rule: str, *, code: str = "", record_id: UUID | None = None,
    documents: tuple[str, ...] = (), kind: str = "decision", detail: str = "",
) -> Event:  # fmt: skip
    """The journal entry of an answer: who, in which situation, with what software, on whose record, what, outcome."""
    actor, situation = ask.actor, ask.actor.situation
    return Event(
        kind=kind,
        at=ask.at,
        actor=actor.key,
        actor_name=actor.name,
        actor_kind=actor.kind.value,
        act=ask.act.value,
        mode=ask.mode.value,
        outcome=outcome,
        code=code,
        rule=rule,
        structure=situation.structure_name or situation.structure,
        profession=str(situation.profession or ""),
        means=actor.authentication.means.value,
        software=actor.software,
        on_behalf_of=actor.on_behalf_of,
        record_id=str(record_id) if record_id else "",
        documents=documents,
        detail=detail,
        under=in_force(ask.at),
        connection="secret" if ask.secret else "",
    )


def veil_of(document: DocumentFacts | None) -> str:
    """From whom on the patient's side a line about this document is hidden for now; empty for nobody."""
    if document is None or not (document.hidden_from_patient or document.hidden_from_representatives):
        return ""
    if document.hidden_from_patient and document.hidden_from_representatives:
        return BOTH
    return PATIENT if document.hidden_from_patient else REPRESENTATIVES


def secret_veil(ask: Ask, veil: str) -> str:
    """The veil of a line, that of a secret connection over it: representatives find no trace of what is done in one."""
    if not ask.secret:
        return veil
    return BOTH if veil in (PATIENT, BOTH) else REPRESENTATIVES


@dataclass(frozen=True, slots=True)
class Decided:
    """A positive decision whose journal entry has not been sent yet: `statement` sends it, `grant` is worth it."""

    grant: Grant
    statement: Statement

    @property
    def chain(self) -> UUID:
        """The chain of the journal in which the entry stands."""
        return chain_of_statement(self.statement)


def decide_or_refuse(
    ask: Ask, facts: Facts, record_id: UUID | None, documents: tuple[str, ...] = (), detail: str = "", veil: str = ""
) -> Decided:
    """Take the decision. A refusal is raised; `asking` journals it in a transaction of its own. `detail` joins the entry.

    A question about a document that is hidden from the patient's side leaves its line behind the veil of that document.
    """
    verdict: Permit | Refuse = decide(ask, facts)
    if isinstance(verdict, Refuse):
        raise Refusal(verdict.code, verdict.details, rule=verdict.rule)
    if ask.act in READINGS and ask.mode not in EMERGENCY_MODES and stands_still():
        # Never an emergency, nor a deposit: they wait for nothing.
        raise Refusal(No.JOURNAL_NOT_SEALED)
    event = event_of(ask, "permit", verdict.rule, record_id=record_id, documents=documents, detail=detail)
    behind = secret_veil(ask, veil or veil_of(facts.document))
    return Decided(Grant(ask, record_id, verdict.rule, verdict.visibility), append_statement(event, behind))


def before_record(ask: Ask) -> None:
    """Apply the rules that look at the asker alone, before anything is looked up. Raises Refusal."""
    facts = Facts(settings=law(), edition=edition(ask.at))
    verdict = decide(ask, facts, BEFORE_RECORD)
    if isinstance(verdict, Refuse):
        raise Refusal(verdict.code, verdict.details, rule=verdict.rule)


def proved(ask: Ask) -> None:
    """Apply the rules of authentication alone, for a question whose act is not known yet. Raises Refusal."""
    verdict = decide(ask, Facts(settings=law(), edition=edition(ask.at)), AUTHENTICATION)
    if isinstance(verdict, Refuse):
        raise Refusal(verdict.code, verdict.details, rule=verdict.rule)


def grant(work: Work, ask: Ask, facts: Facts, record_id: UUID | None, documents: tuple[str, ...] = (), veil: str = "") -> Grant:
    """Decide and journal in this unit of work, committed with it. Returns the Grant, or raises Refusal."""
    decided = decide_or_refuse(ask, facts, record_id, documents, veil=veil)
    work.send(decided.statement)
    return decided.grant


def write_entry(work: Work, granted: Grant, documents: tuple[str, ...], detail: str = "", veil: str = "") -> None:
    """Journal a write in the transaction of the write."""
    event = event_of(
        granted.ask, "done", granted.rule, record_id=granted.record_id, documents=documents, kind="write", detail=detail
    )
    append(work, event, secret_veil(granted.ask, veil))


def host_entry(work: Work, record_id: UUID, act: str, by: str, at: datetime) -> None:
    """Journal a procedure of the host (export, import): no decision of the law lets a host read, but no reading is untold."""
    append(work, Event("procedure", at, f"operator:{by}", by, ActorKind.OPERATOR.value, act, "normal", "done", "",
                       "host-procedure", record_id=str(record_id)))  # fmt: skip


def host_entries(work: Work, record_ids: Sequence[UUID], act: str, by: str, at: datetime) -> None:
    """Journal a procedure of the host as the first line of many new records (an import), for the owner of the tables."""
    begin_chains(work, [
        Event("procedure", at, f"operator:{by}", by, ActorKind.OPERATOR.value, act, "normal", "done", "", "host-procedure",
              record_id=str(record_id)) for record_id in record_ids
    ])  # fmt: skip


def host_grant(record_id: UUID, by: str, at: datetime) -> Grant:
    """The Grant of a procedure of the host, for facts that were decided elsewhere (migration of records, demonstration).

    The command line alone asks for one (an AST test holds it); what a door does stands on a decision of the law.
    """
    return Grant(Ask(Actor(ActorKind.OPERATOR, by, by), Act.CONFIGURE, at), record_id, "host-procedure", None)


def own_grant(person: Actor, record_id: UUID, act: Act, at: datetime) -> Grant:
    """The Grant of somebody who proved to be the person that a record or an invitation names: no relation is there to decide on.

    What it was used for is told by `own_entry`.
    """
    return Grant(Ask(person, act, at), record_id, "own-identity", None)


def own_entry(work: Work, record_id: UUID, person: Actor, act: str, at: datetime) -> None:
    """Journal what a person did before they had any relation to the record, or by the relation that it made."""
    append(work, Event("write", at, person.key, person.name, person.kind.value, act, "normal", "done", "", "own-identity",
                       means=person.authentication.means.value, software=person.software, record_id=str(record_id)))  # fmt: skip


def link_entry(work: Work, record_id: UUID, link: str, act: str, at: datetime) -> None:
    """Journal what was opened by a link that the holder gave on: nobody signed in, so the link stands for whoever came."""
    append(work, Event("procedure", at, f"link:{link}", "", ActorKind.ANONYMOUS.value, act, "normal", "done", "", "holder-link",
                       record_id=str(record_id)))  # fmt: skip


def lent(granted: Grant, ask: Ask, facts: Facts) -> Grant:
    """What the bearer of a Grant for a list sees, narrowed to what a service that they connected would see of it (a preview).

    A service sees a part of what its person sees, by the law: the rules on masked and on secret documents close more to it.
    """
    if ask.actor.kind not in CONNECTED or granted.visibility is None:
        raise PermissionError("one lends what one sees to a connected service alone")
    return Grant(granted.ask, granted.record_id, granted.rule, visibility_of(ask, facts))


def about(granted: Grant, record_id: UUID) -> Grant:
    """The Grant of an act that concerned no record yet, told in the journal of a record that it showed."""
    return Grant(granted.ask, record_id, granted.rule, None)


@dataclass(slots=True)
class Place:
    """Which record a question turned out to be about, once it was found."""

    record_id: UUID | None = None
    act: Act | None = None
    """The act, where only what was found could tell which one was asked for."""
    veil: str = ""
    """From whom a refusal is hidden, once the document that was asked for is known."""
    documents: tuple[str, ...] = ()
    """The document that was asked for by a name, once it is found."""
    detail: str = ""
    """Of a connected service: the category of data that it asked for."""


@contextmanager
def asking(ask: Ask, documents: tuple[str, ...] = ()) -> Iterator[Place]:
    """Journal a refusal of this question, whatever was rolled back below. Anonymous refusals have no chain."""
    place = Place()
    try:
        yield place
    except Refusal as refusal:
        answer = refusal
        if ask.actor.kind is not ActorKind.ANONYMOUS:
            answer = negative_answer(ask, refusal)
            if answer.code in (No.ACTIVITY_UNDER_REVIEW, No.STEP_UP_REQUIRED):
                close_where_reached(ask)
            told = replace(ask, act=place.act) if place.act else ask
            event = event_of(
                told,
                "refuse",
                answer.rule,
                code=answer.code,
                record_id=place.record_id,
                documents=documents or place.documents,
                detail=place.detail,
            )
            record_alone(event, secret_veil(ask, place.veil))
        raise answer from None
