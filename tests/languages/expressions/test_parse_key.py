"""Key conditions: text to a range of keys, and what no key condition asks."""

import pytest

from ensue.languages.expressions import KeyRange, compile_key_condition
from ensue.words.errors import InvalidExpression


def key_range(text, **values):
    return compile_key_condition(text, partition="p", sort="s").range(values)


@pytest.mark.parametrize(
    ("text", "operator", "bounds"),
    [
        ("p = :p", None, ()),
        ("p = :p AND s = :a", "=", (1,)),
        ("p = :p AND s < :a", "<", (1,)),
        ("p = :p AND s <= :a", "<=", (1,)),
        ("p = :p AND s > :a", ">", (1,)),
        ("p = :p AND s >= :a", ">=", (1,)),
        ("p = :p AND s BETWEEN :a AND :b", "BETWEEN", (1, 2)),
        ("s > :a AND p = :p", ">", (1,)),
        ("(p = :p) AND (s > :a)", ">", (1,)),
        ("(p = :p AND s > :a)", ">", (1,)),
        (":p = p AND :a < s", ">", (1,)),
        (":p = p AND :a >= s", "<=", (1,)),
    ],
)
def test_a_key_condition_gives_the_partition_and_the_range(text, operator, bounds):
    assert key_range(text, p="v", a=1, b=2) == KeyRange("v", operator, bounds)


def test_a_sort_key_may_be_asked_for_by_its_beginning():
    assert key_range("p = :p AND begins_with(s, :a)", p=1, a="x") == KeyRange(
        1, "begins_with", ("x",)
    )


def test_the_names_of_the_keys_may_be_placeholders():
    condition = compile_key_condition(
        "#p = :p AND #s > :a",
        partition="a-b",
        sort="a.b",
        names={"p": "a-b", "s": "a.b"},
        reserved="reject",
    )
    assert condition.range({"p": 1, "a": 2}) == KeyRange(1, ">", (2,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s > :a", "'=' on the partition key 'p', got none"),
        ("p > :p", "'=' for the partition key 'p', got >"),
        ("p BETWEEN :p AND :a", "got BETWEEN"),
        ("begins_with(p, :p)", "got begins_with"),
        ("p = :p AND q = :a", "the key 'p' or 's', got 'q'"),
        ("p = :p AND p = :a", "another for 'p'"),
        ("p = :p AND s > :a AND s < :b", "another for 's'"),
        ("p = :p OR s = :a", "got OR"),
        ("NOT p = :p", "got NOT"),
        ("p = :p AND s <> :a", "got <>"),
        ("p = :p AND s IN (:a)", "got IN"),
        ("p = :p AND contains(s, :a)", "got contains"),
        ("p = :p AND attribute_exists(s)", "got attribute_exists"),
        ("p = :p AND attribute_not_exists(s)", "got attribute_not_exists"),
        ("p = :p AND attribute_type(s, :a)", "got attribute_type"),
        ("p = :p AND size(s) > :a", "a key compared with a :value"),
        ("p = s", "a key compared with a :value"),
        (":p = :a", "a key compared with a :value"),
        ("p = :p AND s.a = :a", "nested path 's.a'"),
        ("p = :p AND begins_with(:a, s)", "a key compared with a :value"),
        ("p = :p AND s BETWEEN :a AND q", "a key compared with a :value"),
    ],
)
def test_what_no_key_condition_asks_is_refused(text, message):
    with pytest.raises(InvalidExpression, match=message):
        compile_key_condition(text, partition="p", sort="s")


def test_a_table_without_sort_key_has_one_key():
    with pytest.raises(InvalidExpression, match="the key 'p', got 's'"):
        compile_key_condition("p = :p AND s = :a", partition="p")


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}, {1}, set(), (1,)])
def test_a_key_is_a_string_a_number_or_a_binary(value):
    with pytest.raises(InvalidExpression, match="N, S or B"):
        key_range("p = :p", p=value)
    with pytest.raises(InvalidExpression, match="N, S or B"):
        key_range("p = :p AND s > :a", p=1, a=value)


def test_a_number_has_no_beginning():
    with pytest.raises(InvalidExpression, match="S or B for begins_with, got N"):
        key_range("p = :p AND begins_with(s, :a)", p=1, a=1)


@pytest.mark.parametrize(("low", "high"), [(2, 1), ("b", "a"), (1, "a")])
def test_a_range_that_is_upside_down_or_of_two_types_is_refused(low, high):
    with pytest.raises(InvalidExpression, match="BETWEEN"):
        key_range("p = :p AND s BETWEEN :a AND :b", p=1, a=low, b=high)
