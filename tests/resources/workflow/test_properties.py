"""Whatever the machine: durable, it ends as it does in memory, also when the process dies."""

from __future__ import annotations

import json
import zlib
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ensue.app.app import App
from ensue.app.integrity import check
from ensue.engine import executions
from ensue.engine.ids import seeded_random
from ensue.languages.states.execute import execute
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.signals import Failed, Succeeded
from ensue.testing.kit import running
from tests.languages.states.machines import inputs, machines
from tests.simulation.play import FOLDER

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class E(Exception):
    """One of the errors that random machines catch."""


class F(Exception):
    """Another one."""


def answer(arguments):
    """What a task answers, or raises: it follows from what it is called with."""
    text = json.dumps(arguments, sort_keys=True)
    kind = zlib.crc32(text.encode()) % 5
    if kind == 0:
        raise E("cause")
    if kind == 1:
        raise F("cause")
    return [{"a": 1, "list": [1, 2]}, 3, [1]][kind - 2]


def inside(machine):
    """A machine whose tasks are done inside, and whose delays follow from it alone."""
    if isinstance(machine, list):
        return [inside(each) for each in machine]
    if not isinstance(machine, dict):
        return machine
    plain = {key: inside(each) for key, each in machine.items()}
    if "Resource" in plain:
        plain["Resource"] = "ensue:function:f"
    plain.pop("JitterStrategy", None)
    return plain


def in_memory(machine, given_input):
    """How a machine ends in memory, and what it tells."""

    def perform(command):
        try:
            return Succeeded(answer(command.arguments))
        except (E, F) as fault:
            told = {"errorMessage": str(fault), "errorType": type(fault).__name__}
            return Failed(told["errorType"], json.dumps(told, separators=(",", ":")))

    return execute(compile_machine(machine), given_input, perform)


def declared(machine):
    """An app with the machine, and a count of what its tasks have done."""
    app = App("random")
    done = app.table("done", key="n")

    @app.function
    def f(body, tx):
        found = answer(body)
        count = (tx.get(done, 0) or {"n": 0, "times": 0})["times"]
        tx.put(done, {"n": 0, "times": count + 1})
        return found

    return app, done, app.workflow("flow", definition=machine)


def count_of(t, done):
    found = t.wait(done.get(0))
    return 0 if found is None else found["times"]


def depths(t):
    """How much the queues count as unsettled, once the executions are counted as they are."""
    engine = t._platform.engine
    counts = {key: count[:3] for key, count in engine.facts.depths._live.items() if any(count[:3])}
    kept = engine.read(executions.counted)
    assert {key: count for key, count in counts.items() if not isinstance(key, int)} == {
        key: count[:3] for key, count in kept.items()
    }
    return {queue: count for queue, count in counts.items() if isinstance(queue, int)}


def agrees(t, flow, done, expected):
    """Whether an execution has ended as another one, with its history, and nothing is left."""
    found = t.wait(flow.describe("one"))
    events = t.wait(flow.history("one", limit=1_000)).events
    assert (found.status, found.output, found.error) == (
        expected.status,
        expected.output,
        expected.error,
    )
    told = [(each.type, each.id, each.previous) for each in expected.events]
    assert [(each["type"], each["id"], each["previousEventId"]) for each in events] == told
    succeeded = sum(each.type == "TaskSucceeded" for each in expected.events)
    assert count_of(t, done) == succeeded
    assert check(t._platform.engine) == []
    assert depths(t) == {}


@quick
@given(machine=machines().map(inside), given_input=inputs)
def test_a_durable_execution_ends_as_the_same_machine_in_memory(machine, given_input):
    expected = in_memory(machine, given_input)
    app, done, flow = declared(machine)
    with running(app) as t:
        t.wait(flow.start(given_input, name="one"))
        t.drain()
        agrees(t, flow, done, expected)


def dies(machine, given_input, seed):
    """Run a machine on a store that is left, and opened again, between any two transactions."""
    expected = in_memory(machine, given_input)
    app, done, flow = declared(machine)
    source = seeded_random(seed)
    with TemporaryDirectory(dir=FOLDER) as folder, running(app, store=f"sqlite:///{folder}/s") as t:
        t.wait(flow.start(given_input, name="one"))
        while t.wait(flow.describe("one")).is_running:
            if source.random() < 0.3:
                t._await(t._platform.abandon())
                t._open()
            if t.deliver_next("flow") is None:
                t.clock.move_to(t._steps._passage.next_ms(idle=False))
        agrees(t, flow, done, expected)


runs = given(machine=machines().map(inside), given_input=inputs, seed=st.integers(0, 2**32))


def test_an_execution_ends_the_same_when_the_process_dies_between_its_commits():
    few(runs(dies))()


@pytest.mark.crash
def test_many_executions_end_the_same_when_the_process_dies_between_their_commits(pytestconfig):
    many = pytestconfig.getoption("--seeds") // 2

    settings(few, max_examples=many, database=None)(runs(dies))()
