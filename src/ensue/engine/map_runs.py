"""Map runs, as the engine knows them: their tables, and how the row of a child is found.

The row of a child has one integer for its key: that of its map run times 2**32, and its number in
it. So the children of a map run lie together, in the order of their items.
"""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction

NUMBER_BITS = 32

TABLES = f"""
    -- Runs of distributed Maps. workflow: whose queue its parent's work is on. branch: the branch
    -- of the parent that waits for it, at which attempt. definition: what its children keep to.
    -- status: as of an execution. phase: 0 running, 1 stopping, 2 writing, 3 over. pieces: how many
    -- pieces of the data set were read; is_reading: whether another one is; is_read: whether there
    -- are no more. is_filling: whether work is there that starts children. children, started and
    -- ended: how many there are; held: how many bytes of results there are. stopped: up to which
    -- child they are told to stop.
    CREATE TABLE ensue_map_runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uuid TEXT NOT NULL UNIQUE,
        workflow INTEGER NOT NULL,
        execution INTEGER NOT NULL,
        branch INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        definition INTEGER NOT NULL,
        status INTEGER NOT NULL DEFAULT 0,
        phase INTEGER NOT NULL DEFAULT 0,
        pieces INTEGER NOT NULL DEFAULT 0,
        is_reading INTEGER NOT NULL DEFAULT 0,
        is_read INTEGER NOT NULL DEFAULT 0,
        is_filling INTEGER NOT NULL DEFAULT 0,
        items INTEGER NOT NULL DEFAULT 0,
        items_succeeded INTEGER NOT NULL DEFAULT 0,
        items_failed INTEGER NOT NULL DEFAULT 0,
        children INTEGER NOT NULL DEFAULT 0,
        started INTEGER NOT NULL DEFAULT 0,
        ended INTEGER NOT NULL DEFAULT 0,
        held INTEGER NOT NULL DEFAULT 0,
        stopped INTEGER NOT NULL DEFAULT 0,
        max_concurrency INTEGER NOT NULL,
        tolerated_count INTEGER,
        tolerated_percentage REAL,
        started_ms INTEGER NOT NULL,
        ended_ms INTEGER,
        error TEXT,
        cause TEXT
    );
    CREATE INDEX ensue_map_runs_by_execution ON ensue_map_runs (execution, id);
    CREATE INDEX ensue_map_runs_by_branch ON ensue_map_runs (branch) WHERE phase < 3;
    CREATE INDEX ensue_map_runs_open ON ensue_map_runs (workflow) WHERE phase < 3;

    -- What map runs are to do, and where the reading of their items stands. cursor: JSON of that.
    -- held: a JSON array of the items of a batch that is not full.
    CREATE TABLE ensue_map_plans (
        id INTEGER PRIMARY KEY,
        plan TEXT NOT NULL,
        cursor TEXT,
        held TEXT
    );

    -- The children of map runs. id: that of the map run times 2**{NUMBER_BITS}, and its number.
    -- status: -1 pending, else as of an execution. input: until it is started. output, error and
    -- cause: once it has ended; held here, for its execution may be forgotten before the map run.
    CREATE TABLE ensue_map_children (
        id INTEGER PRIMARY KEY,
        items INTEGER NOT NULL,
        status INTEGER NOT NULL DEFAULT -1,
        execution INTEGER,
        input TEXT,
        output TEXT,
        error TEXT,
        cause TEXT
    );
    CREATE INDEX ensue_map_children_running ON ensue_map_children (id) WHERE status = 0;
    """


class Child(NamedTuple):
    """A row of a map run: which map run, and its number there."""

    run: int
    number: int


def forget(tx: Transaction, execution: int, limit: int) -> bool:
    """Remove the map runs of an execution that is forgotten, as far as a limit goes.

    Returns:
        Whether nothing is left of them.
    """
    found = tx.rows("SELECT id FROM ensue_map_runs WHERE execution = ?", (execution,))
    for run in [int(str(number)) for (number,) in found]:
        tx.execute(
            "DELETE FROM ensue_map_children WHERE id IN (SELECT id FROM ensue_map_children"
            " WHERE id >= ? AND id < ? LIMIT ?)",
            (key(run, 0), key(run + 1, 0), limit),
        )
        if tx.changed() == limit:
            return False
        tx.execute("DELETE FROM ensue_map_plans WHERE id = ?", (run,))
        tx.execute("DELETE FROM ensue_map_runs WHERE id = ?", (run,))
    return True


def key(run: int, number: int) -> int:
    """The key of the row of a child."""
    return (run << NUMBER_BITS) + number


def child(row: int) -> Child:
    """Which map run a key is of, and its number there."""
    return Child(row >> NUMBER_BITS, row & ((1 << NUMBER_BITS) - 1))
