from __future__ import annotations

from decimal import Decimal

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.words.errors import InvalidValue
from ensue.words.keys import KEY_BYTES_MAX, key_value

SQL = apsw.Connection(":memory:")
DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=5
)
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | DECIMALS
    | st.floats(-1e15, 1e15).filter(lambda found: found == 0 or abs(found) > 1e-99)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
KEYS = NUMBERS | TEXTS | st.binary(max_size=4)


def rank(value):
    if isinstance(value, str):
        return 1, value.encode()
    if isinstance(value, bytes):
        return 2, value
    return 0, Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


@given(st.lists(KEYS, unique_by=rank))
def test_sql_orders_keys_as_numbers_then_texts_then_bytes(several):
    SQL.execute("CREATE TEMP TABLE k (n INTEGER, pk NOT NULL PRIMARY KEY) WITHOUT ROWID")
    try:
        for number, value in enumerate(several):
            SQL.execute("INSERT INTO k VALUES (?, ?)", (number, key_value(value, "key")))
        found = [several[number] for (number,) in SQL.execute("SELECT n FROM k ORDER BY pk")]
    finally:
        SQL.execute("DROP TABLE k")
    assert found == sorted(several, key=rank)


@given(NUMBERS)
def test_numbers_that_count_the_same_are_the_same_key(number):
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    found = key_value(number, "key")
    assert key_value(exact, "key") == found
    assert key_value(exact * Decimal("1.000"), "key") == found or abs(exact) > 10**20
    assert rank(found) == rank(number)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        {"a"},
        2**63 + 1,
        10**30 + 1,
        Decimal("0.12345678901234567"),
        Decimal("1E126"),
        float("inf"),
        "\ud800",
        "x" * (KEY_BYTES_MAX + 1),
        "\u00e9" * (KEY_BYTES_MAX // 2 + 1),
        b"x" * (KEY_BYTES_MAX + 1),
    ],
    ids=repr,
)
def test_what_cannot_be_a_key_is_refused_at_its_place(value):
    with pytest.raises(InvalidValue) as caught:
        key_value(value, "$.id")
    assert caught.value.at == "$.id"


@pytest.mark.parametrize(
    ("value", "key"),
    [(1.0, 1), (Decimal("1.50"), 1.5), (10**22, 1e22), (-0.0, 0), (Decimal("-0"), 0)],
)
def test_a_number_has_one_form_as_a_key(value, key):
    found = key_value(value, "key")
    assert found == key
    assert type(found) is type(key)
