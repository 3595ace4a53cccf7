"""Schedules against a simple model: each moment fires once, and never early."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine.database import StoreUrl
from ensue.languages.schedules import compile_schedule
from ensue.resources.schedule import Scheduler
from ensue.words.errors import Conflict, InvalidExpression, NotFound
from tests.conftest import Stage

MINUTE = 60_000
GRACE_MS = 60_000
NAMES = st.sampled_from(["a", "b"])
EXPRESSIONS = st.sampled_from([
    "rate(1 minute)",
    "rate(7 minutes)",
    "cron(* * * * ? *)",
    "cron(0/5 3 * * ? *)",
    "at(2031-07-05T03:20:00)",
])
MISSED = st.sampled_from(["once", "skip", "all"])
WINDOWS = st.sampled_from([0, 0, 150])


@dataclass
class Modelled:
    """What the model knows of a schedule."""

    expression: str
    missed: str
    window_ms: int
    anchor_ms: int
    next_ms: int | None
    paused: bool = False
    fired: list[int] = field(default_factory=list)

    def after(self, at_ms: int) -> int | None:
        return compile_schedule(self.expression).next_ms(at_ms, start_ms=self.anchor_ms)


class ScheduleMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.app = App("wims")
        self.queue = self.app.queue("reports")
        self.group = self.app.schedules()
        self.folder = tempfile.TemporaryDirectory()
        self.crashes = 0
        self.stage = Stage(self.url(), self.app)
        self.model: dict[str, Modelled] = {}
        self.gone: list[tuple[str, list[int]]] = []
        self.seen = 0

    def teardown(self) -> None:
        self.stage.close()
        self.folder.cleanup()

    def url(self) -> StoreUrl:
        return StoreUrl(f"{self.folder.name}/{self.crashes}.db", "NORMAL")

    @property
    def now_ms(self) -> int:
        return self.stage.clock.now_ms()

    def wait(self, doing):
        return self.stage.wait(doing)

    @rule(name=NAMES, expression=EXPRESSIONS, missed=MISSED, window_s=WINDOWS)
    def create(self, name, expression, missed, window_s):
        made = Modelled(expression, missed, window_s * 1_000, self.now_ms, None)
        made.next_ms = made.after(self.now_ms - 1)
        create = self.group.create(name, expression, to=self.queue, missed=missed, window=window_s)
        if self.refused(create, name in self.model, made.next_ms is None):
            return
        self.model[name] = made
        self.settle()

    @rule(name=NAMES, expression=EXPRESSIONS)
    def update(self, name, expression):
        known = self.model.get(name)
        update = self.group.update(name, expression=expression)
        if known is None:
            assert self.raises(update, NotFound)
            return
        if expression == known.expression:
            self.wait(update)
            return
        after = Modelled(expression, known.missed, known.window_ms, self.now_ms, None)
        last_ms = known.fired[-1] if known.fired else -1
        after.next_ms = after.after(max(self.now_ms - 1, last_ms))
        if after.next_ms is None and not known.paused and not self.is_over(known):
            assert self.raises(update, InvalidExpression)
            return
        self.wait(update)
        known.expression, known.anchor_ms = expression, self.now_ms
        known.next_ms = None if known.paused else after.next_ms
        self.settle()

    @rule(name=NAMES)
    def pause(self, name):
        known = self.model.get(name)
        if known is None or self.is_over(known):
            assert self.raises(self.group.pause(name), NotFound, Conflict)
            return
        self.wait(self.group.pause(name))
        known.paused, known.next_ms = True, None

    @rule(name=NAMES)
    def resume(self, name):
        known = self.model.get(name)
        if known is None or self.is_over(known):
            assert self.raises(self.group.resume(name), NotFound, Conflict)
            return
        self.wait(self.group.resume(name))
        last_ms = known.fired[-1] if known.fired else -1
        known.paused = False
        known.next_ms = known.after(max(self.now_ms - 1, last_ms))
        self.settle()

    @rule(name=NAMES)
    def delete(self, name):
        known = self.model.pop(name, None)
        assert self.wait(self.group.delete(name)) is (known is not None)
        if known is not None:
            self.gone.append((name, known.fired))

    @rule(ms=st.sampled_from([1, 20_000, MINUTE, 5 * MINUTE]))
    def time_passes(self, ms):
        until_ms = self.now_ms + ms
        self.stage.advance(ms)
        self.expect(until_ms, stepwise=True)

    @rule(ms=st.sampled_from([30_000, 3 * MINUTE, 40 * MINUTE]))
    def the_clock_is_set_ahead(self, ms):
        self.stage.clock.move_to(self.now_ms + ms)
        self.settle()

    @rule(ms=st.sampled_from([0, 1, 5 * MINUTE]))
    def the_process_dies_and_starts_again_later(self, ms):
        now_ms, before = self.now_ms, self.crashes
        self.crashes += 1
        for end in ("", "-wal"):
            name = f"{self.folder.name}/{before}.db{end}"
            if Path(name).exists():
                shutil.copy(name, f"{self.folder.name}/{self.crashes}.db{end}")
        self.stage.close()
        self.stage = Stage(self.url(), self.app)
        self.stage.clock.move_to(now_ms + ms)
        self.settle()

    @rule()
    def a_firing_fails_half_way(self):
        table = self.group.model.table
        self.stage.do(
            lambda tx: tx.execute(
                f"CREATE TRIGGER broken BEFORE UPDATE ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
        )
        self.stage.clock.move_to(self.now_ms + MINUTE)
        self.raises(self.scheduler().step(), Conflict)
        self.stage.do(lambda tx: tx.execute("DROP TRIGGER broken"))
        assert len(self.wait(self.queue.peek(1_000))) == self.seen
        self.settle()

    def scheduler(self):
        return next(each for each in self.stage.engine.workers if isinstance(each, Scheduler))

    @rule()
    def it_looks_for_no_reason(self):
        self.stage.engine.wake_all()
        self.settle()

    def settle(self) -> None:
        self.stage.engine.wake_all()
        self.stage.settle()
        self.expect(self.now_ms, stepwise=False)

    def expect(self, now_ms: int, *, stepwise: bool) -> None:
        """Take over what fired, after checking each firing against the model."""
        messages = self.wait(self.queue.peek(1_000))
        for message in messages[self.seen :]:
            known = self.model[message.attributes["schedule"]]
            due_ms = message.attributes["due_ms"]
            late_ms = message.sent_ms - due_ms
            assert late_ms >= 0, "it fired early"
            assert due_ms not in known.fired, "it fired twice"
            self.catch_up(known, due_ms)
            assert known.next_ms == due_ms, "it fired at another moment, or out of order"
            is_missed = late_ms > known.window_ms + GRACE_MS
            assert not (is_missed and known.missed == "skip")
            assert not (stepwise and known.window_ms == 0 and is_missed)
            known.fired.append(due_ms)
            follows_ms = due_ms
            if is_missed and known.missed != "all":
                follows_ms = max(due_ms, message.sent_ms - known.window_ms)
            known.next_ms = known.after(follows_ms)
        self.seen = len(messages)
        for known in self.model.values():
            self.catch_up(known, None)
            if known.next_ms is not None:
                assert known.next_ms + known.window_ms >= now_ms, "a firing is lost"

    def catch_up(self, known: Modelled, due_ms: int | None) -> None:
        """Leave out what a policy of skipping leaves out."""
        while (
            known.missed == "skip"
            and known.next_ms is not None
            and known.next_ms != due_ms
            and known.next_ms + known.window_ms + GRACE_MS < self.now_ms
        ):
            known.next_ms = known.after(known.next_ms)

    def is_over(self, known: Modelled) -> bool:
        return known.next_ms is None and not known.paused

    def raises(self, doing, *faults) -> bool:
        try:
            self.wait(doing)
        except faults:
            return True
        return False

    def refused(self, doing, is_there, is_never) -> bool:
        if is_there or is_never:
            assert self.raises(doing, Conflict, InvalidExpression)
            return True
        self.wait(doing)
        return False

    @invariant()
    def what_is_shown_is_what_the_model_says(self):
        shown = {each.name: each for each in self.wait(self.group.page())}
        assert set(shown) == set(self.model)
        for name, known in self.model.items():
            assert shown[name].due_ms == known.next_ms
            assert shown[name].fired == len(known.fired)

    @invariant()
    def nothing_is_wrong_with_the_store(self):
        assert check(self.stage.engine) == []


TestSchedules = ScheduleMachine.TestCase
TestSchedules.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
