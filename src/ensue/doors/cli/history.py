"""What patterns would have matched of the events that a bus keeps."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from ensue.doors.cli.model import Decoded, Server
from ensue.doors.cli.places import Place
from ensue.languages.patterns import Pattern

PAGE = 1_000


@dataclass
class Tally:
    """What one pattern matched.

    Attributes:
        pattern: the pattern.
        samples: the newest events that matched.
        matched: how many did.
        failed: of those that did not, how many failed at which field, for what was expected.
    """

    pattern: Pattern
    samples: deque[Decoded]
    matched: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, event: Decoded, *, explain: bool) -> None:
        """Take an event into account."""
        if self.pattern.matches(event):
            self.matched += 1
            self.samples.append(event)
        elif explain:
            reasons = self.pattern.explain(event)
            self.failed.update({(each.path, each.expected) for each in reasons})

    def answer(self, events: int, *, explain: bool) -> dict[str, object]:
        """What is told of it."""
        told: dict[str, object] = {
            "matched": self.matched,
            "events": events,
            "samples": list(self.samples),
        }
        if explain:
            told["reasons"] = [
                {"path": path, "expected": expected, "events": count}
                for (path, expected), count in self.failed.most_common()
            ]
        return told


def kept_events(server: Server, place: Place) -> Iterator[Decoded]:
    """The events that a bus keeps, from the oldest to the one that is the newest now."""
    _, newest = _page(server, place, {"limit": 1})
    position = 0
    while position < newest:
        events, reached = _page(server, place, {"after": position, "limit": PAGE})
        if reached <= position:
            return
        yield from events
        position = reached


def _page(server: Server, place: Place, body: dict[str, object]) -> tuple[list[Decoded], int]:
    answer = place.operate(server, "tail", body)
    return answer["events"], answer["position"]
