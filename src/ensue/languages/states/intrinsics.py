"""The intrinsic functions ``States.*``, parsed once."""

from __future__ import annotations

from dataclasses import dataclass

from ensue.languages.states.environment import Environment
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A call. Made by ``compile_intrinsic``.

    Attributes:
        text: the call as it is written.
        variables: names of the variables that it reads.
    """

    text: str
    variables: frozenset[str]

    def call(self, value: Json, environment: Environment) -> Json:
        """What the function gives.

        Raises:
            DataError: States.Runtime, States.IntrinsicFailure: it does not apply.
        """
        raise NotImplementedError


def compile_intrinsic(text: str, *, at: str) -> Intrinsic:
    """A call such as ``States.Format('{}', $.name)``, checked.

    Raises:
        InvalidExpression: it is no call of a function there is.
    """
    raise NotImplementedError
