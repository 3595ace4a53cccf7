"""JSONata in fields: every text ``{% ... %}`` within a value is an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ensue.languages.states.environment import Environment
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Query:
    """A value with expressions in it: Arguments, Output, Assign, Items. Made by ``compile_query``.

    Attributes:
        variables: names of the variables that it reads.
        constant: there is no expression in it.
    """

    variables: frozenset[str]
    constant: bool

    def evaluate(self, states: Mapping[str, Json], environment: Environment, field: str) -> Json:
        """The value with what its expressions find.

        Args:
            states: what ``$states`` has beside ``context``: ``input``, ``result``, ``errorOutput``.
            environment: variables, and the context object.
            field: the field, for errors and events: ``Output``.

        Raises:
            QueryError: an expression fails or finds nothing.
        """
        raise NotImplementedError

    def holds(self, states: Mapping[str, Json], environment: Environment, field: str) -> bool:
        """Whether a Condition is true.

        Raises:
            QueryError: as ``evaluate``, or it finds no boolean.
        """
        raise NotImplementedError

    def items(self, states: Mapping[str, Json], environment: Environment, field: str) -> Json:
        """The array (or object) of a Map's Items.

        Raises:
            QueryError: as ``evaluate``, or it finds no array or object.
        """
        raise NotImplementedError

    def whole_number(self, states: Mapping[str, Json], environment: Environment, field: str) -> int:
        """A number of seconds, or of things.

        Raises:
            QueryError: as ``evaluate``, or it finds no whole number.
        """
        raise NotImplementedError

    def text(self, states: Mapping[str, Json], environment: Environment, field: str) -> str:
        """A text: Error, Cause, Timestamp.

        Raises:
            QueryError: as ``evaluate``, or it finds no text.
        """
        raise NotImplementedError


def compile_query(template: Json, *, at: str) -> Query:
    """A value, its expressions compiled.

    Raises:
        InvalidExpression: an expression in it is no JSONata.
        MissingExtra: jsonatapy is not installed.
    """
    raise NotImplementedError
