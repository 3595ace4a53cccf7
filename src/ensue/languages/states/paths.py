"""JSONPath as Step Functions has it, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ensue.languages.states.environment import Environment
from ensue.words.values import Json


class Missing:
    """That a path finds nothing."""


MISSING: Final = Missing()
Probe = Callable[[Json, Environment], "Json | Missing"]


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

    def find(self, value: Json, environment: Environment) -> Json:
        """What the path finds.

        Raises:
            DataError: States.Runtime: it is definite and finds nothing.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ReferencePath:
    """A path that names one place, where ResultPath writes. Made by ``compile_reference_path``."""

    text: str
    steps: tuple[str | int, ...]

    def insert(self, value: Json, result: Json) -> Json:
        """The value with the result at the place; the value itself is not changed.

        Raises:
            DataError: States.ResultPathMatchFailure: the value cannot have such a place.
        """
        raise NotImplementedError


def compile_path(text: object, *, at: str) -> Path:
    """A path, checked.

    Args:
        text: such as ``$.lines[0].sku``, ``$$.Execution.Id`` or ``$total``.
        at: where it is written, for errors: a JSON pointer.

    Raises:
        InvalidExpression: it is no path.
    """
    raise NotImplementedError


def compile_reference_path(text: object, *, at: str) -> ReferencePath:
    """A path to write at, checked.

    Raises:
        InvalidExpression: it is no reference path.
    """
    raise NotImplementedError
