"""What alarms ask of the traffic: a figure of one period that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from ensue.engine.sockets import Reading
from ensue.observe.traffic import METRICS, THE_STORE, Metric, Statistic, Traffic
from ensue.words.errors import InvalidInput, NotFound
from ensue.words.names import Ref

HOUR_MS = 3_600_000

_TOGETHER: dict[str, Callable[[Iterable[float]], float]] = {
    "sum": sum,
    "count": sum,
    "max": max,
    "min": min,
}


class Readings:
    """Answers readings of what has no measure of its own.

    Args:
        traffic: what goes through the apps.
        now_ms: tells the time.
    """

    def __init__(self, traffic: Traffic, now_ms: Callable[[], int]) -> None:
        self._traffic = traffic
        self._now_ms = now_ms

    def __call__(self, reading: Reading) -> float | None:
        """What a metric was in a period; None where nothing was measured.

        Raises:
            NotFound: there is no such metric, resource, route or rule.
            InvalidInput: what it is asked of has no such metric, or it cannot be told for a whole
                app.
        """
        metric = metric_named(reading.metric)
        if reading.of is not None:
            return self._value(reading, metric, self._subject(reading, metric, reading.of))
        if THE_STORE.kind in metric.of:
            return self._value(reading, metric, THE_STORE)
        together = _TOGETHER.get(reading.statistic)
        if together is None:
            raise InvalidInput(
                f"expected {', '.join(_TOGETHER)} of the whole app, got {reading.statistic!r}",
                hint="Name the resource or the route whose it is: of=",
            )
        subjects = [
            each
            for each in self._traffic.subjects()
            if each.app == reading.app and each.kind in metric.of
        ]
        found = [self._value(reading, metric, each) for each in subjects]
        values = [each for each in found if each is not None]
        return together(values) if values else None

    def _value(self, reading: Reading, metric: Metric, subject: Ref) -> float | None:
        period_ms = reading.end_ms - reading.start_ms
        window_ms = min(HOUR_MS, max(self._now_ms() - reading.start_ms, period_ms))
        statistic = cast("Statistic", reading.statistic)
        found = self._traffic.series(subject, metric.name, window_ms, period_ms, statistic)
        return next((value for at_ms, value in found if at_ms == reading.start_ms), None)

    def _subject(self, reading: Reading, metric: Metric, of: Ref | str) -> Ref:
        if isinstance(of, str):
            of = Ref(reading.app, "route" if " " in of else "rule", of)
        if of.kind not in metric.of:
            known = ", ".join(each.name for each in METRICS if of.kind in each.of)
            raise InvalidInput(
                f"expected a metric of a {of.kind}, got {metric.name!r}",
                at=str(of),
                hint=f"It has: {known or 'none'}.",
            )
        return of


def metric_named(name: str) -> Metric:
    """A metric by its name.

    Raises:
        NotFound: there is none.
    """
    for each in METRICS:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in METRICS)
    raise NotFound(f"there is no metric {name!r}", hint=f"There are: {known}.")


def usual_statistic(metric: str) -> Statistic:
    """What is asked of a metric where nothing else is said.

    Of what grows its sum, of how much there is the most, of what takes time how long it takes in
    95 of 100.
    """
    kind = next((each.kind for each in METRICS if each.name == metric), "counter")
    usual: dict[str, Statistic] = {"counter": "sum", "gauge": "max", "histogram": "p95"}
    return usual[kind]
