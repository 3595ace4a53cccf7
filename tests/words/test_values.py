# ruff: noqa: PT017 - handlers and fixtures take what they are given
from __future__ import annotations

import json
import math
from decimal import Context, Decimal
from enum import IntEnum
from types import MappingProxyType

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.words.errors import InvalidInput, InvalidValue, LimitExceeded
from ensue.words.values import (
    VALUE_BYTES_MAX,
    VALUE_DEPTH_MAX,
    Item,
    as_json,
    check,
    check_wire,
    decode,
    encode,
    shown,
    step,
)

SQL = apsw.Connection(":memory:")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = TEXT | st.sampled_from(["$bytes", "$set", "$$set", "$$$bytes", "$", "$set "])
DECIMALS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent, Context(prec=99)),
    st.integers(1 - 10**38, 10**38 - 1),
    st.integers(-130, 87),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(1 - 10**38, 10**38 - 1),
    DECIMALS,
    st.binary(max_size=9),
    st.sets(TEXT, min_size=1, max_size=3),
    st.sets(st.binary(max_size=3), min_size=1, max_size=3),
    st.sets(st.integers() | st.floats(-9, 9) | DECIMALS.map(abs), min_size=1, max_size=3).filter(
        lambda found: all(abs(each) < 10**38 for each in found)
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)
ODD = st.one_of(
    SCALARS,
    st.floats(),
    st.integers(),
    st.binary(max_size=3),
    st.text(st.characters(), max_size=3),
    st.sets(st.integers(), max_size=2),
    st.complex_numbers(),
)
ANYTHING = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


class Size(IntEnum):
    SMALL = 1


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(VALUES)
def test_every_value_is_accepted_and_reads_back_equal_and_of_its_type(value):
    found = decode(encode(value))
    assert found == value
    assert type(found) is type(value)


@given(VALUES)
def test_what_is_read_back_is_the_same_text_again(value):
    assert encode(decode(encode(value))) == encode(value)


@given(JSON)
def test_plain_values_are_plain_json_to_others(value):
    if "$" not in encode(value):
        assert json.loads(encode(value)) == value


@given(st.recursive(DECIMALS, st.lists, max_leaves=5))
def test_a_decimal_is_read_back_with_the_same_digits(value):
    assert str(decode(encode(value))) == str(value)


@given(VALUES)
def test_what_came_through_sql_reads_back_the_same(value):
    [(text,)] = SQL.execute("SELECT json_extract(json(?), '$.a')", (encode({"a": [value]}),))
    assert decode(text) == [value]


@given(st.lists(DECIMALS | st.integers(-99, 99) | st.floats(-99, 99), max_size=9))
def test_sql_orders_numbers_whatever_their_type(numbers):
    ordered = SQL.execute(
        "SELECT value FROM json_each(?) ORDER BY value", (encode(numbers),)
    ).fetchall()
    assert [value for (value,) in ordered] == [
        pytest.approx(float(each)) for each in sorted(numbers, key=float)
    ]


@given(st.lists(st.binary(max_size=4)))
def test_sql_orders_bytes_as_unsigned_bytes(several):
    ordered = SQL.execute(
        "SELECT value FROM json_each(?) ORDER BY value", (encode(several),)
    ).fetchall()
    assert [decode(text) for (text,) in ordered] == sorted(several)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), "150E-2"),
        (Decimal("-0.0"), "-0E-1"),
        (Decimal("1E+125"), "1E125"),
        (Decimal("1." + "0" * 60), "1E0"),
        (10**30, "1" + "0" * 30),
        (b"\x00\xff", '{"$bytes":"00ff"}'),
        ({"b", "a"}, '{"$set":["a","b"]}'),
        (frozenset({b"b", b"a"}), '{"$set":[{"$bytes":"61"},{"$bytes":"62"}]}'),
        ({2, Decimal("1.5"), 0.5}, '{"$set":[0.5,15E-1,2]}'),
        ({"$set": 1}, '{"$$set":1}'),
        ({"$$bytes": {"$set": ["a"]}}, '{"$$$bytes":{"$$set":["a"]}}'),
        ({"$set": 1, "a": 2}, '{"$set":1,"a":2}'),
        ("$5", '"$5"'),
    ],
)
def test_a_value_has_this_form_in_the_store(value, text):
    assert encode(value) == text
    assert decode(text) == decode(text.encode()) == value


@pytest.mark.parametrize(
    "text",
    ['{"$bytes":"xyz"}', '{"$bytes":1}', '{"$set":[]}', '{"$set":1}', '{"$set":["a",1]}',
     '{"$set":[true]}', '{"$set":[[1]]}'],
)  # fmt: skip
def test_what_another_program_wrote_and_is_no_tag_of_ours_is_left_as_it_is(text):
    assert decode(text) == json.loads(text)


def test_a_tag_with_spaces_in_it_is_a_tag_all_the_same():
    assert decode('{ "$bytes" : "61" }') == b"a"


def test_others_see_bytes_as_base64_and_sets_as_sorted_lists():
    value = {"b": b"\x00\xff", "s": [{"b", "a"}], "d": Decimal("1.50")}
    assert as_json(value) == {"b": "AP8=", "s": [["a", "b"]], "d": Decimal("1.50")}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_an_integer_from_outside_has_64_bits(number):
    check_wire({"a": [2**63 - 1]})
    with pytest.raises(InvalidValue) as caught:
        check_wire({"a": [number]})
    assert caught.value.at == "$.a[0]"


@given(ANYTHING)
def test_whatever_is_accepted_reads_back_equal_and_whatever_is_refused_is_located(value):
    try:
        text = encode(value)
    except InvalidValue as fault:
        assert fault.at is not None
        assert fault.at.startswith("$")
    else:
        assert decode(text) == value


@given(ANYTHING)
def test_check_and_encode_agree(value):
    def refuses(function):
        try:
            function(value)
        except InvalidInput:
            return True
        return False

    assert refuses(check) == refuses(encode)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ({"a": math.nan}, "$.a"),
        ([1, math.inf], "$[1]"),
        ({"a": {"b": -math.inf}}, "$.a.b"),
        ({"n": 10**38 + 1}, "$.n"),
        ({"n": 1 - 10**39}, "$.n"),
        ({"n": 10**126}, "$.n"),
        ({"n": Decimal(10**38 + 1)}, "$.n"),
        ({"n": Decimal("1E126")}, "$.n"),
        ({"n": Decimal("1E-131")}, "$.n"),
        ({"n": Decimal("NaN")}, "$.n"),
        ({"n": Decimal("-Infinity")}, "$.n"),
        ({"s": set()}, "$.s"),
        ({"s": {1, "a"}}, "$.s"),
        ({"s": {True}}, "$.s"),
        ({"s": {(1, 2)}}, "$.s"),
        ({"s": {math.inf}}, "$.s"),
        ({"s": {"\ud800"}}, "$.s"),
        ({"t": "\ud800"}, "$.t"),
        ({"\ud800": 1}, "$"),
        ({"a": {1: 2}}, "$.a"),
        ({None: 2}, "$"),
        ({"odd key": [object()]}, '$["odd key"][0]'),
        (object(), "$"),
    ],
)
def test_a_fault_is_named_by_its_path(value, at):
    with pytest.raises(InvalidValue) as caught:
        encode(value)
    assert caught.value.at == at


def test_a_hundred_levels_of_nesting_are_accepted():
    assert decode(encode(nested(VALUE_DEPTH_MAX))) == nested(VALUE_DEPTH_MAX)


@pytest.mark.parametrize("innermost", [[], {}])
def test_a_hundred_and_one_levels_of_nesting_are_refused(innermost):
    value = innermost
    for _ in range(VALUE_DEPTH_MAX):
        value = {"a": value}
    with pytest.raises(InvalidValue, match="at most 100 levels"):
        encode(value)


def test_a_value_that_contains_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(InvalidValue, match="levels of nesting"):
        encode(loop)


def test_a_text_of_one_mebibyte_is_accepted_and_one_byte_more_is_not():
    assert len(encode("x" * (VALUE_BYTES_MAX - 2))) == VALUE_BYTES_MAX
    with pytest.raises(LimitExceeded, match="got 1048577") as caught:
        encode("x" * (VALUE_BYTES_MAX - 1))
    assert caught.value.hint


def test_the_bound_counts_bytes_not_characters():
    with pytest.raises(LimitExceeded):
        encode("é" * (VALUE_BYTES_MAX // 2))


@pytest.mark.parametrize("value", [Size.SMALL, Item(a=1), (1, 2)])
def test_kin_of_plain_values_are_stored_as_those(value):
    assert decode(encode(value)) == (list(value) if isinstance(value, tuple) else value)


def test_a_mapping_that_is_no_dict_is_refused_with_its_place():
    with pytest.raises(InvalidValue) as caught:
        encode(MappingProxyType({"a": 1}))
    assert caught.value.at == "$"


@pytest.mark.parametrize(
    "text", ["", "{", "nul", '"\\ud800"', "\ud800", b"\xff", "[" * 100_000, "NaN"]
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(InvalidValue, match="expected JSON"):
        decode(text)


def test_an_item_gives_its_attributes_by_dot():
    assert Item(quantity=3).quantity == 3


def test_an_item_says_which_attributes_it_has():
    with pytest.raises(AttributeError, match="no attribute 'size'; it has: a, b"):
        _ = Item(a=1, b=2).size


def test_a_step_quotes_only_odd_keys():
    assert [step("$", "a_1"), step("$", 0), step("$", "a.b")] == ["$.a_1", "$[0]", '$["a.b"]']


def test_shown_values_are_cut_and_never_raise():
    assert shown("x" * 99, limit=5) == '"xxx…'
    assert shown({object()}) == "set"
    assert shown("\ud800") == "str"
