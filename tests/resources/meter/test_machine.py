"""A meter against a list of events: copies, late events, corrections, new sums, every question."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ensue import App, MeterEvent, Metric
from ensue.app.integrity import check
from ensue.engine.database import MEMORY, StoreUrl
from ensue.resources.meter.store import step, summing
from tests.conftest import Stage
from tests.resources.meter import naive

HOUR_MS = 3_600_000
METRICS = [
    Metric("calls", "call", "COUNT", groups=["endpoint", "n"]),
    Metric("sum", "call", "SUM", "n", groups=["endpoint"]),
    Metric("most", "call", "MAX", "n", groups=["endpoint"]),
    Metric("last", "call", "LAST", "n", groups=["endpoint"]),
    Metric("users", "call", "UNIQUE", "user", groups=["endpoint"]),
    Metric("median", "call", "PERCENTILE", "n", groups=["endpoint"], percentile=50),
    Metric("slow", "call", "PERCENTILE", "n", percentile=99.5),
    Metric("other", "store", "SUM", "n"),
]
SUBJECTS = st.sampled_from(["acme", "globex"])
IDS = st.integers(0, 30).map(str)
NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.sampled_from([0.1, 0.2, -0.3, 1e-7, 12.345, 99_950.5]),
    st.decimals("-1000000", "1000000", places=18),
)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "n": NUMBERS,
        "endpoint": st.sampled_from(["", "/users", "/orders", "x' --", "(empty)"]),
        "user": st.sampled_from(["a", "b", "", "1"]),
    },
)
# Times to the ms around the bounds of hours, some hours apart.
TIMES = st.builds(
    lambda hour, ms: hour * HOUR_MS + ms,
    st.integers(0, 4),
    st.one_of(st.sampled_from([0, 1, HOUR_MS - 1]), st.integers(0, HOUR_MS - 1)),
)


class MeterMachine(RuleBasedStateMachine):
    @initialize()
    def open_store(self):
        app = App("shop")
        self.usage = app.meter("usage", metrics=METRICS)
        self.stage = Stage(StoreUrl(MEMORY), app)
        self.first_ms = self.stage.clock.now_ms() // HOUR_MS * HOUR_MS - 10 * HOUR_MS
        self.known: dict[tuple[str, str], naive.Known] = {}
        self.lines = summing.LINES
        summing.LINES = 3

    def teardown(self):
        summing.LINES = self.lines
        self.stage.settle()
        assert check(self.stage.engine) == []
        self.stage.close()

    @property
    def events(self):
        return list(self.known.values())

    def event(self, subject, event_id, time_ms, properties, of="call"):
        return MeterEvent(event_id, subject, of, self.first_ms + time_ms, properties)

    @rule(
        batch=st.lists(
            st.tuples(SUBJECTS, IDS, TIMES, PROPERTIES, st.sampled_from(["call", "call", "store"])),
            min_size=1,
            max_size=12,
        )
    )
    def record(self, batch):
        events = [self.event(*each) for each in batch]
        new = 0
        for each in events:
            known = naive.Known(each.id, each.subject, each.type, each.time_ms, each.properties)
            if (each.subject, each.id) not in self.known:
                self.known[each.subject, each.id] = known
                new += 1
        found = self.stage.wait(self.usage.record(events))
        assert (found.accepted, found.duplicates) == (new, len(events) - new)
        assert found.refused == []

    @rule(subject=SUBJECTS, event_id=IDS, properties=st.one_of(st.none(), PROPERTIES))
    def correct(self, subject, event_id, properties):
        known = self.known.get((subject, event_id))
        if known is not None:
            self.known[subject, event_id] = known._replace(properties=properties)
            self.stage.wait(self.usage.correct(subject, event_id, properties=properties))

    @rule()
    def begin_to_sum_anew(self):
        self.stage.wait(self.usage.rebuild())

    @rule(steps=st.integers(1, 5))
    def sum_on(self, steps):
        for _ in range(steps):
            self.stage.do(lambda tx: step(tx, self.usage.model))

    @rule(metric=st.sampled_from(METRICS), subject=SUBJECTS, bounds=st.tuples(TIMES, TIMES))
    def ask_for_a_window(self, metric, subject, bounds):
        start_ms, end_ms = (self.first_ms + each for each in sorted(bounds))
        found = self.stage.wait(self.usage.value(subject, metric.name, start_ms, end_ms))
        assert found == naive.usage(metric, self.events, subject, start_ms, end_ms)

    @rule(
        metric=st.sampled_from(METRICS),
        subject=SUBJECTS,
        bounds=st.tuples(TIMES, TIMES),
        name=st.sampled_from(["endpoint", "user"]),
    )
    def ask_for_groups(self, metric, subject, bounds, name):
        start_ms, end_ms = (self.first_ms + each for each in sorted(bounds))
        found = self.stage.wait(
            self.usage.breakdown(subject, metric.name, start_ms, end_ms, group_by=name)
        )
        assert found.value == naive.usage(metric, self.events, subject, start_ms, end_ms)
        assert found.groups == naive.groups(metric, self.events, subject, (start_ms, end_ms), name)

    @rule(
        metric=st.sampled_from(METRICS),
        subject=SUBJECTS,
        bounds=st.tuples(TIMES, TIMES),
        step=st.sampled_from(["hour", "day"]),
        tz=st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
    )
    def ask_for_a_series(self, metric, subject, bounds, step, tz):
        start_ms, end_ms = (self.first_ms + each for each in sorted(bounds))
        found = self.stage.wait(
            self.usage.series(subject, metric.name, start_ms, end_ms, step=step, tz=tz)
        )
        assert (found[0].start_ms, found[-1].end_ms) == (start_ms, end_ms)
        for each, following in pairwise(found):
            assert each.end_ms + 1 == following.start_ms
        for each in found:
            assert each.value == naive.usage(
                metric, self.events, subject, each.start_ms, each.end_ms
            )

    @rule(metric=st.sampled_from(METRICS))
    def ask_for_all(self, metric):
        end_ms = self.first_ms + 10 * HOUR_MS
        for subject in ("acme", "globex"):
            found = self.stage.wait(self.usage.value(subject, metric.name, 0, end_ms))
            assert found == naive.usage(metric, self.events, subject, 0, end_ms)
            assert isinstance(found, Decimal)


TestMeter = MeterMachine.TestCase
TestMeter.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
