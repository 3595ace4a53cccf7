"""What a customer owes for a period: a line for each metric, and lines for what came late.

An invoice's id follows from its customer and period, so the same bill is the same invoice. What it
charged for is kept with it. Usage of its period that comes later, or is corrected, is a line of the
next invoice: what the period costs now, at the prices of then, less what was charged for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from apps.metering.catalogue import Catalogue, MetricInfo
from apps.metering.pricing import EXACT, Price, TierShare, charge, tidy

ID_DIGITS = 24

Status = Literal["draft", "open", "nothing_due", "sent", "paid", "payment_failed", "failed"]
Measure = Callable[[str, int, int], Decimal]
"""The usage of a metric from a ms to another, both within it."""


class Period(Struct, frozen=True):
    """From a ms to another, both within it; in ms since 1970."""

    start: int
    end: int


class InvoiceLine(Struct, frozen=True):
    """What the usage of a metric costs; ``adjusts`` says of which earlier invoice, where it is one
    of its period.
    """

    metric_code: str
    metric_name: str
    quantity: Decimal
    unit: str
    unit_price_display: str
    subtotal: Decimal
    tier_breakdown: tuple[TierShare, ...] | UnsetType = UNSET
    adjusts: str | UnsetType = UNSET


class Invoice(Struct, frozen=True):
    """What a customer owes for a period."""

    invoice_id: str
    customer_id: str
    period: Period
    lines: tuple[InvoiceLine, ...]
    subtotal: Decimal
    currency: str
    generated_at: int
    status: Status


class Charged(Struct, frozen=True):
    """What was charged for a metric up to now, how that was measured, and by which price."""

    quantity: Decimal
    amount: Decimal
    price: Price
    measured: MetricInfo


class Booked(Struct):
    """An invoice that is charged.

    Attributes:
        charged: by metric, with the adjustments of later invoices.
        settled_at: when the status was last told, in s since 1970.
        position: up to which place in the meter's log it knows what was used.
    """

    invoice_id: str
    customer_id: str
    start: int
    end: int
    status: Status
    invoice: Invoice
    charged: dict[str, Charged] = field(default_factory=dict)
    provider_id: str = ""
    settled_at: int = 0
    position: int = 0

    def shown(self) -> Invoice:
        """The invoice as it stands."""
        return replace(self.invoice, status=self.status)


class Calculation(Struct, frozen=True):
    """An invoice, what it charges for, and the earlier ones that it adjusts."""

    invoice: Invoice
    charged: dict[str, Charged]
    adjusted: tuple[Booked, ...]


def invoice_id(customer: str, period: Period) -> str:
    """The id of the one invoice of a customer for a period (MF-34)."""
    text = f"{customer} {period.start} {period.end}"
    return f"inv_{hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]}"


def calculate(
    catalogue: Catalogue,
    customer: str,
    period: Period,
    earlier: Iterable[Booked],
    measure: Measure,
    *,
    now_ms: int,
) -> Calculation:
    """What a customer owes for a period, and for what came late of earlier ones.

    Args:
        catalogue: metrics and prices.
        customer: who.
        period: for when.
        earlier: the invoices of earlier periods whose usage has changed since.
        measure: the customer's usage.
        now_ms: what time it is.
    """
    lines: list[InvoiceLine] = []
    charged: dict[str, Charged] = {}
    for price in catalogue.pricing:
        metric = catalogue.metric(price.metric_code)
        quantity = tidy(measure(metric.code, period.start, period.end))
        found = charge(price, quantity)
        charged[metric.code] = Charged(quantity, found.amount, price, metric)
        if quantity:
            shares = found.shares or UNSET
            lines.append(_line(metric, quantity, found.display, found.amount, shares))
    adjusted = []
    for booked in earlier:
        found_lines, now = _adjustments(catalogue, booked, measure)
        if now != booked.charged:
            lines += found_lines
            adjusted.append(replace(booked, charged=now))
    invoice = Invoice(
        invoice_id=invoice_id(customer, period),
        customer_id=customer,
        period=period,
        lines=tuple(lines),
        subtotal=sum((each.subtotal for each in lines), Decimal("0.00")),
        currency=catalogue.currency,
        generated_at=now_ms,
        status="draft",
    )
    return Calculation(invoice, charged, tuple(adjusted))


def _adjustments(
    catalogue: Catalogue, booked: Booked, measure: Measure
) -> tuple[list[InvoiceLine], dict[str, Charged]]:
    """The lines that a period costs more or less than was charged, and what is charged then."""
    lines: list[InvoiceLine] = []
    now = dict(booked.charged)
    known = {each.code: each for each in catalogue.metrics}
    for code, before in booked.charged.items():
        metric = known.get(code)
        if metric is None or not metric.measures_as(before.measured):
            continue  # it is measured no more, or otherwise: what was charged stays
        quantity = tidy(measure(code, booked.start, booked.end))
        if quantity == before.quantity:
            continue
        found = charge(before.price, quantity)
        now[code] = Charged(quantity, found.amount, before.price, metric)
        difference = found.amount - before.amount
        if difference:
            more = tidy(EXACT.subtract(quantity, before.quantity))
            line = _line(metric, more, found.display, difference, UNSET)
            name = f"{line.metric_name} (adjustment of {booked.invoice_id})"
            lines.append(replace(line, metric_name=name, adjusts=booked.invoice_id))
    return lines, now


def _line(
    metric: MetricInfo,
    quantity: Decimal,
    display: str,
    amount: Decimal,
    shares: tuple[TierShare, ...] | UnsetType,
) -> InvoiceLine:
    return InvoiceLine(
        metric.code, metric.name, quantity, metric.unit, display, amount, tier_breakdown=shares
    )
