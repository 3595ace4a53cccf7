"""Every fault of a definition at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ensue.words.findings import ERROR


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a definition.

    Attributes:
        path: where: a JSON pointer such as ``/States/Charge/Next``.
        message: what is wrong, without its final full stop.
        hint: what to do about it, one sentence.
        severity: ``error``: it cannot run. ``warning``: it can, but something is odd.
    """

    path: str
    message: str
    hint: str
    severity: str = ERROR

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}, at {self.path}. {self.hint}"


def check(definition: str | bytes | Mapping[str, object]) -> list[Fault]:
    """Every fault of a definition, in the order in which they are written; [] for none.

    Args:
        definition: a state machine, as JSON text or as a dict.
    """
    raise NotImplementedError
