"""The options in which apps declare handlers, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensue.engine.changes import as_event, as_plain_event
from ensue.engine.handlers import Policy, PolicyOptions, make_policy
from ensue.engine.lanes import parse_start
from ensue.engine.logs import Record
from ensue.languages.expressions import compile_condition
from ensue.languages.patterns import compile_pattern
from ensue.resources import bucket as bucket_kind
from ensue.resources import stream as stream_kind
from ensue.resources.bucket import Bucket
from ensue.resources.bus import Bus, Event, group_of, may_match, parse_group
from ensue.resources.function import Feed
from ensue.resources.schedule import Timing
from ensue.resources.stream import Stream
from ensue.words import values
from ensue.words.errors import InvalidDeclaration, Unfit
from ensue.words.names import check_name
from ensue.words.values import Json

CHANGE_KINDS = ("insert", "update", "remove")
STARTS = ("latest", "horizon", "snapshot")


class HandlerOptions(PolicyOptions, total=False):
    """How a function is run, and what it was called before; see `App.function`."""

    was: str
    dead_letter_retention: str | float


@dataclass(frozen=True, slots=True)
class Terms:
    """How a function is run.

    Attributes:
        policy: how its work is taken and retried.
        was: the name that it had before; None for none.
        retention: how long its dead letters are kept; None for ever.
    """

    policy: Policy
    was: str | None
    retention: str | float | None = None


def terms_of(retries: int, options: HandlerOptions, window: str | float = 0) -> Terms:
    """What the options of a function mean, and how long it waits for its batch to be full.

    Raises:
        InvalidName: the earlier name breaks the naming rule.
        InvalidValue: the rate or a duration is written wrong.
    """
    policy: Any = dict(options)
    was, retention = policy.pop("was", None), policy.pop("dead_letter_retention", None)
    if was is not None:
        check_name(was, "function")
    return Terms(make_policy(retries + 1, **policy, window=window), was, retention)


class ScheduledOptions(Timing, HandlerOptions, total=False):
    """How a function is scheduled and run; see `App.schedule`."""


def change_filter(where: Mapping[str, Json] | str) -> Callable[[Record], bool]:
    """What tells whether a change concerns a handler: an event pattern, or a condition expression.

    A pattern sees the images as JSON shows them: bytes as base64, sets as lists.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the expression does not compile, or names values that nobody gives.
    """
    return _filter(where, as_event, as_plain_event)


def _filter(
    where: Mapping[str, Json] | str,
    seen: Callable[[Record], dict[str, Json]],
    plain: Callable[[Record], dict[str, Json]],
) -> Callable[[Record], bool]:
    if isinstance(where, str):
        condition = compile_condition(where, strict_values=True)
        condition.check_values({})
        return lambda record: condition.holds(seen(record), {})
    pattern = compile_pattern(where)
    return lambda record: pattern.matches(plain(record))


def check_start(start: str) -> None:
    """Check where a new follower begins.

    Raises:
        InvalidDeclaration: there is no such start.
    """
    if start not in STARTS:
        raise InvalidDeclaration(f"expected a start: {', '.join(STARTS)}; got {start!r}")


def change_kinds(kind: str | Sequence[str] | None) -> tuple[str, ...]:
    """The kinds of change that a handler follows: one, several, or all for None.

    Raises:
        InvalidDeclaration: there is no such kind.
    """
    kinds = CHANGE_KINDS if kind is None else (kind,) if isinstance(kind, str) else tuple(kind)
    unknown = [each for each in kinds if each not in CHANGE_KINDS]
    if unknown or not kinds:
        raise InvalidDeclaration(
            f"expected a kind of change: {', '.join(CHANGE_KINDS)}; got {kind!r}",
            hint="Leave it out to follow every kind.",
        )
    return kinds


def record_feed(
    stream: Stream, start: str | int, where: Mapping[str, Json] | str | None, *, in_batches: bool
) -> Feed:
    """What a function follows of a stream: which records, and from where.

    Raises:
        InvalidValue: there is no such place to start at.
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the expression does not compile, or names values that nobody gives.
    """
    matches = None if where is None else _filter(where, _as_seen, _as_seen_plain)
    return Feed(
        source=stream.ref,
        wants=matches or _every,
        present=lambda tx, record: stream_kind.present(tx, stream.model, record),
        as_work=lambda tx, record: stream_kind.as_work(tx, stream.model, record),
        said={
            "stream": stream.ref.name,
            "start": start,
            "where": dict(where) if isinstance(where, Mapping) else where,
        },
        takes="records" if in_batches else "record",
        start=parse_start(start),
        in_batches=in_batches,
    )


def object_feed(
    bucket: Bucket,
    kind: str | Sequence[str] | None,
    ends: tuple[str, str],
    where: Mapping[str, Json] | None,
    start: str | int,
) -> Feed:
    """What a function follows of a bucket: which changes, and from where.

    Args:
        bucket: which bucket.
        kind: which kinds of change; None for all.
        ends: with what the keys begin and end.
        where: an event pattern; None for any.
        start: where a new function begins.

    Raises:
        InvalidDeclaration: there is no such kind of change.
        InvalidValue: there is no such place to start at.
        InvalidPattern: the pattern does not compile; says where.
    """
    kinds, (prefix, suffix) = change_kinds(kind), ends
    pattern = None if where is None else compile_pattern(where)

    def wants(record: Record) -> bool:
        key = record.key or ""
        if record.kind not in kinds or not (key.startswith(prefix) and key.endswith(suffix)):
            return False
        return pattern is None or pattern.matches(bucket_kind.as_event(bucket.ref, record))

    return Feed(
        source=bucket.ref,
        wants=wants,
        present=lambda tx, record: bucket_kind.present(tx, bucket.ref, record),
        as_work=lambda tx, record: bucket_kind.as_work(tx, bucket.ref, record),
        said={
            "bucket": bucket.ref.name,
            "kinds": list(kinds),
            "prefix": prefix,
            "suffix": suffix,
            "where": None if where is None else dict(where),
            "start": start,
        },
        start=parse_start(start),
    )


def event_feed(bus: Bus, pattern: Mapping[str, Json], start: str | int, group: str | None) -> Feed:
    """What a function follows of a bus: which events, and from where.

    Raises:
        InvalidValue: there is no such place to start at.
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the group is no path.
    """
    compiled = compile_pattern(pattern)
    steps = None if group is None else parse_group(group)

    def seen(record: Record) -> dict[str, Json]:
        return bus.as_present(bus.event_of(record))

    def wants(record: Record) -> bool:
        try:
            return compiled.matches(values.as_plain(seen(record)))
        except Unfit:
            # Nobody knows its detail; but what is known of it may say that it is none of ours.
            return may_match(pattern, values.as_plain(bus.event_of(record)))

    return Feed(
        source=bus.ref,
        wants=wants,
        present=lambda _, record: Event.from_envelope(seen(record)),
        # As it was published: what follows makes it an event of the present when it gets it.
        as_work=lambda _, record: bus.text_of(record),
        said={"bus": bus.ref.name, "pattern": dict(pattern), "start": start, "group": group},
        takes="event",
        start=parse_start(start),
        key=None if steps is None else lambda record: group_of(seen(record), steps),
    )


def _as_seen(record: Record) -> dict[str, Json]:
    return {"key": record.key, "data": values.decode(record.new or "null")}


def _as_seen_plain(record: Record) -> dict[str, Json]:
    return values.as_plain(_as_seen(record))


def _every(record: Record) -> bool:
    del record
    return True
