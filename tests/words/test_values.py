# ruff: noqa: PT017 - handlers and fixtures take what they are given
from __future__ import annotations

import json
import math
from enum import IntEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.words.errors import InvalidInput, InvalidValue, LimitExceeded
from ensue.words.values import (
    VALUE_BYTES_MAX,
    VALUE_DEPTH_MAX,
    Item,
    check,
    decode,
    encode,
    shown,
    step,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
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
def test_every_json_value_is_accepted_and_reads_back_equal(value):
    assert decode(encode(value)) == value


@given(VALUES)
def test_what_is_encoded_is_json_to_others_too(value):
    assert json.loads(encode(value)) == value


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
        ({"n": 2**63}, "$.n"),
        ({"n": -(2**63) - 1}, "$.n"),
        ({"b": b"x"}, "$.b"),
        ({"s": {1, 2}}, "$.s"),
        ({"t": "\ud800"}, "$.t"),
        ({"\ud800": 1}, "$"),
        ({"a": {1: 2}}, "$.a"),
        ({None: 2}, "$"),
        ({"odd key": [object()]}, '$["odd key"][0]'),
        (b"x", "$"),
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
    assert shown({"\ud800"}) == "set"
    assert shown("\ud800") == "str"
