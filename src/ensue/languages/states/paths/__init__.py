"""JSONPath as Step Functions has it, compiled once: ``$.input``, ``$$.context``, ``$variable``.

A definite path gives the value at its place; any other gives a list of all that it finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import RESULT_PATH_MATCH_FAILURE, RUNTIME, DataError
from ensue.languages.states.paths.comparison import MISSING, Missing, same
from ensue.languages.states.paths.parse import parse_steps
from ensue.languages.states.paths.probes import Find, finder
from ensue.languages.states.paths.program import Indexes, Names, Step, is_definite
from ensue.words import values
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json, shown

__all__ = [
    "MISSING",
    "Missing",
    "Path",
    "Probe",
    "ReferencePath",
    "compile_path",
    "compile_reference_path",
    "same",
]

Probe = Callable[[Json, Environment], "Json | Missing"]

VARIABLE_CHARS_MAX = 80
_ROOT = re.compile(r"\$(?:(?P<context>\$)|(?P<variable>[^\W\d]\w*))?")


@dataclass(frozen=True, slots=True)
class Path:
    """A JSONPath. Made by ``compile_path``.

    Attributes:
        text: the path as it is written.
        definite: it names one place: no wildcard, slice, filter or deep scan.
        variable: the variable that it starts at; None for the input and the context object.
        probe: what it finds in (value, environment): MISSING for nothing; a list where it is not
            definite.
    """

    text: str
    definite: bool
    variable: str | None
    probe: Probe

    def find(self, value: Json, environment: Environment, field: str) -> Json:
        """What the path finds.

        Args:
            value: the input of the state, or its result.
            environment: the context object and the variables.
            field: the field that it is written in, for the error: ``InputPath``.

        Raises:
            DataError: States.Runtime: it names a place where nothing is.
        """
        found = self.probe(value, environment)
        if isinstance(found, Missing):
            raise DataError(
                RUNTIME,
                f"The JSONPath '{self.text}' specified for the field '{field}' could not be found"
                f" in the input '{values.encode(value)}'",
            )
        return found


@dataclass(frozen=True, slots=True)
class ReferencePath:
    """A path that names one place, where ResultPath writes. Made by ``compile_reference_path``.

    Attributes:
        text: the path as it is written.
        steps: names and indexes from the root to the place.
    """

    text: str
    steps: tuple[str | int, ...]

    def insert(self, value: Json, result: Json) -> Json:
        """The value with the result at the place; the value itself is not changed.

        Names that are not there are made; an index must be there.

        Raises:
            DataError: States.ResultPathMatchFailure: the value cannot have such a place.
        """
        return self._inserted(value, result, 0, value)

    def _inserted(self, value: Json, result: Json, number: int, whole: Json) -> Json:
        if number == len(self.steps):
            return result
        step = self.steps[number]
        if isinstance(step, str) and isinstance(value, dict):
            below = value.get(step, _nothing)
            if isinstance(below, _Nothing):
                below = {}
            return {**value, step: self._inserted(below, result, number + 1, whole)}
        if isinstance(step, int) and isinstance(value, list) and 0 <= step < len(value):
            copied = list(value)
            copied[step] = self._inserted(value[step], result, number + 1, whole)
            return copied
        raise DataError(
            RESULT_PATH_MATCH_FAILURE,
            f"Unable to apply ReferencePath {self.text} to input {values.encode(whole)}",
        )


def compile_path(text: object, *, at: str) -> Path:
    """A path, checked.

    Args:
        text: such as ``$.lines[0].sku``, ``$$.Execution.Id`` or ``$total``.
        at: where it is written, for errors: a JSON pointer.

    Raises:
        InvalidExpression: it is no path.
    """
    text, root, steps = _parsed(text, at)
    find = finder(steps)
    probe: Probe
    variable: str | None = root["variable"]
    if root["context"]:
        probe = _of_context(find)
    elif variable is not None:
        probe = _of_variable(variable, find)
    elif not steps:
        probe = _whole
    else:
        probe = _of_input(find)
    return Path(text, is_definite(steps), variable, probe)


def compile_reference_path(text: object, *, at: str) -> ReferencePath:
    """A path to write at, checked.

    Args:
        text: such as ``$.charge.receipt``; of names and indexes only.
        at: where it is written, for errors: a JSON pointer.

    Raises:
        InvalidExpression: it is no reference path.
    """
    text, root, steps = _parsed(text, at)
    if root["context"] or root["variable"]:
        raise InvalidExpression(
            f"expected a reference path within the input, got {shown(text)}", at=at
        )
    return ReferencePath(text, tuple(_place(step, text, at) for step in steps))


def _place(step: Step, text: str, at: str) -> str | int:
    match step:
        case Names((name,)):
            return name
        case Indexes((index,)) if index >= 0:
            return index
        case _:
            raise InvalidExpression(
                f"expected a reference path of names and indexes, got {shown(text)}", at=at
            )


def _parsed(text: object, at: str) -> tuple[str, re.Match[str], tuple[Step, ...]]:
    root = _ROOT.match(text) if isinstance(text, str) else None
    if root is None or not isinstance(text, str):
        raise InvalidExpression(f"expected a path that begins with $, got {shown(text)}", at=at)
    if len(root["variable"] or "") > VARIABLE_CHARS_MAX:
        raise InvalidExpression(
            f"expected the name of a variable of at most {VARIABLE_CHARS_MAX} characters,"
            f" got {shown(root['variable'])}",
            at=at,
        )
    return text, root, parse_steps(text, root.end(), at)


def _whole(value: Json, _environment: Environment) -> Json:
    return value


def _of_input(find: Find) -> Probe:
    return lambda value, _environment: find(value, value)


def _of_context(find: Find) -> Probe:
    def probe(_value: Json, environment: Environment) -> Json | Missing:
        context = environment.context
        return find(context, context)

    return probe


def _of_variable(name: str, find: Find) -> Probe:
    def probe(_value: Json, environment: Environment) -> Json | Missing:
        if name not in environment.variables:
            return MISSING
        value = environment.variables[name]
        return find(value, value)

    return probe


class _Nothing:
    """That there is no such name yet."""


_nothing = _Nothing()
