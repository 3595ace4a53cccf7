"""An execution of a function is redriven, and forked: its record up to a step counts."""

from __future__ import annotations

import pytest

from ensue import App, Conflict, NotFound, StepFailed
from ensue.testing import running


@pytest.fixture
def calls():
    return []


@pytest.fixture
def app():
    return App("shop")


@pytest.fixture
def flow(app, calls):
    """Steps inside and outside; the second fails until it is mended."""
    effects = app.table("effects", key="id")

    def note(what, tx):
        row = tx.get(effects, what) or {"id": what, "times": 0}
        tx.put(effects, row | {"times": row["times"] + 1})
        return row["times"] + 1

    async def ask(what):
        calls.append(what)
        if calls.count(what) == 1 and what == "second":
            raise ConnectionError("the line is busy")
        return f"{what}!"

    @app.workflow
    async def flow(ctx, given):
        found = [given, await ctx.step(note, "first"), ctx.uuid()]
        try:
            found.append(await ctx.step(ask, "second"))
        except StepFailed:
            await ctx.step(note, "made good")
            raise
        found.append(await ctx.step(note, "third"))
        found.append(await ctx.wait_for_event("go"))
        return found

    return flow


def test_a_redriven_function_tries_the_step_that_failed_again_and_nothing_before(app, flow, calls):
    with running(app) as t:
        t.wait(flow.start(1, name="one"))
        t.settle()
        assert t.wait(flow.describe("one")).status == "FAILED"
        t.wait(flow.redrive("one"))
        t.settle()
        t.wait(flow.send_event("one", "go", "now"))
        t.settle()

        done = t.wait(flow.describe("one"))
        assert done.output[:2] + done.output[3:] == [1, 1, "second!", 1, "now"]
        assert done.redrives == 1
        assert calls == ["second", "second"]
        with pytest.raises(Conflict):
            t.wait(flow.redrive("one"))


def test_a_redriven_function_goes_on_after_a_restart(app, flow, calls, tmp_path):
    store = f"sqlite:///{tmp_path}/store.db"
    with running(app, store=store) as t:
        t.wait(flow.start(1, name="one"))
        t.settle()
        t.wait(flow.redrive("one"))
        t.settle()
        now_ms = t.now_ms()
    with running(app, store=store, start_ms=now_ms) as t:
        t.wait(flow.send_event("one", "go", "now"))
        t.settle()

        assert t.wait(flow.describe("one")).status == "SUCCEEDED"
    assert calls == ["second", "second"]


def test_a_function_that_was_stopped_is_redriven_where_it_waited(app, flow, calls):
    calls.append("second")
    with running(app) as t:
        t.wait(flow.start(1, name="one"))
        t.settle()
        t.wait(flow.stop("one"))
        t.wait(flow.redrive("one"))
        t.settle()
        t.wait(flow.send_event("one", "go", "now"))
        t.settle()

        assert t.wait(flow.describe("one")).output[-1] == "now"
    assert calls == ["second", "second"]


def test_a_fork_has_the_record_up_to_a_step_and_goes_on_by_itself(app, flow, calls):
    calls.append("second")
    with running(app) as t:
        t.wait(flow.start(1, name="one"))
        t.settle()
        forked = t.wait(flow.fork("one", "note", fork_name="two"))
        t.settle()
        for name in ("one", "two"):
            t.wait(flow.send_event(name, "go", name))
        t.settle()

        origin, fork = (t.wait(flow.describe(name)).output for name in ("one", "two"))
        assert forked.name == "two"
        assert origin[4:] == [1, "one"]
        assert fork[:4] == origin[:4]
        assert fork[4:] == [2, "two"]
    assert calls == ["second", "second"]


def test_a_fork_may_have_another_input_and_other_results(app, flow, calls):
    calls.append("second")
    with running(app) as t:
        t.wait(flow.start(1, name="one"))
        t.settle()
        t.wait(flow.fork("one", "go", input=9, variables={"ask": "edited"}, fork_name="two"))
        t.settle()
        t.wait(flow.send_event("two", "go", "now"))
        t.settle()

        found = t.wait(flow.describe("two")).output
        assert (found[0], found[3], found[5]) == (9, "edited", "now")
        with pytest.raises(NotFound):
            t.wait(flow.fork("one", "nowhere"))
