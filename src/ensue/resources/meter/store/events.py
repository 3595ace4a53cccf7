"""The log of a meter: events and corrections as lines, and what stands of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import MeterEvent, MeterModel, MeterRecord
from ensue.resources.meter.rules.tallies import Standing
from ensue.resources.meter.rules.windows import Span
from ensue.words import values

Line = tuple[int, str, str, int, str, str]
Row = tuple[int, int | None, int, str | None]


def add(tx: Transaction, meter: MeterModel, new: Sequence[Line]) -> dict[tuple[int, str], int]:
    """Add events that are not there yet.

    Args:
        tx: where.
        meter: whose.
        new: of each the subject's number, the id, the type, the time, the properties as JSON and
            the subject.

    Returns:
        The places of those that were added, by the subject's number and the id.
    """
    hop, now_ms = tx.hop, tx.now_ms
    added = tx.connection.executemany(
        f"INSERT INTO {meter.sql} (subject, id, type, time_ms, properties, key, hop, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject, id) WHERE corrects IS NULL"
        " DO NOTHING RETURNING sequence, subject, id",
        [(*line, hop, now_ms) for line in new],
    )
    return {(subject, event_id): place for place, subject, event_id in added}


def add_correction(
    tx: Transaction, meter: MeterModel, place: int, properties: str | None, reason: str | None
) -> int:
    """Add a correction of an event; returns its place."""
    tx.execute(
        f"INSERT INTO {meter.sql} (subject, id, type, time_ms, key, properties, corrects, reason,"
        f" hop, at_ms) SELECT subject, id, type, time_ms, key, ?, sequence, ?, ?, ?"
        f" FROM {meter.sql} WHERE sequence = ?",
        (properties, reason, tx.hop, tx.now_ms, place),
    )
    return tx.inserted()


class Sought(NamedTuple):
    """Which lines of the log.

    Attributes:
        subject: the subject's number.
        type: the events' type.
        span: their times.
        up_to: only as far as this place in the log; None for all of it.
        limit: how many at most; -1 for any.
    """

    subject: int
    type: str
    span: Span
    up_to: int | None = None
    limit: int = -1


def lines(tx: Transaction, meter: MeterModel, sought: Sought) -> list[Row]:
    """The lines of a subject and type in a span, an event before its corrections."""
    subject, event_type, span, up_to, limit = sought
    until = "" if up_to is None else " AND sequence <= :up_to"
    found: list[Any] = tx.execute(
        f"SELECT sequence, corrects, time_ms, properties FROM {meter.sql}"
        " WHERE subject = :subject AND type = :type AND time_ms BETWEEN :start_ms AND :end_ms"
        f"{until} ORDER BY time_ms, sequence LIMIT :limit",
        {
            "subject": subject,
            "type": event_type,
            "start_ms": span.start_ms,
            "end_ms": span.end_ms,
            "up_to": up_to,
            "limit": limit,
        },
    ).fetchall()
    return found


def stand(rows: Iterable[Row]) -> list[Standing]:
    """What stands of lines; what corrects an event that is not among them says nothing."""
    found: dict[int, tuple[int, int, str | None]] = {}
    for sequence, corrects, time_ms, properties in rows:
        if corrects is None:
            found[sequence] = (sequence, time_ms, properties)
        elif corrects in found:
            found[corrects] = (sequence, time_ms, properties)
    return [
        Standing(place, sequence, time_ms, as_properties(properties))
        for place, (sequence, time_ms, properties) in found.items()
        if properties is not None
    ]


def as_properties(text: str) -> dict[str, object]:
    """The properties of a line."""
    found = values.decode(text)
    return dict(found) if isinstance(found, dict) else {}


_SHOWN = "sequence, kind, id, key, type, time_ms, properties, at_ms, corrects, reason"
_KINDS = {"usage": "event", "replacement": "replacement", "retraction": "retraction"}


def shown(row: Sequence[object]) -> MeterRecord:
    """A line as it is shown."""
    sequence, kind, event_id, subject, event_type, time_ms, properties, at_ms, corrects, reason = (
        row
    )
    said = {} if properties is None else as_properties(str(properties))
    event = MeterEvent(str(event_id), str(subject), str(event_type), int(str(time_ms)), said)  # type: ignore[arg-type] # as it was checked
    return MeterRecord(
        int(str(sequence)),
        _KINDS[str(kind)],  # type: ignore[arg-type] # one of the three
        event,
        int(str(at_ms)),
        None if corrects is None else int(str(corrects)),
        None if reason is None else str(reason),
    )
