from __future__ import annotations

import pytest

from ensue import InvalidPattern, InvalidValue, check_pattern, explain_pattern, match_pattern
from ensue.languages.patterns import compile_pattern


def test_patterns_and_events_are_texts_or_values():
    for pattern in ('{"a": [1]}', b'{"a": [1]}', {"a": [1]}, compile_pattern({"a": [1]})):
        for event in ('{"a": 1.0}', b'{"a": 1}', {"a": 1}):
            assert match_pattern(pattern, event)
            assert explain_pattern(pattern, event) == []


def test_the_reasons_are_those_of_the_fields_that_failed():
    [reason] = explain_pattern({"a": ["x"], "b": [1]}, {"a": "y", "b": 1})
    assert str(reason) == 'a: expected "x", found "y"'


def test_a_pattern_that_does_not_compile_is_refused_with_its_place():
    check_pattern({"a": [1]})
    with pytest.raises(InvalidPattern) as caught:
        check_pattern('{"a": 1}')
    assert caught.value.at == "$.a"


@pytest.mark.parametrize("event", ["[]", "x", b"\xff", [1], 5, None])
def test_an_event_that_is_no_object_is_refused(event):
    with pytest.raises(InvalidValue):
        match_pattern({"a": [1]}, event)
