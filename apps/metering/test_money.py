"""Money against a count by hand: months of events, late ones and corrections, prices that change.

What each period was charged in the end, by its own invoice and by adjustments of later ones, is
what its events cost at the prices of the day it was billed: to the cent, whatever came when.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import count
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.metering import billing
from apps.metering.billing import booked
from apps.metering.catalogue import Catalogue
from apps.metering.invoices import Period
from apps.metering.meters import DAY_MS, HOUR_MS, app, catalogue, usage
from apps.metering.pricing import Price, Tier
from apps.metering.stripe_billing import operations_of
from ensue import MeterEvent

PERIODS = 4
PERIOD_MS = 5 * HOUR_MS + 1_234_567  # no bound is a full hour
names = count(1)

# Small enough to meet at the bounds of tiers, with fractions that meet half cents.
QUANTITIES = st.one_of(
    st.integers(0, 12),
    st.sampled_from([0.5, 2.5, 0.1, 3.333, 1e-7, 250.5, 10**12 + 1]),
    st.decimals(0, 20, places=3),
)
UNIT_PRICES = st.sampled_from([
    "0",
    "0.001",
    "0.005",
    "0.015",
    "0.1",
    "1",
    "2.345",
    "0.0000125",
]).map(Decimal)
BOUNDS = st.lists(st.integers(1, 12), min_size=0, max_size=3, unique=True).map(sorted)


@st.composite
def price_lists(draw: st.DrawFn) -> Catalogue:
    """The metrics of the app at other prices."""
    found = []
    for metric in catalogue.metrics:
        model = draw(st.sampled_from(["flat", "tiered", "volume", "package"]))
        said: dict[str, Any] = {"metric_code": metric.code, "model": model, "currency": "USD"}
        if model in {"tiered", "volume"}:
            bounds = [*draw(BOUNDS), None]
            said["tiers"] = tuple(Tier(each, draw(UNIT_PRICES)) for each in bounds)
        else:
            said["unit_price"] = draw(UNIT_PRICES)
        if model == "package":
            said["package_size"] = Decimal(draw(st.sampled_from(["1", "3", "2.5"])))
        price = Price(**said)
        price.check()
        found.append(price)
    return Catalogue(catalogue.metrics, tuple(found))


EVENTS = st.tuples(
    st.integers(0, 15),  # its id: copies are common
    st.sampled_from(["api_request", "api_request", "storage", "compute"]),
    st.integers(0, PERIODS * PERIOD_MS - 1)
    | st.sampled_from([PERIOD_MS * n - m for n in range(1, PERIODS) for m in (0, 1)]),
    QUANTITIES,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.lists(EVENTS, min_size=1, max_size=12)),
        st.tuples(st.just("correct"), st.tuples(st.integers(0, 15), st.none() | QUANTITIES)),
        st.tuples(st.just("bill"), st.tuples(st.sampled_from([0, 0, 1, 2]), st.integers(1, 3))),
        st.tuples(st.just("prices"), price_lists()),
    ),
    max_size=14,
)
PROPERTY = {"api_request": "bytes", "storage": "gb_stored", "compute": "cpu_ms"}


@pytest.fixture
def at(run_app: Any) -> Iterator[Any]:
    """The app, and its price list again as it was."""
    yield run_app(app)
    billing.catalogue = catalogue


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, prices=price_lists())
def test_each_period_is_charged_what_its_events_cost_whatever_comes_when(at, steps, prices):
    by_hand = ByHand(at, prices)
    for what, said in steps:
        getattr(by_hand, what)(said)
    while by_hand.unbilled:
        by_hand.bill((0, 1))
    by_hand.unbilled = [PERIODS]  # in which nothing is used: what came late of the others
    by_hand.bill((0, 1))

    for period, listed in by_hand.listed.items():
        for price in listed.pricing:
            used = by_hand.usage(price.metric_code, period)
            wanted = cents(cost(price, used))
            assert by_hand.charged[period, price.metric_code] == wanted, (price, used)


class ByHand:
    """A customer whose events are kept in a list as well."""

    def __init__(self, t: Any, prices: Catalogue) -> None:
        self.t = t
        self.name = f"by-hand-{next(names)}"
        self.first_ms = t.now_ms() - 20 * DAY_MS
        self.events: dict[str, tuple[str, int, Any]] = {}
        self.unbilled = list(range(PERIODS))
        self.charged: dict[tuple[int, str], int] = defaultdict(int)
        self.listed: dict[int, Catalogue] = {}
        self.ids: dict[str, int] = {}
        self.prices(prices)

    def prices(self, listed: Catalogue) -> None:
        billing.catalogue = listed

    def record(self, batch: list[tuple[int, str, int, Any]]) -> None:
        events = []
        for n, kind, ms, quantity in batch:
            at_ms = self.first_ms + ms
            self.events.setdefault(str(n), (kind, at_ms, quantity))
            said = {PROPERTY[kind]: quantity, "endpoint": f"/{n % 2}"}
            events.append(MeterEvent(str(n), self.name, kind, at_ms, said))
        assert self.t.wait(usage.record(events)).refused == []

    def correct(self, said: tuple[int, Any]) -> None:
        own, quantity = str(said[0]), said[1]
        if own in self.events:
            kind, at_ms, _ = self.events[own]
            self.events[own] = kind, at_ms, quantity
            properties = None if quantity is None else {PROPERTY[kind]: quantity}
            self.t.wait(usage.correct(self.name, own, properties=properties))

    def bill(self, said: tuple[int, int]) -> None:
        """Bill a period, the next one or one of those behind it, by several at one moment."""
        if not self.unbilled:
            return
        place = self.unbilled.pop(min(said[0], len(self.unbilled) - 1))
        told = self.t.wait(self.at_once(self.period(place), said[1]))
        assert len({each.invoice_id for each in told}) == 1
        invoice = told[0]
        self.listed[place] = billing.catalogue
        self.ids[invoice.invoice_id] = place
        sent = operations_of(invoice, "live", "cus").operations
        items = [each.payload["amount"] for each in sent if "Items" in each.action]
        assert sum(items) == int(invoice.subtotal * 100)
        for line, amount in zip(invoice.lines, items, strict=True):
            of = self.ids[line.adjusts] if line.adjusts else place
            self.charged[of, line.metric_code] += amount

    async def at_once(self, period: Period, times: int) -> list[Any]:
        return await asyncio.gather(*(app.run(booked, self.name, period) for _ in range(times)))

    def period(self, place: int) -> Period:
        start_ms = self.first_ms + place * PERIOD_MS
        return Period(start_ms, start_ms + PERIOD_MS - 1)

    def usage(self, metric: str, place: int) -> Fraction:
        """Counted by hand."""
        period = self.period(place)
        kind = {"storage_peak": "storage", "compute_time": "compute"}.get(metric, "api_request")
        found = [
            Fraction(str(quantity))
            for of, at_ms, quantity in self.events.values()
            if of == kind and period.start <= at_ms <= period.end and quantity is not None
        ]
        if metric == "api_calls":
            return Fraction(len(found))
        return (
            max(found, default=Fraction(0)) if metric == "storage_peak" else sum(found, Fraction(0))
        )


def cost(price: Price, used: Fraction) -> Fraction:
    """Of each unit by itself, or of parts of one."""
    if price.model == "flat":
        return used * Fraction(price.unit_price)
    if price.model == "package":
        return ceil(used / Fraction(price.package_size)) * Fraction(price.unit_price)
    tiers = [
        (None if tier.up_to is None else Fraction(tier.up_to), Fraction(tier.unit_price))
        for tier in price.tiers
    ]
    if price.model == "volume":
        [*_, unit_price] = next(each for each in tiers if each[0] is None or used <= each[0])
        return used * unit_price
    paid, below = Fraction(0), Fraction(0)
    for up_to, unit_price in tiers:
        top = used if up_to is None else min(used, up_to)
        paid += max(Fraction(0), top - below) * unit_price
        below = below if up_to is None else up_to
    return paid


def cents(amount: Fraction) -> int:
    """Half up."""
    return floor(amount * 100 + Fraction(1, 2))
