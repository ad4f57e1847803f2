"""Public face of prevention: the agenda inside a visit, what is said to it, appointments, calendars, certificates, editions."""

from carnet.apps.prevention.agenda import Agenda, Line, agenda, groups_of, meant
from carnet.apps.prevention.answering import answers_in, say_fact, say_item, take_back
from carnet.apps.prevention.certificate import Signed, attested, bundle, on_paper, public_keys, read_card, signed
from carnet.apps.prevention.doses import Shot, recognise, shots
from carnet.apps.prevention.edition import Edition, EditionError, Rule, in_force, packaged, read_edition
from carnet.apps.prevention.eligibility import Answer, Did, Facts, State
from carnet.apps.prevention.events import (
    Draft,
    add_event,
    cancel_event,
    change_event,
    event_in,
    events_in,
    own_appointments,
    put_appointment,
    span_of,
)
from carnet.apps.prevention.feeds import as_calendar, cut_feed, feeds_in, make_feed, read_feed
from carnet.apps.prevention.immunisation import Dose, GroupForecast, SeriesStatus, Status
from carnet.apps.prevention.keeping import edition_on, import_edition, listed_editions
from carnet.apps.prevention.knowing import CATEGORY, SECTIONS, agenda_in, edition_in, facts_of, history_of, shots_in, today
from carnet.apps.prevention.muting import choose_messages, muted_in
from carnet.apps.prevention.picture import Mark, Row, picture
from carnet.apps.prevention.resources import forecast_resources, given_of
from carnet.apps.prevention.rows import APPOINTMENT, BOOKED, CANCELLED, FULFILLED, NO, REMINDER, UNKNOWN, YES, Event, Feed, Told
from carnet.apps.prevention.timers import TIMERS, look, remind
from carnet.apps.prevention.wording import FAMILIES, REQUIREMENTS, badge, counts, lead, long_day, meta, why

__all__ = [
    "APPOINTMENT",
    "BOOKED",
    "CANCELLED",
    "CATEGORY",
    "FAMILIES",
    "FULFILLED",
    "NO",
    "REMINDER",
    "REQUIREMENTS",
    "SECTIONS",
    "TIMERS",
    "UNKNOWN",
    "YES",
    "Agenda",
    "Answer",
    "Did",
    "Dose",
    "Draft",
    "Edition",
    "EditionError",
    "Event",
    "Facts",
    "Feed",
    "GroupForecast",
    "Line",
    "Mark",
    "Row",
    "Rule",
    "SeriesStatus",
    "Shot",
    "Signed",
    "State",
    "Status",
    "Told",
    "add_event",
    "agenda",
    "agenda_in",
    "answers_in",
    "as_calendar",
    "attested",
    "badge",
    "bundle",
    "cancel_event",
    "change_event",
    "choose_messages",
    "counts",
    "cut_feed",
    "edition_in",
    "edition_on",
    "event_in",
    "events_in",
    "facts_of",
    "feeds_in",
    "forecast_resources",
    "given_of",
    "groups_of",
    "history_of",
    "import_edition",
    "in_force",
    "lead",
    "listed_editions",
    "long_day",
    "look",
    "make_feed",
    "meant",
    "meta",
    "muted_in",
    "on_paper",
    "own_appointments",
    "packaged",
    "picture",
    "public_keys",
    "put_appointment",
    "read_card",
    "read_edition",
    "read_feed",
    "recognise",
    "remind",
    "say_fact",
    "say_item",
    "shots",
    "shots_in",
    "signed",
    "span_of",
    "take_back",
    "today",
    "why",
]
