"""Tasks that end by their token, and time-outs of tasks and executions."""

from __future__ import annotations

import asyncio

import pytest

from ensue.words.errors import InvalidValue, NotFound, TooLarge
from tests.resources.workflow.conftest import asking, ran, tables, types


def token_in(t, shop):
    [message] = t.messages(shop.outbox)
    return message.body["token"]


def test_a_task_waits_for_its_token_and_ends_with_its_output(shop, run):
    flow = shop.flow({"A": asking(shop)})
    t = run()
    assert t.start(flow, name="one").status == "RUNNING"
    t.wait(shop.app.send_task_success(token_in(t, shop), {"yes": True}))
    t.settle()
    assert t.wait(flow.describe("one")).output == {"yes": True}
    assert types(t, flow)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert tables(t)[:2] == [0, 0]


def test_a_task_whose_token_brings_a_failure_fails(shop, run):
    flow = shop.flow({"A": asking(shop)})
    t = run()
    t.start(flow, name="one")
    t.wait(shop.app.send_task_failure(token_in(t, shop), "Refused", "by the reviewer"))
    t.settle()
    found = t.wait(flow.describe("one"))
    assert (found.status, found.error, found.cause) == ("FAILED", "Refused", "by the reviewer")


def test_a_token_is_used_once_and_in_a_transaction_with_other_things(shop, run):
    flow = shop.flow({"A": asking(shop)})
    t = run()
    t.start(flow, name="one")
    token = token_in(t, shop)

    def approve(tx):
        tx.put(shop.effects, {"id": "approved", "times": 1})
        tx.send_task_success(token, 1)

    t.wait(shop.app.run(approve))
    with pytest.raises(NotFound, match="no task waits for this token"):
        t.wait(shop.app.run(approve))
    t.settle()
    assert t.wait(flow.describe("one")).output == 1


def test_a_token_that_nobody_gave_out_ends_nothing(shop, run):
    shop.flow({"A": asking(shop)})
    t = run()
    for send in (
        shop.app.send_task_success("none"),
        shop.app.send_task_failure("none"),
        shop.app.send_task_heartbeat("none"),
    ):
        with pytest.raises(NotFound, match="no task waits for this token"):
            t.wait(send)


def test_what_does_not_fit_leaves_the_token_as_it_is(shop, run):
    flow = shop.flow({"A": asking(shop)})
    t = run()
    t.start(flow, name="one")
    token = token_in(t, shop)
    with pytest.raises(TooLarge):
        t.wait(shop.app.send_task_success(token, "x" * 300_000))
    with pytest.raises(InvalidValue, match="an error of 1 to 256 characters"):
        t.wait(shop.app.send_task_failure(token, "x" * 257))
    t.wait(shop.app.send_task_success(token, "fits"))
    t.settle()
    assert t.wait(flow.describe("one")).output == "fits"


def test_a_task_that_takes_too_long_has_timed_out_and_its_token_is_gone(shop, run):
    catch = [{"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "Late"}]
    flow = shop.flow({
        "A": asking(shop, TimeoutSeconds=30, Catch=catch),
        "Late": {"Type": "Pass", "Result": "late", "End": True},
    })
    t = run()
    t.start(flow, name="one")
    token = token_in(t, shop)
    t.advance(29)
    assert t.wait(flow.describe("one")).status == "RUNNING"
    t.advance(1)
    assert t.wait(flow.describe("one")).output == "late"
    with pytest.raises(NotFound):
        t.wait(shop.app.send_task_success(token))
    assert tables(t)[:2] == [0, 0]


def test_a_heartbeat_begins_the_silence_anew_and_no_heartbeat_is_a_time_out(shop, run):
    flow = shop.flow({"A": asking(shop, HeartbeatSeconds=10, TimeoutSeconds=100)})
    t = run()
    t.start(flow, name="one")
    token = token_in(t, shop)
    for _ in range(5):
        t.advance(9)
        t.wait(shop.app.send_task_heartbeat(token))
    assert t.wait(flow.describe("one")).status == "RUNNING"
    t.advance(10)
    found = t.wait(flow.describe("one"))
    assert (found.status, found.error) == ("FAILED", "States.Timeout")


def test_heartbeats_do_not_put_off_the_time_out(shop, run):
    flow = shop.flow({"A": asking(shop, HeartbeatSeconds=10, TimeoutSeconds=25)})
    t = run()
    t.start(flow, name="one")
    token = token_in(t, shop)
    for _ in range(2):
        t.advance(9)
        t.wait(shop.app.send_task_heartbeat(token))
    t.advance(7)
    assert t.wait(flow.describe("one")).error == "States.Timeout"


def test_a_task_in_time_leaves_no_timer_behind(shop, run):
    flow = shop.flow({"A": asking(shop, TimeoutSeconds=3_600)})
    t = run()
    t.start(flow, name="one")
    t.wait(shop.app.send_task_success(token_in(t, shop)))
    t.settle()
    timers = t._platform.engine.read(
        lambda tx: tx.rows(
            "SELECT count(*) FROM ensue_work WHERE state < 2 AND due_ms > ?", (tx.now_ms,)
        )
    )
    assert timers == [(0,)]


def test_an_execution_whose_time_is_over_has_timed_out(shop, run):
    flow = shop.flow({"A": asking(shop)}, machine={"TimeoutSeconds": 60})
    t = run()
    t.start(flow, name="one")
    t.advance(60)
    found = t.wait(flow.describe("one"))
    assert (found.status, found.error) == ("TIMED_OUT", "States.Timeout")
    assert types(t, flow)[-1] == "ExecutionTimedOut"
    assert tables(t)[:2] == [0, 0]


def test_an_execution_that_ends_in_time_leaves_no_timer_behind(shop, run):
    wait = {"Type": "Wait", "Seconds": 5, "End": True}
    flow = shop.flow({"A": wait}, machine={"TimeoutSeconds": 60})
    t = run()
    began_ms = t.now_ms()
    found = ran(t, flow)
    assert found.ended_ms == t.now_ms() == began_ms + 5_000


def test_a_task_outside_that_takes_too_long_is_cancelled(shop, run):
    begun = []

    @shop.app.function
    async def forever(body):
        begun.append(body)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            begun.append("cancelled")
            raise

    flow = shop.flow({
        "A": {"Type": "Task", "Resource": forever, "TimeoutSeconds": 10, "End": True}
    })
    t = run()
    t.start(flow, 1, name="one")
    t.advance(10)
    found = t.wait(flow.describe("one"))
    assert (found.status, found.error) == ("FAILED", "States.Timeout")
    assert begun == [1, "cancelled"]


def test_what_comes_at_the_moment_at_which_the_time_is_over_comes_too_late(shop, run):
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    flow = shop.flow({"A": wait}, machine={"TimeoutSeconds": 60})
    t = run()
    assert ran(t, flow).status == "TIMED_OUT"
    assert tables(t) == [0, 0, 0]
