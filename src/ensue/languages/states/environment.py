"""What paths, functions and queries see beside the value that they are applied to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ensue.words.values import Json


class Facts(Protocol):
    """What the language must be given: time and chance."""

    @property
    def now_ms(self) -> int:
        """The time, in milliseconds since 1970 UTC."""

    def new_uuid(self) -> str:
        """Another UUID, version 4."""

    def random(self) -> float:
        """Another number of at least 0 and less than 1."""


@dataclass(slots=True)
class Environment:
    """What is seen in one state.

    Attributes:
        facts: time and chance.
        context: the context object: what ``$$`` and ``$states.context`` are.
        variables: values of the variables in scope, by name without the dollar.
    """

    facts: Facts
    context: Json
    variables: Mapping[str, Json]
