"""Executions of async functions that are redriven, forked, paused and drawn."""

from __future__ import annotations

import pytest

from ensue import App, NotFound
from ensue.testing import running


class Shop:
    """An app with a function of three steps: one inside, two outside of which one may fail."""

    def __init__(self):
        self.app = App("shop")
        self.effects = self.app.table("effects", key="id")
        self.calls = []
        self.fails = 0

        def note(what, tx):
            row = tx.get(self.effects, what) or {"id": what, "times": 0}
            tx.put(self.effects, row | {"times": row["times"] + 1})
            return what

        async def ask(what):
            self.calls.append(what)
            if self.fails and what == "b":
                self.fails -= 1
                raise ConnectionError("the line is busy")
            return f"{what} answered"

        @self.app.workflow("flow")
        async def flow(ctx, given):
            noted = await ctx.step(note, given["id"], name="note")
            one, two = await ctx.parallel(
                lambda: ctx.step(ask, "a", name="a"), lambda: ctx.step(ask, "b", name="b")
            )
            last = await ctx.step(ask, f"{noted} {one}", name="last")
            return [noted, one, two, last]

        self.flow = flow

    def times(self, t, what):
        row = t.wait(self.effects.get(what))
        return 0 if row is None else row["times"]


@pytest.fixture
def shop():
    return Shop()


def ran(t, flow, given, name="one"):
    t.wait(flow.start(given, name=name))
    t.drain()
    return t.wait(flow.describe(name))


DONE = ["x", "a answered", "b answered", "x a answered answered"]


def test_only_the_step_that_failed_is_done_again(shop):
    shop.fails = 1
    with running(shop.app) as t:
        assert ran(t, shop.flow, {"id": "x"}).status == "FAILED"

        t.wait(shop.flow.redrive("one"))
        t.drain()

        found = t.wait(shop.flow.describe("one"))
        assert (found.status, found.output, found.redrives) == ("SUCCEEDED", DONE, 1)
        assert sorted(shop.calls) == ["a", "b", "b", "x a answered"]
        assert shop.times(t, "x") == 1
        types = [each["type"] for each in t.wait(shop.flow.history("one")).events]
        assert types.count("ExecutionRedriven") == 1


def test_it_is_redriven_as_often_as_it_fails(shop):
    shop.fails = 3
    with running(shop.app) as t:
        ran(t, shop.flow, {"id": "x"})
        for _ in range(3):
            t.wait(shop.flow.redrive("one"))
            t.drain()

        assert t.wait(shop.flow.describe("one")).output == DONE
        assert shop.times(t, "x") == 1


def test_a_fork_keeps_the_steps_before_and_may_have_other_results(shop):
    with running(shop.app) as t:
        origin = ran(t, shop.flow, {"id": "x"})

        same = t.wait(shop.flow.fork("one", "last", fork_name="same"))
        t.wait(shop.flow.fork("one", "last", variables={"a": "mine"}, fork_name="other"))
        t.drain()

        assert t.wait(shop.flow.describe("same")).output == DONE
        assert t.wait(shop.flow.describe("other")).output == [
            "x", "mine", "b answered", "x mine answered"
        ]  # fmt: skip
        assert same.forked_from == origin.id
        assert shop.times(t, "x") == 1
        assert len(shop.calls) == 5
        with pytest.raises(NotFound):
            t.wait(shop.flow.fork("one", "nothing"))


def test_a_fork_within_what_runs_beside_each_other_asks_for_the_others_too(shop):
    with running(shop.app) as t:
        ran(t, shop.flow, {"id": "x"})

        t.wait(shop.flow.fork("one", "b", fork_name="two"))
        t.drain()

        assert t.wait(shop.flow.describe("two")).output == DONE


def test_a_stopped_one_goes_on_where_it_waited():
    app = App("shop")

    @app.workflow("slow")
    async def slow(ctx, given):
        await ctx.sleep("1h")
        return given

    with running(app) as t:
        t.wait(slow.start(7, name="one"))
        t.advance("30m")
        t.wait(slow.stop("one"))
        t.wait(slow.redrive("one"))
        t.advance("31m")
        assert t.wait(slow.describe("one")).output == 7


def test_a_paused_one_misses_nothing(shop):
    @shop.app.workflow("slow")
    async def slow(ctx, given):
        await ctx.sleep("1h")
        return given

    with running(shop.app) as t:
        t.wait(slow.start(7, name="one"))
        t.advance("1s")
        t.wait(slow.pause_execution("one"))
        t.advance("3h")
        assert t.wait(slow.describe("one")).is_running
        t.wait(slow.resume_execution("one"))
        t.drain()
        assert t.wait(slow.describe("one")).output == 7


def test_what_it_did_is_drawn(shop):
    with running(shop.app) as t:
        ran(t, shop.flow, {"id": "x"})

        drawn = t.wait(shop.flow.draw("one"))
        assert all(f">{name}</text>" in drawn for name in ("note", "a", "b", "last"))
        assert "Task succeeded" in drawn
        assert t.wait(shop.flow.draw()).startswith("<svg")
