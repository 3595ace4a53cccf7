"""An alarm on a meter, whose periods are filled by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ensue import Alarm, App, Metric
from ensue.resources.meter import MeterEvent
from tests.conftest import Stage

PERIOD_MS = 60_000


class Watched:
    """An app with a meter, a queue and mail, and alarms on the meter's metrics."""

    def __init__(self, url: Any, run_on: Callable[..., Stage]) -> None:
        self.app = App("shop")
        metrics = [
            Metric("level", "measured", "MAX", "level"),
            Metric("calls", "called", "COUNT"),
        ]
        self.meter = self.app.meter("usage", metrics=metrics)
        self.out = self.app.queue("out")
        self.mail = self.app.mail("operators", to="operators@shop.invalid")
        self._url, self._run_on = url, run_on
        self._count = 0

    def alarm(self, name: str = "high", **options: Any) -> Alarm:
        """Declare an alarm on the level: at 10 or more, in one period of a minute."""
        given: dict[str, Any] = {"metric": "level", "of": self.meter, "threshold": ">= 10"}
        given["statistic"] = "max"
        given |= {"subject": "tank", "period": "1m", "to": [self.out]}
        return self.app.alarm(name, **(given | options))

    def run(self, url: Any = None) -> Stage:
        """Let it run."""
        self.stage = self._run_on(url or self._url, self.app)
        return self.stage

    def periods(self, *values: float | None) -> None:
        """Let periods pass, in each of which this was measured, or nothing."""
        for value in values:
            if value is not None:
                self._count += 1
                at_ms = self.stage.clock.now_ms()
                event = MeterEvent(f"{self._count}", "tank", "measured", at_ms, {"level": value})
                self.stage.wait(self.meter.record([event]))
            self.stage.advance(PERIOD_MS - self.stage.clock.now_ms() % PERIOD_MS)

    def state(self, alarm: Alarm) -> str:
        """The state of an alarm."""
        found: str = self.stage.wait(alarm.status()).state
        return found

    def told(self) -> list[str]:
        """The states that the queue was told of, in order."""
        return [each.body["detail"]["state"]["value"] for each in self.messages()]

    def messages(self) -> list[Any]:
        """What the queue was told."""
        found: list[Any] = self.stage.wait(self.out.peek(100))
        return found


@pytest.fixture
def watched(store: Any, run_on: Callable[..., Stage]) -> Watched:
    """An app to declare alarms in, on a store of each kind."""
    return Watched(store, run_on)


@pytest.fixture
def watched_file(file_store: Any, run_on: Callable[..., Stage]) -> Watched:
    """The same on a file."""
    return Watched(file_store, run_on)
