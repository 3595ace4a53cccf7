"""What a contender says of itself: one line of JSON."""

from __future__ import annotations

import json


def report(name: str, kept: str, took: list[float], per_second: float | None = None) -> None:
    """Print the figures.

    Args:
        name: the contender, with its version.
        kept: where an execution is kept.
        took: how long each execution took, in seconds, one after the other.
        per_second: how many executions a second side by side; None for one after the other.
    """
    ordered = sorted(took)
    figures = {
        "name": name,
        "kept": kept,
        "p50_ms": ordered[len(ordered) // 2] * 1_000,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1_000,
        "executions_per_s": per_second or len(took) / sum(took),
    }
    print(json.dumps(figures), flush=True)
