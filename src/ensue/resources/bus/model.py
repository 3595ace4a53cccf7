"""The words of buses: events in EventBridge's envelope, rules and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Generic

from typing_extensions import TypeVar

from ensue.words.errors import InvalidValue
from ensue.words.names import Ref, sql_name
from ensue.words.values import Item, Json

Detail_co = TypeVar("Detail_co", default=Item, covariant=True)

EVENT_BYTES_MAX = 1_048_576
NAME_LENGTH_MAX = 256
TARGETS_MAX = 100
TAIL_MAX = 1_000
ACCOUNT = "000000000000"
REGION = "local"


@dataclass(frozen=True)
class BusModel:
    """A bus as declared.

    Attributes:
        ref: what it is called.
        source: the source of events that name none.
        keep_ms: how long its events are kept; None for as long as what is over is kept.
    """

    ref: Ref
    source: str
    keep_ms: int | None = None

    @cached_property
    def events(self) -> str:
        """The SQL table that holds the log of events."""
        return sql_name(self.ref.app, self.ref.name, "_events")


@dataclass(frozen=True)
class Rule:
    """Which events go where.

    Attributes:
        name: its name, one of its bus.
        pattern: an event pattern.
        targets: what the matching events are delivered to.
    """

    name: str
    pattern: Mapping[str, Json]
    targets: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Event(Generic[Detail_co]):
    """An event as handlers get it.

    Attributes:
        id: the same at every delivery.
        source: who says it.
        detail_type: what it says.
        time: when, ISO 8601 in UTC.
        detail: the rest, of the type that the handler names: ``Event[OrderPlaced]``.
        resources: what it is about.
    """

    id: str
    source: str
    detail_type: str
    time: str
    detail: Detail_co
    resources: list[str]

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Json]) -> Event[Item]:
        """The event in an EventBridge envelope."""
        detail, resources = envelope.get("detail"), envelope.get("resources")
        return Event(
            id=str(envelope.get("id", "")),
            source=str(envelope.get("source", "")),
            detail_type=str(envelope.get("detail-type", "")),
            time=str(envelope.get("time", "")),
            detail=Item(detail) if isinstance(detail, dict) else Item(),
            resources=[str(each) for each in resources] if isinstance(resources, list) else [],
        )


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a rule matches an event, and if not, why.

    Attributes:
        rule: its name.
        matched: whether it does.
        reasons: for each field that failed: where, what was expected, what was found.
    """

    rule: str
    matched: bool
    reasons: list[str]


def iso(ms: int) -> str:
    """A time as EventBridge writes it: ISO 8601 in UTC, to the second."""
    return _iso_second(ms // 1_000)


@lru_cache(maxsize=16)
def _iso_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_word(value: object, at: str) -> str:
    """Return a source or detail-type.

    Raises:
        InvalidValue: it is no text of 1 to 256 characters.
    """
    if isinstance(value, str) and 1 <= len(value) <= NAME_LENGTH_MAX:
        return value
    raise InvalidValue(f"expected text of 1 to {NAME_LENGTH_MAX} characters, got {value!r}", at=at)
