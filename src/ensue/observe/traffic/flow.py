"""How much goes through something, at a glance."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flow:
    """How much goes through a resource, a route or a rule.

    Rates and times are those of the window that was asked for.

    Attributes:
        in_per_s: messages that came in, requests, records that were written; of a rule events that
            matched.
        out_per_s: messages and records that are done; requests that were answered.
        errors_per_s: attempts that failed; requests that were answered with a status from 500 on.
        depth: messages that are not done.
        in_flight: of these, those that somebody has.
        held: of these, those behind an unsettled one of their group.
        oldest_ms: how long the oldest that waits could have been taken; None when nothing waits.
        lag: records that it has not read of the log that it follows; None when it follows none.
        p50_ms: how long a handler or a request takes in half of the cases at most; None without
            any.
        p95_ms: the same in 95 of 100.
        total_in: how often something came in since the store was opened; of a log, ever.
        total_out: how often something was done since the store was opened.
        total_errors: how often something failed since the store was opened.
    """

    in_per_s: float = 0.0
    out_per_s: float = 0.0
    errors_per_s: float = 0.0
    depth: int = 0
    in_flight: int = 0
    held: int = 0
    oldest_ms: int | None = None
    lag: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    total_in: int = 0
    total_out: int = 0
    total_errors: int = 0
