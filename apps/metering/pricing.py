"""What usage costs: flat, by tiers, by volume, by packages. Exact decimals, rounded once a line.

flat     q · p                          package  whole packages · p
tiered   each unit at its own tier's    volume   all units at the price of the tier that q reaches
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from ensue import InvalidDeclaration

CENT = Decimal("0.01")
SHOWN = Decimal("0.0001")
# A quantity has up to 38 digits, and so has a price: no product is rounded on the way.
EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
ZERO = Decimal(0)


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """The units up to a bound, which is within it; none for all that are left."""

    up_to: Decimal | None
    unit_price: Decimal


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """What the usage of a metric costs."""

    metric_code: str
    model: Literal["flat", "tiered", "volume", "package"]
    currency: str
    unit_price: Decimal | UnsetType = UNSET
    tiers: tuple[Tier, ...] | UnsetType = UNSET
    package_size: Decimal | UnsetType = UNSET

    def check(self) -> None:
        """Check that it says all that its model needs, and nothing else.

        Raises:
            InvalidDeclaration: it does not; says what.
        """
        needs = {
            "flat": {"unit_price"},
            "package": {"unit_price", "package_size"},
        }.get(self.model, {"tiers"})
        has = {name for name in ("unit_price", "tiers", "package_size") if self._has(name)}
        if has != needs:
            raise self._wrong(f"expected {sorted(needs)} for {self.model}, got {sorted(has)}")
        prices = [each.unit_price for each in self.tiers or ()] or [self.unit_price or ZERO]
        if min(prices) < 0 or not all(each.is_finite() for each in prices):
            raise self._wrong("expected prices of 0 or more")
        if self.package_size is not UNSET and self.package_size <= 0:
            raise self._wrong("expected packages of more than nothing")
        bounds = [each.up_to for each in self.tiers or ()]
        inner = [each or ZERO for each in bounds[:-1]]
        rise = bounds[-1:] == [None] and sorted({ZERO, *inner}) == [ZERO, *inner]
        if self._has("tiers") and not rise:
            raise self._wrong("expected tiers that rise, the last without a bound")

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not UNSET

    def _wrong(self, said: str) -> InvalidDeclaration:
        return InvalidDeclaration(said, at=f"pricing {self.metric_code}")


class TierShare(Struct, frozen=True):
    """What of a quantity is in a tier."""

    tier: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


class Charge(Struct, frozen=True):
    """What a quantity costs: rounded half up to cents, once."""

    amount: Decimal
    display: str
    shares: tuple[TierShare, ...] = ()


def charge(price: Price, quantity: Decimal | int) -> Charge:
    """What a quantity costs; nothing for one that corrections brought below zero."""
    units = max(Decimal(quantity), ZERO)
    if price.model == "tiered":
        shares = tuple(_graduated(price.tiers or (), units))
        return Charge(_cents(shares), "Tiered", shares)
    if price.model == "volume":
        shares = tuple(_at_volume(price.tiers or (), units))
        return Charge(_cents(shares), "Volume", shares)
    each = price.unit_price or ZERO
    if price.package_size:
        size = price.package_size
        packages = EXACT.divide(units, size).to_integral_value(ROUND_CEILING)
        shown = f"${plain(each)} per {plain(size)}"
        return Charge(rounded(EXACT.multiply(packages, each)), shown)
    return Charge(rounded(EXACT.multiply(units, each)), f"${plain(each)}")


def rounded(amount: Decimal, to: Decimal = CENT) -> Decimal:
    """An amount, half up: half a cent is a cent."""
    return amount.quantize(to, context=EXACT)


def plain(number: Decimal | int) -> str:
    """A number as people write it: without an exponent, and without zeros behind."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tidy(number: Decimal | int) -> Decimal:
    """A number without zeros behind, so that 3.0 is 3."""
    return Decimal(plain(number))


def _graduated(tiers: Sequence[Tier], units: Decimal) -> Iterator[TierShare]:
    below = ZERO
    for tier in tiers:
        top = units if tier.up_to is None else min(units, tier.up_to)
        if top <= below:
            return
        yield _share(tier, below, EXACT.subtract(top, below))
        below = top


def _at_volume(tiers: Sequence[Tier], units: Decimal) -> Iterator[TierShare]:
    below = ZERO
    for tier in tiers:
        if tier.up_to is None or units <= tier.up_to:
            if units:
                yield _share(tier, below, units)
            return
        below = tier.up_to


def _share(tier: Tier, below: Decimal, units: Decimal) -> TierShare:
    label = f"{plain(below)}+" if tier.up_to is None else f"{plain(below)}-{plain(tier.up_to)}"
    amount = rounded(EXACT.multiply(units, tier.unit_price), SHOWN)
    return TierShare(label, tidy(units), tier.unit_price, amount)


def _cents(shares: Sequence[TierShare]) -> Decimal:
    return rounded(reduce(EXACT.add, _exact(shares), ZERO))


def _exact(shares: Sequence[TierShare]) -> Iterator[Decimal]:
    for each in shares:
        yield EXACT.multiply(each.quantity, each.unit_price)
