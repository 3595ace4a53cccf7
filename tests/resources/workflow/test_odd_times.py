"""What comes at an odd time: an answer after the time-out, or while all is paused; a name again."""

from __future__ import annotations

import asyncio

import pytest

from ensue.engine.waiting import turn
from ensue.words.errors import InvalidValue, NotFound
from tests.resources.workflow.conftest import asking, tables, types
from tests.resources.workflow.test_tokens import token_in

CHILD_ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:child"


@pytest.mark.parametrize("is_alone", [False, True])
def test_an_answer_that_was_taken_counts_although_the_time_is_over_meanwhile(shop, run, is_alone):
    flow = shop.flow({"A": asking(shop, TimeoutSeconds=10)})
    t = run()
    t.start(flow, name="one")
    token = token_in(t, shop)
    t.wait(flow.pause_execution("one") if is_alone else flow.pause())
    t.advance(12)
    t.wait(shop.app.send_task_success(token, "late"))
    t.settle()
    t.wait(flow.resume_execution("one") if is_alone else flow.resume())
    t.settle()
    assert t.wait(flow.describe("one")).output == "late"
    assert tables(t) == [0, 0, 1]  # the message in the queue


@pytest.mark.parametrize("fails", [0, 1])
def test_what_a_task_outside_answers_while_all_is_paused_is_gone_on_with_later(shop, run, fails):
    gate = {}

    @shop.app.function
    async def slow(body):
        gate["open"] = asyncio.Event()
        await gate["open"].wait()
        if fails:
            raise TimeoutError("the line is busy")
        return body

    flow = shop.flow({
        "A": {
            "Type": "Task",
            "Resource": slow,
            "Catch": [{"ErrorEquals": ["TimeoutError"], "Next": "B"}],
            "Next": "B",
        },
        "B": {
            "Type": "Task",
            "Resource": shop.effect,
            "Parameters": {"id": "x"},
            "End": True,
        },
    })
    t = run()
    t.wait(flow.start(1, name="one"))
    t.settle()
    t.wait(flow.pause())
    gate["open"].set()
    t.settle()
    assert shop.times(t, "x") == 0
    t.wait(flow.resume())
    t.settle()
    assert t.wait(flow.describe("one")).status == "SUCCEEDED"
    assert shop.times(t, "x") == 1


@pytest.mark.parametrize("seconds", [0, 60])
def test_nobody_waits_for_an_execution_that_somebody_else_has_started(shop, run, seconds):
    child = shop.flow({"A": {"Type": "Wait", "Seconds": 50, "End": True}}, name="child")
    asked = {"StateMachineArn": CHILD_ARN, "Name": "same", "Input": {}}
    parent = shop.flow(
        {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Parameters": asked,
                "End": True,
            }
        },
        name="parent",
    )
    t = run()
    t.wait(child.start({}, name="same"))
    t.advance(seconds)
    t.wait(parent.start({}, name="one"))
    t.settle()
    found = t.wait(parent.describe("one"))
    assert found.error == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_timeout_that_is_none_starts_nothing(shop, run):
    flow = shop.flow({"A": {"Type": "Pass", "End": True}})
    t = run()
    with pytest.raises(InvalidValue, match="expected a duration"):
        t.wait(flow.start_sync({}, name="one", timeout="soon"))
    with pytest.raises(NotFound):
        t.wait(flow.describe("one"))


def test_who_waits_for_an_express_execution_says_for_how_long(shop, run):
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 60, "End": True}}, type="EXPRESS")
    t = run()

    async def begun():
        waiting = asyncio.ensure_future(flow.start_sync({}, timeout="5s"))
        await turn()
        return waiting

    waiting = t.wait(begun())
    t.advance(5)

    async def ended():
        return await waiting

    assert t.wait(ended()).status == "TIMED_OUT"


def test_a_later_express_execution_of_a_name_is_shown_whole(shop, run):
    flow = shop.flow(
        {
            "A": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "B"}],
                "Default": "C",
            },
            "B": {"Type": "Fail", "Error": "Refused"},
            "C": {"Type": "Succeed"},
        },
        type="EXPRESS",
    )
    t = run()
    t.wait(flow.start({"n": 1}, name="one"))
    t.settle()
    assert types(t, flow)[-1] == "ExecutionFailed"
    t.advance(600)
    t.wait(flow.start({"n": 2}, name="one"))
    t.settle()
    found = t.wait(flow.describe("one"))
    assert (found.input, found.output, found.error) == ({"n": 2}, {"n": 2}, None)
    assert types(t, flow) == []


def test_executions_of_a_time_are_found_among_express_ones_that_are_entered_at_their_end(shop, run):
    flow = shop.flow({"A": {"Type": "Pass", "End": True}})
    waiting = {"A": {"Type": "Wait", "Seconds": 100, "End": True}}
    express = shop.flow(waiting, name="express", type="EXPRESS")
    t = run()
    for n in range(3):
        t.wait(express.start({}, name=f"e{n}"))
    t.settle()
    began_ms = t.now_ms()
    for n in range(20):
        t.start(flow, name=f"n{n}")
        t.advance(10)

    def names(flow, **times):
        return [each.name for each in t.wait(flow.executions(**times)).executions]

    newest_first = [f"n{n}" for n in reversed(range(20))]
    for n in range(20):
        at_ms = began_ms + n * 10_000
        assert names(flow, since=at_ms) == newest_first[: 20 - n]
        assert names(flow, until=at_ms) == newest_first[20 - n :]
    assert names(express, until=began_ms + 1) == ["e2", "e1", "e0"]
    assert names(express, since=began_ms + 1) == []


@pytest.mark.parametrize("reverse", [False, True])
def test_a_history_is_read_from_no_event_that_another_execution_has(shop, run, reverse):
    flow = shop.flow({"A": {"Type": "Pass", "End": True}})
    t = run()
    t.start(flow, name="one")
    t.start(flow, name="two")
    page = t.wait(flow.history("one", after=70_000, limit=1_000, reverse=reverse))
    mine = [each["id"] for each in page.events]
    assert mine == ([4, 3, 2, 1] if reverse else [])
