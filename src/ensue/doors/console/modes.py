"""What a console hides and forbids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ensue.words.errors import InvalidValue

OFF, READ_ONLY, MASKED = "off", "read-only", "masked"
CHOICES = (OFF, READ_ONLY, MASKED)


@dataclass(frozen=True)
class Modes:
    """What a console hides and forbids.

    Attributes:
        read_only: nothing can be changed there.
        masked: nothing of what users put in is shown.
    """

    read_only: bool = False
    masked: bool = False


def modes_of(said: Sequence[str]) -> Modes | None:
    """The modes as options say them; None for no console at all.

    Raises:
        InvalidValue: there is no such mode, or ``off`` stands beside another.
    """
    for each in said:
        if each not in CHOICES:
            raise InvalidValue(f"expected one of {', '.join(CHOICES)}, got {each}", at="--console")
    if OFF in said:
        if set(said) != {OFF}:
            raise InvalidValue("expected off by itself", at="--console")
        return None
    return Modes(read_only=READ_ONLY in said, masked=MASKED in said)
