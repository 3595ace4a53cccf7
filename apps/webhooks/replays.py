"""What operators ask for, and what is kept of events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ensue import Body, Meta, StreamRecord

OBJECT_BYTES = 900_000

Provider = Literal["stripe", "apple", "google"]
When = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]


class Deletion(Body):
    """Of which subscription; without ``execute`` nothing is deleted."""

    provider: Provider
    subscription: str
    execute: bool = False


class Replay(Body):
    """What to replay: of one subscription, of one provider, or all; from then, to then.

    Without ``execute`` it only counts. ``version`` builds the states anew, as that version.
    """

    provider: Provider | None = None
    subscription: str | None = None
    fromBeginning: bool = False  # noqa: N815 - the operators' word
    since: When | None = None
    until: When | None = None
    source: Literal["stream", "archive"] = "stream"
    version: Annotated[int, Meta(ge=1)] | None = None
    execute: bool = False


@dataclass(frozen=True)
class Kept:
    """An event as it was kept: under which key, when, and what."""

    key: str
    at_ms: int
    data: Any


def chunks(records: list[StreamRecord[Any]]) -> Iterator[tuple[int, bytes]]:
    """The bodies of objects, each with the number of its first record."""
    first, lines = records[0].sequence, b""
    for record in records:
        said = {"key": record.key, "at_ms": record.at_ms, "data": record.data}
        line = msgspec.json.encode(said) + b"\n"
        if lines and len(lines) + len(line) > OBJECT_BYTES:
            yield first, lines
            first, lines = record.sequence, b""
        lines += line
    yield first, lines


def millis(text: str | None, default: int) -> int:
    """A time in ms since 1970."""
    return default if text is None else int(datetime.fromisoformat(text).timestamp() * 1_000)
