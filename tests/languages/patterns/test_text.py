from __future__ import annotations

import pytest

from ensue.languages.patterns import parse_event
from ensue.languages.patterns.numbers import SpelledNumber
from ensue.languages.patterns.text import Repeated
from ensue.words.errors import InvalidValue


def test_numbers_that_compare_come_back_plain():
    event = parse_event('{"a": 1, "b": 2.50, "c": -0, "d": 1e2}')
    assert event == {"a": 1, "b": 2.5, "c": 0, "d": 100}
    assert {type(value) for value in event.values()} <= {int, float}


def test_other_numbers_remember_their_spelling():
    number = parse_event('{"a": 0.10000000000000000001}')["a"]
    assert isinstance(number, SpelledNumber)
    assert (number, number.text) == (0.1, "0.10000000000000000001")


def test_numbers_of_any_length_can_be_read():
    number = parse_event(f'{{"a": {"1" * 5_000}}}')["a"]
    assert isinstance(number, SpelledNumber)


def test_a_repeated_key_gives_both_values():
    found = parse_event('{"a": 1, "a": 2, "a": [3]}')["a"]
    assert isinstance(found, Repeated)
    assert found == [1, 2, [3]]


def test_repeated_objects_are_merged():
    assert parse_event('{"a": {"b": 1}, "a": {"b": 2, "c": 3}}') == {
        "a": {"b": Repeated([1, 2]), "c": 3}
    }


@pytest.mark.parametrize("text", ["[]", "1", '"a"', "{", '{"a": NaN}', b"\xff"])
def test_what_is_not_a_json_object_is_refused(text):
    with pytest.raises(InvalidValue):
        parse_event(text)
