"""Time that is held, as it is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldTime:
    """That time passes only when it is told to.

    Attributes:
        from_ms: what time it is at first, in ms since 1970; None for the machine's.
    """

    from_ms: int | None = None
