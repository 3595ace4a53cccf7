"""What people do to executions, killed at every commit: each ends as if nothing had been."""

from __future__ import annotations

import pytest

from ensue.testing import crash_points
from tests.resources.workflow.conftest import asking, types

pytestmark = pytest.mark.crash

HOURS = {"Type": "Wait", "Seconds": 7_200}
FEW_POINTS = 4


def effect(key, **more):
    return {
        "Type": "Task",
        "Resource": "ensue:function:effect",
        "Parameters": {"id": key},
        "ResultPath": None,
        **more,
    }


def told(t, shop, flow, *names):
    """How executions ended, what they did, and what is left of what they waited for."""
    ended = []
    for name in names or ("one",):
        found = t.wait(flow.describe(name))
        ended.append((found.status, found.output, found.error, found.redrives))
        ended.append(types(t, flow, name))
    rows = t.wait(shop.effects.scan()).items
    left = t._platform.engine.read(
        lambda tx: tx.rows(
            "SELECT (SELECT count(*) FROM ensue_branches), (SELECT count(*) FROM ensue_task_tokens)"
        )
    )
    return ended, sorted((row["id"], row["times"]) for row in rows), left


def begin(t, flow, given=None):
    ask(t, flow, "start", input=given, name="one")
    t.settle()


def ask(t, flow, operation, **body):
    """Ask for an operation; who asks again after a kill may be told that it was done before."""
    reply = t.post(f"/_ensue/workflows/{flow.ref.name}/{operation}", body)
    assert reply.status in {200, 404, 409}


def token_of(t, shop):
    """The token that was asked with last."""
    return t.messages(shop.outbox)[-1].body["token"]


def killed_everywhere(shop, play):
    return crash_points(play, shop.app)


@pytest.mark.parametrize(
    ("answer", "body", "status"),
    [
        ("send-task-success", {"output": 7}, "SUCCEEDED"),
        ("send-task-failure", {"error": "Refused"}, "FAILED"),
    ],
)
def test_a_token_is_given_back(shop, answer, body, status):
    flow = shop.flow({"A": effect("a", Next="B"), "B": asking(shop)})

    def play(t):
        begin(t, flow)
        ask(t, flow, answer, token=token_of(t, shop), **body)
        t.settle()
        assert t.wait(flow.describe("one")).status == status
        return told(t, shop, flow)

    assert killed_everywhere(shop, play) >= FEW_POINTS


def test_a_task_says_that_it_lives_and_then_is_silent(shop):
    late = effect("late", End=True)
    caught = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}]
    waits = asking(shop, HeartbeatSeconds=60, TimeoutSeconds=600, Catch=caught)
    flow = shop.flow({"A": waits, "Late": late})

    def play(t):
        begin(t, flow)
        t.advance("50s")
        ask(t, flow, "send-task-heartbeat", token=token_of(t, shop))
        t.advance("50s")
        assert shop.times(t, "late") == 0
        t.advance("20s")
        return told(t, shop, flow)

    assert killed_everywhere(shop, play) >= FEW_POINTS


def test_an_execution_is_stopped_with_what_it_started(shop):
    child = shop.flow({"W": {**HOURS, "End": True}}, name="child")
    sync = {"Type": "Task", "Resource": "ensue:workflow:child.sync", "End": True}
    branches = [
        {"StartAt": "C", "States": {"C": sync}},
        {"StartAt": "A", "States": {"A": asking(shop)}},
        {"StartAt": "W", "States": {"W": {**HOURS, "Next": "X"}, "X": effect("x", End=True)}},
    ]
    flow = shop.flow({"P": {"Type": "Parallel", "Branches": branches, "End": True}})

    def play(t):
        begin(t, flow)
        ask(t, flow, "stop", name="one", error="Enough")
        t.advance("3h")
        assert t.wait(child.counts())["aborted"] == 1
        return told(t, shop, flow)

    assert killed_everywhere(shop, play) >= FEW_POINTS


def test_an_executions_time_is_over(shop):
    flow = shop.flow(
        {"A": effect("a", Next="W"), "W": {**HOURS, "Next": "B"}, "B": effect("b", End=True)},
        machine={"TimeoutSeconds": 3_600},
    )

    def play(t):
        begin(t, flow)
        t.advance("3h")
        assert t.wait(flow.describe("one")).status == "TIMED_OUT"
        return told(t, shop, flow)

    assert killed_everywhere(shop, play) >= FEW_POINTS


def test_an_execution_that_failed_is_redriven_and_forked(shop):
    flow = shop.flow({"A": effect("a", Next="B"), "B": asking(shop)})

    def play(t):
        begin(t, flow)
        ask(t, flow, "send-task-failure", token=token_of(t, shop), error="Refused")
        t.settle()
        ask(t, flow, "redrive", name="one")
        t.settle()
        ask(t, flow, "send-task-success", token=token_of(t, shop), output=1)
        t.settle()
        ask(t, flow, "fork", name="one", at="B", fork_name="two")
        t.settle()
        ask(t, flow, "send-task-success", token=token_of(t, shop), output=2)
        t.settle()
        assert [t.wait(flow.describe(name)).output for name in ("one", "two")] == [1, 2]
        return told(t, shop, flow, "one", "two")

    assert killed_everywhere(shop, play) >= FEW_POINTS


def test_an_execution_is_paused_while_its_time_comes_and_its_token_is_given_back(shop):
    branches = [
        {"StartAt": "A", "States": {"A": asking(shop)}},
        {"StartAt": "W", "States": {"W": {**HOURS, "Next": "X"}, "X": effect("x", End=True)}},
    ]
    flow = shop.flow({"P": {"Type": "Parallel", "Branches": branches, "End": True}})

    def play(t):
        begin(t, flow)
        ask(t, flow, "pause-execution", name="one")
        ask(t, flow, "send-task-success", token=token_of(t, shop), output=1)
        t.advance("3h")
        assert shop.times(t, "x") == 0
        ask(t, flow, "resume-execution", name="one")
        t.advance("1s")
        assert t.wait(flow.describe("one")).status == "SUCCEEDED"
        return told(t, shop, flow)

    assert killed_everywhere(shop, play) >= FEW_POINTS


def test_what_is_old_is_forgotten(shop):
    flow = shop.flow({"A": effect("a", End=True)}, keep="1h")

    def play(t):
        begin(t, flow)
        t.advance("30m")
        ask(t, flow, "start", name="two")
        assert t.wait(flow.executions(limit=1)).executions[0].name == "two"
        t.advance("4h")
        rows = t._platform.engine.read(
            lambda tx: tx.rows(
                "SELECT (SELECT count(*) FROM ensue_executions),"
                " (SELECT count(*) FROM ensue_histories)"
            )
        )
        return rows, shop.times(t, "a")

    assert killed_everywhere(shop, play) >= FEW_POINTS
