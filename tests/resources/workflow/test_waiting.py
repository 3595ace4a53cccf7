"""Who waits for the end of an execution, while the workers run by themselves."""

from __future__ import annotations

import asyncio

from ensue import App
from ensue.app.platform import Platform
from ensue.engine.clock import HeldClock
from ensue.engine.ids import seeded_random

CALLERS = 300
PATIENCE_S = 60
TWO_STEPS = {
    "StartAt": "One",
    "States": {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Pass", "End": True}},
}


def test_everybody_who_waits_is_told_of_the_end_whatever_is_committed_beside(file_store):
    app = App("shop")
    flow = app.workflow("flow", definition=TWO_STEPS)

    async def wait_for_all() -> list[str]:
        platform = await Platform.open(
            [app], file_store, clock=HeldClock(), source=seeded_random(1)
        )
        platform.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                ended = await asyncio.gather(*(flow.start_sync(n) for n in range(CALLERS)))
        finally:
            await platform.close()
        return [each.status for each in ended]

    assert asyncio.run(wait_for_all()) == ["SUCCEEDED"] * CALLERS
