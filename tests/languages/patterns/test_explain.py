from __future__ import annotations

import pytest

from ensue.languages.patterns import Mismatch, compile_pattern


def reasons(pattern, event):
    return [str(mismatch) for mismatch in compile_pattern(pattern).explain(event)]


def test_an_event_that_matches_has_no_reasons():
    assert reasons({"a": ["x"]}, {"a": "x"}) == []


def test_every_field_that_failed_is_told_with_its_path():
    pattern = {"source": ["shop"], "detail": {"state": ["new", "paid"], "total": [1]}}
    event = {"source": "shop", "detail": {"state": "sent"}}
    assert compile_pattern(pattern).explain(event) == [
        Mismatch("detail.state", '"new" or "paid"', '"sent"'),
        Mismatch("detail.total", "1", "no value"),
    ]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"prefix": "x"}, 'a string starting with "x"'),
        ({"prefix": {"equals-ignore-case": "x"}}, 'a string starting with "x" in any case'),
        ({"suffix": "x"}, 'a string ending with "x"'),
        ({"equals-ignore-case": "x"}, '"x" in any case'),
        ({"wildcard": "x*y"}, 'a string like "x*y"'),
        ({"numeric": [">", 1, "<=", 2.5]}, "a number > 1 and <= 2.5"),
        ({"numeric": ["<", 0]}, "a number < 0"),
        ({"cidr": "10.0.0.0/8"}, 'an address in "10.0.0.0/8"'),
        ("10.0.0.1", '"10.0.0.1"'),
        ({"anything-but": ["no value here"]}, 'anything but "no value here"'),
        ({"exists": False}, "no value"),
        (6e9, "6000000000"),
        (None, "null"),
    ],
)
def test_what_was_expected_is_told_in_words(test, expected):
    assert reasons({"a": [test]}, {"a": "no value here"}) == [
        f'a: expected {expected}, found "no value here"'
    ]


def test_a_field_that_must_exist_is_told():
    assert reasons({"a": [{"exists": True}]}, {}) == ["a: expected any value, found no value"]


def test_fields_in_different_elements_of_an_array_are_told_together():
    found = reasons({"a": {"x": [1], "y": [2]}}, {"a": [{"x": 1}, {"y": 2}]})
    assert found == [
        "a.x: expected 1, in the same array elements as the other fields, found 1",
        "a.y: expected 2, in the same array elements as the other fields, found 2",
    ]


def test_of_alternatives_the_nearest_is_told():
    pattern = {"$or": [{"a": [1], "b": [1]}, {"c": [1]}]}
    assert reasons(pattern, {}) == ["c: expected 1, found no value"]


def test_many_values_are_told_in_part():
    assert reasons({"a": ["x"]}, {"a": list(range(13))}) == [
        'a: expected "x", found 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more'
    ]
