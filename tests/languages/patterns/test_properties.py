"""What holds for all patterns and events, tried on many."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.languages.patterns import Matcher, compile_pattern, parse_event

names = st.sampled_from(["a", "b", "c", "a.b", "b.c"])
texts = st.sampled_from([
    "",
    "x",
    "X",
    "xy",
    "yx",
    "xyz",
    "K",
    "\u212a",
    "ß",
    "SS",
    "10.0.0.1",
    "::1",
])
numbers = st.sampled_from([0, 1, -1, 1.0, 0.5, 0.1234567, 5_000_000_000, 2**53 + 1, 1e22, 10**23])
scalars = texts | numbers | st.sampled_from([None, True, False])
wildcards = st.sampled_from(["*", "x*", "*x", "x*y", "*x*", "*xyzx*", "*xyzy*", "x", ""])
one_or_more = st.lists(texts, min_size=1, max_size=3) | texts
filled = texts.filter(bool)
bounds = st.sampled_from([-2, -1, 0, 0.5, 1, 7])
signs = st.sampled_from(["=", "<", "<=", ">", ">="])
tests = st.one_of(
    scalars,
    st.builds(lambda text: {"prefix": text}, texts),
    st.builds(lambda text: {"suffix": text}, texts),
    st.builds(lambda text: {"prefix": {"equals-ignore-case": text}}, texts),
    st.builds(lambda text: {"suffix": {"equals-ignore-case": text}}, texts),
    st.builds(lambda text: {"equals-ignore-case": text}, texts),
    st.builds(lambda text: {"wildcard": text}, wildcards),
    st.builds(lambda there: {"exists": there}, st.booleans()),
    st.builds(lambda sign, bound: {"numeric": [sign, bound]}, signs, bounds),
    st.builds(lambda low, more: {"numeric": [">", low, "<=", low + more]}, bounds, st.just(2)),
    st.sampled_from([{"cidr": "10.0.0.0/8"}, {"cidr": "::/1"}, {"exactly": "::1"}]),
    st.builds(lambda these: {"anything-but": these}, one_or_more),
    st.builds(lambda these: {"anything-but": these}, st.lists(bounds, min_size=1, max_size=2)),
    st.builds(lambda these: {"anything-but": {"prefix": these}}, filled),
    st.builds(lambda these: {"anything-but": {"suffix": these}}, filled),
    st.builds(lambda these: {"anything-but": {"wildcard": these}}, wildcards),
    st.builds(lambda these: {"anything-but": {"equals-ignore-case": these}}, one_or_more),
)
leaves = st.lists(tests, min_size=1, max_size=3)
objects = st.recursive(
    st.dictionaries(names, leaves, min_size=1, max_size=2),
    lambda inner: st.dictionaries(names, leaves | inner, min_size=1, max_size=3),
    max_leaves=5,
)
branches = st.lists(objects, min_size=2, max_size=3)
patterns = objects | st.builds(lambda fields, either: {**fields, "$or": either}, objects, branches)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
events = st.dictionaries(names, values, max_size=4)


@given(patterns, events)
@settings(max_examples=300, deadline=None)
def test_an_event_has_reasons_exactly_when_it_does_not_match(source, event):
    pattern = compile_pattern(source)
    assert pattern.matches(event) == (not pattern.explain(event))


@given(patterns)
@settings(deadline=None)
def test_a_pattern_from_text_equals_the_one_from_the_value(source):
    assert compile_pattern(json.dumps(source)) == compile_pattern(source)


@given(patterns, events)
@settings(deadline=None)
def test_a_parsed_event_matches_as_its_text_does(source, event):
    pattern = compile_pattern(source)
    assert pattern.matches(event) == pattern.matches(parse_event(json.dumps(event)))


@given(st.lists(patterns, max_size=60), st.sets(st.integers(0, 59)), st.lists(events, max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_matcher_agrees_with_each_pattern_in_turn(sources, removed, some_events):
    compiled = {number: compile_pattern(source) for number, source in enumerate(sources)}
    matcher = Matcher()
    for number, pattern in compiled.items():
        matcher.add(number, pattern)
    for number in removed & compiled.keys():
        matcher.remove(number)
        del compiled[number]
    for event in some_events:
        in_turn = [number for number, pattern in compiled.items() if pattern.matches(event)]
        assert matcher.match(event) == in_turn


@given(st.lists(leaves, min_size=30, max_size=60), st.lists(values, min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_many_rules_on_one_field_agree_with_each_in_turn(tests_of_rules, some_values):
    compiled = [compile_pattern({"a": tests}) for tests in tests_of_rules]
    matcher = Matcher()
    for number, pattern in enumerate(compiled):
        matcher.add(number, pattern)
    for number in range(0, len(compiled), 3):
        matcher.remove(number)
        matcher.add(number, compiled[number])
    for value in some_values:
        in_turn = {number for number, each in enumerate(compiled) if each.matches({"a": value})}
        assert set(matcher.match({"a": value})) == in_turn
