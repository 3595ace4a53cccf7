"""The idempotency key that a task's calls to the outside show."""

from __future__ import annotations

import httpx
import pytest

from ensue import App

BANK = "http://bank.invalid"


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_each_try_of_a_task_shows_the_same_key_and_each_task_its_own(run_app, kind):
    app = App("shop")

    @app.function
    async def pay(order):
        (await app.http.post(f"{BANK}/pay", json=order)).raise_for_status()

    pays = {
        "Type": "Task",
        "Resource": "ensue:function:pay",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}],
    }
    flow = app.workflow(
        "flow",
        type=kind,
        definition={
            "StartAt": "Reserve",
            "States": {"Reserve": {**pays, "Next": "Charge"}, "Charge": {**pays, "End": True}},
        },
    )
    statuses = [503, 503, 200, 503, 200]
    t = run_app(app, outside={BANK: lambda _: httpx.Response(statuses.pop(0))})

    t.wait(flow.start({"id": "o-1"}, name="one"))
    t.drain("1h")

    keys = [call.key for call in t.calls]
    assert len(keys) == 5
    assert keys[0] == keys[1] == keys[2] != keys[3] == keys[4]
