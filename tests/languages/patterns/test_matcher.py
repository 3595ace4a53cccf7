from __future__ import annotations

import pytest

from ensue.languages.patterns import Matcher, compile_pattern, parse_event
from ensue.languages.patterns.bucket import MAX_CHECKED_RULES
from ensue.words.errors import Conflict, InvalidPattern, InvalidValue, NotFound


def matcher_of(patterns):
    matcher = Matcher()
    for key, pattern in patterns.items():
        matcher.add(key, pattern)
    return matcher


def test_the_keys_come_back_in_the_order_of_adding():
    matcher = matcher_of({"z": {"a": ["x"]}, "b": {"a": [{"prefix": "x"}]}, "m": {"c": [1]}})
    assert matcher.match({"c": 1, "a": "x"}) == ["z", "b", "m"]


def test_a_rule_is_found_once_however_many_alternatives_match():
    matcher = matcher_of({"r": {"$or": [{"a": ["x"]}, {"b": [1]}, {"a": ["y"]}]}})
    assert matcher.match({"a": ["x", "y"], "b": 1}) == ["r"]


def test_a_removed_rule_is_found_no_more():
    matcher = matcher_of({1: {"a": ["x"]}, 2: {"a": ["x"]}})
    matcher.remove(1)
    assert matcher.match({"a": "x"}) == [2]
    assert len(matcher) == 1
    assert 1 not in matcher


def test_a_rule_can_be_added_again_and_is_then_the_last():
    matcher = matcher_of({1: {"a": ["x"]}, 2: {"a": ["x"]}})
    matcher.remove(1)
    matcher.add(1, {"a": ["x"]})
    assert matcher.match({"a": "x"}) == [2, 1]


def test_adding_a_rule_of_the_same_name_is_a_conflict():
    matcher = matcher_of({"r": {"a": ["x"]}})
    with pytest.raises(Conflict):
        matcher.add("r", {"a": ["y"]})


def test_removing_an_unknown_rule_is_an_error():
    with pytest.raises(NotFound):
        Matcher().remove("r")


def test_an_invalid_pattern_adds_nothing():
    matcher = Matcher()
    with pytest.raises(InvalidPattern):
        matcher.add("r", {"a": "x"})
    assert "r" not in matcher
    assert matcher.match({"a": "x"}) == []


def test_a_compiled_pattern_can_be_added():
    assert matcher_of({1: compile_pattern({"a": [1]})}).match({"a": 1}) == [1]


def test_rules_that_need_no_value_meet_every_event():
    matcher = matcher_of({1: {"a": [{"exists": False}]}, 2: {"a": ["x", {"exists": False}]}})
    assert matcher.match({}) == [1, 2]
    assert matcher.match({"a": "x"}) == [2]


def test_array_elements_are_told_apart_among_many_rules():
    rules = {number: {"a": {"x": [number], "y": [number]}} for number in range(100)}
    event = {"a": [{"x": 1, "y": 2}, {"x": 3, "y": 3}, {"x": 2, "y": 1}]}
    assert matcher_of(rules).match(event) == [3]


def test_an_event_that_has_many_matches_finds_them_all():
    matcher = matcher_of({number: {"a": [{"numeric": ["<", number]}]} for number in range(500)})
    assert matcher.match({"a": 99}) == list(range(100, 500))


def test_a_matcher_that_was_emptied_starts_afresh():
    count = MAX_CHECKED_RULES * 3
    rules = {number: {"a": ["x"], "b": [{"prefix": str(number)}]} for number in range(count)}
    matcher = matcher_of(rules)
    for number in rules:
        matcher.remove(number)
    assert matcher.match({"a": "x", "b": "1"}) == []
    matcher.add("again", {"a": ["x"]})
    assert matcher.match({"a": "x"}) == ["again"]
    assert len(matcher) == 1


def test_emptying_a_matcher_leaves_nothing_behind():
    matcher = matcher_of({1: {"a": {"b": ["x"]}}, 2: {"a": {"c": [{"exists": False}]}}})
    matcher.remove(1)
    matcher.remove(2)
    assert matcher._anchors == {}
    assert matcher._paths.root.edges == {}
    assert not matcher._popularity
    assert not matcher._keys


def test_an_event_nested_beyond_walking_is_refused():
    deep: object = {"x": 1}
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(InvalidValue):
        matcher_of({1: {"a": {"x": [1]}}}).match({"a": deep})
    while isinstance(deep, list):
        deep = deep[0]


def test_a_repeated_key_gives_the_rules_all_its_values_and_makes_no_array():
    matcher = matcher_of({"x": {"a": ["x"]}, "both": {"b": {"x": [1], "y": [2]}}})
    assert matcher.match(parse_event('{"a": "y", "a": "x"}')) == ["x"]
    assert matcher.match(parse_event('{"b": [{"x": 1}], "b": [{"y": 2}]}')) == ["both"]
    assert matcher.match(parse_event('{"b": [{"x": 1}, {"y": 2}]}')) == []


def test_numbers_that_no_float_is_are_found_by_value_and_by_spelling():
    matcher = matcher_of({"exact": '{"a": [9007199254740993]}', "large": {"a": [1e23]}})
    assert matcher.match({"a": 2**53 + 1}) == ["exact"]
    assert matcher.match(parse_event('{"a": 9007199254740993}')) == ["exact"]
    assert matcher.match({"a": 2**53}) == []
    assert matcher.match({"a": 10**23}) == ["large"]
    assert matcher.match(parse_event('{"a": 1.0E+23}')) == ["large"]
