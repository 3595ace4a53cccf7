"""The words of what a bus keeps longer, and delivers again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import TypedDict

from ensue.languages.patterns import Pattern
from ensue.words.values import Json

ARCHIVES_MAX = 100
REPLAY_TARGETS_MAX = 100
REPLAYS_OPEN_MAX = 10
REPLAYS_SHOWN_MAX = 100
SAMPLE_MAX = 5
ARCHIVE_LOOKS_MAX = 10_000
EVERY_RULE = "*"
TRIAL_NAME = "trial"  # of what is only tried


@dataclass(frozen=True)
class ArchiveModel:
    """An archive as declared.

    Attributes:
        name: its name, one of its bus.
        pattern: the event pattern of what it keeps; None for all events.
        keep_ms: for how long; None for ever.
        compiled: the pattern, compiled.
    """

    name: str
    pattern: Mapping[str, Json] | None
    keep_ms: int | None
    compiled: Pattern | None


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """What an archive keeps: what it has taken, and what it will take of the bus's log.

    Attributes:
        name: its name.
        pattern: the event pattern of what it keeps; None for all events.
        keep_ms: for how long, from when an event was published; None for ever.
        is_declared: whether it still gets something.
        events: how many it keeps.
        in_log: how many of these the bus itself still keeps.
        bytes: how many bytes of JSON they are.
        oldest_ms: when the oldest of them was published; None for an empty one.
        newest_ms: the same of the newest.
        is_whole: whether the whole log was looked at: of one with more than 10,000 events the
            newest are counted, and there may be more.
    """

    name: str
    pattern: dict[str, Json] | None
    keep_ms: int | None
    is_declared: bool
    events: int
    in_log: int
    bytes: int
    oldest_ms: int | None
    newest_ms: int | None
    is_whole: bool


class ReplayOptions(TypedDict, total=False):
    """Which events a replay delivers again, to whom and how fast; see `Bus.replay`."""

    since: str | int | None
    until: str | int | None
    pattern: Mapping[str, Json] | None
    group: str | None
    to: str | Sequence[str] | None
    rate: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay, and how far it has come.

    Attributes:
        name: its name, one of its bus.
        state: ``running``, ``paused``, ``done`` or ``cancelled``.
        read: how many events it has read,
        total: of how many that were kept when it was started.
        delivered: how many of them it has delivered to somebody.
        position: the sequence number of the last event that it has read.
        last: that of the last event that it is to read.
        asked: what was asked for.
        fault: why it pauses by itself; None for no such reason.
        started_ms: when it was started.
        ended_ms: when it was done or cancelled; None while it is not.
    """

    name: str
    state: str
    read: int
    total: int
    delivered: int
    position: int
    last: int
    asked: dict[str, Json]
    fault: str | None
    started_ms: int
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class ReplayPreview:
    """What a replay would deliver.

    Attributes:
        name: its name.
        total: how many events it would read.
        read: how many of them were looked at: the first, where it was to be looked at no more.
        matching: how many of them it would deliver to somebody.
        rules: how many each rule or positioned consumer would get, by its name.
        targets: how many deliveries each target would get, by what it is called.
        sample: the first of the events.
    """

    name: str
    total: int
    read: int
    matching: int
    rules: dict[str, int]
    targets: dict[str, int]
    sample: list[Json]
