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
from carnet.apps.access.decision import Decided, Place, asking, before_record, decide_or_refuse, edition, grant, law, write_entry
from carnet.apps.access.facts import FACTS, facts, parameters
from carnet.apps.access.timers import TIMERS, forget, timer_grant, timer_question

__all__ = [
    "FACTS",
    "NEGATIVE_ANSWER",
    "NEW_RECORD",
    "TIMERS",
    "Consent",
    "Decided",
    "Place",
    "asking",
    "authorise",
    "authorise_at",
    "before_record",
    "block",
    "choose",
    "decide_or_refuse",
    "edition",
    "facts",
    "forget",
    "grant",
    "law",
    "name_relation",
    "object_to_deposits",
    "open_emergency",
    "parameters",
    "plausibility",
    "spend",
    "timer_grant",
    "timer_question",
    "treating_doctor_of",
    "unblock",
    "withdraw",
    "write_entry",
]
