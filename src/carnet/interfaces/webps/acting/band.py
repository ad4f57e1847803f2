"""The band of a form about a patient: whose record it is, and the dangers that are written in it."""

from uuid import UUID

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Visit, visiting
from carnet.interfaces.webps.door import Asked
from carnet.interfaces.webps.handles import Sought, secrecy_of
from carnet.interfaces.webps.record.frame import WATCHED, Context, Opened
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal
from carnet.pages.bodies import seen_document
from carnet.pages.rows import row

SEEN = "vu"
"""The field and the part of an address that say that the form was opened from the record, which was open."""


def _replacing(visit: Visit, number: str) -> Context:
    """The document that the form replaces, as the professional sees it; nothing of one that is not there for them."""
    try:
        seen = seen_document(visit, UUID(number))
    except (ValueError, Refusal):
        return {}
    return {"replacing": row(seen), "replacing_type": seen.facts.type_code}


def band(asked: Asked, handle: str, sought: Sought, replaced: str = "") -> Context:
    """Identity and watch line, from the record where the form was opened from it; else the local identity that was sought.

    With `replaced`, also what the form replaces. A form that was opened at the gate asks for nothing more: feeding needs no access,
    and its holder must not read of one.
    """
    seen = "1" in (asked.request.GET.get(SEEN), asked.request.POST.get(SEEN))
    context: Context = {"tab": "patients", "handle": handle, "ins": sought.ins, "traits": sought.traits, "seen": False,
                        **secrecy_of(sought, asked.actor)}  # fmt: skip
    if not seen or asked.actor.kind is not ActorKind.PROFESSIONAL:
        return context
    try:
        with visiting(asked.about(sought, Act.SEARCH)) as visit:
            entries = profile.entries(visit, WATCHED, most=profile.SUMMARY)
            opened = Opened(asked, handle, sought, visit, entries, profile.treatments(visit, entries, asked.today))
            told = _replacing(visit, replaced) if replaced else {}
            return context | opened.context("") | {"record_tab": "", "seen": True} | told
    except Refusal:
        # The access ended meanwhile. What was typed may still be deposited.
        return context
