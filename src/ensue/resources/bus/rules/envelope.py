"""An event in EventBridge's envelope: checked part by part, and written once. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from ensue.resources.bus.model import (
    ACCOUNT,
    EVENT_BYTES_MAX,
    NAME_LENGTH_MAX,
    REGION,
)
from ensue.words import values
from ensue.words.errors import InvalidValue, TooLarge, Unfit
from ensue.words.values import Json

CLOUDEVENT = "cloudevent"  # the part of an event that came as a CloudEvent
TIME_BYTES = 14  # what a time that the producer gives counts, as EventBridge says
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z")
_EXACT_FROM = EVENT_BYTES_MAX // 8  # a shorter text cannot be too large, nor nearly


class Draft(NamedTuple):
    """An event that was checked, before it has its id.

    Attributes:
        head: its detail-type and source, as JSON.
        time: when it happened.
        rest: its resources and detail, as JSON.
        resources: what it is about.
        detail: the rest, as given.
        detail_type: what it says.
        source: who says it.
        size: how many bytes it has as EventBridge counts; 0 where it is too small to be counted.
        cloudevent: what a CloudEvent says beyond that; None where it came as none.
    """

    head: str
    time: str
    rest: str
    resources: list[Json]
    detail: dict[str, Json]
    detail_type: str
    source: str
    size: int
    cloudevent: Json = None

    @property
    def stored(self) -> str:
        """The text that the log keeps."""
        return f'{{{self.head},"time":"{self.time}",{self.rest}}}'

    def text(self, event_id: str) -> str:
        """The event in its envelope, as JSON text."""
        return (
            f'{{"version":"0","id":"{event_id}",{self.head},"account":"{ACCOUNT}",'
            f'"time":"{self.time}","region":"{REGION}",{self.rest}}}'
        )

    def event(self, event_id: str) -> dict[str, Json]:
        """The event in its envelope, as patterns see it."""
        event: dict[str, Json] = {
            "version": "0",
            "id": event_id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": ACCOUNT,
            "time": self.time,
            "region": REGION,
            "resources": self.resources,
            "detail": self.detail,
        }
        if self.cloudevent is not None:
            event[CLOUDEVENT] = self.cloudevent
        return event


def draft(
    detail_type: object,
    detail: object,
    *,
    source: object,
    resources: object = (),
    time: object = None,
    cloudevent: Json = None,
    now_ms: int,
) -> Draft:
    """Check the parts of an event.

    Raises:
        InvalidValue: a part is missing or has the wrong type; says where.
        TooLarge: the event is larger than 1 MiB, as EventBridge counts.
    """
    head = _head(detail_type, source) if type(detail_type) is type(source) is str else None
    if head is None:
        check_word(detail_type, "$.detail-type")
        check_word(source, "$.source")
    about = _resources(resources) if resources else []
    if not isinstance(detail, Mapping):
        raise InvalidValue(f"expected an object, got {values.shown(detail)}", at="$.detail")
    said = detail if type(detail) is dict else dict(detail)
    text = _encoded(said)
    given = None if time is None else time_text(time)
    rest = f'"resources":{values.encode(about) if about else "[]"},{text}'
    if cloudevent is not None:
        rest += f',"{CLOUDEVENT}":{values.encode(cloudevent)}'
    size = 0
    if len(rest) > _EXACT_FROM:
        size = _size(str(detail_type), str(source), about, len(text.encode()), given)
    assert head is not None  # noqa: S101 - both words were texts, or have been refused
    return Draft(
        head,
        given or iso(now_ms),
        rest,
        about,
        said,
        str(detail_type),
        str(source),
        size,
        cloudevent,
    )


def envelope(stored: Mapping[str, Json], event_id: str) -> dict[str, Json]:
    """An event of the log in EventBridge's envelope, as patterns, targets and handlers see it."""
    event: dict[str, Json] = {
        "version": "0",
        "id": event_id,
        "detail-type": stored["detail-type"],
        "source": stored["source"],
        "account": ACCOUNT,
        "time": stored["time"],
        "region": REGION,
        "resources": stored["resources"],
        "detail": stored["detail"],
    }
    if CLOUDEVENT in stored:
        event[CLOUDEVENT] = stored[CLOUDEVENT]
    return event


def envelope_text(stored: str, event_id: str) -> str:
    """The text that the log keeps of an event as JSON text of its envelope."""
    head = f'{{"version":"0","id":"{event_id}","account":"{ACCOUNT}","region":"{REGION}",'
    return head + stored[1:]


def as_text(event: Mapping[str, Json]) -> str:
    """An envelope as JSON text; as for a producer, the bound is for what it says, not for all.

    Raises:
        Unfit: its detail is larger than 1 MiB, or is no JSON value.
    """
    others = {name: value for name, value in event.items() if name != "detail"}
    try:
        head, detail = values.encode(others), values.encode(event.get("detail"))
    except (InvalidValue, TooLarge) as fault:
        raise Unfit(fault.message, at=fault.at, hint=fault.hint) from None
    return f'{head[:-1]},"detail":{detail}}}'


def iso(ms: int) -> str:
    """A time as EventBridge writes it: ISO 8601 in UTC, to the second."""
    return _iso_second(ms // 1_000)


@lru_cache(maxsize=16)
def _iso_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_text(given: object) -> str:
    """The time that a producer gives, as EventBridge writes it.

    Args:
        given: ISO 8601 with its zone, such as ``2026-11-21T18:30:00Z``, or a datetime with one.

    Raises:
        InvalidValue: it is neither.
    """
    at = given if isinstance(given, datetime) else None
    if isinstance(given, str) and _TIME.match(given):
        try:
            at = datetime.fromisoformat(given)
        except ValueError:
            at = None
    try:
        if at is not None and at.tzinfo is not None:
            said = at.astimezone(UTC).isoformat(timespec="seconds")
            return said.replace("+00:00", "Z")
    except OverflowError:
        pass
    raise InvalidValue(
        f"expected a time such as 2026-11-21T18:30:00Z, got {values.shown(str(given))}",
        at="$.time",
    )


def check_word(value: object, at: str) -> str:
    """Return a source or detail-type.

    Raises:
        InvalidValue: it is no text of 1 to 256 characters that UTF-8 can hold.
    """
    if isinstance(value, str) and 1 <= len(value) <= NAME_LENGTH_MAX:
        values.check(value, at)
        return value
    raise InvalidValue(f"expected text of 1 to {NAME_LENGTH_MAX} characters, got {value!r}", at=at)


@lru_cache(maxsize=4_096)
def _head(detail_type: str, source: str) -> str:
    said = values.encode({
        "detail-type": check_word(detail_type, "$.detail-type"),
        "source": check_word(source, "$.source"),
    })
    return said[1:-1]


def _resources(resources: object) -> list[Json]:
    if isinstance(resources, Sequence) and not isinstance(resources, str | bytes):
        found: list[Json] = [each for each in resources if isinstance(each, str)]
        if len(found) == len(resources):
            values.check(found, "$.resources")
            return found
    raise InvalidValue(
        f"expected a list of strings, got {values.shown(resources)}", at="$.resources"
    )


def _encoded(detail: Mapping[str, object]) -> str:
    """The detail under its name, as JSON without the braces around; what is wrong has its place."""
    try:
        return values.encode({"detail": detail})[1:-1]
    except TooLarge:
        return f'"detail":{values.encode(detail)}'


def _size(
    detail_type: str, source: str, resources: Sequence[Json], detail: int, time: str | None
) -> int:
    """How many bytes an event has, as EventBridge counts them.

    Raises:
        TooLarge: more than 1 MiB.
    """
    words = [detail_type, source, *map(str, resources)]
    size = sum(len(each.encode()) for each in words) + detail - len('"detail":')
    if time is not None:
        size += TIME_BYTES
    if size > EVENT_BYTES_MAX:
        raise TooLarge(f"expected an event of at most {EVENT_BYTES_MAX} bytes, got {size}")
    return size
