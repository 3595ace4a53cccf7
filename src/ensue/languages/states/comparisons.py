"""The rules of a Choice in JSONPath: comparisons, And, Or, Not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ensue.languages.states.environment import Environment
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Comparison:
    """A rule. Made by ``compile_comparison``.

    Attributes:
        variables: names of the variables that it reads.
    """

    variables: frozenset[str]

    def holds(self, value: Json, environment: Environment) -> bool:
        """Whether the rule matches.

        Raises:
            DataError: States.Runtime: what it compares is not there.
        """
        raise NotImplementedError


def compile_comparison(rule: Mapping[str, Json], *, at: str) -> Comparison:
    """A rule, checked; its Next, Assign and Comment are not looked at.

    Raises:
        InvalidExpression: it is no rule.
    """
    raise NotImplementedError
