"""What many hops produced, and what many records caused: one statement for all of them at once.

Of each parent it is a page: its first children behind a place, so that no parent crowds out the
others. Texts come shortened, for people who look at many: a body may have a megabyte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ensue.engine.hops import Hop
from ensue.engine.ids import Place
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.words import values

TEXT_BYTES = 600
WHOLE_SIZE = 4_096
SHORTENED_SIZE = 65_536
END = 2**62


class Text(NamedTuple):
    """The beginning of a text, or all of it.

    Attributes:
        text: as much of it as was read; nothing of one that is larger than 64 KiB.
        size: how many bytes it has.
        is_whole: whether that is all.
    """

    text: str
    size: int
    is_whole: bool


class Fact(NamedTuple):
    """A record of a log, in short; see `logs.Record`.

    Attributes:
        parent: the hop that produced it.
        place: where it is.
        kind: what it says.
        key: what it is about; None for none.
        old: what was before; None for nothing.
        new: what is after; None for nothing.
        at_ms: when, where the record says so itself.
    """

    parent: int
    place: Place
    kind: str
    key: str | None
    old: Text | None
    new: Text | None
    at_ms: int | None


class Piece(NamedTuple):
    """A piece of work, in short; see `work.Work`.

    Attributes:
        parent: the hop that produced it; None for none.
        id: its number.
        queue: the number of the queue it is in.
        state: WAITING, LEASED or DONE.
        due_ms: when it may be taken; once done, when that was.
        receives: how often it was taken.
        sent_ms: when it was sent.
        taken_ms: when it was last taken.
        attributes: JSON text of an object; None for none, or for more than 64 KiB of them.
        body: JSON text.
    """

    parent: int | None
    id: int
    queue: int
    state: int
    due_ms: int
    receives: int
    sent_ms: int
    taken_ms: int | None
    attributes: str | None
    body: Text


class Failure(NamedTuple):
    """An attempt that failed: of which work, which one, when it began and ended, and why."""

    work: int
    attempt: int
    begun_ms: int | None
    at_ms: int
    error: str


class Brief(NamedTuple):
    """An execution of a workflow, in short; see `executions.TABLES`."""

    id: int
    workflow: int
    name: str
    status: int
    started_ms: int
    ended_ms: int | None
    error: str | None


def _shortened(column: str) -> str:
    """The SQL of a text as bytes, shortened, and of how many it has."""
    return (
        f"CASE WHEN octet_length({column}) <= {WHOLE_SIZE} THEN CAST({column} AS BLOB)"
        f" WHEN octet_length({column}) <= {SHORTENED_SIZE}"
        f" THEN substr(CAST({column} AS BLOB), 1, {TEXT_BYTES}) END, octet_length({column})"
    )


_WORK = (
    "w.id, w.queue, w.state, w.due_ms, w.receives, w.sent_ms, w.taken_ms,"
    f" CASE WHEN octet_length(w.attributes) <= {SHORTENED_SIZE} THEN w.attributes END,"
    f" {_shortened('w.body')}"
)
_HOP = "h.id, h.cause_number, h.cause_sequence, h.actor, h.attempt, h.at_ms, h.trace"


def facts(
    tx: Transaction, source: Source, parents: Iterable[int], limit: int, *, after: int = 0
) -> list[Fact]:
    """The records of a log that hops produced, in the order of their numbers.

    Args:
        tx: where to look.
        source: the log.
        parents: the hops.
        limit: how many of each at most.
        after: only those behind this sequence number.
    """
    asked = (values.encode(list(parents)), limit - 1, after)
    found = _facts(tx, source, source.table, asked)
    if source.archive is not None:
        found = _facts(tx, source, source.archive, asked) + found
    return found


def _facts(tx: Transaction, source: Source, table: str, asked: tuple[str, int, int]) -> list[Fact]:
    columns = "'record', l.key, l.attributes, l.data" if source.sharded else None
    kind, key, old, new = (columns or "l.kind, l.key, l.old, l.new").split(", ")
    rows = tx.execute(
        f"SELECT asked.value, l.sequence, {kind}, CAST({key} AS BLOB), {_shortened(old)},"
        f" {_shortened(new)}, l.at_ms FROM json_each(?1) AS asked CROSS JOIN {table} AS l"
        " WHERE l.hop = asked.value AND l.hop IS NOT NULL AND l.sequence > ?3"
        f" AND l.sequence <= coalesce((SELECT sequence FROM {table} WHERE hop = asked.value"
        f" AND hop IS NOT NULL AND sequence > ?3 ORDER BY sequence LIMIT 1 OFFSET ?2), {END})",
        asked,
    )
    return [
        Fact(
            parent,
            Place(source.number, sequence),
            kind,
            None if key is None else bytes(key).decode(errors="replace"),
            _text(old, old_size),
            _text(new, new_size),
            at_ms,
        )
        for parent, sequence, kind, key, old, old_size, new, new_size, at_ms in rows
    ]


def pieces(tx: Transaction, parents: Iterable[int], limit: int, *, after: int = 0) -> list[Piece]:
    """The work that hops produced, in the order of its numbers; see `facts`."""
    rows = tx.execute(
        f"SELECT asked.value, {_WORK} FROM json_each(?1) AS asked CROSS JOIN ensue_work AS w"
        " WHERE w.hop = asked.value AND w.id > ?3"
        " AND w.id <= coalesce((SELECT id FROM ensue_work WHERE hop = asked.value AND id > ?3"
        f" ORDER BY id LIMIT 1 OFFSET ?2), {END})",
        (values.encode(list(parents)), limit - 1, after),
    )
    return [_piece(row) for row in rows]


def pieces_with(tx: Transaction, numbers: Iterable[int]) -> list[Piece]:
    """Pieces of work by their numbers, as far as they are kept."""
    rows = tx.execute(
        f"SELECT w.hop, {_WORK} FROM json_each(?1) AS asked CROSS JOIN ensue_work AS w"
        " WHERE w.id = asked.value",
        (values.encode(list(numbers)),),
    )
    return [_piece(row) for row in rows]


def hops_of(tx: Transaction, causes: Sequence[Place], limit: int, *, after: int = 0) -> list[Hop]:
    """The hops that handled records or work, in the order of their numbers; see `facts`."""
    rows = tx.execute(
        f"SELECT {_HOP} FROM json_each(?1) AS asked CROSS JOIN ensue_hops AS h"
        " WHERE h.cause_sequence = asked.value ->> 1 AND h.cause_number = asked.value ->> 0"
        " AND h.cause_sequence IS NOT NULL AND h.id > ?3"
        " AND h.id <= coalesce((SELECT id FROM ensue_hops"
        " WHERE cause_sequence = asked.value ->> 1 AND cause_number = asked.value ->> 0"
        " AND cause_sequence IS NOT NULL AND id > ?3"
        f" ORDER BY id LIMIT 1 OFFSET ?2), {END})",
        (values.encode([list(each) for each in causes]), limit - 1, after),
    )
    return [
        Hop(row[0], None if row[1] is None else Place(row[1], row[2]), *row[3:]) for row in rows
    ]


def failures_of(tx: Transaction, numbers: Iterable[int], limit: int) -> list[Failure]:
    """The failed attempts of pieces of work, those of each in their order.

    Args:
        tx: where to look.
        numbers: the work.
        limit: how many of all at most.
    """
    rows = tx.execute(
        "SELECT f.work, f.attempt, f.begun_ms, f.at_ms, f.error"
        " FROM json_each(?1) AS asked CROSS JOIN ensue_failures AS f WHERE f.work = asked.value"
        " LIMIT ?2",
        (values.encode(list(numbers)), limit),
    )
    found = [Failure(*row) for row in rows]
    return sorted(found, key=lambda each: (each.work, each.at_ms, each.attempt))


def work_that_says(tx: Transaction, hop: int, body: str) -> int | None:
    """The first piece of work with a body that a hop produced; None where it is not kept."""
    found = tx.row(
        "SELECT id FROM ensue_work WHERE hop = ? AND body = ? ORDER BY id LIMIT 1", (hop, body)
    )
    return found[0] if found and isinstance(found[0], int) else None


_BRIEF = "e.id, e.workflow, e.name, e.status, e.started_ms, e.ended_ms, e.error"


def executions_with(tx: Transaction, numbers: Iterable[int]) -> list[Brief]:
    """Executions by their numbers, as far as they are kept."""
    rows = tx.execute(
        f"SELECT {_BRIEF} FROM json_each(?1) AS asked CROSS JOIN ensue_executions AS e"
        " WHERE e.id = asked.value",
        (values.encode(list(numbers)),),
    )
    return [Brief(*row) for row in rows]


def executions_named(tx: Transaction, names: Iterable[tuple[int, str]]) -> list[Brief]:
    """Executions by the number of their workflow and their name, as far as they are kept."""
    rows = tx.execute(
        f"SELECT {_BRIEF} FROM json_each(?1) AS asked CROSS JOIN ensue_executions AS e"
        " WHERE e.workflow = asked.value ->> 0 AND e.name = asked.value ->> 1",
        (values.encode([list(each) for each in names]),),
    )
    return [Brief(*row) for row in rows]


class Told(NamedTuple):
    """What an execution was given and gave, and why it failed; see `executions.TABLES`."""

    input: str
    output: str | None
    error: str | None
    cause: str | None
    redrives: int
    paused_ms: int | None


def execution_told(tx: Transaction, number: int) -> Told | None:
    """What an execution was given and gave; None where it is not kept."""
    found = tx.execute(
        "SELECT input, output, error, cause, redrives, paused_ms FROM ensue_executions"
        " WHERE id = ?",
        (number,),
    ).fetchone()
    return None if found is None else Told(*found)


def hops_of_trace(tx: Transaction, trace: str, limit: int) -> list[int]:
    """The hops that came from outside under a W3C trace id, oldest first."""
    found = tx.execute(
        "SELECT id FROM ensue_hops WHERE substr(trace, 4, 32) = ? AND trace IS NOT NULL"
        " ORDER BY id LIMIT ?",
        (trace, limit),
    )
    return [int(number) for (number,) in found]


def newest_beginnings(tx: Transaction, looked_at: int, limit: int) -> list[Hop]:
    """The newest hops that nothing caused, among the newest hops of all."""
    rows = tx.execute(
        f"SELECT {_HOP} FROM (SELECT * FROM ensue_hops ORDER BY id DESC LIMIT ?1) AS h"
        " WHERE h.cause_sequence IS NULL LIMIT ?2",
        (looked_at, limit),
    )
    return [Hop(row[0], None, *row[3:]) for row in rows]


class Follower(NamedTuple):
    """How far who follows a log has come in a shard of it.

    Attributes:
        position: the last record that it has read.
        begun: behind which record it began; None where nobody noted it.
    """

    position: int
    begun: int | None


def follower(tx: Transaction, number: int, shard: int) -> Follower | None:
    """How far the reader of a resource has come in a shard; None where it has not begun."""
    found = tx.execute(
        "SELECT position, begun FROM ensue_readers WHERE number = ? AND shard = ?", (number, shard)
    ).fetchone()
    return None if found is None else Follower(*found)


def groups_at(tx: Transaction, log: int, shard: int, limit: int) -> list[tuple[str, int]]:
    """The groups of workers outside that read a shard, and the last record of it that each has."""
    found = tx.execute(
        "SELECT name, position FROM ensue_groups WHERE log = ? AND shard = ? ORDER BY name LIMIT ?",
        (log, shard, limit),
    )
    return [(str(name), int(position)) for name, position in found]


def _piece(row: Sequence[Any]) -> Piece:
    body = _text(row[9], row[10]) or Text("", 0, is_whole=True)
    return Piece._make((*row[:9], body))


def _text(found: bytes | None, size: int | None) -> Text | None:
    if size is None:
        return None
    text = b"" if found is None else bytes(found)
    return Text(text.decode(errors="replace"), size, is_whole=len(text) == size)
