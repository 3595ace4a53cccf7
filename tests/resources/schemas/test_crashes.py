"""Killed anywhere, discovery has the same outcome: each shape is one version, none is missed."""

from __future__ import annotations

from typing import Any

import pytest

from ensue import App, Tx
from ensue.testing import crash_points


@pytest.mark.parametrize("at", ["commits", pytest.param("storage", marks=pytest.mark.crash)])
def test_whenever_the_process_is_killed_each_shape_is_one_version(at):
    app = App("seen")
    registry = app.schemas("shapes")
    bus = app.bus("events", schemas=registry, discover=True)

    @app.post("/{kind}")
    def publish(kind: str, body: dict[str, Any], tx: Tx) -> None:
        tx.publish(bus, kind, body)

    def scenario(t):
        t.post("/Placed", {"id": "a"})
        t.post("/Placed", {"id": 1})
        t.settle()
        t.post("/Placed", {"id": "b"})
        t.post("/Paid", {"id": "a", "total": 2})
        t.settle()
        t.advance("2m")
        t.post("/Placed", {"id": "b", "more": None})
        t.settle()
        return [
            (each.subject, each.version, each.schema["properties"])
            for each in t.wait(registry.export())
        ]

    assert crash_points(scenario, app, at=at) > 10
