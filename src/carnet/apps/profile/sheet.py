"""The emergency sheet: what the person chose, printed, or shown by a link that they make, that ends, and that they end.

The link has the form of a SMART Health Link (HL7, SHL 1.0, flag U): the sheet is encrypted in the person's session under a key
that stands in the link and nowhere else; who opens the link fetches bytes that the server cannot read.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from joserfc import jwe
from joserfc.jwk import OctKey

from carnet.apps.access import api as access
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.profile.entries import PROFESSIONAL, Entry
from carnet.apps.profile.summary import PARTLY, Stated, absences, active, said_on
from carnet.apps.profile.treatments import Treatment
from carnet.apps.records.api import Visit, standing, writing
from carnet.apps.storage.api import blind_index, lookup, unit
from carnet.dicah.facts import RecordState
from carnet.formats.fhir.emergency_sheet import Line, sheet_bundle
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

LONGEST = timedelta(days=30)
MOST = 5
SHEET_SECTIONS = ("allergies", "treatments", "problems", "devices", "blood", "contacts", "directives")
_MEDIA = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was made. Its key is not known here any more."""

    id: UUID
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    opened: int
    last_opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Made:
    """A link as its person gives it on: shown this once."""

    id: UUID
    shlink: str
    expires_at: datetime


def lines_of(entries: Iterable[Entry], sections: Iterable[str], taken: Iterable[Treatment], today: date) -> list[Line]:
    """The lines of a sheet, in the order of its sections: what is not over, and the treatments that are current."""
    kept, wanted = list(entries), set(sections)
    found = []
    for section in SHEET_SECTIONS:
        if section in wanted:
            going = [t.stated for t in taken] if section == "treatments" else active(kept, section, today)
            if section == "directives":
                # That directives exist at the doctor's is a wish that the person wrote: a rescuer must know of it too.
                going += active(kept, "wishes", today)
            found += [_line(section, one) for one in going]
            # "None known" of before something was known is over; one that came after contradicts it, and both are told.
            since = max((said_on(entry) for one in going for entry in one.entries), default="")
            found += [_line(section, one) for one in absences(kept, section)
                      if one.first.content.polarity == PARTLY or said_on(one.first) > since]  # fmt: skip
    return found


def _line(section: str, one: Stated) -> Line:
    content = one.first.content
    unsure = content.certainty == "unconfirmed" and not one.confirmed
    # A dose of before is none of today: of a treatment the newest source counts alone.
    told = content.detail if section == "treatments" else one.detail
    detail = ", ".join(filter(None, ["non confirmé" if unsure else "", told]))
    return Line(section, content.label, detail, content.value, PROFESSIONAL if one.confirmed else one.first.source,
                content.start, said_on(one.first), content.polarity, "unconfirmed" if unsure else "")  # fmt: skip


def _digest(token: str) -> bytes:
    return blind_index("sheet-link", token)


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def make_link(
    ask: Ask, record_id: UUID, traits: Traits, lines: list[Line], titles: Mapping[str, str], left: list[str], lasts: timedelta,
    base: str,
) -> Made:  # fmt: skip
    """Make a link to a sheet of some sections (`titles`), which says which others the person left out. Raises Refusal.

    At most five live at a time: raises Refusal `link-limit` for a sixth, for one of them may be printed and carried.
    """
    key, token, number = secrets.token_bytes(32), secrets.token_urlsafe(32), uuid4()
    until = ask.at + min(lasts, LONGEST)
    content = json.dumps(sheet_bundle(traits, lines, titles, ask.at, left), ensure_ascii=False).encode()
    header = {"alg": "dir", "enc": "A256GCM", "cty": _MEDIA}
    sealed = jwe.encrypt_compact(header, content, OctKey.import_key(key))
    with writing(ask, Act.SHARE_SHEET, record_id, "sheet-link") as visit:
        _leave_room(visit)
        visit.work.run(
            """INSERT INTO profile_sheet (record_id, id, token, made_at, expires_at, opened, content)
            VALUES (%s, %s, %s, %s, %s, 0, %s)""",
            visit.record_id, number, _digest(token), ask.at, until, sealed.encode(),
        )  # fmt: skip
    told = {"url": f"{base}/fiche/lien/{token}", "key": base64.urlsafe_b64encode(key).decode().rstrip("="), "flag": "U",
            "exp": int(until.timestamp()), "label": "Fiche d'urgence"}  # fmt: skip
    return Made(number, f"shlink:/{_encoded(told)}", until)


def _leave_room(visit: Visit) -> None:
    living = visit.work.row(
        "SELECT count(*) FROM profile_sheet WHERE record_id = %s AND revoked_at IS NULL AND expires_at > %s",
        visit.record_id, visit.ask.at,
    )  # fmt: skip
    if living and living[0] >= MOST:
        raise Refusal(No.LINK_LIMIT)


def links(visit: Visit) -> list[Link]:
    """The links of a record, the newest first."""
    rows = visit.work.rows(
        """SELECT id, made_at, expires_at, revoked_at, opened, last_opened_at FROM profile_sheet WHERE record_id = %s
        ORDER BY made_at DESC LIMIT 20""",
        visit.record_id,
    )  # fmt: skip
    return [Link(*row) for row in rows]


def revoke_link(ask: Ask, record_id: UUID, number: UUID) -> None:
    """End a link before its time: what it led to is erased."""
    with writing(ask, Act.SHARE_SHEET, record_id, "sheet-link-ended") as visit:
        visit.work.run(
            "UPDATE profile_sheet SET revoked_at = coalesce(revoked_at, %s), content = '' WHERE record_id = %s AND id = %s",
            ask.at, visit.record_id, number,
        )  # fmt: skip


def open_link(token: str, at: datetime) -> bytes | None:
    """The encrypted sheet of a link that lives. Its opening is journaled and told to the holder; None for any other token."""
    row = lookup("SELECT record_id, id, content FROM profile_sheet_of(%s, %s)", _digest(token), at)
    if row is None or row[0] is None:
        return None
    record = standing(row[0])
    if record is None or record.state is not RecordState.OPEN:
        return None
    with unit(row[0]) as work:
        access.link_entry(work, row[0], f"sheet:{row[1]}", "sheet:read", at)
        notify(work, row[0], "sheet-read", HOLDER, at)
    return bytes(row[2])
