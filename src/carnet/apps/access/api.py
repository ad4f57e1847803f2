"""Public face of access: the decision (Ask → journal → Grant), and the acts that change what it stands on."""

from carnet.apps.access.acts import (
    Consent,
    authorise,
    authorise_at,
    block,
    choose,
    close_sections,
    end_emergency,
    name_relation,
    object_to_deposits,
    open_emergency,
    treating_doctor_of,
    unblock,
    withdraw,
)
from carnet.apps.access.budgets import NEGATIVE_ANSWER, NEW_RECORD, TRAITS_SEARCH, plausibility, spend
from carnet.apps.access.decision import (
    Decided,
    Place,
    about,
    asking,
    before_record,
    decide_or_refuse,
    edition,
    grant,
    host_entry,
    law,
    proved,
    write_entry,
)
from carnet.apps.access.delegation import VERDICTS as VERDICTS_OF_LOOKUPS
from carnet.apps.access.delegation import (
    Delegation,
    Lookup,
    delegate_to,
    delegations,
    end_delegation,
    lookups_to_review,
    note_lookup,
    review_lookup,
)
from carnet.apps.access.facts import FACTS, facts, parameters
from carnet.apps.access.listing import EmergencyAccess, Named, emergencies, named, readers
from carnet.apps.access.presence import LASTS as PRESENCE_LASTS
from carnet.apps.access.presence import Share, make_card, presence_share
from carnet.apps.access.reviews import VERDICTS, EmergencyToReview, ReviewError, emergencies_to_review, review_emergency
from carnet.apps.access.telling import Told, sentence, told
from carnet.apps.access.timers import TIMERS, forget, timer_grant, timer_question
from carnet.apps.storage.api import Table

TABLES = (
    Table("access_authorisation"),
    Table("access_block"),
    Table("access_relation"),
    Table("access_choices"),
    Table("access_emergency", {"reason": lambda row: f"emergency/{row['id']}"}),
    Table("access_presence"),
    Table("access_lookup"),
)
"""What a record is transferred with: who may read it, who read it in emergency, and what the holder chose."""

__all__ = [
    "FACTS",
    "NEGATIVE_ANSWER",
    "NEW_RECORD",
    "PRESENCE_LASTS",
    "TABLES",
    "TIMERS",
    "TRAITS_SEARCH",
    "VERDICTS",
    "VERDICTS_OF_LOOKUPS",
    "Consent",
    "Decided",
    "Delegation",
    "EmergencyAccess",
    "EmergencyToReview",
    "Lookup",
    "Named",
    "Place",
    "ReviewError",
    "Share",
    "Told",
    "about",
    "asking",
    "authorise",
    "authorise_at",
    "before_record",
    "block",
    "choose",
    "close_sections",
    "decide_or_refuse",
    "delegate_to",
    "delegations",
    "edition",
    "emergencies",
    "emergencies_to_review",
    "end_delegation",
    "end_emergency",
    "facts",
    "forget",
    "grant",
    "host_entry",
    "law",
    "lookups_to_review",
    "make_card",
    "name_relation",
    "named",
    "note_lookup",
    "object_to_deposits",
    "open_emergency",
    "parameters",
    "plausibility",
    "presence_share",
    "proved",
    "readers",
    "review_emergency",
    "review_lookup",
    "sentence",
    "spend",
    "timer_grant",
    "timer_question",
    "told",
    "treating_doctor_of",
    "unblock",
    "withdraw",
    "write_entry",
]
