"""The words of meters: events that are measured, metrics, and the sums that are kept of them.

an event:   (nothing) ──record──▶ stands ──correct──▶ replaced or retracted ──correct──▶ ...
a metric:   building ──its log is summed──▶ current ──declared otherwise──▶ leaving ──▶ gone

The log keeps every event and every correction; what stands is what the last of them says. The sums
of a metric are kept by subject, by group and by hour, and change in the transaction that records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from ensue.words.errors import InvalidDeclaration, InvalidInput, NotFound
from ensue.words.names import Ref, check_name, sql_name
from ensue.words.units import MS
from ensue.words.values import Json
from ensue.words.values import check_name as check_text

Aggregate: TypeAlias = Literal["COUNT", "SUM", "MAX", "LAST", "UNIQUE", "PERCENTILE"]
Scalar: TypeAlias = "str | int | float | Decimal | bool"
AGGREGATES: tuple[str, ...] = get_args(Aggregate)

HOUR_MS = MS["h"]
EVENTS_MAX = 10_000
METRICS_MAX = 100
GROUPED_MAX = 10
ID_LENGTH_MAX = 255
SUBJECT_LENGTH_MAX = 255
TYPE_LENGTH_MAX = 100
PROPERTY_LENGTH_MAX = 1_000
PROPERTIES_BYTES_MAX = 65_536
QUANTITY_DIGITS_MAX = 15
QUANTITY_DECIMALS_MAX = 18
FUTURE_MS_MAX = MS["d"]
LOG_EVENTS_MAX = 100_000
POINTS_MAX = 10_000
PAGE_MAX = 1_000
REASON_LENGTH_MAX = 1_000
PERCENTILE_DIGITS = 3

PAST = "30d"
FUTURE = "5m"
EMPTY = "(empty)"


@dataclass(frozen=True, slots=True)
class Metric:
    """What is summed of the events of a type.

    Attributes:
        name: its name, one of its meter.
        event: the type of the events that count.
        aggregate: ``COUNT`` of the events; ``SUM``, ``MAX`` or ``LAST`` (by the events' time) of a
            property that is a number; ``UNIQUE``: how many values a property has; ``PERCENTILE``
            of a property that is a number, rounded to three digits.
        property: the property; of ``COUNT`` none.
        unit: what is counted, for people: ``calls``, ``bytes``.
        groups: the properties by whose values sums are kept besides.
        percentile: of ``PERCENTILE``: which, above 0 and up to 100; 50 is the median.
        title: what people call it; the name by default.

    Raises:
        InvalidName: the name breaks the naming rule.
        InvalidDeclaration: there is no such aggregate, or a part is missing or surplus.
    """

    name: str
    event: str
    aggregate: Aggregate
    property: str | None = None
    unit: str = ""
    groups: Sequence[str] = ()
    percentile: float | None = None
    title: str = ""

    def __post_init__(self) -> None:
        """Check what is declared."""
        at = f"metric {check_name(self.name, 'metric')}"
        if self.aggregate not in AGGREGATES:
            raise InvalidDeclaration(
                f"expected an aggregate of {', '.join(AGGREGATES)}, got {self.aggregate!r}", at=at
            )
        if (self.property is None) != (self.aggregate == "COUNT"):
            wanted = (
                "no property for COUNT" if self.property else f"a property for {self.aggregate}"
            )
            raise InvalidDeclaration(f"expected {wanted}", at=at)
        if (self.percentile is None) == (self.aggregate == "PERCENTILE"):
            raise InvalidDeclaration("expected a percentile with PERCENTILE, and only there", at=at)
        if self.percentile is not None and not 0 < self.percentile <= 100:
            raise InvalidDeclaration(
                f"expected a percentile above 0 and up to 100, got {self.percentile}", at=at
            )
        object.__setattr__(self, "groups", tuple(self.groups))
        if len(set(self.groups)) != len(self.groups) or len(self.groups) > GROUPED_MAX:
            raise InvalidDeclaration(
                f"expected at most {GROUPED_MAX} different groups, got {len(self.groups)}", at=at
            )
        for text in (self.property, *self.groups):
            check_text(text, "property", PROPERTY_LENGTH_MAX, at)
        check_text(self.event, "event type", TYPE_LENGTH_MAX, at)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "name": self.name,
            **self.summed(),
            "percentile": self.percentile,
            "unit": self.unit,
            "title": self.title,
        }

    def summed(self) -> dict[str, Json]:
        """What its sums depend on: where that changes, they are made anew."""
        return {
            "event": self.event,
            "aggregate": self.aggregate,
            "property": self.property,
            "groups": list(self.groups),
        }


@dataclass(frozen=True, slots=True)
class MeterEvent:
    """Something that is measured.

    Attributes:
        id: its id, 1 to 255 characters: a second event of the subject with the same one is a
            duplicate.
        subject: whose it is, such as a customer, 1 to 255 characters.
        type: what happened, 1 to 100 characters.
        time_ms: when, in ms since 1970.
        properties: texts of up to 1,000 characters, numbers and bools, by name.
    """

    id: str
    subject: str
    type: str
    time_ms: int
    properties: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event of a batch that was not recorded.

    Attributes:
        index: its place in the batch.
        id: its id, as given.
        code: ``future``: its time is further ahead than the meter takes; ``past``: it is older;
            ``invalid``: a part of it is none.
        reason: what is wrong, for people.
    """

    index: int
    id: str
    code: Literal["future", "past", "invalid"]
    reason: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch.

    Attributes:
        accepted: how many events were recorded.
        duplicates: how many were there already, from earlier or from the same batch.
        refused: which were not recorded, and why.
    """

    accepted: int
    duplicates: int
    refused: list[RefusedEvent]


class Question(NamedTuple):
    """What is asked of a meter.

    Attributes:
        subject: whose usage.
        metric: the metric's name.
        start_ms: the first ms of the window.
        end_ms: the last.
    """

    subject: str
    metric: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a metric says of a subject in a window.

    Attributes:
        value: the total; 0 where nothing was measured.
        events: how many events it is made of.
        unit: the metric's.
        position: the place in the meter's log up to which it knows: see `Meter.changes`.
        groups: the value of each group, by the group's name; None where none were asked for.
    """

    value: Decimal
    events: int
    unit: str
    position: int
    groups: dict[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """A part of a series.

    Attributes:
        start_ms: its first ms.
        end_ms: its last ms.
        value: the metric's value in it; 0 where nothing was measured.
        events: how many events that is made of.
    """

    start_ms: int
    end_ms: int
    value: Decimal
    events: int


@dataclass(frozen=True, slots=True)
class MeterRecord:
    """A line of a meter's log: an event, or a correction of one.

    Attributes:
        sequence: its place in the log.
        kind: ``event``, ``replacement`` or ``retraction``.
        event: the event; of a replacement as it is from then on, of a retraction without
            properties.
        recorded_ms: when it was recorded.
        corrects: of a correction: the place of the event.
        reason: of a correction: why, where somebody said so.
    """

    sequence: int
    kind: Literal["event", "replacement", "retraction"]
    event: MeterEvent
    recorded_ms: int
    corrects: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class UsageChange:
    """A subject's metric whose value in a period has changed.

    Attributes:
        subject: whose.
        metric: the metric's name.
        position: the place in the log of the last change.
    """

    subject: str
    metric: str
    position: int


@dataclass(frozen=True)
class MeterModel:
    """A meter as declared.

    Attributes:
        ref: what it is called.
        metrics: what is summed.
        past_ms: how old an event may be that is recorded.
        future_ms: how far ahead its time may be.
        keep_ms: how long the log is kept; None for ever.
    """

    ref: Ref
    metrics: tuple[Metric, ...]
    past_ms: int
    future_ms: int
    keep_ms: int | None = None

    def __post_init__(self) -> None:
        """Check what is declared.

        Raises:
            InvalidDeclaration: a number is out of range, or two metrics have one name.
        """
        at = str(self.ref)
        names = [each.name for each in self.metrics]
        if not 1 <= len(names) <= METRICS_MAX or len(set(names)) != len(names):
            raise InvalidDeclaration(
                f"expected 1 to {METRICS_MAX} metrics of different names, got {names}", at=at
            )
        if self.past_ms <= 0 or not 0 <= self.future_ms <= FUTURE_MS_MAX:
            raise InvalidDeclaration(
                "expected past above 0, and future from 0 to a day,"
                f" got {self.past_ms} ms and {self.future_ms} ms",
                at=at,
            )
        if self.keep_ms is not None and self.keep_ms < self.past_ms + 2 * FUTURE_MS_MAX:
            raise InvalidDeclaration(
                f"expected a retention of past and two days more, got {self.keep_ms} ms",
                at=at,
                hint="What tells a duplicate is the log: it must be there as long as the event"
                " could come again.",
            )

    @classmethod
    def from_declared(cls, ref: Ref, said: Mapping[str, Json]) -> MeterModel | None:
        """The meter of which `declared` made this; None where somebody else has."""
        found: Any = said
        try:
            metrics = [
                Metric(**{**each, "groups": tuple(each["groups"])}) for each in found["metrics"]
            ]
            return cls(
                ref, tuple(metrics), found["past_ms"], found["future_ms"], found["retention_ms"]
            )
        except (InvalidInput, KeyError, TypeError):
            return None

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        return {
            "metrics": [each.declared() for each in self.metrics],
            "past_ms": self.past_ms,
            "future_ms": self.future_ms,
            "retention_ms": self.keep_ms,
        }

    def metric(self, name: str) -> Metric:
        """A metric by its name.

        Raises:
            NotFound: there is none.
        """
        for each in self.metrics:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in self.metrics)
        raise NotFound(
            f"there is no metric {name!r}", at=str(self.ref), hint=f"There are: {names}."
        )

    @cached_property
    def sql(self) -> str:
        """The SQL table of the log; others have names that begin with it and ``__``."""
        return sql_name(self.ref.app, self.ref.name)
