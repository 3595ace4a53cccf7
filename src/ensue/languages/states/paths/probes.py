"""Steps to functions of a value.

A definite path is followed directly. Of any other each step becomes a function that hands what it
finds to the next step's, and the last one collects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from ensue.languages.states.paths.comparison import MISSING, OPERATORS, Missing, Side
from ensue.languages.states.paths.functions import apply
from ensue.languages.states.paths.program import (
    Both,
    Call,
    Compare,
    Deep,
    Either,
    Exists,
    Indexes,
    Literal,
    Names,
    Not,
    Operand,
    Pattern,
    Slice,
    Step,
    Test,
    Where,
    is_definite,
)
from ensue.words.values import Json

Find = Callable[[Json, Json], "Json | Missing"]
"""What a path finds in (the whole, the value that it starts at)."""

Passes = Callable[[Json, Json], bool]
"""Whether an item, the second, passes a filter."""

_Follow = Callable[[Json, Json, list[Json]], None]
"""Takes the whole, a value and what is found so far; adds to that."""


class _NoWay(Exception):
    """What the definite beginning of a path names is no array, and an index is asked of it."""


def finder(steps: tuple[Step, ...]) -> Find:
    """What finds the values that the steps name."""
    if steps and isinstance(call := steps[-1], Call):
        return _called(call, finder(steps[:-1]))
    if not is_definite(steps):
        return _gathering(steps)
    if all(isinstance(step, Names) and len(step.names) == 1 for step in steps):
        return _named(tuple(step.names[0] for step in steps if isinstance(step, Names)))
    return _definite(steps)


def _called(call: Call, inner: Find) -> Find:
    def find(whole: Json, value: Json) -> Json | Missing:
        found = inner(whole, value)
        return MISSING if isinstance(found, Missing) else apply(call, found)

    return find


def _named(names: tuple[str, ...]) -> Find:
    """By names only: what most paths are."""
    if not names:
        return lambda _whole, value: value

    def find(_whole: Json, value: Json) -> Json | Missing:
        below: Any = value
        try:
            for name in names:
                below = below[name]
        except (KeyError, TypeError):
            return MISSING
        return cast("Json", below)

    return find


def _definite(steps: tuple[Step, ...]) -> Find:
    def find(_whole: Json, value: Json) -> Json | Missing:
        for step in steps:
            if isinstance(step, Indexes):
                index = step.indexes[0]
                if not isinstance(value, list) or not -len(value) <= index < len(value):
                    return MISSING
                value = value[index]
            elif not isinstance(step, Names) or not isinstance(value, dict):
                return MISSING
            elif len(step.names) > 1:
                value = {name: value[name] for name in step.names if name in value}
            elif step.names[0] in value:
                value = value[step.names[0]]
            else:
                return MISSING
        return value

    return find


def _gathering(steps: tuple[Step, ...]) -> Find:
    """All that an indefinite path finds, in a list."""
    follow: _Follow = _collect
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        sure = is_definite(steps[:number])
        if isinstance(step, Deep):
            follow = _deep(follow)
        else:
            follow = _followed(step, follow, sure=sure, last=number == len(steps) - 1)

    def find(whole: Json, value: Json) -> Json | Missing:
        found: list[Json] = []
        try:
            follow(whole, value, found)
        except _NoWay:
            return MISSING
        return found

    return find


def _collect(_whole: Json, value: Json, found: list[Json]) -> None:
    found.append(value)


def _followed(step: Step, then: _Follow, *, sure: bool, last: bool) -> _Follow:
    """One step. Where the way to it is sure, an array must be there for what needs one."""
    match step:
        case Names(names):
            return _names(names, then, merged=last and len(names) > 1)
        case Indexes(indexes):
            return _elements(
                lambda length: [_from_end(i, length) for i in indexes], then, sure=sure
            )
        case Slice(first, behind):
            return _elements(lambda length: _places(first, behind, length), then, sure=sure)
        case Where(test):
            return _where(passes(test), then, sure=sure)
        case _:
            return _every(then)


def _names(names: tuple[str, ...], then: _Follow, *, merged: bool) -> _Follow:
    def follow(whole: Json, value: Json, found: list[Json]) -> None:
        if not isinstance(value, dict):
            return
        if merged:
            then(whole, {name: value[name] for name in names if name in value}, found)
            return
        for name in names:
            if name in value:
                then(whole, value[name], found)

    return follow


def _elements(places: Callable[[int], list[int]], then: _Follow, *, sure: bool) -> _Follow:
    def follow(whole: Json, value: Json, found: list[Json]) -> None:
        if not isinstance(value, list):
            if sure:
                raise _NoWay
            return
        length = len(value)
        for place in places(length):
            if 0 <= place < length:
                then(whole, value[place], found)

    return follow


def _from_end(index: int, length: int) -> int:
    return index + length if index < 0 else index


def _places(first: int | None, behind: int | None, length: int) -> list[int]:
    """The places of a slice. Between two bounds each place counts by itself, from either end."""
    if first is None:
        end = length if behind is None else min(_from_end(behind, length), length)
        return list(range(end))
    if behind is None:
        return list(range(max(_from_end(first, length), 0), length))
    if length == 0:
        return []
    return [_from_end(place, length) for place in range(max(first, -length), min(behind, length))]


def _every(then: _Follow) -> _Follow:
    def follow(whole: Json, value: Json, found: list[Json]) -> None:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                then(whole, each, found)

    return follow


def _where(passing: Passes, then: _Follow, *, sure: bool) -> _Follow:
    def follow(whole: Json, value: Json, found: list[Json]) -> None:
        if isinstance(value, list):
            for each in value:
                if passing(whole, each):
                    then(whole, each, found)
        elif isinstance(value, dict):
            if passing(whole, value):
                then(whole, value, found)
        elif sure:
            raise _NoWay

    return follow


def _deep(then: _Follow) -> _Follow:
    """The value, and then all that is within it, each before what is within that."""

    def follow(whole: Json, value: Json, found: list[Json]) -> None:
        left: list[Json] = [value]
        while left:
            each = left.pop()
            if isinstance(each, dict):
                then(whole, each, found)
                left.extend(reversed(each.values()))
            elif isinstance(each, list):
                then(whole, each, found)
                left.extend(reversed(each))

    return follow


def passes(test: Test) -> Passes:
    """What decides whether an item passes a filter."""
    match test:
        case Exists(place):
            find = finder(place.steps)
            return lambda whole, item: (
                not isinstance(find(whole, item if place.of_item else whole), Missing)
            )
        case Not(inner):
            negated = passes(inner)
            return lambda whole, item: not negated(whole, item)
        case Both(tests):
            every = [passes(each) for each in tests]
            return lambda whole, item: all(each(whole, item) for each in every)
        case Either(tests):
            some = [passes(each) for each in tests]
            return lambda whole, item: any(each(whole, item) for each in some)
        case Compare(name, left, right):
            operator, one, other = OPERATORS[name], _side(left), _side(right)
            return lambda whole, item: operator(one(whole, item), other(whole, item))


def _side(operand: Operand) -> Callable[[Json, Json], Side]:
    constant: Json | re.Pattern[str]
    match operand:
        case Literal(value):
            constant = value
        case Pattern(pattern):
            constant = pattern
        case _:
            find = finder(operand.steps)
            if operand.of_item:
                return find
            return _of_whole(find)
    return lambda _whole, _item: constant


def _of_whole(find: Find) -> Find:
    """What is found in the whole, which is the same for all items: it is looked for once."""
    known: list[tuple[Json, Json | Missing]] = []

    def remembered(whole: Json, _item: Json) -> Json | Missing:
        if not known or known[0][0] is not whole:
            known[:] = [(whole, find(whole, whole))]
        return known[0][1]

    return remembered
