"""A workflow is declared in another way while executions of it are under way."""

from __future__ import annotations

import pytest

from ensue import App, InvalidDeclaration
from ensue.testing import running

WAITING = {
    "StartAt": "A",
    "States": {"A": {"Type": "Wait", "Seconds": 10, "Next": "B"}, "B": {"Type": "Succeed"}},
}
DAY_MS = 86_400_000


def as_machine(app):
    """A state machine."""
    return app.workflow("flow", definition=WAITING)


def as_express(app):
    """A state machine that runs in memory."""
    return app.workflow("flow", definition=WAITING, type="EXPRESS")


def as_function(app):
    """An async function."""

    @app.workflow
    async def flow(ctx, given):
        await ctx.sleep(10)

    return flow


def declared(declare, store, *, days):
    """An app with the workflow, running on a store."""
    app = App("shop")
    flow = declare(app)
    start_ms = 1_940_987_655_926 + days * DAY_MS
    return flow, running(app, store=store, start_ms=start_ms)


CHANGES = [
    (as_machine, as_function),
    (as_function, as_machine),
    (as_machine, as_express),
    (as_express, as_machine),
]


@pytest.mark.parametrize(("first", "then"), CHANGES)
def test_what_could_not_go_on_is_refused_and_goes_on_as_it_was(tmp_path, first, then):
    store = f"sqlite:///{tmp_path}/shop.db"
    flow, run = declared(first, store, days=0)
    with run as t:
        t.wait(flow.start(1, name="one"))
    _, run = declared(then, store, days=1)
    with pytest.raises(InvalidDeclaration, match="executions are under way"), run:
        pass
    flow, run = declared(first, store, days=2)
    with run as t:
        t.drain()
        assert t.wait(flow.describe("one")).status == "SUCCEEDED"
