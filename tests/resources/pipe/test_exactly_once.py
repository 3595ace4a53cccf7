"""Whatever fails on the way, each event gets to the target once, and those of a key in order."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensue import App, InputPath
from ensue.engine.database import MEMORY, StoreUrl
from tests.conftest import Stage

MODES = {
    "direct": {},
    "in batches": {"batch": 4},
    "with a window": {"batch": 4, "window": "3s"},
    "at a rate": {"rate": "20/s"},
    "asking inside": {"asks": "inside"},
    "asking inside in batches": {"asks": "inside", "batch": 4},
    "asking outside": {"asks": "outside"},
    "asking outside in batches": {"asks": "outside", "batch": 4, "window": "2s"},
}

steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from("abc")),
        st.tuples(st.just("fail"), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.integers(0, 4_000)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


class Shop:
    """A source, a pipe in one of its modes, and a target that is full at times."""

    def __init__(self, source, mode):
        options = dict(MODES[mode])
        asks = options.pop("asks", None)
        self.app = App("wims")
        self.failures = 0
        self.said = Counter()
        self.is_table = source == "table"
        self.source = (
            self.app.table("source", key="id")
            if source == "table"
            else self.app.stream("source", shards=2)
            if source == "stream"
            else self.app.queue("source", max_receives=100)
        )
        self.out = self.app.queue("out")
        self.path = {"table": "$.NewImage", "stream": "$.data", "queue": "$.body"}[source]

        def ask(body, tx=None):
            if self.failures:
                self.failures -= 1
                raise ValueError("not now")
            return body

        async def ask_outside(body):
            return ask(body)

        if asks is not None:
            options["enrich"] = ask if asks == "inside" else ask_outside
        self.pipe = self.app.pipe(
            "pipe", source=self.source, to=self.out, input=InputPath(self.path), **options
        )

    def say(self, stage, key):
        self.said[key] += 1
        body = {"id": key, "n": self.said[key]}
        if self.pipe.model.from_queue:
            stage.wait(self.source.send(body, group=key))
        elif self.is_table:
            stage.wait(self.source.put(body))
        else:
            stage.wait(self.source.append(body, key=key))

    def got(self, stage):
        found = defaultdict(list)
        for each in stage.wait(self.out.peek(1_000)):
            found[each.body["id"]].append(each.body["n"])
        return dict(found)


@pytest.mark.parametrize("source", ["table", "stream", "queue"])
@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=steps)
def test_each_event_gets_to_the_target_once_and_those_of_a_key_in_order(source, mode, told):
    shop = Shop(source, mode)
    stage = Stage(StoreUrl(MEMORY), shop.app)
    try:
        for what, how in told:
            if what == "say":
                shop.say(stage, how)
            elif what == "fail":
                shop.failures = how
            elif what == "wait":
                stage.advance(how)
            else:
                stage.settle()
        shop.failures = 0
        stage.advance(3_600_000)

        expected = {key: list(range(1, count + 1)) for key, count in shop.said.items()}
        assert shop.got(stage) == expected
    finally:
        stage.close()


@pytest.mark.parametrize("mode", ["direct", "in batches", "asking outside in batches"])
def test_killed_at_any_step_each_event_gets_to_the_target_once(mode, file_store, run_on, crashed):
    shop = Shop("table", mode)
    stage = run_on(file_store, shop.app)
    for key in "abab":
        shop.say(stage, key)
    left = []

    async def step(worker):
        await worker.step()
        await stage.let_actions_run()

    for _ in range(6):
        for worker in stage.engine.workers:
            stage.wait(step(worker))
            left.append(crashed(stage))
        stage.clock.move_to(stage.clock.now_ms() + 1_000)

    for url in left:
        again = Shop("table", mode)
        after = run_on(url, again.app)
        after.advance(60_000)
        assert again.got(after) == {"a": [1, 2], "b": [1, 2]}
        after.close()
