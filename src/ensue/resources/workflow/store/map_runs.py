"""Map runs and their children as rows; see `engine.map_runs` for the columns.

A map run is a small row that counts; its plan, which may be large, is another one, so that counting
costs little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ensue.engine import executions, map_runs, work
from ensue.engine.transaction import Transaction
from ensue.languages.states.map_runs import MapPlan
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import MAP_FORM
from ensue.resources.workflow.model import RUNNING as RUNNING_EXECUTION
from ensue.resources.workflow.store.jobs import BEGIN, Job, job_text
from ensue.words.names import Ref
from ensue.words.values import Json

PENDING: Final = -1
RUNNING, STOPPING, WRITING, OVER = 0, 1, 2, 3
PAGE: Final = 100

_COLUMNS: Final = (
    "id, uuid, workflow, execution, branch, attempt, definition, status, phase, pieces, is_reading,"
    " is_read, is_filling, items, items_succeeded, items_failed, children, started, ended, held,"
    " stopped, max_concurrency, tolerated_count, tolerated_percentage, started_ms, ended_ms,"
    " error, cause"
)
_encode_plan: Final = msgspec.json.Encoder(decimal_format="number").encode
_decode_plan: Final = msgspec.json.Decoder(MapPlan).decode
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class MapRow(NamedTuple):
    """A map run as who goes on with it needs it; see `engine.map_runs` for the columns."""

    id: int
    uuid: str
    workflow: int
    execution: int
    branch: int
    attempt: int
    definition: int
    status: int
    phase: int
    pieces: int
    is_reading: int
    is_read: int
    is_filling: int
    items: int
    items_succeeded: int
    items_failed: int
    children: int
    started: int
    ended: int
    held: int
    stopped: int
    max_concurrency: int
    tolerated_count: int | None
    tolerated_percentage: float | None
    started_ms: int
    ended_ms: int | None
    error: str | None
    cause: str | None

    @property
    def pending(self) -> int:
        """How many children are there, and were not started."""
        return self.children - self.started

    @property
    def running(self) -> int:
        """How many children were started, and have not ended."""
        return self.started - self.ended

    @property
    def total(self) -> int | None:
        """How many items there are; None before all are read."""
        return self.items if self.is_read else None


class ChildRow(NamedTuple):
    """A child of a map run, with what is known of its execution; see `engine.map_runs`."""

    id: int
    items: int
    status: int
    execution: int | None
    input: str | None
    output: str | None
    error: str | None
    cause: str | None
    started_ms: int | None
    ended_ms: int | None
    redrives: int | None


class Opening(NamedTuple):
    """A map run that begins.

    Attributes:
        workflow: the number of the workflow whose execution waits for it.
        execution: that execution's number.
        branch: which branch of it.
        attempt: at which attempt.
        definition: the number of the definition of its children.
    """

    workflow: int
    execution: int
    branch: int
    attempt: int
    definition: int


def add(tx: Transaction, opening: Opening, plan: MapPlan) -> int:
    """Keep a map run that begins; returns its number."""
    tx.execute(
        "INSERT INTO ensue_map_runs (uuid, workflow, execution, branch, attempt, definition,"
        " max_concurrency, tolerated_count, tolerated_percentage, started_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            plan.id,
            *opening,
            plan.max_concurrency,
            plan.tolerated_count,
            plan.tolerated_percentage,
            tx.now_ms,
        ),
    )
    run = tx.inserted()
    tx.execute(
        "INSERT INTO ensue_map_plans (id, plan) VALUES (?, ?)", (run, _encode_plan(plan).decode())
    )
    return run


def load(tx: Transaction, run: int) -> MapRow | None:
    """A map run; None when it is not kept any more."""
    found = tx.execute(f"SELECT {_COLUMNS} FROM ensue_map_runs WHERE id = ?", (run,)).fetchone()
    return None if found is None else MapRow._make(found)


def by_uuid(tx: Transaction, uuid: str) -> MapRow | None:
    """A map run by its UUID."""
    found = tx.execute(f"SELECT {_COLUMNS} FROM ensue_map_runs WHERE uuid = ?", (uuid,)).fetchone()
    return None if found is None else MapRow._make(found)


def waited_for(tx: Transaction, branch: int, attempt: int) -> MapRow | None:
    """The map run that a branch waits for."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM ensue_map_runs WHERE branch = ? AND attempt = ? AND phase < 3",
        (branch, attempt),
    ).fetchone()
    return None if found is None else MapRow._make(found)


def of_execution(tx: Transaction, execution: int) -> list[MapRow]:
    """The map runs of an execution, the oldest first."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM ensue_map_runs WHERE execution = ? ORDER BY id", (execution,)
    )
    return [MapRow._make(row) for row in found]


def are_known(tx: Transaction, children: Ref) -> bool:
    """Whether a workflow ever had map runs: they may go on, and what is left of them is kept."""
    found = tx.row(
        "SELECT 1 FROM ensue_resources WHERE (app, kind, name) = (?, ?, ?)", (*children,)
    )
    return found is not None


def plan_of(tx: Transaction, run: int) -> MapPlan:
    """What a map run is to do."""
    found = tx.row("SELECT plan FROM ensue_map_plans WHERE id = ?", (run,))
    assert found is not None  # noqa: S101 - it is written with the map run
    return _decode_plan(str(found[0]))


def reading_of(tx: Transaction, run: int) -> tuple[str | None, list[Json]]:
    """Where the reading of a map run's items stands: the cursor, and the items of its batch."""
    found = tx.execute("SELECT cursor, held FROM ensue_map_plans WHERE id = ?", (run,)).fetchone()
    cursor, held = found or (None, None)
    return cursor, [] if held is None else list(msgspec.json.decode(held))


def save_reading(tx: Transaction, run: int, cursor: str | None, held: Sequence[Json]) -> None:
    """Keep where the reading of a map run's items stands."""
    tx.execute(
        "UPDATE ensue_map_plans SET cursor = ?, held = ? WHERE id = ?",
        (cursor, _encode(held).decode() if held else None, run),
    )


def add_children(
    tx: Transaction, row: MapRow, inputs: Sequence[tuple[str, int]], *, items: int, is_read: bool
) -> MapRow:
    """Keep children that are to be started.

    Args:
        tx: the transaction.
        row: the map run.
        inputs: the input of each, as JSON text, and how many items are in it.
        items: how many items were read for them.
        is_read: whether there are no more.

    Returns:
        The map run as it is now.
    """
    for number, (given, count) in enumerate(inputs, row.children):
        tx.execute(
            "INSERT INTO ensue_map_children (id, items, input) VALUES (?, ?, ?)",
            (map_runs.key(row.id, number), count, given),
        )
    return _changed(
        tx,
        row,
        children=row.children + len(inputs),
        items=row.items + items,
        is_read=int(is_read),
        pieces=row.pieces + 1,
        is_reading=0,
    )


def mark(tx: Transaction, row: MapRow, **columns: float | str | None) -> MapRow:
    """Change what is known of a map run; returns it as it is now."""
    return _changed(tx, row, **columns)


def next_pending(tx: Transaction, row: MapRow, limit: int) -> list[tuple[int, str]]:
    """The next children to start: the keys of their rows, and their inputs."""
    found = tx.execute(
        "SELECT id, input FROM ensue_map_children WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (map_runs.key(row.id, row.started), map_runs.key(row.id, row.children), limit),
    )
    return [(number, given) for number, given in found]


def begin_child(tx: Transaction, queue: int, row: MapRow, child: int, given: str) -> None:
    """Start a child: an execution of its own, that goes on as work, once this has committed.

    Args:
        tx: the transaction.
        queue: the number of the queue of children, which stands for their workflow.
        row: the map run.
        child: the key of the child's row.
        given: its input, as JSON text.
    """
    tx.execute(
        "INSERT INTO ensue_executions (workflow, name, definition, started_ms, hop, progress,"
        " input, parent, parent_attempt, parent_form) VALUES (?, ?, ?, ?, ?, '', ?, ?, 0, ?)",
        (
            queue,
            child_name(row.uuid, map_runs.child(child).number),
            row.definition,
            tx.now_ms,
            tx.hop,
            given,
            -child,
            MAP_FORM,
        ),
    )
    execution = tx.inserted()
    executions.tally(tx, queue, now=RUNNING_EXECUTION)
    work.add(tx, queue, job_text(Job(BEGIN, execution)))
    tx.execute(
        "UPDATE ensue_map_children SET status = 0, execution = ?, input = NULL WHERE id = ?",
        (execution, child),
    )


def ended(
    tx: Transaction, child: int, ending: tuple[int, str | None, str | None, str | None]
) -> int:
    """Keep how a child ended; returns how many items it had, 0 when that is known already.

    Args:
        tx: the transaction.
        child: the key of its row.
        ending: its status, output, error and cause.
    """
    found = tx.execute(
        "UPDATE ensue_map_children SET status = ?, output = ?, error = ?, cause = ?"
        " WHERE id = ? AND status = 0 RETURNING items",
        (*ending, child),
    ).fetchone()
    return 0 if found is None else int(found[0])


def count_end(tx: Transaction, run: int, *, items: int, succeeded: bool, held: int) -> MapRow:
    """Count the end of a child; returns the map run as it is now."""
    found = tx.execute(
        "UPDATE ensue_map_runs SET ended = ended + 1, held = held + ?,"
        " items_succeeded = items_succeeded + ?, items_failed = items_failed + ?"
        f" WHERE id = ? RETURNING {_COLUMNS}",
        (held, items if succeeded else 0, 0 if succeeded else items, run),
    ).fetchone()
    assert found is not None  # noqa: S101 - a map run is kept as long as it has children that run
    return MapRow._make(found)


def running_children(tx: Transaction, row: MapRow, limit: int) -> dict[int, int]:
    """The executions of children that are not told to stop yet, by the keys of their rows."""
    found = tx.execute(
        "SELECT id, execution FROM ensue_map_children WHERE status = 0 AND id >= ? AND id < ?"
        " ORDER BY id LIMIT ?",
        (max(row.stopped, map_runs.key(row.id, 0)), map_runs.key(row.id + 1, 0), limit),
    )
    return dict(found)


def children(
    tx: Transaction, run: int, *, after: int = -1, limit: int, statuses: Sequence[int] = ()
) -> list[ChildRow]:
    """Children of a map run, in the order of their items.

    Args:
        tx: the transaction.
        run: the map run.
        after: the number behind which they are; -1 for the first.
        limit: how many at most.
        statuses: only those of these statuses; none for all.
    """
    wanted = f" AND c.status IN ({', '.join('?' * len(statuses))})" if statuses else ""
    found = tx.execute(
        "SELECT c.id, c.items, c.status, c.execution, COALESCE(c.input, e.input), c.output,"
        " c.error, c.cause, e.started_ms, e.ended_ms, e.redrives FROM ensue_map_children c"
        f" LEFT JOIN ensue_executions e ON e.id = c.execution WHERE c.id >= ? AND c.id < ?{wanted}"
        " ORDER BY c.id LIMIT ?",
        (map_runs.key(run, after + 1), map_runs.key(run + 1, 0), *statuses, limit),
    )
    return [ChildRow._make(row) for row in found]


def counts(tx: Transaction, run: int) -> dict[int, tuple[int, int]]:
    """How many children of a map run there are of each status, and how many items they have."""
    found = tx.execute(
        "SELECT status, COUNT(*), SUM(items) FROM ensue_map_children WHERE id >= ? AND id < ?"
        " GROUP BY status",
        (map_runs.key(run, 0), map_runs.key(run + 1, 0)),
    )
    return {status: (children, items) for status, children, items in found}


def child_name(uuid: str, number: int) -> str:
    """The name of a child of a map run, by its number there."""
    return f"{uuid}-{number:08d}"


def input_texts(inputs: Iterable[tuple[Json, int]]) -> list[tuple[str, int]]:
    """The inputs of children as JSON texts.

    Raises:
        TooLarge: one is larger than an input may be.
    """
    return [(rules.encoded(given, "input of a child"), count) for given, count in inputs]


def _changed(tx: Transaction, row: MapRow, **columns: Any) -> MapRow:  # noqa: ANN401 - a column's
    said = ", ".join(f"{name} = ?" for name in columns)
    tx.execute(f"UPDATE ensue_map_runs SET {said} WHERE id = ?", (*columns.values(), row.id))
    return row._replace(**columns)
