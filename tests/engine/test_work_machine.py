"""Work against a model: nothing lost, nothing doubled, order within a group."""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ensue.engine import backlog, takeover, work
from ensue.engine.database import MEMORY, StoreUrl
from tests.conftest import Stage
from tests.engine.test_work import redrive

QUEUE, DEAD = 16, 17
LEASE_MS = 1_000
GROUPS = st.sampled_from([None, "a", "b"])
CHOICE = st.integers(0, 9)


class WorkMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(StoreUrl(MEMORY))
        self.sent: dict[int, str | None] = {}
        self.done: list[int] = []
        self.dead: set[int] = set()
        self.revived: set[int] = set()
        self.leases: list[work.Work] = []
        self.numbers = itertools.count()

    def teardown(self) -> None:
        self.stage.close()

    def live(self, lease: work.Work) -> bool:
        """Whether a lease was the last one of its work, as the model sees it."""
        last = max(each.taken_ms for each in self.leases if each.id == lease.id)
        return lease.id not in self.done and lease.id not in self.dead and lease.taken_ms == last

    @rule(group=GROUPS, delay_ms=st.sampled_from([0, 0, 700]))
    def send(self, group, delay_ms):
        body = str(next(self.numbers))
        number = self.stage.do(lambda tx: work.add(tx, QUEUE, body, group=group, delay_ms=delay_ms))
        self.sent[number] = group

    @rule(limit=st.integers(1, 4))
    def take(self, limit):
        self.stage.clock.move_to(self.stage.clock.now_ms() + 1)
        taken = self.stage.do(lambda tx: work.lease(tx, work.due(tx, QUEUE, limit), LEASE_MS))
        for each in taken:
            self.check_turn(each)
        self.leases += taken

    def check_turn(self, taken):
        assert taken.id not in self.done
        assert taken.id not in self.dead
        if taken.group is None or self.revived:
            return
        settled = {*self.done, *self.dead}
        earlier = [n for n, group in self.sent.items() if group == taken.group and n < taken.id]
        assert set(earlier) <= settled

    @rule(ms=st.sampled_from([1, 400, LEASE_MS]))
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

    @rule()
    def restart(self):
        self.stage.do(takeover.release_leases)

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


WorkMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestWork = WorkMachine.TestCase
