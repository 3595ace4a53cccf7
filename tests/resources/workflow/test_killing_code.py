"""The code of a function that kills the process, not in a step but between its steps."""

from __future__ import annotations

from typing import Any

import pytest

from ensue import App, WorkflowContext
from ensue.engine import work
from ensue.resources.workflow.model import DEATHS_MAX
from ensue.resources.workflow.worker.consumers import bury
from ensue.testing import running


@pytest.mark.parametrize(("deaths", "is_run"), [(DEATHS_MAX, True), (2 * DEATHS_MAX, False)])
def test_a_function_whose_own_code_kills_the_process_is_not_run_for_ever(deaths, is_run):
    ran: list[Any] = []
    app = App("shop")

    @app.workflow
    async def kills(ctx: WorkflowContext, given: Any) -> None:
        ran.append(given)

    with running(app) as t:
        t.wait(kills.start(1, name="one"))

        def bury_first(tx):
            [piece] = work.due(tx, kills.setting.queue, 1)
            bury(kills.setting, tx, piece._replace(crashes=deaths), "the process died")

        async def buried():
            await t._platform.engine.transact(bury_first)

        t.wait(buried())
        found = t.wait(kills.describe("one"))
    assert bool(ran) is is_run
    expected = (None, None) if is_run else ("States.Runtime", "the process died")
    assert (found.error, found.cause) == expected
