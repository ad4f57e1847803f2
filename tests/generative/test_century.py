"""A century of a record's life: people act, time passes, the worker runs on time or late; nothing contradicts itself.

A model in plain Python says what the law expects (access law §3 to §5); the record, its documents, its notices and its
journal must agree with it at every step.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from support.people import cda, entry, fresh_person, fresh_uid, host, submission
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import check_chain, entries_of_record
from carnet.apps.journal.verify import Line
from carnet.apps.outbox.api import pending
from carnet.apps.records import api as records
from carnet.apps.storage.api import stored_addresses, unit
from carnet.config.worker import run_all
from carnet.desk.demonstration.loading import actor_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround, RecordState
from carnet.dicah.lifecycle import TransitionError
from carnet.formats.xds import Coding, Parent
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import Refusal

BORN = datetime(2024, 1, 1, 12, tzinfo=UTC)
"""The first edition of the habilitation matrix is of 2023: nothing was decided before."""
CENTURY = timedelta(days=36_525)
LABELS = st.sampled_from([(), (), ("INVISIBLE_PATIENT",), ("MASQUE_PS",), ("INVISIBLE_REPRESENTANTS_LEGAUX",),
                          ("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")])  # fmt: skip
GAPS = st.sampled_from([0, 0, 1, 1, 2, 7, 30, 400])
EVENTS = st.sampled_from(["oppose", "close", "reopen", "suspend", "restore", "ask for opening", "ask destruction"])
FITTING = {
    "pending_opposition": ["oppose", "oppose", "ask for opening"], "opposed": ["ask for opening"], "open": ["close", "suspend"], "suspended": ["restore"],
    "closed": ["reopen", "ask destruction", "ask destruction"],
}  # fmt: skip
ACTS = st.sampled_from([Act.MASK, Act.UNMASK, Act.ANNOUNCE, Act.ARCHIVE, Act.UNARCHIVE, Act.DELETE])


@dataclass
class Paper:
    """A document as the model knows it."""

    clock: datetime
    status: str = "Approved"
    masked: bool = False
    hidden: bool = False
    secret: bool = False
    told: bool = False


@dataclass
class Life:
    """A record as the model knows it."""

    record_id: UUID
    state: str
    since: date
    asked: date | None = None
    papers: dict[UUID, Paper] = field(default_factory=dict)
    opened: int = 0
    closed_by_time: int = 0
    told: int = 0
    shown: int = 0


class Century(RuleBasedStateMachine):
    """One person, records one after the other, a hundred years and more."""

    @initialize()
    def birth(self) -> None:
        self.now = BORN
        self.person: DemoPerson = fresh_person()
        self.lives: list[Life] = []
        self._notify()
        self.now += timedelta(days=42)
        self.worker_runs()

    @property
    def life(self) -> Life:
        return self.lives[-1]

    def _notify(self) -> None:
        record_id = records.create_record(
            self.person.ins, self.person.traits, self.now.date(), state=RecordState.PENDING_OPPOSITION
        )
        with unit(record_id) as work:
            access.name_relation(work, host(record_id, self.now), "treating_doctor", PROFESSIONALS["treating"].id)
        self.lives.append(Life(record_id, "pending_opposition", self.now.date()))

    def _ask(self, act: Act) -> Ask:
        with unit(self.life.record_id) as work:
            if self.life.state != "destroyed":
                work.run("DELETE FROM access_authorisation WHERE record_id = %s", self.life.record_id)
                access.authorise_at(
                    work, host(self.life.record_id), PROFESSIONALS["treating"].id, AuthorisationGround.CARE_TEAM, self.now
                )
        return Ask(actor_of(PROFESSIONALS["treating"], self.now), act, self.now, self.person.ins)

    # ---- time ----

    @rule(days=GAPS, late=st.sampled_from([True, False, False]))
    def time_passes(self, days: int, late: bool) -> None:
        self.now += timedelta(days=days)
        if not late:
            self.worker_runs()

    def _terms(self) -> list[datetime]:
        """When something is due next: the days around which a wrong law shows."""
        life, noon = self.life, self.now.timetz()
        papers = [p.clock + timedelta(days=n) for p in life.papers.values() if p.hidden for n in (13, 30)]
        days = {"pending_opposition": [42], "suspended": [42], "closed": [3653]}.get(life.state, [])
        dates = [life.since + timedelta(days=n) for n in days] + ([life.asked + timedelta(days=91)] if life.asked else [])
        return [*papers, *(datetime.combine(day, noon) for day in dates)]

    @rule(data=st.data(), off=st.sampled_from([-1, 0, 1]))
    def time_comes_to_a_term(self, data: st.DataObject, off: int) -> None:
        """The day before, the day itself, the day after."""
        coming = sorted({t + timedelta(days=off) for t in self._terms() if t + timedelta(days=off) >= self.now})
        if coming:
            self.now = data.draw(st.sampled_from(coming))
            self.worker_runs()

    @rule()
    def worker_runs(self) -> None:
        with as_role("carnet_worker"):
            run_all(self.now)
            self._expect_time(self.now)
            assert sum(run_all(self.now).values()) == 0, "late or not, once is enough"
        if self.life.state == "destroyed":
            assert identity.find(self.person.ins) is None
            assert stored_addresses(self.life.record_id) == frozenset()
            self._notify()

    def _expect_time(self, now: datetime) -> None:
        life = self.life
        age = (now.date() - life.since).days
        if life.state == "pending_opposition" and age >= 42:
            life.state, life.since, life.opened = "open", now.date(), life.opened + 1
        elif life.state == "suspended" and age >= 42:
            life.state, life.since, life.asked, life.closed_by_time = "closed", now.date(), None, life.closed_by_time + 1
        elif life.state == "closed" and (age >= 3653 or (life.asked and (now.date() - life.asked).days >= 91)):
            life.state, life.since, life.papers = "destroyed", now.date(), {}
        self._expect_visibility(now)

    def _expect_visibility(self, now: datetime) -> None:
        waiting = [p for p in self.life.papers.values() if p.hidden and p.status != "Deleted"]
        due = [p for p in waiting if now - p.clock >= timedelta(days=30)]
        self.life.shown += any(not p.secret for p in due)
        for paper in due:
            paper.hidden = False
        untold = [p for p in waiting if p.hidden and not p.told and now - p.clock >= timedelta(days=13)]
        if self.life.state == "open":
            self.life.told += any(not p.secret for p in untold)
            for paper in untold:
                paper.told = True

    # ---- people ----

    @precondition(lambda self: self.life.state != "open" or len(self.life.papers) > 2)
    @rule(data=st.data(), fitting=st.sampled_from([True, True, True, False]))
    def life_cycle(self, data: st.DataObject, fitting: bool) -> None:
        life, day = self.life, self.now.date()
        event = data.draw(st.sampled_from(FITTING[life.state]) if fitting else EVENTS)
        after = {
            ("pending_opposition", "oppose"): "opposed", ("open", "close"): "closed", ("closed", "reopen"): "open",
            ("open", "suspend"): "suspended", ("suspended", "restore"): "open",
            ("pending_opposition", "ask for opening"): "open", ("opposed", "ask for opening"): "open",
        }.get((life.state, event))  # fmt: skip
        with suppress(TransitionError), unit(life.record_id) as work:
            if event == "ask destruction":
                records.ask_destruction(work, life.record_id, day)
                assert life.state == "closed"
                life.asked = life.asked or day
                return
            records.change_state(work, life.record_id, event, day)
            assert after is not None, f"{event} of a record that is {life.state}"
            life.state, life.since, life.asked = after, day, None
            return
        assert after is None
        assert event != "ask destruction" or life.state != "closed"

    @rule(labels=LABELS, replacing=st.booleans(), data=st.data())
    def deposit(self, labels: tuple[str, ...], replacing: bool, data: st.DataObject) -> None:
        # By order of birth: the numbers are random, and a replay must draw the same document.
        current = [k for k, p in self.life.papers.items() if p.status == "Approved"]
        original = data.draw(st.sampled_from(current)) if replacing and current else None
        unique_id = fresh_uid()
        declared = entry(self.person, unique_id=unique_id, confidentiality=tuple(Coding(code) for code in labels),
                         parents=(Parent("replaces", f"DocumentReference/{original}"),) if original else ())  # fmt: skip
        before = self.life.papers.get(original) if original else None
        paper = Paper(before.clock if before else self.now, "Approved", "MASQUE_PS" in labels, "INVISIBLE_PATIENT" in labels,
                      "INVISIBLE_REPRESENTANTS_LEGAUX" in labels, before.told if before else False)  # fmt: skip
        if before:
            paper = replace(
                paper,
                masked=paper.masked or before.masked,
                hidden=paper.hidden or before.hidden,
                secret=paper.secret or before.secret,
            )
        allowed = self.life.state == "open" and not (paper.masked and paper.hidden)
        allowed = allowed and not (before and "INVISIBLE_PATIENT" in labels and not before.hidden)
        allowed = allowed and not (before and "INVISIBLE_REPRESENTANTS_LEGAUX" in labels and not before.secret)
        try:
            receipt = records.deposit(self._ask(Act.FEED), submission((declared, cda(self.person, unique_id=unique_id))))
        except Refusal as refusal:
            assert not allowed, refusal.code
            return
        assert allowed
        self.life.papers[receipt.documents[0].logical_id] = paper
        if before and original:
            before.status = "Deprecated"
            self._mask_chain(receipt.documents[0].logical_id, original, paper.masked)

    def _chain(self, document: UUID) -> list[Paper]:
        with unit(self.life.record_id) as work:
            pairs = work.rows(
                "SELECT logical_id, replaces FROM records_document WHERE record_id = %s AND replaces IS NOT NULL",
                self.life.record_id,
            )
        found = {document}
        for _ in pairs:
            for one, other in pairs:
                if {one, other} & found:
                    found |= {one, other}
        return [self.life.papers[one] for one in found]

    def _mask_chain(self, document: UUID, original: UUID, masked: bool) -> None:
        if masked:
            for paper in self._chain(document):
                if paper.status != "Deleted":
                    paper.masked = True

    @precondition(lambda self: self.life.papers)
    @rule(act=ACTS, data=st.data())
    def act(self, act: Act, data: st.DataObject) -> None:
        document = data.draw(st.sampled_from(list(self.life.papers)))
        paper = self.life.papers[document]
        before = replace(paper)
        allowed = self.life.state == "open" and paper.status != "Deleted"
        if act is Act.MASK:
            allowed = allowed and not paper.hidden
        if act is Act.ARCHIVE:
            allowed = allowed and paper.status == "Approved"
        if act is Act.UNARCHIVE:
            allowed = allowed and paper.status == "Archived"
        try:
            records.change_document(self._ask(act), document, minor_agreed=True)
        except Refusal as refusal:
            assert not allowed, refusal.code
            return
        assert allowed, (act, before)
        self._apply(act, paper, document)

    def _apply(self, act: Act, paper: Paper, document: UUID) -> None:
        if act in (Act.MASK, Act.UNMASK):
            changes = paper.masked is not (act is Act.MASK)
            for one in self._chain(document) if changes else [paper]:
                if one.status != "Deleted":
                    one.masked = act is Act.MASK
        elif act is Act.ANNOUNCE and paper.hidden:
            paper.hidden = False
        elif act is Act.ANNOUNCE:
            paper.secret = False
        else:
            paper.status = {Act.ARCHIVE: "Archived", Act.UNARCHIVE: "Approved", Act.DELETE: "Deleted"}[act]

    # ---- what must always hold ----

    @invariant()
    def the_record_is_what_the_law_says(self) -> None:
        if not getattr(self, "lives", None):
            return
        life = self.life
        with unit(life.record_id) as work:
            state, since = work.rows("SELECT state, since FROM records_record WHERE record_id = %s", life.record_id)[0]
            rows = work.rows(
                """SELECT logical_id, status, masked, hidden_from_patient, hidden_from_representatives FROM records_document
                WHERE record_id = %s""",
                life.record_id,
            )  # fmt: skip
            kinds = [kind for kind, _ in pending(work, life.record_id)]
        assert (state, since) == (life.state, life.since)
        expected = {k: (p.status, p.masked, p.hidden, p.secret) for k, p in life.papers.items()}
        assert {row[0]: tuple(row[1:]) for row in rows} == expected
        counted = [kinds.count(k) for k in ("record-opened", "record-closed", "announcement-waiting", "document-visible")]
        assert counted == [life.opened, life.closed_by_time, life.told, life.shown]

    def teardown(self) -> None:
        if not getattr(self, "lives", None):
            return
        while self.now - BORN < CENTURY:
            self.time_passes(3000, False)
            self.the_record_is_what_the_law_says()
        for life in self.lives:
            self._verify(life)

    def _verify(self, life: Life) -> None:
        """At the end of the century: the journal of each record holds from its first entry, and nothing is broken."""
        with as_role("postgres"):
            assert records.check_record(life.record_id).faults == []
            with unit(life.record_id) as work:
                rows = work.rows(
                    """SELECT counter, body, previous, hash, actor, writer FROM journal_entry WHERE chain_id = %s
                    ORDER BY counter""",
                    life.record_id,
                )  # fmt: skip
                entries = entries_of_record(work, life.record_id)
        lines = [Line(life.record_id, c, b, bytes(p), bytes(h), a, w) for c, b, p, h, a, w in rows]
        assert list(check_chain(lines)) == []
        assert sum(e.get("detail") == "key-destroyed" for e in entries) == (life.state == "destroyed")


def test_a_century_of_a_record_has_no_contradiction() -> None:
    run_state_machine_as_test(
        Century,
        settings=settings(
            max_examples=12, stateful_step_count=120, deadline=None,
            # A century takes seconds: one that fails is told as it was lived, not shortened for minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip
