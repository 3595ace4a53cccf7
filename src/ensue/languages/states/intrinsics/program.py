"""What a call of an intrinsic function is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ensue.languages.states.paths import Path
from ensue.words.values import Json


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, a number, true, false or null.

    Attributes:
        value: the value; of a text its backslashes are resolved.
        raw: a text as it is written, for ``States.Format``; None for another value.
    """

    value: Json
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call.

    Attributes:
        function: its name without ``States.``.
        arguments: what it is called with.
        text: the call as it is written.
    """

    function: str
    arguments: tuple[Argument, ...]
    text: str


Argument: TypeAlias = Constant | Path | Call
