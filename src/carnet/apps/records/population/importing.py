"""Insured people from a file become records that wait for their notice: batch by batch, each in one transaction.

A batch writes its people, the lines that it refuses and how far the file is read, or nothing: a process that is killed goes on at
the next batch, and nobody is made twice. It runs as the owner of the tables, from the command line: a procedure of the host, which
each record's journal tells in its first line.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

import psycopg
from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.identity.api import FileError, Insured, LineError
from carnet.apps.outbox import api as outbox
from carnet.apps.records.population.lives import EventError, change_matricule, note_death
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import RecordKey, Work, create_keys, streaming
from carnet.dicah.facts import RecordState
from carnet.kernel.clock import begins, day_in, moment
from carnet.kernel.copies import replace
from carnet.kernel.ins import INS_NIR, INS_NIR_TEST, Ins
from carnet.kernel.traits import is_minor

BATCH = 500
LONGEST = 8_193
MAIL, LETTER, NO_CHANNEL = "mail", "letter", "none"
_IMPORTS = 0x6361726E
"""One import at a time: the number of the advisory lock that a batch holds."""
_COLUMNS = "id, name, line, place, created, known, changed, refused, done"
TRIES = 3
MAIL_MARGIN = timedelta(days=14)
"""How much longer than six weeks from here a code opposes: a mail of many leaves later, and the six weeks run from there."""


@dataclass(frozen=True, slots=True)
class Import:
    """How far a file is imported: lines and bytes read, people created, known already, changed, lines refused."""

    id: UUID
    name: str
    line: int = 0
    place: int = 0
    created: int = 0
    known: int = 0
    changed: int = 0
    refused: int = 0
    done: bool = False


@dataclass(slots=True)
class _Batch:
    """What the lines of a batch come to."""

    new: list[Insured] = field(default_factory=list)
    known: int = 0
    changed: list[tuple[int, UUID, Insured, bool]] = field(default_factory=list)
    """Line, record, person, and whether the matricule of the file is new there."""
    refused: list[tuple[int, str]] = field(default_factory=list)


Lines = list[tuple[int, Insured]]
Report = Callable[[Import], None]
Raw = tuple[int, bytes, int]


@dataclass(slots=True)
class _Run:
    """Lines of a batch in which no matricule stands twice: what one of them writes, the next can be compared with."""

    people: Lines = field(default_factory=list)
    read: _Batch = field(default_factory=_Batch)
    line: int = 0
    place: int = 0


def digest_of(path: Path) -> str:
    """The SHA-256 of a file: the same file goes on where it was left, whatever its name. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raw_lines(file: BinaryIO, number: int) -> Iterator[Raw]:
    """Lines of a file from where it stands: number, bytes (one that is too long keeps its beginning), where it ends."""
    while raw := file.readline(LONGEST):
        whole = raw
        while not whole.endswith(b"\n") and (whole := file.readline(1 << 20)):
            pass
        number += 1
        yield number, raw, file.tell()


def _usual_oid() -> str:
    return INS_NIR if INS_NIR in settings.LAW.accepted_ins_oids else INS_NIR_TEST


def _read(reader: identity.Reader, raw: Raw, batch: _Batch) -> Lines:
    """The person of a line; none for a blank one, and for one that is refused."""
    if not raw[1].strip():
        return []
    try:
        return [(raw[0], identity.insured(reader(raw[1]), settings.LAW.accepted_ins_oids, _usual_oid()))]
    except LineError as error:
        batch.refused.append((raw[0], str(error)))
        return []


def _place(one: Insured, found: dict[Ins, tuple[UUID, bool]]) -> tuple[UUID | None, bool]:
    """The record of a person of the file, and whether the matricule is new there. Raises LineError."""
    here = found.get(one.ins)
    olds = {found[ins][0] for ins in one.former if ins in found}
    if here is not None and not here[1]:
        raise LineError("ancien")
    if len(olds | ({here[0]} if here else set())) > 1:
        raise LineError("autre-personne")
    return (here[0], False) if here else (olds.pop() if olds else None, bool(one.former))


def _sort(work: Work, people: Lines, batch: _Batch) -> None:
    """Who is new, who is known, who changed: by the matricules of the whole batch, asked at once."""
    found = identity.records_of(work, {ins for _, one in people for ins in (one.ins, *one.former)})
    alike = identity.alike(work, [(found[i][0], one) for _, one in people for i in (one.ins, *one.former) if i in found])
    for number, one in people:
        try:
            record_id, renamed = _place(one, found)
            if record_id is None and one.died_on:
                raise LineError("decedee")
            if record_id is None:
                batch.new.append(one)
            elif record_id not in alike:
                raise LineError("differe")
            elif renamed or one.died_on:
                batch.changed.append((number, record_id, one, renamed))
            else:
                batch.known += 1
        except LineError as error:
            batch.refused.append((number, str(error)))


def channel_of(one: Insured, on: date) -> str:
    """How somebody is told: by mail where there is an address, but a minor's parents by letter, which proves who they are."""
    by_letter, by_mail = bool(one.address), bool(one.mail)
    if is_minor(one.traits.birth_date, on):
        return LETTER if by_letter else MAIL if by_mail else NO_CHANNEL
    return MAIL if by_mail else LETTER if by_letter else NO_CHANNEL


def _sealed_arrival(key: RecordKey, one: Insured) -> bytes:
    told = {
        "address": list(one.address), "postcode": one.postcode,
        "representatives": [f"{ins.oid}|{ins.matricule}" for ins in one.representatives],
    }  # fmt: skip
    return key.seal(json.dumps(told, ensure_ascii=False).encode(), "arrival")


def _create(work: Work, people: list[Insured], importing: UUID, by: str, at: datetime) -> None:
    """Write many new records: keys, identities, states, arrivals, first lines of their journals, notices by mail."""
    zone = access.law().civil_zone
    on = day_in(at, zone)
    keys = create_keys(work, [uuid4() for _ in people], at)
    told = [channel_of(one, on) for one in people]
    work.copy_in("records_record (record_id, state, since, reason, activated, attached)",
                 ((key.record_id, RecordState.TO_NOTIFY.value, on, "", False, True) for key in keys))  # fmt: skip
    identity.register_many(work, list(zip(keys, people, strict=True)), access.law().insured_status, on)
    work.copy_in(
        "records_arrival (record_id, import_id, arrived_on, territory, birth_year, channel, sealed)",
        ((k.record_id, importing, on, p.territory, p.birth_year, c, _sealed_arrival(k, p))
         for k, p, c in zip(keys, people, told, strict=True)),
    )  # fmt: skip
    work.copy_in("records_passage (record_id, event, day)", ((key.record_id, "created", on) for key in keys))
    access.host_entries(work, [key.record_id for key in keys], "record:create", by, at)
    by_mail = [(key.record_id, one) for key, one, channel in zip(keys, people, told, strict=True) if channel == MAIL]
    until = begins(on + access.law().opposition_lasts + MAIL_MARGIN, zone)
    codes = signin.announcement_codes(work, [record_id for record_id, _ in by_mail], "announcement", at, until)
    outbox.announce_many(
        work, [outbox.ToAnnounce(r, one.mail, code, signin.name_of(one.traits))
               for (r, one), code in zip(by_mail, codes, strict=True)], at,
    )  # fmt: skip


def _change(work: Work, batch: _Batch, by: str, at: datetime) -> int:
    """What happened to people who are known. Returns how many of them it happened to."""
    done = 0
    for number, record_id, one, renamed in batch.changed:
        work.enter(record_id)
        try:
            died = one.died_on is not None and note_death(work, record_id, one.died_on, by, at)
        except EventError:
            batch.refused.append((number, "etat"))
            continue
        if renamed:
            change_matricule(work, record_id, one.ins, by, at)
        done += died or renamed
        batch.known += not (died or renamed)
    return done


def _advance(work: Work, before: Import, batch: _Batch, changed: int, line: int, place: int, at: datetime) -> Import:
    refused = sorted(batch.refused)
    work.copy_in("records_import_refused (import_id, line, reason)", ((before.id, number, why) for number, why in refused))
    after = replace(
        before, line=line, place=place, created=before.created + len(batch.new), known=before.known + batch.known,
        changed=before.changed + changed, refused=before.refused + len(refused),
    )  # fmt: skip
    work.run(
        """UPDATE records_import SET line = %s, place = %s, created = %s, known = %s, changed = %s, refused = %s, updated_at = %s
        WHERE id = %s""",
        after.line, after.place, after.created, after.known, after.changed, after.refused, at, after.id,
    )  # fmt: skip
    return after


def _entered(digest: str, name: str, by: str, at: datetime) -> Import:
    """The import of a file, as it was left or from its beginning."""
    with streaming() as work:
        work.run(
            """INSERT INTO records_import (id, digest, name, started_at, updated_at, by_whom, line, place, created, known, changed,
            refused, done) VALUES (%s, %s, %s, %s, %s, %s, 0, 0, 0, 0, 0, 0, false) ON CONFLICT (digest) DO NOTHING""",
            uuid4(), digest, name[:200], at, at, by,
        )  # fmt: skip
        row = work.row(f"SELECT {_COLUMNS} FROM records_import WHERE digest = %s", digest)
    return Import(*row) if row else Import(uuid4(), name)


def _write(before: Import, run: _Run, by: str) -> Import:
    """One batch in one transaction. Raises FileError where another process imports the same file."""
    batch, at = replace(run.read, new=[], changed=[], refused=list(run.read.refused)), moment()
    with streaming() as work:
        work.run("SELECT pg_advisory_xact_lock(%s)", _IMPORTS)
        row = work.row("SELECT line FROM records_import WHERE id = %s FOR UPDATE", before.id)
        if row is None or row[0] != before.line:
            raise FileError("another process imports this file: let it end, or stop it")
        _sort(work, run.people, batch)
        if batch.new:
            _create(work, batch.new, before.id, by, at)
        return _advance(work, before, batch, _change(work, batch, by, at), run.line, run.place, at)


def _written(before: Import, run: _Run, by: str) -> Import:
    """The same, again where a door made somebody of the batch meanwhile."""
    for _ in range(TRIES - 1):
        try:
            return _write(before, run, by)
        except psycopg.errors.UniqueViolation:
            continue
    return _write(before, run, by)


def _runs(reader: identity.Reader, lines: Iterator[Raw]) -> Iterator[_Run]:
    while raws := list(islice(lines, BATCH)):
        run, seen = _Run(), set[Ins]()
        for raw in raws:
            people = _read(reader, raw, run.read)
            own = {ins for _, one in people for ins in (one.ins, *one.former)}
            if own & seen:
                yield run
                run, seen = _Run(), set()
            seen |= own
            run.people += people
            run.line, run.place = raw[0], raw[2]
        yield run


def import_people(path: Path, by: str, report: Report = lambda _: None) -> Import:
    """Import a file of insured people, or go on where it was left. `report` hears of every batch that is written.

    Raises FileError for what is no such file, OSError for one that cannot be read; what was written stays.
    """
    digest = digest_of(path)
    with path.open("rb") as file:
        reader, headed = identity.reader_of(file.readline(LONGEST))
        state = _entered(digest, path.name, by, moment())
        if state.place or not headed:
            file.seek(state.place)
        for run in _runs(reader, _raw_lines(file, state.line or int(headed))):
            state = _written(state, run, by)
            report(state)
    with streaming() as work:
        work.run("UPDATE records_import SET done = true WHERE id = %s", state.id)
    return replace(state, done=True)


def _counted(work: Work, run: _Run, before: Import) -> Import:
    """The counts after the lines of a run, if they were written: who is new in the file stays known in it."""
    batch = run.read
    _sort(work, run.people, batch)
    former = identity.known_in(work, "counted", [ins for one in batch.new for ins in one.former])
    fresh = identity.first_seen(work, "counted", [one.ins for one in batch.new])
    renamed = sum(1 for one in batch.new if one.ins in fresh and former & set(one.former))
    created = len(fresh) - renamed
    return replace(
        before, line=run.line, place=run.place, created=before.created + created,
        known=before.known + batch.known + len(batch.new) - len(fresh), changed=before.changed + len(batch.changed) + renamed,
        refused=before.refused + len(batch.refused),
    )  # fmt: skip


def count_people(path: Path, report: Report = lambda _: None) -> tuple[Import, Counter[str]]:
    """What an import of this file would do now, line by line, with nothing written. Returns counts, and lines refused by reason."""
    state, reasons = Import(UUID(int=0), path.name), Counter[str]()
    with path.open("rb") as file, streaming() as work:
        work.run("CREATE TEMPORARY TABLE counted (ins_index bytea PRIMARY KEY) ON COMMIT DROP")
        reader, headed = identity.reader_of(file.readline(LONGEST))
        if not headed:
            file.seek(0)
        for run in _runs(reader, _raw_lines(file, int(headed))):
            state = _counted(work, run, state)
            reasons.update(why for _, why in run.read.refused)
            report(state)
    return state, reasons


def refused_lines(work: Work, digest: str) -> Iterator[tuple[int, str]]:
    """Lines of a file that were refused, and why, in the order of the file."""
    yield from work.rows(
        """SELECT r.line, r.reason FROM records_import_refused r JOIN records_import i ON i.id = r.import_id
        WHERE i.digest = %s ORDER BY r.line""",
        digest,
    )  # fmt: skip


def reasons_of(work: Work, importing: UUID) -> list[tuple[str, int]]:
    """How many lines of an import were refused for each reason, the most frequent first."""
    rows = work.rows(
        "SELECT reason, count(*) FROM records_import_refused WHERE import_id = %s GROUP BY 1 ORDER BY 2 DESC, 1", importing
    )
    return [(str(reason), int(count)) for reason, count in rows]
