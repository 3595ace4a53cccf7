"""What goes through the apps: how often, how long, how much, now and in the last hour.

Nothing is kept for this but counters in memory (`ensue.engine.measures`); after a restart they
begin anew. A figure of a window is that of the slots of five seconds which the window touches.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeAlias

from ensue.engine import measures, measuring
from ensue.engine.engine import Engine
from ensue.engine.measuring import THE_STORE
from ensue.engine.ring import SLOT_MS, SLOTS
from ensue.engine.timings import BOUNDS_NS, BUCKETS, Timing, quantile_ms
from ensue.engine.transaction import Transaction
from ensue.observe.traffic.flow import Flow
from ensue.observe.traffic.metrics import BY_NAME, METRICS, ROUTE, RULE, Metric
from ensue.observe.traffic.moment import (
    STATISTICS,
    Now,
    Span,
    Statistic,
    filed_as,
    gauge,
    of_values,
    shown,
)
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.names import Ref

WINDOW_MS = 30_000
HOUR_MS = SLOT_MS * SLOTS
LEAST_MS = 1_000  # a rate is one over at least so long

OTHER = Ref("", ROUTE, "other")  # requests that no route of an app answered
Series: TypeAlias = "list[tuple[int, float | None]]"


class Traffic:
    """What goes through the apps that run on an engine.

    What can be asked about is a *subject*: the `Ref` of a resource; ``Ref(app, "route", "GET /x")``
    for a route; ``Ref(app, "rule", "events/pack")`` for the rule ``pack`` of the bus ``events``;
    `THE_STORE` for the store.

    Args:
        engine: which engine.
        refs: the resources, asked for anew each time.
        routes: the routes of each app.
    """

    def __init__(
        self, engine: Engine, refs: Callable[[], Iterable[Ref]], routes: Iterable[Ref] = ()
    ) -> None:
        self._engine = engine
        self._measures = engine.facts.measures
        self._refs = refs
        self._statuses: dict[Ref, list[int]] = {route: [] for route in routes}
        self._seen: Now | None = None

    def metrics(self) -> tuple[Metric, ...]:
        """All metrics."""
        return METRICS

    def subjects(self) -> list[Ref]:
        """All that can be asked about: the resources, the routes, the rules and the store."""
        return [*self._refs(), *self._statuses, *self._rules(), THE_STORE]

    def began_ms(self) -> int:
        """Since when there are figures; those of more than an hour ago are forgotten."""
        return self._measures.ring.began_ms

    def steady_ns(self) -> int:
        """Nanoseconds that never go back, to tell how long something took."""
        return self._measures.steady_ns()

    def answered(self, route: Ref, status: int, took_ns: int) -> None:
        """Count a request that was answered; on the event loop.

        Args:
            route: its route; `OTHER` for none.
            status: of the answer.
            took_ns: how long it took, by `steady_ns`.
        """
        known = self._statuses.setdefault(route, [])
        if status not in known:
            known.append(status)
        self._measures.timing(route, _of_status(status)).observe(took_ns)
        self._measures.version += 1
        if self._engine.clock.now_ms() >= self._measures.until_ms:
            self._now()

    def flow(self, subject: Ref, window_ms: int = WINDOW_MS) -> Flow:
        """How much goes through a resource, a route or a rule.

        Raises:
            NotFound: there is no such thing.
            StoreError: the store cannot serve.
        """
        return self._flow(self._now(), subject, window_ms)

    def flows(self, window_ms: int = WINDOW_MS) -> dict[Ref, Flow]:
        """The same of all resources, routes and rules, at one moment.

        Raises:
            StoreError: the store cannot serve.
        """
        now = self._now()
        subjects = [each for each in self.subjects() if each != THE_STORE]
        return {subject: self._flow(now, subject, window_ms) for subject in subjects}

    def value(
        self, metric: str, subject: Ref, window_ms: int, statistic: Statistic
    ) -> float | None:
        """A statistic of a metric over the last while.

        Args:
            metric: its name, one of `metrics`.
            subject: of what.
            window_ms: how long, up to an hour.
            statistic: of what grows: ``sum`` and ``count``, by how much it grew; ``average``, how
                much a second; the others, of how much it grew in each slot. Of what is measured: of
                its values at the ends of the slots and now. Of what takes time: of how long it
                took; ``count``, how often; the others to the width of a bucket.

        Returns:
            In the metric's unit; None where nothing is known.

        Raises:
            NotFound: there is no such thing.
            InvalidValue: there is no such metric or statistic, or the window is none.
            StoreError: the store cannot serve.
        """
        if statistic not in STATISTICS:
            raise InvalidValue(f"expected {', '.join(STATISTICS)}, got {statistic!r}")
        now = self._now()
        return self._statistic(now, _metric(metric), subject, self._span(now, window_ms), statistic)

    def series(
        self,
        subject: Ref,
        metric: str,
        window_ms: int,
        step_ms: int = SLOT_MS,
        statistic: Statistic | None = None,
    ) -> Series:
        """A metric over the last while, step by step.

        Args:
            subject: of what.
            metric: its name, one of `metrics`.
            window_ms: how long, up to an hour.
            step_ms: how long each step is; rounded up to slots of five seconds.
            statistic: of each step, as for `value`; by default ``average``, of what takes time
                ``p95``.

        Returns:
            The beginning of each step in ms since 1970, and its value; None where nothing is known.

        Raises:
            NotFound: there is no such thing.
            InvalidValue: there is no such metric, or the window or the step is none.
            StoreError: the store cannot serve.
        """
        wanted = _metric(metric)
        if step_ms <= 0:
            raise InvalidValue(f"expected a step of more than 0 ms, got {step_ms}")
        now = self._now()
        span = self._span(now, window_ms)
        step = -(-step_ms // SLOT_MS)
        of = statistic or ("p95" if wanted.kind == "histogram" else "average")
        found: Series = []
        first = now.now_ms - window_ms
        for begin in range(first // SLOT_MS // step * step, span.end, step):
            part = self._part(now, begin, min(begin + step, span.end))
            is_known = begin + step > self._measures.ring.first
            value = self._statistic(now, wanted, subject, part, of) if is_known else None
            found.append((begin * SLOT_MS, value))
        return found

    def answers(self, route: Ref) -> list[tuple[int, Timing]]:
        """The statuses that a route has answered with, and how long the answers took."""
        statuses = sorted(self._statuses.get(route, ()))
        return [(each, self._measures.timing(route, _of_status(each))) for each in statuses]

    def timing(self, metric: Metric, subject: Ref) -> Timing | None:
        """How long something took, ever; None where nothing is known."""
        return self._measures.known_timing(self.filed_under(subject), metric.name)

    def moment(self) -> Now:
        """Everything as it is now.

        Raises:
            StoreError: the store cannot serve.
        """
        return self._now()

    def filed_under(self, subject: Ref) -> Hashable:
        """What the figures of a subject are filed under.

        Raises:
            NotFound: there is no such thing.
        """
        if subject in self._statuses or subject == THE_STORE:
            return subject
        if subject.kind == RULE:
            bus, _, rule = subject.name.partition("/")
            return self._engine.number(Ref(subject.app, "bus", bus)), measures.matched_by(rule)
        if subject.kind == ROUTE:
            raise NotFound(f"there is no route {subject.name} in {subject.app}")
        return self._engine.number(subject)

    # Within

    def _now(self) -> Now:
        """Everything as it is now; slots that are over are closed by it."""
        now_ms, version = self._engine.clock.now_ms(), self._measures.version
        seen = self._seen
        if seen is None or seen.version != version or now_ms >= self._measures.until_ms:
            seen = self._engine.read(lambda tx: self._look(tx, version))
        elif seen.now_ms != now_ms:
            seen = Now(now_ms, version, seen.totals, seen.gauges)
        self._seen = seen
        return seen

    def _look(self, tx: Transaction, version: int) -> Now:
        if tx.now_ms >= self._measures.until_ms:
            measuring.close_slot(tx)
        return Now(tx.now_ms, version, measuring.totals(tx), measuring.gauges(tx))

    def _span(self, now: Now, window_ms: int) -> Span:
        if not 0 < window_ms <= HOUR_MS:
            raise InvalidValue(f"expected a window of 1 to {HOUR_MS} ms, got {window_ms}")
        ring = self._measures.ring
        return self._part(now, (now.now_ms - window_ms) // SLOT_MS, ring.slot + 1)

    def _part(self, now: Now, first: int, end: int) -> Span:
        ring = self._measures.ring
        first = max(first, ring.first)
        until_ms = min(end * SLOT_MS, now.now_ms)
        since_ms = max(first * SLOT_MS, ring.began_ms)
        return Span(first, end, max(LEAST_MS, until_ms - since_ms))

    def _rules(self) -> list[Ref]:
        """The rules that ever matched."""
        refs = self._engine.refs_by_number()
        found = []
        for key, _ in self._engine.facts.depths.all_committed():
            if isinstance(key, tuple) and key[1].startswith(f"{measures.MATCHED} "):
                bus = refs[key[0]]
                name = key[1].removeprefix(f"{measures.MATCHED} ")
                found.append(Ref(bus.app, RULE, f"{bus.name}/{name}"))
        return found

    def _keys(self, metric: Metric, subject: Ref) -> list[Hashable]:
        """Under which keys a counter, or how often something took time, is filed."""
        number = self.filed_under(subject)
        if subject.kind == RULE:
            return [number]
        if subject.kind == ROUTE:
            statuses = self._statuses.get(subject, ())
            failed = metric.name == "errors"
            return [
                (subject, _of_status(status), "count")
                for status in statuses
                if not failed or status >= 500
            ]
        if metric.kind == "histogram":
            return [(number, metric.name, "count")]
        return [(number, metric.name)]

    def _buckets(self, now: Now, metric: Metric, subject: Ref, span: Span) -> list[int]:
        """How often something took how long, by bucket."""
        keys = [key[:2] for key in self._keys(metric, subject) if isinstance(key, tuple)]
        return [
            sum(self._grew(now, (*key, place), span) for key in keys) for place in range(BUCKETS)
        ]

    def _grew(self, now: Now, key: Hashable, span: Span) -> int:
        total = now.totals.get(key)
        if total is None:
            return 0
        return self._measures.ring.grew(key, span.first, span.end, total)

    def _flow(self, now: Now, subject: Ref, window_ms: int) -> Flow:
        span = self._span(now, window_ms)
        number = self.filed_under(subject)
        comes, goes, fails = _STREAMS.get(subject.kind, _WORK)
        rates, totals = [], []
        for names in (comes, goes, fails):
            keys = [key for name in names for key in self._keys(BY_NAME[name], subject)]
            rates.append(sum(self._grew(now, key, span) for key in keys) * 1_000 / span.open_ms)
            totals.append(sum(now.totals.get(key, 0) for key in keys))
        oldest = gauge(now, BY_NAME["oldest_age"], number)
        lag = gauge(now, BY_NAME[measures.LAG], number)
        p50 = p95 = None
        if totals[1]:
            took = BY_NAME[measures.REQUEST if subject.kind == ROUTE else measures.PROCESS]
            buckets = self._buckets(now, took, subject, span)
            p50, p95 = quantile_ms(buckets, 0.5), quantile_ms(buckets, 0.95)
        return Flow(
            in_per_s=rates[0],
            out_per_s=rates[1],
            errors_per_s=rates[2],
            depth=int(now.gauges.get((number, measures.DEPTH), 0)),
            in_flight=int(now.gauges.get((number, measures.IN_FLIGHT), 0)),
            held=int(now.gauges.get((number, measures.HELD), 0)),
            oldest_ms=None if oldest is None else round(oldest * 1_000),
            lag=None if lag is None else int(lag),
            p50_ms=p50,
            p95_ms=p95,
            total_in=totals[0],
            total_out=totals[1],
            total_errors=totals[2],
        )

    def _statistic(
        self, now: Now, metric: Metric, subject: Ref, span: Span, statistic: Statistic
    ) -> float | None:
        if metric.kind == "histogram":
            return self._of_times(now, metric, subject, span, statistic)
        if metric.kind == "gauge":
            return of_values(self._values(now, metric, subject, span), statistic)
        keys = self._keys(metric, subject)
        if statistic in {"sum", "count", "average"}:
            grew = float(sum(self._grew(now, key, span) for key in keys))
            return grew * 1_000 / span.open_ms if statistic == "average" else grew
        slots = [Span(slot, slot + 1, SLOT_MS) for slot in range(span.first, span.end)]
        each = [float(sum(self._grew(now, key, slot) for key in keys)) for slot in slots]
        return of_values(each, statistic)

    def _of_times(
        self, now: Now, metric: Metric, subject: Ref, span: Span, statistic: Statistic
    ) -> float | None:
        counts = self._buckets(now, metric, subject, span)
        times = sum(counts)
        if statistic == "count":
            return float(times)
        if not times:
            return None
        if statistic in {"sum", "average"}:
            keys = [key[:2] for key in self._keys(metric, subject) if isinstance(key, tuple)]
            seconds = sum(self._grew(now, (*key, "sum"), span) for key in keys) / 1e9
            return seconds if statistic == "sum" else seconds / times
        if statistic in {"max", "min"}:
            filled = [place for place, count in enumerate(counts) if count]
            bounds = (0, *BOUNDS_NS, BOUNDS_NS[-1])
            place = filled[-1] + 1 if statistic == "max" else filled[0]
            return bounds[place] / 1e9
        found = quantile_ms(counts, int(statistic[1:]) / 100)
        return None if found is None else found / 1_000

    def _values(self, now: Now, metric: Metric, subject: Ref, span: Span) -> list[float]:
        """What was measured at the ends of the slots, and what is so now."""
        number, ring = self.filed_under(subject), self._measures.ring
        name = filed_as(metric)
        found = [
            shown(metric, value, (slot + 1) * SLOT_MS)
            for slot in range(span.first, min(span.end, ring.slot))
            if (value := ring.gauge((number, name), slot)) is not None
        ]
        if span.end > ring.slot:
            value = gauge(now, metric, number)
            found += [] if value is None else [value]
        return found


_WORK = (
    (measures.SENT, measures.RECORDS),
    (measures.COMPLETED,),
    (measures.FAILED,),
)
_REQUESTS = ("requests",)
_STREAMS: dict[str, tuple[tuple[str, ...], ...]] = {
    ROUTE: (_REQUESTS, _REQUESTS, ("errors",)),
    RULE: ((measures.MATCHED,), (measures.MATCHED,), ()),
}


def _of_status(status: int) -> str:
    return f"{measures.REQUEST} {status}"


def _metric(name: str) -> Metric:
    found = BY_NAME.get(name)
    if found is None:
        known = ", ".join(BY_NAME)
        raise InvalidValue(f"expected a metric: {known}; got {name!r}")
    return found
