"""Text to the steps of a JSONPath."""

from __future__ import annotations

import re

from ensue.languages.states.paths.filters import parse_filter
from ensue.languages.states.paths.program import (
    Call,
    Deep,
    Every,
    Indexes,
    Names,
    Place,
    Slice,
    Step,
    Where,
)
from ensue.languages.states.paths.reader import Reader
from ensue.words.errors import InvalidExpression
from ensue.words.values import shown

PATH_CHARS_MAX = 4_096
STEPS_MAX = 100
NESTED_FILTERS_MAX = 10

_NAME = re.compile(r"[^\s.\[\](){}'\"*?,&|=<>!~@/:;`]+")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_SLICE = re.compile(
    r"\s*(?P<first>-?[0-9]{1,9})?\s*:\s*(?P<behind>-?[0-9]{1,9})?\s*(?::\s*-?[0-9]*\s*)?\]"
)
_CALL = re.compile(r"(?P<name>[a-z]+)\(\s*(?P<argument>-?[0-9]{1,9})?\s*\)")
_WITH_NUMBER = frozenset({"index"})
FUNCTIONS = frozenset({
    "length",
    "size",
    "min",
    "max",
    "avg",
    "stddev",
    "sum",
    "keys",
    "first",
    "last",
    "index",
})


def parse_steps(text: str, offset: int, at: str) -> tuple[Step, ...]:
    """The steps that follow the root of a path, to the end of the text.

    Args:
        text: the whole path.
        offset: where its root ends.
        at: where it is written, for errors.

    Raises:
        InvalidExpression: it is no path; says at which offset.
    """
    if len(text) > PATH_CHARS_MAX:
        raise InvalidExpression(
            f"expected a path of at most {PATH_CHARS_MAX} characters, got {len(text)}", at=at
        )
    reader = Reader(text, at, offset)
    steps = _steps(reader, depth=0)
    if not reader.is_at_end:
        raise reader.fault("a step of the path: .name, [0], [*], ['a name'], [1:3] or [?(...)]")
    return steps


def _steps(reader: Reader, depth: int) -> tuple[Step, ...]:
    """As many steps as there are."""
    steps: list[Step] = []
    while reader.is_before(".", "["):
        if len(steps) > STEPS_MAX:
            raise InvalidExpression(f"expected at most {STEPS_MAX} steps", at=reader.at)
        if reader.takes(".."):
            steps.append(Deep())
            steps.append(_bracket(reader, depth) if reader.takes("[") else _dotted(reader))
        elif reader.takes("."):
            steps.append(_dotted(reader))
        else:
            reader.takes("[")
            steps.append(_bracket(reader, depth))
        if isinstance(steps[-1], Call):
            break
    return tuple(steps)


def _dotted(reader: Reader) -> Step:
    if reader.takes("*"):
        return Every()
    if (call := reader.match(_CALL)) is not None:
        name, argument = call["name"], call["argument"]
        if name not in FUNCTIONS or (argument is None) == (name in _WITH_NUMBER):
            raise InvalidExpression(
                f"expected a function of paths such as length(), got {shown(call[0])}", at=reader.at
            )
        return Call(name, None if argument is None else int(argument))
    found = reader.match(_NAME)
    if found is None:
        raise reader.fault("a name, *, or a name in brackets and quotes")
    return Names((found[0],))


def _bracket(reader: Reader, depth: int) -> Step:
    """A step in brackets, behind the opening one."""
    if (found := reader.match(_SLICE)) is not None:
        first, behind = found["first"], found["behind"]
        if first is None and behind is None:
            raise InvalidExpression("expected a number on a side of the colon", at=reader.at)
        return Slice(None if first is None else int(first), None if behind is None else int(behind))
    reader.skip()
    step: Step
    if reader.takes("*"):
        step = Every()
    elif reader.takes("?"):
        step = _where(reader, depth)
    elif reader.is_before("'", '"'):
        names = [reader.quoted()]
        while reader.takes_symbol(","):
            reader.skip()
            names.append(reader.quoted())
        step = Names(tuple(names))
    else:
        indexes = [_index(reader)]
        while reader.takes_symbol(","):
            reader.skip()
            indexes.append(_index(reader))
        step = Indexes(tuple(indexes))
    reader.skip()
    reader.expect("]")
    return step


def _index(reader: Reader) -> int:
    found = reader.match(_INTEGER)
    if found is None:
        raise reader.fault("an index, a slice, *, a name in quotes, or ?(...)")
    return int(found[0])


def _where(reader: Reader, depth: int) -> Where:
    if depth >= NESTED_FILTERS_MAX:
        raise InvalidExpression(
            f"expected filters nested at most {NESTED_FILTERS_MAX} deep", at=reader.at
        )

    def place(inner: Reader) -> Place:
        of_item = inner.takes("@")
        if not of_item:
            inner.expect("$")
        return Place(of_item, _steps(inner, depth + 1))

    reader.skip()
    reader.expect("(")
    test = parse_filter(reader, place)
    reader.skip()
    reader.expect(")")
    return Where(test)
