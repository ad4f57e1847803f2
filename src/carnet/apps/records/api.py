"""Public face of records. What concerns a person's data takes an Ask, decides, journals, and only then touches them.

Without an Ask: `create_record`, `change_state` and `ask_destruction`, which read nothing back and which no door calls (imports and
the demonstration do; the person's own acts are `change_life` and `ask_to_destroy`), `standing`, `mine`, `activate_record` and
`represent`, which make or follow a relation, `sweep_orphans`, `check_record`, `export_record` and
`import_record`, which are the host's procedures, and the worker's `TIMERS`.
"""

from carnet.apps.records.documents.alerts import alert_of, set_alert
from carnet.apps.records.documents.changing import Patched, change_document, named_document, patch_document
from carnet.apps.records.documents.deposit import Accepted, Receipt, deposit, judged
from carnet.apps.records.documents.scanning import scan
from carnet.apps.records.documents.typed_note import Note, already_there, note_as_cda
from carnet.apps.records.entry.by_traits import Candidate, search_by_traits
from carnet.apps.records.hooks import Deposited, join, join_tables
from carnet.apps.records.lifecycle.authorisations import (
    RecordStatus,
    declare_authorisation,
    end_emergency,
    open_emergency,
    presence_card,
    stop_treating,
    test_record,
    withdraw_authorisation,
)
from carnet.apps.records.lifecycle.by_help_desk import (
    Helped,
    WaitingLetter,
    ask_for_letter,
    attach_representative,
    correct_identity,
    drop_letter,
    helped,
    mail_code,
    print_letter,
    waiting_letters,
)
from carnet.apps.records.lifecycle.by_person import (
    Standing,
    activate_record,
    add_child,
    announce_record,
    answer_invitation,
    ask_to_destroy,
    change_life,
    mine,
    represent,
    standing,
)
from carnet.apps.records.lifecycle.by_professional import (
    CLOSED_FOR_PATIENT,
    Administrative,
    Reader,
    change_administrative,
    close_unattached,
    list_readers,
    read_administrative,
    reopen_unattached,
)
from carnet.apps.records.lifecycle.by_time import TIMERS as LIFE_TIMERS
from carnet.apps.records.lifecycle.choices import (
    PRESETS,
    change_reader,
    choose_emergency,
    choose_masks,
    choose_preset,
    close_sections,
    object_to_answer,
    report,
)
from carnet.apps.records.lifecycle.states import ask_destruction, change_state, create_record, receives_messages
from carnet.apps.records.media import TYPES_OF_CDA
from carnet.apps.records.population.importing import Import, count_people, digest_of, import_people, reasons_of, refused_lines
from carnet.apps.records.population.lives import EventError
from carnet.apps.records.reading import criteria
from carnet.apps.records.reading.document import Content, read_content, read_in, read_metadata
from carnet.apps.records.reading.own_list import Listed, ends_soon, own_list
from carnet.apps.records.reading.own_traces import Traces, traces, traces_in
from carnet.apps.records.reading.people import (
    Names,
    cases_in,
    choices_in,
    choose_contact,
    contact_in,
    emergencies_in,
    emergency_in,
    end_relation,
    invitations_in,
    invite,
    named_in,
    names_in,
    persons_in,
    shown_presence_code,
    structure_in,
)
from carnet.apps.records.reading.preview import Eyes, Look, eyes_of, preview
from carnet.apps.records.reading.relations import unseen_by_holder
from carnet.apps.records.reading.search import Criterion, Cursor, Page, Query, ins_of_record, search
from carnet.apps.records.reading.submission_sets import ListQuery, Lists, Whole, read_list, read_whole, search_lists
from carnet.apps.records.reading.visit import (
    Documents,
    Seen,
    Visit,
    acting,
    consulted,
    documents,
    previous_visit,
    visiting,
    writing,
    written,
)
from carnet.apps.records.reading.who_looked import lines_shown, sealed_chains, unseen_actors, waiting_since
from carnet.apps.records.reading.words import Found, Hit, find_words, read_by_machine
from carnet.apps.records.upkeep.consistency import Fault, Health, all_records, check_record
from carnet.apps.records.upkeep.indexing import reindex_record
from carnet.apps.records.upkeep.pictures import TIMERS as PICTURE_TIMERS
from carnet.apps.records.upkeep.pictures import read_pictures
from carnet.apps.records.upkeep.portable import Exported, export_for
from carnet.apps.records.upkeep.sweeping import sweep_orphans
from carnet.apps.records.upkeep.transfer import TransferError, Transferred, export_record, import_record

TIMERS = (*LIFE_TIMERS, *PICTURE_TIMERS)

__all__ = [
    "CLOSED_FOR_PATIENT",
    "PRESETS",
    "TIMERS",
    "TYPES_OF_CDA",
    "Accepted",
    "Administrative",
    "Candidate",
    "Content",
    "Criterion",
    "Cursor",
    "Deposited",
    "Documents",
    "EventError",
    "Exported",
    "Eyes",
    "Fault",
    "Found",
    "Health",
    "Helped",
    "Hit",
    "Import",
    "ListQuery",
    "Listed",
    "Lists",
    "Look",
    "Names",
    "Note",
    "Page",
    "Patched",
    "Query",
    "Reader",
    "Receipt",
    "RecordStatus",
    "Seen",
    "Standing",
    "Traces",
    "TransferError",
    "Transferred",
    "Visit",
    "WaitingLetter",
    "Whole",
    "acting",
    "activate_record",
    "add_child",
    "alert_of",
    "all_records",
    "already_there",
    "announce_record",
    "answer_invitation",
    "ask_destruction",
    "ask_for_letter",
    "ask_to_destroy",
    "attach_representative",
    "cases_in",
    "change_administrative",
    "change_document",
    "change_life",
    "change_reader",
    "change_state",
    "check_record",
    "choices_in",
    "choose_contact",
    "choose_emergency",
    "choose_masks",
    "choose_preset",
    "close_sections",
    "close_unattached",
    "consulted",
    "contact_in",
    "correct_identity",
    "count_people",
    "create_record",
    "criteria",
    "declare_authorisation",
    "deposit",
    "digest_of",
    "documents",
    "drop_letter",
    "emergencies_in",
    "emergency_in",
    "end_emergency",
    "end_relation",
    "ends_soon",
    "export_for",
    "export_record",
    "eyes_of",
    "find_words",
    "helped",
    "import_people",
    "import_record",
    "ins_of_record",
    "invitations_in",
    "invite",
    "join",
    "join_tables",
    "judged",
    "lines_shown",
    "list_readers",
    "mail_code",
    "mine",
    "named_document",
    "named_in",
    "names_in",
    "note_as_cda",
    "object_to_answer",
    "open_emergency",
    "own_list",
    "patch_document",
    "persons_in",
    "presence_card",
    "preview",
    "previous_visit",
    "print_letter",
    "read_administrative",
    "read_by_machine",
    "read_content",
    "read_in",
    "read_list",
    "read_metadata",
    "read_pictures",
    "read_whole",
    "reasons_of",
    "receives_messages",
    "refused_lines",
    "reindex_record",
    "reopen_unattached",
    "report",
    "represent",
    "scan",
    "sealed_chains",
    "search",
    "search_by_traits",
    "search_lists",
    "set_alert",
    "shown_presence_code",
    "standing",
    "stop_treating",
    "structure_in",
    "sweep_orphans",
    "test_record",
    "traces",
    "traces_in",
    "unseen_actors",
    "unseen_by_holder",
    "visiting",
    "waiting_letters",
    "waiting_since",
    "withdraw_authorisation",
    "writing",
    "written",
]
