from __future__ import annotations

import json
from decimal import Decimal

import pytest

from ensue.languages.patterns import compile_pattern
from ensue.languages.patterns.parse import MAX_ALTERNATIVES, MAX_PATH_NAMES
from ensue.words.errors import InvalidPattern


def fault(source):
    with pytest.raises(InvalidPattern) as caught:
        compile_pattern(source)
    return caught.value


def test_a_pattern_from_text_equals_the_pattern_from_bytes_and_from_a_dict():
    pattern = {"a": [1, "x", None, True], "b": {"c": [{"numeric": [">", 1.5]}]}}
    text = json.dumps(pattern)
    assert compile_pattern(text) == compile_pattern(text.encode()) == compile_pattern(pattern)
    assert hash(compile_pattern(text)) == hash(compile_pattern(pattern))


def test_a_pattern_keeps_its_source_as_it_was_given():
    assert compile_pattern('{"a": [1]}').source == '{"a": [1]}'


def test_a_decimal_in_a_python_pattern_is_a_number():
    assert compile_pattern({"a": [Decimal("1.5")]}) == compile_pattern('{"a": [1.5]}')


def test_text_that_is_not_json_is_refused_with_its_line_and_column():
    assert fault('{"a":\n [1 2]}').at == "line 2 column 5"


def test_text_with_something_behind_the_pattern_is_refused():
    assert "Extra data" in fault('{"a": [1]} {}').message


def test_bytes_that_are_not_utf8_are_refused_with_their_offset():
    assert fault(b'{"a": ["\xff"]}').at == "offset 8"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(word):
    assert word in fault(f'{{"a": [{word}]}}').message


def test_a_python_number_that_json_does_not_have_is_refused_at_its_place():
    assert fault({"a": [1, float("nan")]}).at == "$.a[1]"


def test_a_python_value_that_json_does_not_have_is_refused_at_its_place():
    assert fault({"a": {"b-c": [object()]}}).at == '$.a["b-c"][0]'


def test_a_python_name_that_is_not_a_string_is_refused():
    assert fault({"a": {1: ["x"]}}).at == "$.a"


@pytest.mark.parametrize("source", ["[]", '"a"', "1", "true", "null"])
def test_a_pattern_that_is_not_an_object_is_refused(source):
    assert fault(source).at == "$"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("{}", "$"),
        ('{"a": {"b": {}}}', "$.a.b"),
        ('{"a": 1}', "$.a"),
        ('{"a": null}', "$.a"),
        ('{"a": {"b": []}}', "$.a.b"),
        ('{"a": [["x"]]}', "$.a[0]"),
        ('{"a": ["x", {}]}', "$.a[1]"),
        ('{"a": [{"Prefix": "x"}]}', "$.a[0].Prefix"),
        ('{"a": [{"prefix": null}]}', "$.a[0].prefix"),
        ('{"a": [{"prefix": {"suffix": "x"}}]}', "$.a[0].prefix.suffix"),
        (
            '{"a": [{"suffix": {"equals-ignore-case": 1}}]}',
            '$.a[0].suffix["equals-ignore-case"]',
        ),
        ('{"a": [{"exactly": 1}]}', "$.a[0].exactly"),
        ('{"a": [{"exists": "true"}]}', "$.a[0].exists"),
        ('{"a": [{"wildcard": ["x"]}]}', "$.a[0].wildcard"),
        ('{"a": [{"wildcard": "x\\\\"}]}', "$.a[0].wildcard"),
        ('{"a": [{"numeric": []}]}', "$.a[0].numeric"),
        ('{"a": [{"numeric": ["="]}]}', "$.a[0].numeric"),
        ('{"a": [{"numeric": ["==", 1]}]}', "$.a[0].numeric[0]"),
        ('{"a": [{"numeric": ["=", "1"]}]}', "$.a[0].numeric[1]"),
        ('{"a": [{"numeric": ["=", 1, "<", 2]}]}', "$.a[0].numeric[0]"),
        ('{"a": [{"numeric": [">", 1, ">", 2]}]}', "$.a[0].numeric[2]"),
        ('{"a": [{"numeric": [">", 1, "<", 1]}]}', "$.a[0].numeric"),
        ('{"a": [{"numeric": [">", 5, "<", 5.0]}]}', "$.a[0].numeric"),
        ('{"a": [{"numeric": ["=", 1e-325]}]}', "$.a[0].numeric[1]"),
        ('{"a": [{"anything-but": []}]}', '$.a[0]["anything-but"]'),
        ('{"a": [{"anything-but": true}]}', '$.a[0]["anything-but"]'),
        ('{"a": [{"anything-but": [1, null]}]}', '$.a[0]["anything-but"][1]'),
        ('{"a": [{"anything-but": 1e309}]}', '$.a[0]["anything-but"]'),
        ('{"a": [{"anything-but": {"cidr": "::/1"}}]}', '$.a[0]["anything-but"].cidr'),
        (
            '{"a": [{"anything-but": {"wildcard": ["x", "**"]}}]}',
            '$.a[0]["anything-but"].wildcard[1]',
        ),
        ('{"a": [{"cidr": "10.0.0.0"}]}', "$.a[0].cidr"),
        ('{"a": [{"cidr": "10.0.0.256/8"}]}', "$.a[0].cidr"),
        ('{"a": [{"cidr": "10.0.0.0/-1"}]}', "$.a[0].cidr"),
        ('{"a": [{"cidr": "::/128"}]}', "$.a[0].cidr"),
        ('{"a": [{"cidr": "::g/64"}]}', "$.a[0].cidr"),
        ('{"$or": []}', '$["$or"]'),
        ('{"$or": [{"a": [1]}, 2]}', '$["$or"][1]'),
        ('{"$or": [{"a": [1]}, {}]}', '$["$or"][1]'),
        ('{"$or": [{"a": [1]}, {"b": 2}]}', '$["$or"][1].b'),
    ],
)
def test_a_fault_is_found_at_its_place(source, place):
    assert fault(source).at == place


def test_an_error_says_what_was_expected_and_what_was_there():
    assert str(fault('{"a": [{"prefix": 1}]}')) == "expected a string, got 1, at $.a[0].prefix"


def test_combinations_of_or_are_multiplied_up_to_the_limit():
    branches = [{"a": [number]} for number in range(10)]
    source = {"$or": branches, "b": {"$or": branches}, "c": {"$or": branches}}
    assert len(compile_pattern(source).program.alternatives) == MAX_ALTERNATIVES


def test_more_combinations_of_or_than_the_limit_are_refused():
    branches = [{"a": [number]} for number in range(11)]
    source = {"$or": branches, "b": {"$or": branches}, "c": {"$or": branches}}
    assert fault(source).at == '$.c["$or"]'


def test_more_levels_than_the_limit_are_refused():
    deep = {"x": [1]}
    for _ in range(MAX_PATH_NAMES):
        deep = {"x": deep}
    assert "levels" in fault(deep).message


def test_a_text_nested_beyond_any_reading_is_refused():
    assert "nested too deeply" in fault('{"a":' * 100_000).message


def test_a_python_value_nested_beyond_any_reading_is_refused():
    deep: object = [1]
    for _ in range(100_000):
        deep = {"x": deep}
    assert "nested too deeply" in fault(deep).message
    while isinstance(deep, dict):
        deep = deep["x"]


def test_the_first_of_two_errors_is_told_when_or_is_neither_operator_nor_name():
    assert fault('{"$or": [{"a": ["x"]}], "b": 1}').at == '$["$or"]'
