"""Warnings that are given before a bound bites: told in the log now and then, and kept for a while.

Whoever notices something says so as often as it likes; that costs a look into a dictionary.
"""

from __future__ import annotations

import logging
import threading

from ensue.words.findings import WARNING, Finding

NEAR_PERCENT = 80
TELL_AGAIN_MS = 600_000
FRESH_MS = 300_000
NOTICES_MAX = 200

log = logging.getLogger("ensue.engine")


def near(most: int) -> int:
    """Where a bound begins to be near."""
    return most * NEAR_PERCENT // 100


class Notices:
    """What was noticed lately."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], int] = {}
        self._seen: dict[tuple[str, str], tuple[int, Finding]] = {}
        self._lock = threading.Lock()

    def note(self, now_ms: int, finding: Finding) -> None:
        """Note a warning; the same rule at the same place is told in the log every ten minutes."""
        key = finding.rule, finding.where
        with self._lock:
            self._seen.pop(key, None)
            self._seen[key] = now_ms, finding
            if len(self._seen) > NOTICES_MAX:
                del self._seen[next(iter(self._seen))]
            told_ms = self._told.get(key)
            if told_ms is not None and now_ms - told_ms < TELL_AGAIN_MS:
                return
            self._told.pop(key, None)
            self._told[key] = now_ms
            if len(self._told) > NOTICES_MAX:
                del self._told[next(iter(self._told))]
        log.warning("%s, at %s (%s). %s", finding.what, finding.where, finding.rule, finding.hint)

    def recent(self, now_ms: int) -> list[Finding]:
        """What was noticed in the last five minutes, oldest first."""
        with self._lock:
            return [found for at_ms, found in self._seen.values() if now_ms - at_ms < FRESH_MS]


def size_is_near(what: str, size: int, most: int, at: str) -> Finding:
    """The warning for a value that is nearly as large as it may be."""
    return Finding(
        "near.size",
        at,
        f"{what} has {size} of at most {most} bytes",
        "Keep what is large elsewhere, and store a reference to it.",
        WARNING,
    )
