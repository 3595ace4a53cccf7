"""Conditions at work."""

from collections import UserDict
from decimal import Decimal

import pytest

from ensue.languages.expressions import compile_condition
from ensue.words.errors import InvalidExpression

EVERY_TYPE = {
    "S": "text",
    "N": 17,
    "B": b"bytes",
    "BOOL": True,
    "NULL": None,
    "L": [1],
    "M": {"a": 1},
    "SS": {"p"},
    "NS": {1},
    "BS": {b"p"},
}


def holds(text, item, **values):
    return compile_condition(text).holds(item, values)


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_value_equals_one_of_its_own_type_alone(kind):
    for other, value in EVERY_TYPE.items():
        assert holds("a = :x", {"a": EVERY_TYPE[kind]}, x=value) is (kind == other)
        assert holds("a <> :x", {"a": EVERY_TYPE[kind]}, x=value) is (kind != other)


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_attribute_type_knows_every_type(kind):
    for name in EVERY_TYPE:
        assert holds("attribute_type(a, :t)", {"a": EVERY_TYPE[kind]}, t=name) is (kind == name)


@pytest.mark.parametrize(("low", "high"), [(1, 2), ("a", "b"), (b"a", b"b"), (Decimal("0.1"), 1)])
def test_numbers_strings_and_binaries_are_ordered(low, high):
    item = {"a": low}
    for text, expected in [
        ("a < :x", True),
        ("a <= :x", True),
        ("a > :x", False),
        ("a >= :x", False),
    ]:
        assert holds(text, item, x=high) is expected
    for text, expected in [
        ("a < :x", False),
        ("a <= :x", True),
        ("a > :x", False),
        ("a >= :x", True),
    ]:
        assert holds(text, item, x=low) is expected


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_an_attribute_of_another_type_is_not_ordered(operator, kind):
    if kind != "N":
        assert not holds(f"a {operator} :x", {"a": EVERY_TYPE[kind]}, x=17)


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("kind", ["BOOL", "NULL", "L", "M", "SS", "NS", "BS"])
def test_a_value_of_a_type_without_order_is_an_error_even_of_a_missing_item(operator, kind):
    with pytest.raises(InvalidExpression, match=f"N, S or B for {operator}, got {kind}"):
        holds(f"a {operator} :x", None, x=EVERY_TYPE[kind])


@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">="])
def test_a_missing_attribute_compares_with_nothing(operator):
    assert not holds(f"a {operator} :x", {}, x=1)
    assert not holds(f"a {operator} b", {})
    assert not holds(f"a {operator} b", {"a": 1})


def test_a_missing_attribute_differs_from_everything():
    assert holds("a <> :x", {}, x=1)
    assert holds("a <> b", {})


def test_an_item_that_is_not_there_has_no_attributes():
    assert holds("attribute_not_exists(id)", None)
    assert not holds("attribute_exists(id)", None)


def test_a_null_attribute_exists():
    assert holds("attribute_exists(a)", {"a": None})


def test_between_takes_both_its_ends():
    for value, expected in [(0, False), (1, True), (2, True), (3, True), (4, False)]:
        assert holds("a BETWEEN :x AND :y", {"a": value}, x=1, y=3) is expected


def test_between_with_a_missing_bound_is_false():
    assert not holds("a BETWEEN b AND :y", {"a": 1}, y=3)


def test_between_with_bounds_from_the_item_may_be_empty():
    assert not holds("a BETWEEN b AND c", {"a": 2, "b": 3, "c": 1})


@pytest.mark.parametrize(("low", "high", "message"), [(3, 1, "not above"), (1, "a", "one type")])
def test_between_refuses_values_that_are_no_bounds(low, high, message):
    with pytest.raises(InvalidExpression, match=message):
        holds("a BETWEEN :x AND :y", {"a": 2}, x=low, y=high)


def test_in_is_true_of_each_of_its_choices_by_type():
    assert holds("a IN (:x, :y)", {"a": 2}, x=1, y=Decimal(2))
    assert not holds("a IN (:x, :y)", {"a": True}, x=1, y="True")


@pytest.mark.parametrize(
    ("value", "prefix", "expected"),
    [("abc", "ab", True), ("abc", "bc", False), (b"abc", b"a", True), ("abc", b"a", False)],
)
def test_begins_with_is_of_two_strings_or_two_binaries(value, prefix, expected):
    assert holds("begins_with(a, :x)", {"a": value}, x=prefix) is expected


def test_begins_with_is_false_of_an_attribute_of_another_type():
    assert not holds("begins_with(a, :x)", {"a": 17}, x="1")
    assert not holds("begins_with(a, :x)", {}, x="1")


@pytest.mark.parametrize("kind", sorted(set(EVERY_TYPE) - {"S", "B"}))
def test_begins_with_refuses_a_value_that_has_no_beginning(kind):
    with pytest.raises(InvalidExpression, match=f"begins_with, got {kind}"):
        holds("begins_with(a, :x)", {}, x=EVERY_TYPE[kind])


@pytest.mark.parametrize(
    ("container", "element", "expected"),
    [
        ("abc", "b", True),
        ("abc", b"b", False),
        ("a1c", 1, False),
        (b"abc", b"bc", True),
        ({"a", "b"}, "a", True),
        ({"ab"}, "a", False),
        ({1, 2}, Decimal(2), True),
        ({1, 2}, True, False),
        ({b"a"}, b"a", True),
        ([1, "a", [2]], [2], True),
        ([1], True, False),
        ([{"a": {1}}], {"a": {1}}, True),
        ({"a": 1}, "a", False),
        (17, 1, False),
    ],
)
def test_contains_looks_in_strings_binaries_sets_and_lists(container, element, expected):
    assert holds("contains(a, :x)", {"a": container}, x=element) is expected


def test_contains_takes_its_element_from_the_item_too():
    assert holds("contains(a, b)", {"a": [1, 2], "b": 2})
    assert not holds("contains(a, b)", {"a": [1, 2]})


@pytest.mark.parametrize(
    ("value", "size"),
    [("été", 3), (b"\x00\x01", 2), ([1, 2], 2), ({"a": 1}, 1), ({1, 2, 3}, 3), ("", 0)],
)
def test_size_counts_characters_bytes_and_elements(value, size):
    assert holds("size(a) = :n", {"a": value}, n=size)


@pytest.mark.parametrize("value", [17, True, None])
def test_what_has_no_size_compares_as_if_it_were_missing(value):
    assert not holds("size(a) >= :n", {"a": value}, n=0)
    assert holds("size(a) <> :n", {"a": value}, n=0)


@pytest.mark.parametrize("text", ["size(:x) > :n", "size(:x) = :n", "a IN (size(:x), :n)"])
def test_a_value_without_size_is_an_error(text):
    with pytest.raises(InvalidExpression, match="for size, got N"):
        holds(text, {"a": 1}, x=17, n=1)


def test_the_type_to_look_for_must_be_one():
    for wanted in ("INT", 1, None, ["S"]):
        with pytest.raises(InvalidExpression, match="the name of a type"):
            holds("attribute_type(a, :t)", {"a": 1}, t=wanted)


def test_paths_go_through_maps_and_lists_alone():
    item = {"a": {"b": [{"c": 1}]}, "s": "text"}
    assert holds("a.b[0].c = :x", item, x=1)
    for path in ("a[0]", "a.b.c", "a.b[1]", "s[0]", "s.a", "a.b[0].c.d"):
        assert not holds(f"attribute_exists({path})", item)


def test_an_item_and_its_maps_may_be_any_mapping():
    item = UserDict({"a": UserDict({"b": 1})})
    assert holds("a.b = :x AND a = :m AND size(a) = :x", item, x=1, m={"b": 1})


def test_deep_values_are_compared_without_recursion():
    def nest(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    assert holds("a = :x", {"a": nest(5000)}, x=nest(5000))
    assert not holds("a = :x", {"a": nest(5000)}, x=nest(4999))


def test_a_wrong_value_is_an_error_even_where_it_is_not_reached():
    with pytest.raises(InvalidExpression, match="for >"):
        holds("a = :x OR a > :y", {"a": 1}, x=1, y=None)


def test_conditions_stop_at_the_first_answer():
    reads = []

    class Watched(dict):
        def get(self, name, default=None):
            reads.append(name)
            return super().get(name, default)

    assert holds("a = :x OR b = :x", Watched(a=1, b=1), x=1)
    assert not holds("b <> :x AND a = :x", Watched(a=1, b=1), x=1)
    assert reads == ["a", "b"]
