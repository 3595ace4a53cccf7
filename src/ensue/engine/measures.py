"""What is measured while a store is open: how often, how long, how much. In memory only.

Most is counted for nothing: how much is in a queue is known anyway (`depths`), how many records
were ever in a log is its last sequence number, and how far a reader has come is its position. What
remains is noted once for each batch. Figures of the last hour are kept in a `Ring`; its slots are
closed by the first commit, or the first look, behind their ends, so that nothing wakes for them.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping

from ensue.engine.clock import Clock, SystemClock
from ensue.engine.ring import Ring
from ensue.engine.timings import Timing
from ensue.engine.tracing import Tracer

# What is counted of a resource, in `Depths.count`.
RECEIVED = "received"
COMPLETED = "completed"
FAILED = "failed"
DEAD_LETTERED = "dead_lettered"
MATCHED = "matched"
PUBLISHED = "published"  # noted for those who trace
# What is known without counting.
SENT = "sent"
RECORDS = "records"
DEPTH, IN_FLIGHT, HELD = "depth", "in_flight", "held"
WAITS_SINCE = "waits_since"
LAG = "lag"
# What takes time; requests are told apart by the status of the answer.
REQUEST = "request_duration"
PROCESS = "process_duration"
WAIT = "wait_duration"


def matched_by(rule: str) -> str:
    """What counts, of a bus, the events that one of its rules matched."""
    return f"{MATCHED} {rule}"


class Measures:
    """What is measured of one open store.

    A subject is the number of a resource, or the name of something else, such as a route.

    Attributes:
        ring: the last hour.
        until_ms: when the open slot of it is over.
        steady_ns: a time in ns that never goes back, to tell how long something took.
        version: another whenever something was counted.
        tracer: who is told of spans; None for nobody.
    """

    def __init__(self) -> None:
        self.start(SystemClock())
        self.version = 0
        self.tracer: Tracer | None = None
        self._timings: dict[tuple[Hashable, str], Timing] = {}
        self._counts: dict[tuple[Hashable, str], int] = {}
        self._lock = threading.Lock()

    def start(self, clock: Clock) -> None:
        """Let a clock tell the time."""
        self.ring = Ring(clock.now_ms())
        self.until_ms = self.ring.until_ms
        self.steady_ns = clock.steady_ns

    def count(self, subject: Hashable, what: str, times: int = 1) -> None:
        """Count what is in no transaction; on the event loop only."""
        key = (subject, what)
        self._counts[key] = self._counts.get(key, 0) + times

    def counts(self) -> dict[tuple[Hashable, str], int]:
        """How often each thing has happened that is in no transaction."""
        return dict(self._counts.items())

    def timing(self, subject: Hashable, what: str) -> Timing:
        """How long something takes; each is told in one thread only."""
        key = (subject, what)
        found = self._timings.get(key)
        if found is None:
            found = self._timings.setdefault(key, Timing())
        return found

    def known_timing(self, subject: Hashable, what: str) -> Timing | None:
        """How long something takes; None where nobody has asked to tell it."""
        return self._timings.get((subject, what))

    def timings(self) -> list[tuple[tuple[Hashable, str], Timing]]:
        """All that takes time."""
        return list(self._timings.items())

    def begin(self, totals: Mapping[Hashable, int]) -> None:
        """Let what the store has already count as if it had always been."""
        with self._lock:
            self.ring.begin(totals)

    def close_slot(
        self, now_ms: int, totals: Mapping[Hashable, int], gauges: Mapping[Hashable, float]
    ) -> None:
        """Close the open slot of the ring, which is over, with what there is."""
        with self._lock:
            self.ring.close(now_ms, totals, gauges)
            self.until_ms = self.ring.until_ms
