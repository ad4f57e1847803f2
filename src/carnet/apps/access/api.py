"""Public face of access: the decision (Ask → journal → Grant), and the acts that change what it stands on."""

from carnet.apps.access.acts import (
    Consent,
    authorise,
    authorise_at,
    block,
    choose,
    name_relation,
    object_to_deposits,
    open_emergency,
    treating_doctor_of,
    unblock,
    withdraw,
)
from carnet.apps.access.budgets import NEGATIVE_ANSWER, NEW_RECORD, plausibility, spend
from carnet.apps.access.decision import Decided, asking, decide_or_refuse, edition, grant, law, write_entry
from carnet.apps.access.facts import facts, facts_statement

__all__ = [
    "NEGATIVE_ANSWER",
    "NEW_RECORD",
    "Consent",
    "Decided",
    "asking",
    "authorise",
    "authorise_at",
    "block",
    "choose",
    "decide_or_refuse",
    "edition",
    "facts",
    "facts_statement",
    "grant",
    "law",
    "name_relation",
    "object_to_deposits",
    "open_emergency",
    "plausibility",
    "spend",
    "treating_doctor_of",
    "unblock",
    "withdraw",
    "write_entry",
]
