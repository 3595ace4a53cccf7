"""How long to wait before trying again: the one formula of all that Ensue retries.

Exponential backoff with full jitter: a random time up to a span that doubles with each retry, up
to a cap. Those who failed at one moment do not come back at one moment.

Source: AWS Builders' Library, "Timeouts, retries, and backoff with jitter".
"""

from __future__ import annotations

WHOLE = 1.0


def backoff_ms(
    base_ms: float, cap_ms: float, used: int, chance: float, *, rate: float = 2.0
) -> int:
    """How long to wait before the next try, in whole ms: from 0 up to but not including the span.

    The span is the smaller of ``cap_ms`` and ``base_ms * rate ** used``.

    Args:
        base_ms: the span of the first retry.
        cap_ms: no span is longer.
        used: how many retries there were before.
        chance: a random number from 0 up to 1; `WHOLE` for the span itself, without jitter.
        rate: by how much the span grows with each retry.
    """
    try:
        span = base_ms * rate**used
    except OverflowError:
        span = cap_ms
    return int(min(cap_ms, span) * chance)
