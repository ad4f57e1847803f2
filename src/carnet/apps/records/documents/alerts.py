"""Alerts: a professional is told by mail that a new document of some types is in a record that they may read.

The mail says no more than that (outbox). Nothing is sent for a document that somebody could not see: masked, not announced,
of a type that the profession does not read, or in a record that the patient closed to them since.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.outbox import api as outbox
from carnet.apps.records.reading.visit import Visit
from carnet.apps.storage.api import Work
from carnet.dicah.columns import profession_counted
from carnet.formats import codes
from carnet.kernel.codes import Code

KIND = "new-document"


@dataclass(frozen=True, slots=True)
class New:
    """A document of a deposit, as far as an alert looks at it."""

    type_code: str
    hidden: bool
    """Whether any visibility code stands on it: then nobody is told."""


def alert_of(visit: Visit) -> frozenset[str] | None:
    """Classes that the asker is told of in this record; empty means all, None that there is no alert."""
    row = visit.work.row(
        "SELECT types FROM records_alert WHERE record_id = %s AND professional_id = %s", visit.record_id, visit.ask.actor.id
    )
    return frozenset(row[0]) if row else None


def set_alert(visit: Visit, classes: frozenset[str] | None) -> None:
    """Keep, change or end the asker's alert. Classes outside the value set are left aside."""
    who = profession_counted(visit.ask.actor, visit.facts.settings)
    if classes is None or who is None:
        visit.work.run(
            "DELETE FROM records_alert WHERE record_id = %s AND professional_id = %s", visit.record_id, visit.ask.actor.id
        )
        return
    known = sorted(c for c in classes if codes.member("class_codes", c))
    visit.work.run(
        """INSERT INTO records_alert (record_id, professional_id, types, profession_system, profession_code, structure, since)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (record_id, professional_id) DO UPDATE SET types = excluded.types,
        profession_system = excluded.profession_system, profession_code = excluded.profession_code,
        structure = excluded.structure""",
        visit.record_id, visit.ask.actor.id, known, who.system, who.code, visit.ask.actor.situation.structure, visit.ask.at,
    )  # fmt: skip


ALERTS = "SELECT professional_id, types, profession_system, profession_code, structure FROM records_alert WHERE record_id = %s"
"""Alerts of a record: `tell_alerted` asks for them."""


def tell_alerted(work: Work, record_id: UUID, depositor: str, documents: list[New], at: datetime) -> None:
    """Leave a notice for each professional whose alert a deposit answers, in the transaction of the deposit."""
    shown = [d for d in documents if not d.hidden]
    rows = work.rows(ALERTS, record_id)
    if not shown or not rows:
        return
    readers = access.readers(work, record_id, at)
    for who, classes, system, code, structure in rows:
        opened = access.edition(at).consultable(Code(system, code))
        wanted = [d for d in shown if d.type_code in opened and (not classes or _class(d.type_code) in classes)]
        if wanted and who != depositor and readers.reads(who, structure):
            outbox.notify(work, record_id, KIND, outbox.professional(who), at)


def _class(type_code: str) -> str:
    return (codes.member("type_codes", type_code) or codes.NO_MEMBER).class_code
