"""Pattern text or value to program, with located errors."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.languages.patterns.operators import RESERVED_NAMES, OperandError, parse_test
from ensue.languages.patterns.places import Steps, json_path
from ensue.languages.patterns.program import Alternative, Field, Program, Test, Wildcard
from ensue.languages.patterns.text import Json, JsonError, Members, read_pattern
from ensue.languages.patterns.wildcards import is_too_complex
from ensue.words.errors import InvalidPattern

MAX_ALTERNATIVES = 1_000
MAX_PATH_NAMES = 128

_OR = "$or"
_MIN_OR_BRANCHES = 2

_Fields = dict[str, tuple[Test, ...]]
"""One alternative while it is read: tests by path."""


def parse(source: str | bytes | Mapping[str, object]) -> Program:
    """Read a pattern.

    ``$or`` is an operator where its value is one that the operator can have. A pattern in which it
    cannot be is read once more with ``$or`` as the name of a field, which it was before it became
    an operator; where that fails too, the first error is the one to tell.

    Raises:
        InvalidPattern: the pattern is not valid; ``at`` is the JSON path of the fault, or its line
            and column where the text is not JSON.
    """
    try:
        tree = read_pattern(source)
    except JsonError as error:
        message = f"expected a pattern as JSON, got a text with an error: {error}"
        raise InvalidPattern(message, at=error.place) from error
    if not isinstance(tree, Members):
        message = f"expected a pattern as a JSON object, got {_kind(tree)}"
        raise InvalidPattern(message, at="$")
    try:
        return _Reader(or_is_operator=True).read(tree)
    except InvalidPattern as error:
        try:
            return _Reader(or_is_operator=False).read(tree)
        except InvalidPattern:
            raise error from None


class _Reader:
    """One reading of a pattern, in the order of its text, in which a repeated path replaces."""

    def __init__(self, *, or_is_operator: bool) -> None:
        self._or_is_operator = or_is_operator

    def read(self, tree: Members) -> Program:
        alternatives = self._object(tree, (), [{}], inside_or=False)
        return Program(tuple(_alternative(fields) for fields in alternatives))

    def _object(
        self, members: Members, steps: Steps, alternatives: list[_Fields], *, inside_or: bool
    ) -> list[_Fields]:
        if not members.pairs:
            message = "expected at least one field, got an empty object"
            raise InvalidPattern(message, at=json_path(steps))
        if len(steps) >= MAX_PATH_NAMES:
            message = f"expected at most {MAX_PATH_NAMES} levels, got more"
            raise InvalidPattern(message, at=json_path(steps))
        for name, value in members.pairs:
            place = (*steps, name)
            if name == _OR and self._or_is_operator:
                alternatives = self._or(value, place, alternatives)
            elif inside_or and name in RESERVED_NAMES:
                message = f"expected a field name inside {_OR}, got the operator {name!r}"
                raise InvalidPattern(message, at=json_path(place))
            elif isinstance(value, Members):
                alternatives = self._object(value, place, alternatives, inside_or=inside_or)
            else:
                tests = _tests(value, place)
                alternatives = [{**fields, _path(place): tests} for fields in alternatives]
        return alternatives

    def _or(self, value: Json, steps: Steps, alternatives: list[_Fields]) -> list[_Fields]:
        if not isinstance(value, list) or len(value) < _MIN_OR_BRANCHES:
            message = (
                f"expected an array of at least {_MIN_OR_BRANCHES} objects, got {_kind(value)}"
            )
            raise InvalidPattern(message, at=json_path(steps))
        multiplied: list[_Fields] = []
        for number, branch in enumerate(value):
            place = (*steps, number)
            if not isinstance(branch, Members):
                message = f"expected an object, got {_kind(branch)}"
                raise InvalidPattern(message, at=json_path(place))
            multiplied += self._object(branch, place, alternatives, inside_or=True)
            if len(multiplied) > MAX_ALTERNATIVES:
                message = f"expected at most {MAX_ALTERNATIVES} combinations of {_OR}, got more"
                hint = "Split the pattern into several rules."
                raise InvalidPattern(message, at=json_path(steps), hint=hint)
        return multiplied


def _tests(value: Json, steps: Steps) -> tuple[Test, ...]:
    if not isinstance(value, list):
        message = f"expected an object or an array of values to match, got {_kind(value)}"
        hint = "Put the value in an array, even when it is the only one."
        raise InvalidPattern(message, at=json_path(steps), hint=hint)
    if not value:
        message = "expected at least one value to match, got an empty array"
        raise InvalidPattern(message, at=json_path(steps))
    tests = tuple(_test(item, (*steps, number)) for number, item in enumerate(value))
    wildcards = [test.parts for test in tests if isinstance(test, Wildcard)]
    if wildcards and is_too_complex(wildcards):
        message = "expected simpler wildcards, got too many that can match at the same time"
        hint = "Use fewer asterisks, or fewer repeated characters after an asterisk."
        raise InvalidPattern(message, at=json_path(steps), hint=hint)
    return tests


def _test(value: Json, steps: Steps) -> Test:
    try:
        return parse_test(value)
    except OperandError as error:
        at = json_path((*steps, *error.steps))
        raise InvalidPattern(str(error), at=at, hint=error.hint) from error


def _alternative(fields: _Fields) -> Alternative:
    """Sorted as UTF-16, which is the order in which array elements are chosen."""
    ordered = sorted(fields.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
    return Alternative(tuple(Field(path, tests) for path, tests in ordered))


def _path(steps: Steps) -> str:
    """The names on the way, without the operators: a dot in a name counts as a level."""
    names: list[str] = []
    for step in steps:
        if isinstance(step, int):
            names.pop()
        else:
            names.append(step)
    return ".".join(names)


def _kind(value: Json) -> str:
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, Members):
        return "an object"
    return {str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")
