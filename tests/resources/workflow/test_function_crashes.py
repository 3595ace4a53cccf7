"""A function of every kind of step is killed at every commit, and at every step of the disk."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ensue import App, Body, Retry, StepFailed, Tx
from ensue.testing import crash_points

BANK = "http://bank"


class Order(Body):
    """What is ordered."""

    id: str


def whole() -> tuple[App, Any]:  # noqa: C901, PLR0915 - the workflow and its steps are short
    """An app whose workflow has every kind of step."""
    app = App("shop")
    effects = app.table("effects", key="id")
    tokens = app.table("tokens", key="id")
    fails = app.table("fails", key="id")

    def note(what: str, tx: Tx) -> str:
        row = tx.get(effects, what) or {"id": what, "times": 0}
        tx.put(effects, {"id": what, "times": int(row["times"]) + 1})
        return what

    def refuse(what: str, tx: Tx) -> None:
        note(what, tx)
        raise KeyError(what)

    def waver(what: str, tx: Tx) -> str:
        note(what, tx)
        if tx.get(fails, what) is None:
            raise ConnectionError(what)
        return what

    async def charge(what: str) -> str:
        answer = await app.http.post(f"{BANK}/charges", json={"id": what})
        return str(answer.json()["paid"])

    def hand_out(token: str, tx: Tx) -> None:
        tx.put(tokens, {"id": "one", "token": token})

    @app.workflow
    async def inner(ctx, what):
        await ctx.step(note, f"inner {what}")
        await ctx.sleep("1s")
        return await ctx.step(charge, f"inner {what}")

    @app.workflow
    async def flow(ctx, order):
        found = [await ctx.step(note, "first"), await ctx.step(charge, "second")]
        try:
            await ctx.step(refuse, "never")
        except StepFailed as fault:
            found.append(fault.error)
        found.append(await ctx.step(waver, "wavers", retry=Retry(interval="1s", jitter="NONE")))
        await ctx.sleep("1m")
        found.extend(
            await ctx.map(lambda each: ctx.step(note, each), ["a", "b", "c"], concurrency=2)
        )
        found.extend(await ctx.parallel(ctx.step(charge, "left"), ctx.call(inner, "right")))
        found.append(await ctx.wait_for_event("paid"))
        found.append(await ctx.wait_for_token(hand_out))
        found.append(ctx.patched("new"))
        return found

    @app.post("/orders", status=201)
    def place(body: Order, tx: Tx) -> dict[str, Any]:
        tx.start(flow, {"id": body.id}, name=body.id)
        return {}

    @app.post("/mend", status=201)
    def mend(body: Order, tx: Tx) -> dict[str, Any]:
        tx.put(fails, {"id": body.id})
        return {}

    @app.post("/events", status=201)
    def tell(body: Order, tx: Tx) -> dict[str, Any]:
        tx.send_event(flow, body.id, "paid", 12)
        return {}

    @app.post("/tokens", status=201)
    def give_back(body: Order, tx: Tx) -> dict[str, Any]:
        token = tx.get(tokens, "one")
        assert token is not None
        tx.send_task_success(token["token"], "approved")
        return {}

    return app, flow


def scenario(app, flow):
    effects = next(each for ref, each in app.resources.items() if ref.name == "effects")

    def play(t):
        t.post("/orders", {"id": "one"})
        t.settle()
        t.post("/mend", {"id": "wavers"})
        t.advance("5s")
        t.advance("1m")
        t.advance("5s")
        t.post("/events", {"id": "one"})
        t.settle()
        t.post("/tokens", {"id": "one"})
        t.settle()
        done = t.wait(flow.describe("one"))
        history = t.wait(flow.history("one", limit=1_000)).events
        times = {
            what: t.wait(effects.get(what))["times"]
            for what in ("first", "wavers", "a", "b", "c", "inner right")
        }
        return (
            done.status,
            done.output,
            times,
            t.wait(effects.get("never")),
            sorted({call.key for call in t.calls if call.key is not None}),
            sorted(each["type"] for each in history),
            [each["id"] for each in history] == [*range(1, len(history) + 1)],
        )

    return play


def bank(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"paid": "yes"})


@pytest.mark.crash
@pytest.mark.parametrize(("at", "every"), [("commits", 1), ("storage", 17)])
def test_a_function_that_is_killed_anywhere_ends_as_if_it_had_not_been(at, every, pytestconfig):
    app, flow = whole()
    every = every if pytestconfig.getoption("--points") else 1

    killed = crash_points(scenario(app, flow), app, at=at, outside={BANK: bank}, every=every)

    assert killed > 15
