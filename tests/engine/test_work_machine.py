"""Work against a model: nothing lost, nothing doubled, order within a group."""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ensue.engine import backlog, dead_letters, deduplication, takeover, takes, withdrawals, work
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.turns import AGEING_MS, FAIR, PRIORITY, Turn
from tests.conftest import Stage
from tests.engine.test_work import redrive

QUEUE, DEAD = 16, 17
LEASE_MS = 1_000
GROUPS = st.sampled_from([None, "a", "b"])
CHOICE = st.integers(0, 9)


class WorkMachine(RuleBasedStateMachine):
    order: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(StoreUrl(MEMORY))
        self.sent: dict[int, str | None] = {}
        self.done: list[int] = []
        self.dead: set[int] = set()
        self.revived: set[int] = set()
        self.leases: list[work.Work] = []
        self.once: dict[str, tuple[int, int]] = {}
        self.moved = False
        self.numbers = itertools.count()
        if self.order is not None:
            self.stage.engine.facts.orders[QUEUE] = self.order

    def teardown(self) -> None:
        self.stage.close()

    def live(self, lease: work.Work) -> bool:
        """Whether a lease was the last one of its work, as the model sees it."""
        last = max(each.taken_ms for each in self.leases if each.id == lease.id)
        return lease.id not in self.done and lease.id not in self.dead and lease.taken_ms == last

    @rule(
        group=GROUPS,
        delay_ms=st.sampled_from([0, 0, 700]),
        priority=st.sampled_from([0, 0, 1, 9]),
        tenant=st.sampled_from([None, "x", "y"]),
    )
    def send(self, group, delay_ms, priority, tenant):
        body, turn = str(next(self.numbers)), Turn(priority, tenant)
        number = self.stage.do(
            lambda tx: work.add(tx, QUEUE, body, group=group, delay_ms=delay_ms, turn=turn)
        )
        self.sent[number] = group

    @rule(name=st.sampled_from("abc"))
    def send_once(self, name):
        def send(tx):
            before = deduplication.sent_before(tx, QUEUE, name)
            if before is None:
                deduplication.note(tx, QUEUE, name, work.add(tx, QUEUE, '"once"'))
            return before

        known, now_ms = self.once.get(name), self.stage.clock.now_ms()
        before = self.stage.do(send)
        assert (before is not None) == (known is not None and now_ms < known[1])
        if before is None:
            number = max(n for (n,) in self.stage.rows("SELECT id FROM ensue_work"))
            self.once[name] = number, now_ms + deduplication.DEDUPLICATION_MS
            self.sent[number] = None
        else:
            assert before == known[0]

    @rule(limit=st.integers(1, 4))
    def take(self, limit):
        self.stage.clock.move_to(self.stage.clock.now_ms() + 1)
        expected = self.expected(limit)
        taken = self.stage.do(lambda tx: work.lease(tx, takes.due(tx, QUEUE, limit), LEASE_MS))
        assert len(taken) == len(expected)
        assert self.order == FAIR or [each.id for each in taken] == expected
        for each in taken:
            self.check_turn(each)
        self.leases += taken

    def expected(self, limit):
        """What is due, in the order in which the model says it is taken."""
        step_ms = AGEING_MS if self.order == PRIORITY else 0
        rows = self.stage.rows(
            "SELECT id FROM ensue_work WHERE queue = ? AND state < 2 AND due_ms <= ?"
            " ORDER BY due_ms - coalesce(priority, 0) * ?, id LIMIT ?",
            QUEUE,
            self.stage.clock.now_ms(),
            step_ms,
            limit,
        )
        return [number for (number,) in rows]

    def check_turn(self, taken):
        assert taken.id not in self.done
        assert taken.id not in self.dead
        if taken.group is None or self.revived or self.moved:
            return
        settled = {*self.done, *self.dead}
        earlier = [n for n, group in self.sent.items() if group == taken.group and n < taken.id]
        assert set(earlier) <= settled

    @rule(ms=st.sampled_from([1, 400, LEASE_MS, deduplication.DEDUPLICATION_MS]))
    def time_passes(self, ms):
        self.stage.clock.move_to(self.stage.clock.now_ms() + ms)

    @precondition(lambda self: self.leases)
    @rule(choice=CHOICE)
    def finish(self, choice):
        lease = self.leases[choice % len(self.leases)]
        was_live = self.live(lease) and self.is_leased(lease)
        self.stage.do(lambda tx: work.finish(tx, [lease]))
        if was_live:
            self.done.append(lease.id)

    @precondition(lambda self: self.leases)
    @rule(choice=CHOICE, delay_ms=st.sampled_from([0, 300]))
    def retry(self, choice, delay_ms):
        lease = self.leases[choice % len(self.leases)]
        took = self.stage.do(lambda tx: work.retry(tx, lease, "no", delay_ms))
        assert not took or self.live(lease) or lease.id in self.revived

    @precondition(lambda self: self.leases)
    @rule(choice=CHOICE)
    def bury(self, choice):
        lease = self.leases[choice % len(self.leases)]
        if self.stage.do(lambda tx: work.bury(tx, lease, "no", DEAD)):
            self.dead.add(lease.id)

    @precondition(lambda self: self.dead)
    @rule(limit=st.integers(1, 3))
    def redrive(self, limit):
        before = self.in_queue(DEAD)
        moved = self.stage.do(lambda tx: redrive(tx, limit))
        back = before - self.in_queue(DEAD)
        assert moved == len(back) == min(limit, len(before))
        self.dead -= back
        self.revived |= back

    @precondition(lambda self: self.revived)
    @rule(choice=CHOICE)
    def undo(self, choice):
        number = sorted(self.revived)[choice % len(self.revived)]
        piece = self.stage.engine.read(lambda tx: work.piece(tx, number))
        was = ('{"dead_letter":{"from":16}}', None)
        back = self.stage.do(
            lambda tx: dead_letters.put_back(tx, number, QUEUE, DEAD, was, until_ms=tx.now_ms)
        )
        assert back == (piece.queue == QUEUE and piece.state == work.WAITING)
        if back:
            self.revived.discard(number)
            self.dead.add(number)
            self.moved = True

    @precondition(lambda self: self.sent)
    @rule(choice=CHOICE)
    def take_back(self, choice):
        number = sorted(self.sent)[choice % len(self.sent)]
        piece = self.stage.engine.read(lambda tx: work.piece(tx, number))
        sent = self.stage.engine.records.text(WORK_NUMBER, number)
        back = self.stage.do(lambda tx: withdrawals.take_back(tx, QUEUE, sent))
        assert back == (piece.queue == QUEUE and piece.state == work.WAITING)
        if back:
            del self.sent[number]
            self.revived.discard(number)
            self.leases = [each for each in self.leases if each.id != number]
            self.once = {name: each for name, each in self.once.items() if each[0] != number}

    @precondition(lambda self: self.leases)
    @rule(choice=CHOICE, ms=st.sampled_from([0, 500]))
    def change_visibility(self, choice, ms):
        lease = self.leases[choice % len(self.leases)]
        was_live = self.live(lease) and self.is_leased(lease)
        until_ms = self.stage.clock.now_ms() + ms
        assert self.stage.do(lambda tx: work.lease_until(tx, lease, until_ms)) == was_live

    @rule(crashed=st.booleans())
    def restart(self, crashed):
        self.stage.do(lambda tx: takeover.release_leases(tx, crashed=crashed))

    def is_leased(self, lease):
        found = self.stage.engine.read(lambda tx: work.piece(tx, lease.id))
        return found.state == work.LEASED and found.receives == lease.receives

    def in_queue(self, queue):
        rows = self.stage.rows("SELECT id FROM ensue_work WHERE queue = ? AND state < 2", queue)
        return {number for (number,) in rows}

    @invariant()
    def nothing_is_lost_and_nothing_doubled(self):
        states = dict(self.stage.rows("SELECT id, state FROM ensue_work"))
        assert set(states) == set(self.sent)
        assert {n for n, state in states.items() if state == work.DONE} == set(self.done)
        assert self.in_queue(DEAD) == self.dead
        depth = self.stage.engine.read(lambda tx: backlog.depth(tx, QUEUE))
        assert depth.waiting + depth.leased + len(self.done) + len(self.dead) == len(self.sent)

    @invariant()
    def the_counts_agree_with_the_rows(self):
        for queue in (QUEUE, DEAD):
            [(unsettled, leased, held)] = self.stage.rows(
                "SELECT count(*), coalesce(sum(state = 1), 0), coalesce(sum(due_ms = ?), 0)"
                " FROM ensue_work WHERE queue = ? AND state < 2",
                work.HELD_MS,
                queue,
            )
            assert self.stage.engine.facts.depths.committed(queue)[:3] == (unsettled, leased, held)
            oldest = self.stage.rows(
                "SELECT min(after_ms) FROM ensue_work WHERE queue = ? AND state = 0", queue
            )
            assert [
                (self.stage.engine.read(lambda tx, queue=queue: backlog.oldest_ms(tx, queue)),)
            ] == oldest

    @invariant()
    def each_group_has_one_piece_in_turn(self):
        rows = self.stage.rows(
            "SELECT grp, count(*) FROM ensue_work WHERE queue = ? AND state < 2 AND due_ms < ?"
            " AND grp IS NOT NULL GROUP BY grp",
            QUEUE,
            work.HELD_MS,
        )
        assert all(count == 1 for _, count in rows)
        waiting = self.stage.rows(
            "SELECT DISTINCT grp FROM ensue_work WHERE queue = ? AND state < 2 AND grp NOT NULL",
            QUEUE,
        )
        assert len(waiting) == len(rows)


class PriorityMachine(WorkMachine):
    order = PRIORITY


class FairMachine(WorkMachine):
    order = FAIR


WorkMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestWork = WorkMachine.TestCase
PriorityMachine.TestCase.settings = FairMachine.TestCase.settings = WorkMachine.TestCase.settings
TestWorkWithPriorities = PriorityMachine.TestCase
TestFairWork = FairMachine.TestCase
