"""A shop with workflows, and a run of it under a held clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ensue.app.app import App
from ensue.testing.kit import Running, running


@dataclass
class Shop:
    """An app with what tasks call, and what they were called with.

    Attributes:
        app: the app.
        effects: a table in which each task inside leaves a row.
        outbox: a queue.
        calls: what the tasks outside were called with.
    """

    app: App = field(default_factory=lambda: App("shop"))
    calls: list[Any] = field(default_factory=list)

    def __post_init__(self):
        app = self.app
        self.effects = app.table("effects", key="id")
        self.outbox = app.queue("outbox")

        @app.function
        def effect(body, tx):
            """Leave a row, once more than there are."""
            row = tx.get(self.effects, body["id"]) or {"id": body["id"], "times": 0}
            tx.put(self.effects, row | {"times": row["times"] + 1})
            return {"done": body["id"]}

        @app.function
        def refuse(body, tx):
            """Leave a row, and fail."""
            tx.put(self.effects, {"id": body.get("id", "refused"), "times": 1})
            raise KeyError("no such model")

        @app.function
        async def outside(body):
            """Remember the call, and answer."""
            self.calls.append(body)
            if isinstance(body, dict) and body.get("fails", 0) >= len(self.calls):
                raise TimeoutError("the line is busy")
            return {"answered": len(self.calls)}

        self.effect, self.refuse, self.outside = effect, refuse, outside

    def flow(self, states, *, start=None, name="flow", **options) -> Any:
        """Declare a workflow of these states, the first of them by default the start."""
        machine = {"StartAt": start or next(iter(states)), "States": states}
        machine |= options.pop("machine", {})
        return self.app.workflow(name, definition=machine, **options)

    def times(self, t: Running, key: str) -> int:
        """How often a task inside has left its row."""
        row = t.wait(self.effects.get(key))
        return 0 if row is None else row["times"]


def ran(t: Running, flow: Any, given: Any = None, name: str = "one") -> Any:
    """Start an execution, let all ensue, and describe it."""
    t.wait(flow.start(given, name=name))
    t.drain()
    return t.wait(flow.describe(name))


def types(t: Running, flow: Any, name: str = "one") -> list[str]:
    """The kinds of events of an execution."""
    return [each["type"] for each in t.wait(flow.history(name, limit=1_000)).events]


def asking(shop, **more):
    """A state that sends its token to the queue, and waits for it."""
    return {
        "Type": "Task",
        "Resource": f"ensue:queue:{shop.outbox.ref.name}.waitForTaskToken",
        "Parameters": {"token.$": "$$.Task.Token"},
        "End": True,
        **more,
    }


def tables(t):
    """How much is left of what executions wait for; the queues count as much as they hold."""
    engine = t._platform.engine
    held = engine.read(
        lambda tx: tx.rows("SELECT queue, count(*) FROM ensue_work WHERE state < 2 GROUP BY queue")
    )
    counted = engine.facts.depths._live
    queues = {queue: each.unsettled for queue, each in counted.items() if isinstance(queue, int)}
    assert {queue: count for queue, count in queues.items() if count} == dict(held)
    return [
        engine.read(lambda tx, table=table: tx.rows(f"SELECT count(*) FROM {table}"))[0][0]
        for table in ("ensue_branches", "ensue_task_tokens", "ensue_work WHERE state < 2")
    ]


@pytest.fixture
def shop() -> Shop:
    """A shop, declared."""
    return Shop()


@pytest.fixture
def run(shop):
    """Runs the shop under a held clock, in memory."""
    opened = []

    def start(**options):
        context = running(shop.app, **options)
        opened.append(context)
        return context.__enter__()

    yield start
    for context in opened:
        context.__exit__(None, None, None)
