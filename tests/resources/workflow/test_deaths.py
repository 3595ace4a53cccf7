"""What kills the process, and what comes near to a limit."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.resources.workflow.model import DEATHS_MAX
from tests.resources.workflow.conftest import ran, types


def declared(images, stages, crashed, *, dies=False):
    """An app whose tasks leave a row, and one of which kills the process where it is to."""
    app = App("shop")
    effects = app.table("effects", key="id")

    @app.function
    def note(body, tx):
        row = tx.get(effects, body["id"]) or {"id": body["id"], "times": 0}
        tx.put(effects, row | {"times": row["times"] + 1})

    @app.function
    def poison(body, tx):
        del body, tx
        if dies:
            images.append(crashed(stages[-1]))
            raise KeyboardInterrupt

    @app.function
    async def outside(body):
        del body
        if dies:
            images.append(crashed(stages[-1]))
            raise KeyboardInterrupt

    def task(who, then):
        return {
            "Type": "Task",
            "Resource": f"ensue:function:{who}",
            "Parameters": {"id": who},
            "Catch": [{"ErrorEquals": ["Ensue.ProcessDied"], "ResultPath": "$.died", "Next": "Z"}],
            **then,
        }

    flows = [
        app.workflow(
            name,
            definition={
                "StartAt": "A",
                "States": {
                    "A": task("note", {"ResultPath": None, "Next": "B"}),
                    "B": task(who, {"Next": "Z"}),
                    "Z": task("note", {"ResultPath": None, "End": True}),
                },
            },
        )
        for name, who in (("inner", "poison"), ("outer", "outside"))
    ]
    return app, effects, flows


@pytest.mark.parametrize("which", [0, 1])
def test_a_task_that_kills_the_process_fails_its_state_and_nothing_else(
    which, file_store, run_on, crashed
):
    images, stages = [], []
    app, effects, flows = declared(images, stages, crashed)
    stages.append(run_on(file_store, app))
    stages[-1].wait(flows[which].start({}, name="one"))
    url, deaths = crashed(stages[0]), 0
    while True:
        app, effects, flows = declared(images, stages, crashed, dies=True)
        stages.append(run_on(url, app))
        try:
            stages[-1].settle()
            stages[-1].advance(600_000)
        except KeyboardInterrupt:
            deaths += 1
            url = images.pop()
            stages[-1].close()
            continue
        break
    found = stages[-1].wait(flows[which].describe("one"))
    assert found.status == "SUCCEEDED"
    assert found.output["died"]["Error"] == "Ensue.ProcessDied"
    assert DEATHS_MAX <= deaths <= DEATHS_MAX + 2
    assert stages[-1].wait(effects.get("note"))["times"] == 2


def test_a_payload_near_its_bound_is_a_warning_and_one_beyond_it_an_error(shop, run):
    @shop.app.function
    def large(body, tx):
        del tx
        return "x" * body

    flow = shop.flow({"A": {"Type": "Task", "Resource": large, "End": True}})
    t = run()
    near = ran(t, flow, 240_000, "near")
    assert near.status == "SUCCEEDED"
    assert "of at most 262144 bytes" in near.warnings[0]
    beyond = ran(t, flow, 270_000, "beyond")
    assert (beyond.status, beyond.error) == ("FAILED", "States.DataLimitExceeded")


def test_a_history_near_its_bound_is_a_warning_and_at_it_the_execution_fails(shop, run):
    flow = shop.flow({
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Next": "A"},
    })
    t = run()
    found = ran(t, flow)
    assert (found.status, found.error) == ("FAILED", "States.Runtime")
    assert "maximum number of history events (25000)" in found.cause
    assert any("of at most 25000 events" in each for each in found.warnings)
    page = t.wait(flow.history("one", reverse=True, limit=1))
    assert page.events[0]["type"] == "ExecutionFailed"


@pytest.mark.parametrize(
    "sql", ["UPDATE ensue_branches SET body = '{}'", "UPDATE ensue_executions SET progress = '!'"]
)
def test_an_execution_that_cannot_be_read_fails_and_says_why(shop, run, sql):
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 5, "End": True}})
    t = run()
    t.start(flow, name="one")

    async def spoil():
        def write(tx):
            tx.execute(sql)

        await t._platform.engine.transact(write)

    t.wait(spoil())
    t.drain()
    found = t.wait(flow.describe("one"))
    assert (found.status, found.error) == ("FAILED", "States.Runtime")
    assert types(t, flow)[-1] == "ExecutionFailed"
