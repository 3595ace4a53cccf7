"""The words of buses: events in EventBridge's envelope, rules and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Required, TypeAlias

from typing_extensions import TypedDict, TypeVar

from ensue.engine.sockets import Terms
from ensue.engine.transaction import Transaction
from ensue.languages.patterns import Pattern
from ensue.languages.transformers import Input
from ensue.words.names import Ref, sql_name
from ensue.words.values import Item, Json

Detail_co = TypeVar("Detail_co", default=Item, covariant=True)
# Looks at an event before it is kept: its source, its detail-type and its detail.
Guard: TypeAlias = Callable[[Transaction, str, str, Any], None]

EVENT_BYTES_MAX = 1_048_576
NAME_LENGTH_MAX = 256
TARGETS_MAX = 100
TAIL_MAX = 1_000
ENTRIES_MAX = 1_000
CLOUDEVENT_KEEP_MS = 86_400_000
RULES_MAX = 10_000
EXPLAINED_MAX = 10_000
SCHEDULED_SOURCE, SCHEDULED_TYPE = "ensue.schedule", "Scheduled Event"
ARCHIVES_MAX = 100
REPLAY_TARGETS_MAX = 100
REPLAYS_OPEN_MAX = 10
REPLAYS_SHOWN_MAX = 100
SAMPLE_MAX = 5
ARCHIVE_LOOKS_MAX = 10_000
TRIED_MAX = 1_000
TRIED_SHOWN_MAX = 200
EVERY_RULE = "*"
REPLAY_NAME = "replay-name"  # the field of the envelope that tells which replay delivers it again
DEAD_LETTERS = "-dlq"
ACCOUNT = "000000000000"
REGION = "local"


@dataclass(frozen=True)
class Schemas:
    """What a registry of schemas does for a bus.

    Attributes:
        name: the registry's.
        said: how the bus uses it, for people.
        upcast: an event in its envelope as the newest version has it.
        guard: looks at each event that is published; None for none.
    """

    name: str
    said: Mapping[str, Json]
    upcast: Callable[[Mapping[str, Json]], dict[str, Json]]
    guard: Guard | None = None


@dataclass(frozen=True)
class BusModel:
    """A bus as declared.

    Attributes:
        ref: what it is called.
        source: the source of events that name none.
        keep_ms: how long its events are kept; None for as long as what is over is kept.
        guard: looks at each event that is published, and may refuse it; None for none.
    """

    ref: Ref
    source: str
    keep_ms: int | None = None
    guard: Guard | None = field(default=None, compare=False)

    @property
    def dead_letters(self) -> Ref:
        """The queue for deliveries that could not be made."""
        return Ref(self.ref.app, "queue", self.ref.name + DEAD_LETTERS)

    @cached_property
    def switched(self) -> str:
        """The SQL table that says which rules were enabled or disabled at run time."""
        return sql_name(self.ref.app, self.ref.name, "_rules")

    @cached_property
    def deliveries(self) -> Ref:
        """What its deliveries are work of that a target did not take at once."""
        return Ref(self.ref.app, "deliveries", self.ref.name)

    @cached_property
    def events(self) -> str:
        """The SQL table that holds the log of events."""
        return sql_name(self.ref.app, self.ref.name, "_events")

    @cached_property
    def archive(self) -> str:
        """The SQL table that holds the events that its archives keep."""
        return f"{self.events}_archive"


@dataclass(frozen=True)
class RuleTargetModel:
    """Where the events of a rule go.

    Attributes:
        ref: who gets them.
        terms: how long a delivery is tried, and where it ends.
        own_terms: the same, where other terms than the usual ones are declared.
        input: what it gets instead of the event as it is; None for that.
        group: the path to what its order is kept by in the event; None for none.
        parks: whether a delivery that was not taken lets the later ones of its group go on.
        place: its place among the targets of its rule that are the same resource.
        said: the declaration of all this, for people.
    """

    ref: Ref
    terms: Terms
    own_terms: Terms | None = None
    input: Input | None = None
    group: Input | None = None
    parks: bool = False
    place: int = 0
    said: Mapping[str, Json] = field(default_factory=dict)

    @cached_property
    def lines_up(self) -> bool:
        """Whether a delivery that was not taken holds back the later ones of its group."""
        return self.group is not None and not self.parks

    @cached_property
    def is_plain(self) -> bool:
        """Whether it gets what every plain target gets: the event, with nothing beside it."""
        return self.input is None and self.group is None and self.own_terms is None


@dataclass(frozen=True)
class Rule:
    """Which events go where.

    Attributes:
        name: its name, one of its bus.
        pattern: an event pattern.
        targets: what the matching events are delivered to.
        enabled: whether it delivers, until somebody says otherwise at run time.
        schedule: when an event for it is published; None for a rule that waits for events.
    """

    name: str
    pattern: Mapping[str, Json]
    targets: tuple[RuleTargetModel, ...]
    enabled: bool = True
    schedule: str | None = None


class Entry(TypedDict, total=False):
    """An event of a batch; see `Bus.publish`."""

    detail_type: Required[str]
    detail: Required[Mapping[str, object]]
    source: str | None
    resources: Sequence[str]
    time: str | datetime | None


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
        replay: the name of the replay that delivers it again; None the first time.
    """

    id: str
    source: str
    detail_type: str
    time: str
    detail: Detail_co
    resources: list[str]
    replay: str | None = None

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Json]) -> Event[Item]:
        """The event in an EventBridge envelope."""
        detail, resources = envelope.get("detail"), envelope.get("resources")
        replay = envelope.get(REPLAY_NAME)
        return Event(
            id=str(envelope.get("id", "")),
            source=str(envelope.get("source", "")),
            detail_type=str(envelope.get("detail-type", "")),
            time=str(envelope.get("time", "")),
            detail=Item(detail) if isinstance(detail, dict) else Item(),
            resources=[str(each) for each in resources] if isinstance(resources, list) else [],
            replay=replay if isinstance(replay, str) else None,
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """A CloudEvent that a bus has.

    Attributes:
        id: what it is called there.
        is_new: whether it came now; False for one that was there already.
    """

    id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery of an event, as far as is known.

    Attributes:
        target: to whom.
        id: of the message that came of it, or of the delivery that waits.
        state: ``waiting``, ``in flight``, ``done`` or ``dead``.
        attempts: how often it was tried.
        error: why the last try failed; None where none has.
    """

    target: str
    id: str
    state: str
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a rule matches an event, and if not, why.

    Attributes:
        rule: its name.
        matched: whether it does.
        reasons: for each field that failed: where, what was expected, what was found; or that the
            rule is disabled.
        deliveries: what became of it at the rule's targets, where that is known.
    """

    rule: str
    matched: bool
    reasons: list[str]
    deliveries: list[Delivered] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an event does not match: a field, what a pattern expects of it, and what it has."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class TargetTrial:
    """What a target of a rule would get of an event.

    Attributes:
        to: the target.
        input: the body; None where it cannot be made.
        group: by what its order is kept; None for none.
        error: why the body cannot be made; None where it can.
    """

    to: str
    input: Json
    group: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """What a rule would do with an event.

    Attributes:
        rule: its name.
        enabled: whether it delivers at all.
        matched: whether its pattern matches.
        reasons: for each field that fails, why.
        targets: what its targets would get, where it matches.
        pattern: its pattern.
    """

    rule: str
    enabled: bool
    matched: bool
    reasons: list[Reason]
    targets: list[TargetTrial]
    pattern: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Tried:
    """An event that a pattern was tried on, whether it matches, and if not, why."""

    event: dict[str, Json]
    matched: bool
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Missed:
    """At which field events fail a pattern, how many, and what one of them has there."""

    path: str
    expected: str
    found: str
    events: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of the events a rule matches, and how many both the rule and the pattern."""

    rule: str
    matched: int
    both: int


@dataclass(frozen=True, slots=True)
class PatternTrial:
    """What a pattern would have matched of the newest events of a bus.

    Attributes:
        looked: on how many it was tried.
        matched: how many of them match.
        per_minute: how many a minute that is, over the time from the oldest to the newest; None
            where they are of one moment.
        oldest: the time of the oldest of them; None where there are none.
        newest: the time of the newest.
        events: the newest of them, newest first.
        missed: at which fields the others fail, the most frequent first.
        rules: how far each rule matches the same events.
    """

    looked: int
    matched: int
    per_minute: float | None
    oldest: str | None
    newest: str | None
    events: list[Tried]
    missed: list[Missed]
    rules: list[Overlap]


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
        read: how many events it would read.
        matching: how many of them it would deliver to somebody.
        rules: how many each rule or positioned consumer would get, by its name.
        targets: how many deliveries each target would get, by what it is called.
        sample: the first of the events.
    """

    name: str
    read: int
    matching: int
    rules: dict[str, int]
    targets: dict[str, int]
    sample: list[Json]
