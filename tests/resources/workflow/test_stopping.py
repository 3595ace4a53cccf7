"""Stopping executions, and those that they have started and wait for."""

from __future__ import annotations

import asyncio

import pytest

from ensue.words.errors import InvalidDeclaration, NotFound
from tests.resources.workflow.conftest import ran, tables, types

FOREVER = {"A": {"Type": "Wait", "Seconds": 86_400, "End": True}}


def calling(mode="", **more):
    return {"A": {"Type": "Task", "Resource": f"ensue:workflow:inner{mode}", "End": True, **more}}


def test_an_execution_that_is_stopped_is_aborted_and_waits_for_nothing(shop, run):
    flow = shop.flow(FOREVER)
    t = run()
    t.start(flow, name="one")
    found = t.wait(flow.stop("one", error="Unwanted", cause="ordered twice"))
    assert (found.status, found.error, found.cause) == ("ABORTED", "Unwanted", "ordered twice")
    assert types(t, flow)[-1] == "ExecutionAborted"
    assert tables(t) == [0, 0, 0]


def test_an_execution_can_be_stopped_before_its_first_state(shop, run):
    flow = shop.flow(FOREVER)
    t = run()
    t.wait(flow.start(name="one"))
    assert t.wait(flow.stop("one")).status == "ABORTED"
    t.settle()
    assert types(t, flow) == ["ExecutionStarted", "ExecutionAborted"]


def test_what_has_ended_stays_as_it_ended(shop, run):
    flow = shop.flow({"A": {"Type": "Pass", "End": True}})
    t = run()
    before = ran(t, flow, 1)
    assert t.wait(flow.stop("one")) == before
    with pytest.raises(NotFound):
        t.wait(flow.stop("none"))


def test_a_workflow_starts_another_and_goes_on(shop, run):
    inner = shop.flow(FOREVER, name="inner")
    flow = shop.flow(calling())
    t = run()
    found = t.start(flow, {"n": 1}, name="one")
    assert found.status == "SUCCEEDED"
    child = t.wait(inner.describe(found.output["name"]))
    assert (child.id, child.status, child.input) == (found.output["id"], "RUNNING", {"n": 1})


def test_a_workflow_waits_for_another_and_gets_its_output(shop, run):
    shop.flow(
        {
            "W": {"Type": "Wait", "Seconds": 5, "Next": "P"},
            "P": {"Type": "Pass", "Result": 7, "End": True},
        },
        name="inner",
    )
    flow = shop.flow(calling(".sync"))
    t = run()
    assert t.start(flow, name="one").status == "RUNNING"
    t.advance(5)
    assert t.wait(flow.describe("one")).output == 7
    assert tables(t) == [0, 0, 0]


def test_a_workflow_fails_with_the_error_of_the_one_that_it_waits_for(shop, run):
    shop.flow({"F": {"Type": "Fail", "Error": "Mine", "Cause": "because"}}, name="inner")
    flow = shop.flow(calling(".sync"))
    t = run()
    found = t.start(flow, name="one")
    assert (found.status, found.error, found.cause) == ("FAILED", "Mine", "because")


def test_what_is_stopped_takes_along_what_it_waits_for(shop, run):
    inner = shop.flow(FOREVER, name="inner")
    flow = shop.flow(calling(".sync"))
    t = run()
    t.start(flow, name="one")
    t.wait(flow.stop("one"))
    t.settle()
    [child] = t.wait(inner.executions()).executions
    assert child.status == "ABORTED"
    assert tables(t) == [0, 0, 0]


def test_what_has_timed_out_takes_along_what_it_waits_for(shop, run):
    inner = shop.flow(FOREVER, name="inner")
    flow = shop.flow(calling(".sync", TimeoutSeconds=10))
    t = run()
    t.start(flow, name="one")
    t.advance(10)
    assert t.wait(flow.describe("one")).error == "States.Timeout"
    [child] = t.wait(inner.executions()).executions
    assert child.status == "ABORTED"


def test_nobody_can_wait_for_an_express_execution(shop, run):
    shop.flow({"A": {"Type": "Pass", "End": True}}, name="inner", type="EXPRESS")
    shop.flow(calling(".sync"))
    with pytest.raises(InvalidDeclaration, match="expected a standard workflow"):
        run()


def test_a_task_outside_that_nobody_wants_is_cancelled(shop, run):
    told = []

    @shop.app.function
    async def forever(body):
        del body
        try:
            await asyncio.Event().wait()
        finally:
            told.append("cancelled")

    flow = shop.flow({"A": {"Type": "Task", "Resource": forever, "End": True}})
    t = run()
    t.start(flow, name="one")
    t.wait(flow.stop("one"))
    t.settle()
    assert told == ["cancelled"]
    assert tables(t) == [0, 0, 0]
