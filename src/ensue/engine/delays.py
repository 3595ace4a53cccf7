"""When what is sent is due: after a while, or at a moment."""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.words.errors import InvalidValue
from ensue.words.units import TIME_MS_MAX, duration_ms


def delay_ms(tx: Transaction, delay: str | float, due_ms: int | None) -> int:
    """How long what is sent now waits, in ms; 0 where its moment is over.

    Args:
        tx: the transaction in which it is sent.
        delay: how long, such as ``"5m"``, or seconds; 0 with ``due_ms``.
        due_ms: the moment, in ms since 1970; None for that after the delay.

    Raises:
        InvalidValue: both are given, the delay is no duration, or the moment is no time up to the
            year 9999.
    """
    after_ms = duration_ms(delay)
    if due_ms is None:
        return after_ms
    if after_ms:
        raise InvalidValue("expected a delay or due_ms, got both", at="$.due_ms")
    if not _is_time(due_ms):
        raise InvalidValue(
            f"expected ms since 1970 up to {TIME_MS_MAX}, got {due_ms!r}", at="$.due_ms"
        )
    return max(0, due_ms - tx.now_ms)


def _is_time(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= TIME_MS_MAX
