"""Payload templates: constants, and keys ending in ``.$`` with a path or an intrinsic function."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.languages.states.environment import Environment
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Payload:
    """A template: Parameters, ResultSelector, ItemSelector, Assign. Made by ``compile_payload``.

    Attributes:
        variables: names of the variables that it reads.
    """

    variables: frozenset[str]

    def fill(self, value: Json, environment: Environment) -> Json:
        """The template with what its paths and functions give of the value.

        Raises:
            DataError: States.ParameterPathFailure, States.Runtime, States.IntrinsicFailure.
        """
        raise NotImplementedError


def compile_payload(template: Json, *, at: str) -> Payload:
    """A template, checked. It may be any JSON.

    Raises:
        InvalidExpression: a path or a function in it is none.
    """
    raise NotImplementedError


def compile_expression(text: object, *, at: str) -> Payload:
    """One path or intrinsic function where a field takes either: ErrorPath, CausePath.

    Raises:
        InvalidExpression: it is neither.
    """
    raise NotImplementedError
