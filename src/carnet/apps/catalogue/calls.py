"""A call of a connected service: whose token it is, for which record, and whether it came with what it is bound to."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.access.api import AgreedLine
from carnet.apps.catalogue import rows, tokens
from carnet.apps.catalogue.connecting import is_assistant, subject_of
from carnet.apps.catalogue.rows import Service
from carnet.apps.storage.api import unit
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means, Situation
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, for which record, within which scopes."""

    actor: Actor
    record_id: UUID
    service: Service
    client_id: str
    scopes: tuple[str, ...]
    person_kind: str

    @property
    def subject(self) -> str:
        """The number under which this service knows the person."""
        return subject_of(self.service.id, self.record_id)

    def ask(self, act: Act, at: datetime, purpose: str) -> Ask:
        """A question of this call."""
        return Ask(self.actor, act, at, purpose=purpose)


def actor_for(service: Service, held: tokens.Held) -> Actor:
    """The actor that a token stands for. A service that the catalogue does not let act is one whose exercise is closed."""
    kind = ActorKind.ASSISTANT if is_assistant(service) else ActorKind.SERVICE
    name = service.listed.name if service.listed is not None else service.name
    proof = Authentication(Means.SERVICE_TOKEN, "", held.expires_at, held.made_at)
    place = Situation(structure_name=service.publisher_name, open=service.lives)
    return Actor(kind, str(service.id), name, proof, place, software=held.client_id)


def call_of(text: str, audience: str, proofs: Collection[str], at: datetime) -> Call:
    """The call that an access token makes. `proofs`: what came with it (`jkt:…`, `x5t:…`).

    Raises Refusal: `authentication-missing` for a token that is unknown, for another resource, or without what it is bound to;
    `authentication-expired` for one that is over, or whose client is.
    """
    with unit() as work:
        held = tokens.find(work, tokens.ACCESS, text)
        service = rows.service_of(work, held.service_id) if held is not None else None
        client = rows.client_of(work, held.client_id) if held is not None else None
    if held is None or service is None or held.record_id is None or not hmac.compare_digest(held.audience, audience):
        raise Refusal(No.AUTHENTICATION_MISSING)
    if held.bound and not any(hmac.compare_digest(held.bound, proof) for proof in proofs):
        raise Refusal(No.AUTHENTICATION_MISSING)
    if not held.lives(at) or client is None:
        raise Refusal(No.AUTHENTICATION_EXPIRED)
    return Call(actor_for(service, held), held.record_id, service, held.client_id, tuple(held.scopes), held.person_kind)


_WIDEST = ("all", "P1Y", "names", "dates", "given")


def lines_of(call: Call, at: datetime) -> list[AgreedLine]:
    """What the person agreed to, as it stands now: what is read under it is decided again in the reading's own transaction.

    Raises Refusal `service-consent-missing`.
    """
    with unit(call.record_id) as work:
        return list(access.agreement_of(work, call.record_id, call.service.id, at).lines)


def line_for(lines: Collection[AgreedLine], category: str, verb: str) -> AgreedLine:
    """The widest line for a category of data. Raises Refusal `service-consent-missing`."""
    named = {category, category.partition(".")[0]}
    held = sorted(
        (x for x in lines if x.verb == verb and (x.category in named or x.category.partition(".")[0] == category)),
        key=lambda x: (_WIDEST.index(x.perimeter) if x.perimeter in _WIDEST else len(_WIDEST), x.purpose),
    )
    if not held:
        raise Refusal(No.SERVICE_CONSENT_MISSING)
    return held[0]


def line_or_none(lines: Collection[AgreedLine], category: str, verb: str) -> AgreedLine:
    """The widest line, or one of no purpose: the law refuses under it, and the person's journal says what was asked for."""
    try:
        return line_for(lines, category, verb)
    except Refusal:
        return AgreedLine("", category, verb, "")
