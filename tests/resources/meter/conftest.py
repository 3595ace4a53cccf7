"""A meter on a stage, and how to record on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ensue import App, Meter, MeterEvent, Metric
from tests.conftest import Stage

METRICS = [
    Metric("api_calls", "api_request", "COUNT", unit="calls", groups=["endpoint"]),
    Metric("bandwidth", "api_request", "SUM", "bytes", unit="bytes", groups=["endpoint"]),
    Metric("storage_peak", "storage", "MAX", "gb_stored", unit="GB", groups=["zone"]),
    Metric("plan_size", "storage", "LAST", "gb_stored"),
    Metric("users", "api_request", "UNIQUE", "user", groups=["endpoint"]),
    Metric("slow", "api_request", "PERCENTILE", "ms", percentile=95),
]


@dataclass
class Metered:
    """A meter that runs."""

    app: App
    usage: Meter
    stage: Stage

    @property
    def now_ms(self) -> int:
        return self.stage.clock.now_ms()

    def call(
        self, event_id: str, ago_ms: int = 0, subject: str = "acme", **said: Any
    ) -> MeterEvent:
        return MeterEvent(event_id, subject, "api_request", self.now_ms - ago_ms, said)

    def store(
        self, event_id: str, ago_ms: int = 0, subject: str = "acme", **said: Any
    ) -> MeterEvent:
        return MeterEvent(event_id, subject, "storage", self.now_ms - ago_ms, said)

    def record(self, *events: MeterEvent) -> tuple[int, int, list[str]]:
        found = self.stage.wait(self.usage.record(events))
        return found.accepted, found.duplicates, [each.code for each in found.refused]

    def value(self, metric: str, subject: str = "acme") -> str:
        until_ms = self.now_ms + 3_600_000
        return str(self.stage.wait(self.usage.value(subject, metric, 0, until_ms)))


@pytest.fixture
def metered(store: Any, run_on: Callable[..., Stage]) -> Metered:
    """The meter of the tests, on a store of each kind."""
    app = App("shop")
    usage = app.meter("usage", metrics=METRICS)
    return Metered(app, usage, run_on(store, app))
