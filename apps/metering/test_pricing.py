"""What usage costs: the worked examples, the boundaries, and what must hold of every price."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.metering.pricing import Price, charge, plain, tidy
from ensue import InvalidDeclaration

TIERS = [
    {"up_to": 1000, "unit_price": 0},
    {"up_to": 10000, "unit_price": 0.001},
    {"up_to": None, "unit_price": 0.0005},
]


def price(model="flat", **more):
    said = {"metric_code": "m", "model": model, "currency": "USD", **more}
    found = msgspec.json.decode(msgspec.json.encode(said), type=Price)
    found.check()
    return found


def tiered(model="tiered"):
    return price(model, tiers=TIERS)


def cost(quantity, given):
    return str(charge(given, quantity).amount)


@pytest.mark.parametrize(
    ("calls", "amount"),
    [
        (3, "0.00"),
        (1_000, "0.00"),
        (1_001, "0.00"),
        (10_000, "9.00"),
        (10_001, "9.00"),
        (15_000, "11.50"),
    ],
)
def test_mf_32_calls_cost_by_tiers(calls, amount):
    assert cost(calls, tiered()) == amount


@pytest.mark.parametrize(
    ("unit_price", "quantity", "amount"),
    [
        (0.00001, 3_500, "0.04"),
        (0.00001, 2_500, "0.03"),
        (0.00001, 500, "0.01"),
        (0.00001, 499, "0.00"),
        (0.10, 100, "10.00"),
        (0.00001, 3_600_000, "36.00"),
        (0.00001, 2_100_000_000, "21000.00"),
    ],
)
def test_mf_32_flat_prices_are_rounded_half_up_once(unit_price, quantity, amount):
    assert cost(quantity, price(unit_price=unit_price)) == amount


def test_mf_32_acmes_february():
    lines = [
        charge(tiered(), 15_000),
        charge(price(unit_price=0.00001), 2_100_000_000),
        charge(price(unit_price=0.10), 50),
    ]

    assert sum(each.amount for each in lines) == Decimal("21016.50")


def test_mf_31_only_tiers_that_are_consumed_are_told_with_amounts_to_four_places():
    shares = charge(tiered(), 15_000).shares
    little = charge(tiered(), 1_001).shares

    assert [(s.tier, s.quantity, str(s.amount)) for s in shares] == [
        ("0-1000", 1_000, "0.0000"),
        ("1000-10000", 9_000, "9.0000"),
        ("10000+", 5_000, "2.5000"),
    ]
    assert [s.tier for s in little] == ["0-1000", "1000-10000"]
    assert str(little[-1].amount) == "0.0010"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (price(unit_price=0.1), "$0.1"),
        (price(unit_price=0.00001), "$0.00001"),
        (price(unit_price=20), "$20"),
        (tiered(), "Tiered"),
        (tiered("volume"), "Volume"),
        (price("package", unit_price=5, package_size=1_000), "$5 per 1000"),
    ],
)
def test_mf_30_a_price_is_shown_as_people_write_it(given, shown):
    assert charge(given, 1).display == shown


def test_a_volume_price_is_that_of_the_tier_that_is_reached_for_all_units():
    given = tiered("volume")

    assert [cost(n, given) for n in (1_000, 1_001, 10_000, 10_001)] == [
        "0.00",
        "1.00",
        "10.00",
        "5.00",
    ]
    assert [s.tier for s in charge(given, 10_001).shares] == ["10000+"]


def test_a_package_is_paid_for_once_it_is_opened():
    given = price("package", unit_price=5, package_size=1_000)

    assert [cost(n, given) for n in (0, 1, 1_000, 1_001)] == ["0.00", "5.00", "5.00", "10.00"]
    assert cost(Decimal("0.5"), given) == "5.00"


def test_no_product_is_rounded_on_the_way():
    huge = 10**37 + 1

    assert (
        cost(huge, price(unit_price=Decimal("1.01"))) == "10100000000000000000000000000000000001.01"
    )


@pytest.mark.parametrize("model", ["tiered", "volume"])
def test_no_tier_is_rounded_on_the_way(model):
    huge = Decimal("1234567890123456789.123456789012345678")
    tiers = [
        {"up_to": "0.000000000000000001", "unit_price": 0},
        {"up_to": None, "unit_price": 0.015},
    ]
    free = Fraction(1, 10**18) if model == "tiered" else 0
    exact = (Fraction(huge) - free) * Fraction(15, 1_000)

    found = charge(price(model, tiers=tiers), huge)

    assert Fraction(found.amount) == Fraction(floor(exact * 100 + Fraction(1, 2)), 100)
    assert sum(Fraction(each.quantity) for each in found.shares) == Fraction(huge)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"model": "flat"}, "expected ['unit_price'] for flat, got []"),
        ({"model": "tiered", "unit_price": 1}, "expected ['tiers']"),
        ({"model": "flat", "unit_price": -1}, "prices of 0 or more"),
        ({"model": "package", "unit_price": 1, "package_size": 0}, "more than nothing"),
        ({"model": "tiered", "tiers": TIERS[:2]}, "the last without a bound"),
        ({"model": "tiered", "tiers": [TIERS[1], TIERS[0], TIERS[2]]}, "tiers that rise"),
        ({"model": "volume", "tiers": [TIERS[2], TIERS[2]]}, "tiers that rise"),
        ({"model": "volume", "tiers": []}, "tiers that rise"),
    ],
)
def test_a_price_that_says_too_little_or_too_much_is_refused(said, told):
    with pytest.raises(InvalidDeclaration) as refused:
        price(**said)

    assert told in str(refused.value)


amounts = st.decimals(min_value=0, max_value=10**12, places=6)
cents = st.decimals(min_value=0, max_value=1_000, places=6)


@settings(max_examples=40)
@given(quantity=amounts, unit_price=cents)
def test_an_amount_is_within_half_a_cent_of_the_exact_one_and_never_below_it_at_the_half(
    quantity, unit_price
):
    found = Fraction(charge(price(unit_price=str(unit_price)), quantity).amount)
    exact = Fraction(quantity) * Fraction(unit_price)

    assert -Fraction(1, 200) < found - exact <= Fraction(1, 200)


@settings(max_examples=40)
@given(
    bounds=st.lists(st.integers(1, 10**6), min_size=1, max_size=5, unique=True),
    prices=st.lists(cents, min_size=6, max_size=6),
    quantity=st.integers(0, 2 * 10**6),
)
def test_tiers_share_all_units_and_each_unit_is_paid_once(bounds, prices, quantity):
    rising = [*sorted(bounds), None]
    tiers = [{"up_to": b, "unit_price": str(p)} for b, p in zip(rising, prices, strict=False)]

    found = charge(price("tiered", tiers=tiers), quantity)
    exact = Fraction(0)
    for unit_from, unit_to, each in zip([0, *rising], rising, prices, strict=False):
        units = max(0, min(quantity, unit_to or quantity) - unit_from)
        exact += units * Fraction(each)

    assert sum(s.quantity for s in found.shares) == quantity
    assert abs(Fraction(found.amount) - exact) <= Fraction(1, 200)


@settings(max_examples=40)
@given(quantity=st.integers(0, 10**7), more=st.integers(1, 10**6))
def test_who_uses_more_never_pays_less(quantity, more):
    assert charge(tiered(), quantity + more).amount >= charge(tiered(), quantity).amount


def test_numbers_are_written_without_exponents_and_zeros_behind():
    said = [plain(each) for each in (Decimal("1E+3"), Decimal("0.10"), 100, Decimal("1E-7"))]
    shown = [str(tidy(each)) for each in (Decimal("3.0"), Decimal("3.50"), Decimal("1E+2"), 7)]

    assert said == ["1000", "0.1", "100", "0.0000001"]
    assert shown == ["3", "3.5", "100", "7"]
