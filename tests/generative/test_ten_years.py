"""A population lives ten years: births, notices, oppositions, openings, new matricules, unions, splits, deaths, in any order.

A small model says what must be so; after every step each document stands in the record of its person, each matricule leads there, and
every record is in the state of the model.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.people import deposit, fresh_ins, fresh_person
from support.population import line, load, operator, record_of, state_of
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.records.lifecycle import by_time
from carnet.apps.records.population import notices, uniting
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.dicah.facts import RecordState
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import set_clock

WEEK = timedelta(weeks=1)
_files = itertools.count()
_OPPOSITION = next(t for t in by_time.TIMERS if t.name == "opposition-end")


class Living:
    """What the model knows of a person: matricules, the one in force first, state, record, documents that are theirs."""

    def __init__(self, person: DemoPerson, record_id: UUID) -> None:
        self.inses, self.traits, self.record_id = [person.ins], person.traits, record_id
        self.state, self.died, self.notified = "to_notify", False, None
        self.documents: set[UUID] = set()
        self.stray: dict[UUID, Living] = {}
        """Documents of somebody else that stand here."""

    @property
    def person(self) -> DemoPerson:
        return DemoPerson(0, self.inses[0], self.traits)


class TenYears(RuleBasedStateMachine):
    """The machine."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2027, 1, 4, 12, tzinfo=UTC)
        self.people: list[Living] = []
        self.united: dict[UUID, tuple[UUID, Living, Living]] = {}
        self.folder = TemporaryDirectory()
        set_clock(lambda: self.at)

    def teardown(self) -> None:
        set_clock()
        self.folder.cleanup()

    def pick(self, data: st.DataObject, *states: str) -> Living | None:
        found = [p for p in self.people if p.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def operate(self, name: str) -> Ask:
        return replace(operator(name), at=self.at)

    @initialize()
    def a_village(self) -> None:
        self.births(4)
        for one in self.people:
            self._answered(one, Act.OPEN_RECORD)
            one.documents.add(deposit(one.person, title="Un document"))

    @rule(count=st.integers(1, 2))
    def births(self, count: int) -> None:
        people = [fresh_person(given_names="Ana") for _ in range(count)]
        done = load(Path(self.folder.name), *map(line, people), name=f"{next(_files)}.csv")
        assert done.created == count
        self.people += [Living(p, record_of(p)) for p in people]

    @rule(data=st.data())
    def a_notice_is_sent(self, data: st.DataObject) -> None:
        one = self.pick(data, "to_notify")
        if one is None:
            return
        with as_role("carnet_worker"), unit(one.record_id) as work:
            granted = access.timer_grant(access.timer_question("notices", self.at), one.record_id)
            notices.started(work, granted, one.record_id, self.at, "letter")
        one.state, one.notified = "pending_opposition", self.at

    @rule(data=st.data())
    def a_notice_comes_back(self, data: st.DataObject) -> None:
        one = self.pick(data, "pending_opposition")
        if one is not None:
            with as_role("carnet_operator"):
                records.undelivered(self.operate("ada"), one.record_id)
            one.state = "to_notify"

    @rule(weeks=st.integers(1, 30))
    def weeks_pass(self, weeks: int) -> None:
        self.at += WEEK * weeks
        with as_role("carnet_worker"):
            _OPPOSITION.run(self.at)
        for one in self.people:
            if one.state == "pending_opposition" and one.notified and self.at.date() >= one.notified.date() + 6 * WEEK:
                one.state = "open"

    @rule(data=st.data(), act=st.sampled_from([Act.OPPOSE_RECORD, Act.OPEN_RECORD]))
    def somebody_answers(self, data: st.DataObject, act: Act) -> None:
        one = self.pick(data, "to_notify", "pending_opposition", "opposed")
        if one is not None and not (one.state == "opposed" and act is Act.OPPOSE_RECORD):
            self._answered(one, act)

    def _answered(self, one: Living, act: Act) -> None:
        with as_role("carnet_espace"):
            with unit(one.record_id) as work:
                code = signin.announcement_code(work, one.record_id, "letter", "test", self.at, self.at + WEEK)
            records.answer_announcement(code, one.traits.birth_date, act, self.at)
        one.state = "opposed" if act is Act.OPPOSE_RECORD else "open"

    @rule(data=st.data(), stray=st.booleans())
    def a_document_comes(self, data: st.DataObject, stray: bool) -> None:
        one = self.pick(data, "open")
        if one is None:
            return
        number = deposit(one.person, title="Un document")
        others = [p for p in self.people if p is not one and p.state == "open"]
        if stray and others:
            one.stray[number] = data.draw(st.sampled_from(others))
        else:
            one.documents.add(number)

    @rule(data=st.data())
    def a_matricule_changes(self, data: st.DataObject) -> None:
        one = self.pick(data, "open", "opposed", "pending_opposition")
        if one is not None:
            new = fresh_ins()
            with as_role("carnet_operator"):
                records.report_matricule(self.operate("ada"), one.record_id, new)
            one.inses.insert(0, new)

    @rule(data=st.data())
    def two_records_are_united(self, data: st.DataObject) -> None:
        kept = self.pick(data, "open")
        others = [
            p for p in self.people if p is not kept and p.state in ("open", "to_notify", "pending_opposition") and not p.stray
        ]
        busy = {p.record_id for _, a, b in self.united.values() for p in (a, b)}
        if kept is None or not others or kept.stray or kept.record_id in busy:
            return
        other = data.draw(st.sampled_from(others))
        if other.record_id in busy or any(other in p.stray.values() or kept in p.stray.values() for p in self.people):
            return
        number = self._decided(lambda: records.ask_union(self.operate("ada"), kept.record_id, other.record_id))
        self.united[number] = (number, kept, other)
        other.died, other.state = False, f"merged:{other.state}"

    def _decided(self, ask: Callable[[], UUID]) -> UUID:
        with as_role("carnet_operator"):
            number = ask()
            records.decide_union(self.operate("grace"), number, confirmed=True)
        with as_role("carnet_worker"):
            assert uniting.carry_out(self.at) == 1
        return number

    @precondition(lambda self: self.united)
    @rule(data=st.data())
    def a_union_is_taken_back(self, data: st.DataObject) -> None:
        # In the order in which they came: their numbers are by chance, and a run must be repeatable.
        number = data.draw(st.sampled_from(list(self.united)))
        _, kept, other = self.united[number]
        if kept.state != "open":
            return
        with as_role("carnet_operator"):
            over = records.union_of(self.operate("ada"), number).undone_until()
            if over is None or self.at.date() > over:
                # The term is over: both stay one.
                return
            records.ask_undo(self.operate("ada"), number)
        with as_role("carnet_worker"):
            assert uniting.carry_out(self.at) == 1
        del self.united[number]
        other.state = other.state.partition(":")[2]

    @rule(data=st.data())
    def stray_documents_go_home(self, data: st.DataObject) -> None:
        held = [p for p in self.people if p.stray and p.state == "open"]
        if not held:
            return
        one = data.draw(st.sampled_from(held))
        home = next(iter(one.stray.values()))
        if home.state != "open":
            return
        theirs = [d for d, owner in one.stray.items() if owner is home]
        self._decided(lambda: records.ask_split(self.operate("ada"), one.record_id, home.record_id, theirs))
        for document in theirs:
            del one.stray[document]
        home.documents |= set(theirs)

    @rule(data=st.data())
    def somebody_dies_or_was_said_to(self, data: st.DataObject) -> None:
        one = self.pick(data, "open", "closed")
        busy = {p.record_id for _, a, b in self.united.values() for p in (a, b)}
        if one is None or one.record_id in busy:
            return
        with as_role("carnet_operator"):
            if one.died:
                records.withdraw_death(self.operate("ada"), one.record_id)
            else:
                assert records.report_death(self.operate("ada"), one.record_id, self.at.date())
        one.state, one.died = ("open", False) if one.died else ("closed", True)

    def home_of(self, one: Living) -> Living:
        """The record in which a person's documents stand: their own, or the one that theirs was united with."""
        for _, kept, other in self.united.values():
            if other is one:
                return self.home_of(kept)
        return one

    @invariant()
    def every_record_is_as_the_model_says(self) -> None:
        where: dict[UUID, set[UUID]] = {p.record_id: set() for p in self.people}
        for one in self.people:
            assert state_of(one.record_id) == one.state.partition(":")[0]
            where[self.home_of(one).record_id] |= one.documents | set(one.stray)
            for ins in one.inses:
                assert record_of(DemoPerson(0, ins, one.traits)) == self.home_of(one).record_id
        for record_id, documents in where.items():
            with as_role("postgres"), unit(record_id) as work:
                held = {row[0] for row in work.rows("SELECT logical_id FROM records_document WHERE record_id = %s", record_id)}
            assert held == documents

    @invariant()
    def nothing_is_broken(self) -> None:
        for one in self.people[-2:]:
            if RecordState(one.state.partition(":")[0]) is not RecordState.MERGED:
                with as_role("postgres"):
                    assert records.check_record(one.record_id).faults == []


TenYears.TestCase.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
test_ten_years_without_a_contradiction = TenYears.TestCase
