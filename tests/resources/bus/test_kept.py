"""Whatever is published, trimmed, archived and replayed: a replay delivers what was kept, once."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.home import Settings
from ensue.engine.keeper import Keeper
from ensue.resources.bus.worker.replaying import ReplayWorker
from tests.conftest import Stage

HOUR_MS = 3_600_000
KINDS = ("order", "click", "payment")
FOR_LONG = Settings(keep_ms=10**12)


class BusMachine(RuleBasedStateMachine):
    """A bus with archives, and replays to a queue that gets nothing else."""

    def __init__(self):
        super().__init__()
        self.app = App("wims")
        self.events = self.app.bus("events", keep="1h")
        self.events.archive("orders", {"detail-type": ["order"]}, keep="3h")
        self.events.archive("money", {"detail-type": ["order", "payment"]}, keep="2h")
        self.got = self.app.queue("got")
        self.events.rule("again", {"replay-name": [{"exists": True}]}, to=self.got)
        self.stage = Stage(StoreUrl(MEMORY), self.app, settings=FOR_LONG)
        self.keeper = self.worker(Keeper)
        self.replayer = self.worker(ReplayWorker)
        self.expected: dict[str, list[str]] = {}

    def worker(self, kind):
        [found] = [each for each in self.stage.engine.workers if isinstance(each, kind)]
        return found

    def teardown(self):
        for each in self.stage.wait(self.events.replays(100)):
            if each.state == "paused":
                self.stage.wait(self.events.resume_replay(each.name))
        while self.stage.wait(self.replayer.step()):
            pass
        bodies = [each.body for each in self.stage.wait(self.got.peek(1_000))]
        for name, expected in self.expected.items():
            assert [each["id"] for each in bodies if each["replay-name"] == name] == expected
        assert {each["replay-name"] for each in bodies} <= set(self.expected)
        self.stage.close()

    def kept(self):
        """What the store has, read without the code under test."""
        text = self.stage.engine.records.text
        number = self.stage.engine.number(self.events.ref)
        rows = self.stage.rows(
            "SELECT sequence, new ->> '$.detail-type' FROM wims_events_events UNION ALL"
            " SELECT sequence, new ->> '$.detail-type' FROM wims_events_events_archive"
        )
        return [(sequence, kind, text(number, sequence)) for sequence, kind in sorted(rows)]

    @rule(kinds=st.lists(st.sampled_from(KINDS), max_size=5))
    def publish(self, kinds):
        for kind in kinds:
            self.stage.wait(self.events.publish(kind, {}))

    @rule(minutes=st.sampled_from([1, 20, 70]))
    def keep(self, minutes):
        self.stage.clock.move_to(self.stage.clock.now_ms() + minutes * 60_000)
        while self.stage.wait(self.keeper.step()):
            pass

    @rule(
        kind=st.none() | st.sampled_from(KINDS),
        since=st.none() | st.integers(1, 20),
        until=st.none() | st.integers(1, 20),
    )
    def replay(self, kind, since, until):
        name = f"r{len(self.expected)}"
        if sum(each.ended_ms is None for each in self.stage.wait(self.events.replays(100))) >= 10:
            return
        self.expected[name] = [
            event_id
            for sequence, of_kind, event_id in self.kept()
            if (kind is None or of_kind == kind) and (since or 0) <= sequence <= (until or sequence)
        ]
        pattern = None if kind is None else {"detail-type": [kind]}
        asked = {"pattern": pattern, "since": since, "until": until}
        told = self.stage.wait(self.events.replay(name, dry_run=True, **asked))
        started = self.stage.wait(self.events.replay(name, **asked))
        assert told.matching == len(self.expected[name])
        assert told.read == started.total

    @rule(count=st.integers(1, 4))
    def go_on(self, count):
        self.stage.engine.take_at_most = count
        self.stage.wait(self.replayer.step())
        self.stage.engine.take_at_most = 10_000

    @rule(pause=st.booleans())
    def pause_or_resume(self, pause):
        for each in self.stage.wait(self.events.replays(100)):
            if each.ended_ms is None:
                switch = self.events.pause_replay if pause else self.events.resume_replay
                self.stage.wait(switch(each.name))

    @invariant()
    def nothing_is_wrong_with_the_store(self):
        assert check(self.stage.engine) == []


TestKept = BusMachine.TestCase
TestKept.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
