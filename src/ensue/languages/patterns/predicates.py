"""Tests compiled to functions of one value of an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from ensue.languages.patterns.addresses import read_address
from ensue.languages.patterns.letters import ascii_lower, either_case
from ensue.languages.patterns.numbers import SpelledNumber, number_in
from ensue.languages.patterns.program import (
    AnythingBut,
    Exact,
    Exists,
    IgnoreCase,
    Network,
    Number,
    Prefix,
    Range,
    Suffix,
    Test,
    Wildcard,
)
from ensue.languages.patterns.wildcards import wildcard_test

Predicate = Callable[[object], bool]

_KEPT_PREDICATES = 10_000


def any_predicate(tests: Iterable[Test]) -> Predicate:
    """A function that says whether one of the tests holds for a value that is there."""
    strings: set[object] = set()
    others: list[Predicate] = []
    for test in tests:
        if isinstance(test, Exact) and isinstance(test.value, str):
            strings.add(test.value)
        else:
            others.append(predicate(test))
    if strings:
        # Only strings equal strings, so one look into a set answers for every type of value.
        others.insert(0, frozenset(strings).__contains__)
    return others[0] if len(others) == 1 else _any_of(tuple(others))


def _any_of(predicates: tuple[Predicate, ...]) -> Predicate:
    def holds(value: object) -> bool:
        return any(each(value) for each in predicates)

    return holds


@lru_cache(maxsize=_KEPT_PREDICATES)
def predicate(test: Test) -> Predicate:
    """A function that says whether the test holds for a value that is there."""
    made: Predicate
    match test:
        case Exact():
            made = _is_exactly(test)
        case Number():
            made = _is_number(test)
        case Range(low, high):
            made = _is_between(low, high)
        case Exists(present):
            made = _constantly(answer=present)
        case AnythingBut(excluded):
            made = _is_not(any_predicate(excluded))
        case Network():
            made = _is_in_network(test)
        case _:
            made = _is_string(test)
    return made


def _is_string(test: Prefix | Suffix | IgnoreCase | Wildcard) -> Predicate:
    made: Predicate
    match test:
        case Wildcard(_, parts):
            made = _for_strings(wildcard_test(parts))
        case Prefix(text, False):
            made = lambda value: isinstance(value, str) and value.startswith(text)  # noqa: E731
        case Suffix(text, False):
            made = lambda value: isinstance(value, str) and value.endswith(text)  # noqa: E731
        case _ if test.text.isascii():
            made = _for_strings(_ascii_predicate(test))
        case Prefix():
            made = _for_strings(_matches(re.compile(either_case(test.text))))
        case Suffix():
            made = _for_strings(_contains(re.compile(either_case(test.text) + r"\Z")))
        case IgnoreCase():
            made = _for_strings(_matches(re.compile(either_case(test.text) + r"\Z")))
    return made


def _ascii_predicate(test: Prefix | Suffix | IgnoreCase) -> Callable[[str], bool]:
    lowered = test.text.lower()
    size = len(lowered)
    match test:
        case Prefix():
            return lambda value: ascii_lower(value[:size]) == lowered
        case Suffix():
            return lambda value: ascii_lower(value[max(len(value) - size, 0) :]) == lowered
        case IgnoreCase():
            return lambda value: len(value) == size and ascii_lower(value) == lowered


def _matches(expression: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: expression.match(value) is not None


def _contains(expression: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: expression.search(value) is not None


def _for_strings(holds: Callable[[str], bool]) -> Predicate:
    return lambda value: isinstance(value, str) and holds(value)


def _is_exactly(test: Exact) -> Predicate:
    expected = test.value
    if isinstance(expected, str):
        return lambda value: value == expected
    return lambda value: value is expected


def _is_number(test: Number) -> Predicate:
    expected, spelling = test.value, test.spelling

    def holds(value: object) -> bool:
        kind = type(value)
        if kind is float or kind is str:
            return value == expected
        if isinstance(value, SpelledNumber):
            return value.text == spelling
        return kind is not bool and (value == expected or number_in(value) == expected)

    return holds


def _is_between(low: float, high: float) -> Predicate:
    def holds(value: object) -> bool:
        kind = type(value)
        if (kind is float or kind is int) and not low <= value <= high:  # type: ignore[operator]  # by its exact type
            return False
        number = number_in(value)
        return number is not None and low <= number <= high

    return holds


def _is_in_network(test: Network) -> Predicate:
    version, base, host_bits = test.version, test.base >> test.host_bits, test.host_bits

    def holds(value: object) -> bool:
        address = read_address(value) if isinstance(value, str) else None
        return address is not None and address[0] == version and address[1] >> host_bits == base

    return holds


def _is_not(excluded: Predicate) -> Predicate:
    return lambda value: not excluded(value)


def _constantly(*, answer: bool) -> Predicate:
    return lambda _: answer
