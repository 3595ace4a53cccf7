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
