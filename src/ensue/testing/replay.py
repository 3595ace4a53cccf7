"""Recordings of a running app's traffic, as a fixture of tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from ensue.doors.http import Recorded
from ensue.words.errors import InvalidInput

SHORTEST_ID = 8


def read_recording(file: Path) -> list[Recorded]:
    """The requests of a recording, in the order in which they were answered.

    Raises:
        InvalidInput: a line is none of a recording; says which.
    """
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            found.append(msgspec.json.decode(line, type=Recorded))
        except msgspec.DecodeError as fault:
            raise InvalidInput(
                f"expected a recorded request, got something else: {fault}", at=f"{file}:{number}"
            ) from None
    return found


@dataclass(frozen=True)
class Replayed:
    """A recorded request that was sent again.

    Attributes:
        recorded: how it was then.
        status: the status of the answer now.
        body: the decoded JSON body of the answer now.
    """

    recorded: Recorded
    status: int
    body: Any


class Ids:
    """What an app calls by other ids now than then: learned from its answers."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def learn(self, then: Any, now: Any) -> None:  # noqa: ANN401 - any two JSON values
        """Compare an answer of then with that of now; texts that differ are ids."""
        if isinstance(then, dict) and isinstance(now, dict):
            for name in then.keys() & now.keys():
                self.learn(then[name], now[name])
        elif isinstance(then, list) and isinstance(now, list):
            for before, after in zip(then, now, strict=False):
                self.learn(before, after)
        elif isinstance(then, str) and isinstance(now, str) and len(then) >= SHORTEST_ID:
            self._now.setdefault(then, now)

    def path(self, path: str) -> str:
        """A path of then, as it is now."""
        parts = (self._now.get(unquote(part)) for part in path.split("/"))
        return "/".join(
            part if found is None else quote(found)
            for part, found in zip(path.split("/"), parts, strict=True)
        )

    def value(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """A JSON value of then, as it is now."""
        if isinstance(value, dict):
            return {name: self.value(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self._now.get(value, value) if isinstance(value, str) else value


def pauses(recording: list[Recorded]) -> Iterator[tuple[int, Recorded]]:
    """Each request in the order in which they came, and how many ms after the one before."""
    before_ms: int | None = None
    for each in sorted(recording, key=lambda each: each.at_ms):
        yield max(0, each.at_ms - (each.at_ms if before_ms is None else before_ms)), each
        before_ms = each.at_ms
