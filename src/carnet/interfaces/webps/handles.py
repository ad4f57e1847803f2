"""Who was asked for, in the address of a page, without an INS that anybody could read: sealed, and bound to who asked.

An address is kept by histories and logs of browsers; a matricule must not be (ADR 8).
"""

import base64
import binascii
import json
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from django.conf import settings

from carnet.apps.storage.api import derived, seal, unseal
from carnet.formats.ins_datamatrix import PREFIX, read_datamatrix
from carnet.kernel.actor import Actor
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR, INS_NIR_TEST, Ins
from carnet.kernel.refusal import Refusal
from carnet.kernel.traits import Traits


@dataclass(frozen=True, slots=True)
class Sought:
    """Somebody who was asked for: the INS, and the local traits that came with it."""

    ins: Ins
    traits: Traits = Traits()


def _key() -> bytes:
    return derived("webps-patient")


def handle_of(sought: Sought, actor: Actor) -> str:
    """The part of an address that names somebody, for this professional alone."""
    told = {"m": sought.ins.matricule, "o": sought.ins.oid.value, "t": {k: v for k, v in asdict(sought.traits).items() if v}}
    sealed = seal(_key(), json.dumps(told).encode(), actor.key.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def sought_of(handle: str, actor: Actor) -> Sought:
    """Who an address names. Raises Refusal for one that is not this professional's."""
    try:
        sealed = base64.urlsafe_b64decode(handle + "=" * (-len(handle) % 4))
        told = json.loads(unseal(_key(), sealed, actor.key.encode()))
    except (binascii.Error, ValueError, InvalidTag):
        raise Refusal("document-unknown", "document-unknown") from None
    return Sought(Ins(told["m"], Oid(told["o"])), Traits(**told["t"]))


def typed(text: str) -> Sought:
    """Who was typed, pasted or scanned. Raises InsError for what is no INS."""
    if text.strip().startswith(PREFIX):
        return Sought(*read_datamatrix(text))
    accepted = settings.LAW.accepted_ins_oids
    return Sought(Ins.of(text, INS_NIR if INS_NIR in accepted else INS_NIR_TEST))
