"""What is not ours, to try it with: a service that does tasks, and one that takes webhooks.

It does each run of a task once, by its idempotency key, and verifies who sends what.
"""

from __future__ import annotations

import msgspec

from ensue import App, NotFound, ReadTx, Secret, SignedRequest, StandardWebhooks, Tx

app = App("partner")
runs = app.table("runs", key="id")
news = app.table("news", key="id")
sender = StandardWebhooks(Secret.env("SCHEDULER_WEBHOOK_SECRET", demo="whsec_c2NoZWR1bGVyLWRlbW8="))


class Done(msgspec.Struct):
    """What became of a task."""

    done: str
    times: int


@app.post("/tasks", verify=sender)
def work(request: SignedRequest, tx: Tx) -> Done:
    """Do a run of a task, once however often it is asked for."""
    asked = request.json()
    run = {"id": request.id, "task": str(asked["task"]), "asked": 1}
    if not tx.put(runs, run, expect=0):
        tx.update(runs, request.id, "ADD asked :one", one=1)
    return Done(run["task"], 1)


@app.post("/webhooks", status=202, verify=sender)
def listen(request: SignedRequest, tx: Tx) -> None:
    """Take a webhook; one that comes again is the same."""
    told = request.json()
    tx.put(news, {"id": told["data"]["run"], "type": told["type"]})


@app.get("/news/{run}")
def told(run: str, tx: ReadTx) -> str:
    """What was told last of a run."""
    found = tx.get(news, run)
    if found is None:
        raise NotFound(f"there is no news of {run}")
    return str(found["type"])
