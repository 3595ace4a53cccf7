"""Functions that do what no workflow should: what they are told, and what stays whole."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ensue import App, WorkflowContext
from ensue.resources.workflow.routine import run, strands
from ensue.testing import running


def end_of(routine) -> Any:
    """How an execution of a function ends, of an app of its own."""
    app = App("shop")
    flow = app.workflow("flow")(routine)
    with running(app) as t:
        t.wait(flow.start(1, name="one"))
        t.settle()
        return t.wait(flow.describe("one"))


async def nothing():
    """Return at once."""


def bound(monkeypatch, name, most):
    """Let a bound of functions be smaller."""
    monkeypatch.setattr(strands, name, most)
    monkeypatch.setattr(run, name, most)


def test_many_branches_that_do_nothing_do_not_reach_into_another_execution(monkeypatch):
    bound(monkeypatch, "NUMBERS_WITHIN_MAX", 64)

    async def branching(ctx: WorkflowContext, given: Any):
        for _ in range(7):
            await ctx.parallel(*[nothing] * 10)
        await ctx.parallel(lambda: ctx.sleep("1h"))

    found = end_of(branching)
    assert found.error == "LimitExceeded"
    assert "at most 64 branches" in found.cause


def test_branches_of_branches_end_soon_after_the_history_is_full(monkeypatch):
    bound(monkeypatch, "HISTORY_EVENTS_MAX", 250)
    begun = []

    async def sleep(ctx):
        begun.append(1)
        await ctx.sleep("1h")

    async def one(ctx):
        await ctx.map(lambda _: sleep(ctx), range(25))

    async def branching(ctx: WorkflowContext, given: Any):
        await ctx.map(lambda _: one(ctx), range(25))

    found = end_of(branching)
    assert found.error == "LimitExceeded"
    assert "at most 250 events" in found.cause
    assert len(begun) < 250


@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_step_returns_fits_into_a_history(is_async):
    async def returning(ctx: WorkflowContext, given: Any):
        def inside(tx):
            return "x" * 300_000

        async def outside():
            return "x" * 300_000

        return await (ctx.step(outside) if is_async else ctx.step(inside))

    found = end_of(returning)
    assert found.error == "TooLarge"
    assert "expected an answer of at most 262144 bytes, got 300002" in found.cause


def test_a_step_that_awaits_the_context_is_told_that_it_is_not_its_own():
    async def nesting(ctx: WorkflowContext, given: Any):
        async def step():
            await ctx.sleep(1)

        await ctx.step(step)

    found = end_of(nesting)
    assert found.error == "InvalidInput"
    assert "expected ctx to be used by the workflow function itself" in found.cause


def test_the_context_of_another_execution_is_not_mine():
    kept: list[WorkflowContext] = []

    async def keeping(ctx: WorkflowContext, given: Any):
        kept.append(ctx)

    async def using(ctx: WorkflowContext, given: Any):
        await kept[0].step(lambda tx: 1)

    assert end_of(keeping).status == "SUCCEEDED"
    assert end_of(using).error == "InvalidInput"


def test_a_step_that_is_cancelled_from_within_failed_and_killed_nothing():
    async def cancelling(ctx: WorkflowContext, given: Any):
        async def step():
            raise asyncio.CancelledError

        await ctx.step(step)

    app = App("shop")
    flow = app.workflow("flow")(cancelling)
    with running(app) as t:
        t.wait(flow.start(1, name="one"))
        t.drain()
        found = t.wait(flow.describe("one"))
    assert (found.error, found.cause) == (
        "States.TaskFailed",
        "CancelledError: something that the action awaited was cancelled",
    )
