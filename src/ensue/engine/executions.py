"""Executions of workflows, as the engine knows them: their tables, and how a row names its place.

A row of a branch or of a history has one integer for its key: that of its execution times 65536,
and its own number within it. So what belongs to an execution lies together, in its order, and is
found without another index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ensue.engine.depths import Count, Key
from ensue.engine.ids import EXECUTION_NUMBER, RecordIds
from ensue.engine.transaction import Transaction

NUMBERS_WITHIN_MAX = 65_536
# What of a workflow is counted: how many executions came to each status, and how many have it.
KEPT = (
    "executions_started",
    "executions_succeeded",
    "executions_failed",
    "executions_timed_out",
    "executions_aborted",
)

# When a row was made, as SQL: numbers are in that order. Express executions are rows at their end.
ENTERED_AT = "CASE WHEN progress = '{}' THEN ended_ms ELSE started_ms END"

TABLES = """
    -- What workflows are, by the text of their definitions: an execution keeps to its own.
    CREATE TABLE ensue_definitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow INTEGER NOT NULL,
        hash TEXT NOT NULL,
        text TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        UNIQUE (workflow, hash)
    );

    -- Executions. status: 0 running, 1 succeeded, 2 failed, 3 timed out, 4 aborted. progress: JSON
    -- of how far it is: its next event and branch, and what can go on. parent: the branch of the
    -- execution that waits for its end, at which attempt, and in which form it wants that told.
    -- timer: the work that ends it when its time is over. hop: what started it.
    CREATE TABLE ensue_executions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow INTEGER NOT NULL,
        name TEXT NOT NULL,
        status INTEGER NOT NULL DEFAULT 0,
        definition INTEGER NOT NULL,
        started_ms INTEGER NOT NULL,
        ended_ms INTEGER,
        redrives INTEGER NOT NULL DEFAULT 0,
        redriven_ms INTEGER,
        parent INTEGER,
        parent_attempt INTEGER,
        parent_form TEXT,
        timer INTEGER,
        hop INTEGER,
        progress TEXT NOT NULL,
        warnings TEXT,
        error TEXT,
        cause TEXT,
        input TEXT NOT NULL,
        output TEXT,
        UNIQUE (workflow, name)
    );
    CREATE INDEX ensue_executions_by_status ON ensue_executions (workflow, status, id);
    CREATE INDEX ensue_executions_by_parent ON ensue_executions (parent) WHERE parent IS NOT NULL;

    -- Where running executions stand, a row for each line of control. id: that of its execution
    -- times 65536, and its own number. body: JSON of the branch. timer: the work that wakes it.
    -- task: the work that does its task outside.
    CREATE TABLE ensue_branches (
        id INTEGER PRIMARY KEY,
        parent INTEGER,
        state TEXT NOT NULL,
        timer INTEGER,
        task INTEGER,
        body TEXT NOT NULL
    );
    CREATE INDEX ensue_branches_by_parent ON ensue_branches (parent) WHERE parent IS NOT NULL;

    -- What happened in executions, a row for each transaction of one. id: that of its execution
    -- times 65536, and the number of its first event. events: a JSON array.
    CREATE TABLE ensue_histories (
        id INTEGER PRIMARY KEY,
        events TEXT NOT NULL
    );

    -- The tokens by which others end tasks. branch: the row that waits, at which attempt.
    CREATE TABLE ensue_task_tokens (
        token TEXT PRIMARY KEY,
        branch INTEGER NOT NULL,
        attempt INTEGER NOT NULL
    ) WITHOUT ROWID;
    """

INBOX_TABLES = """
    -- Events that were sent to executions and are not waited for yet.
    CREATE TABLE ensue_execution_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        execution INTEGER NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
    CREATE INDEX ensue_execution_events_by_name ON ensue_execution_events (execution, name, id);

    -- What executions are to be told whose code does not fit their record any more. job: JSON.
    CREATE TABLE ensue_held_jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow INTEGER NOT NULL,
        execution INTEGER NOT NULL,
        job TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
    CREATE INDEX ensue_held_jobs_by_workflow ON ensue_held_jobs (workflow, id);
    CREATE INDEX ensue_held_jobs_by_execution ON ensue_held_jobs (execution);
    """


MENDING = """
    -- paused_ms: since when an execution does not go on. origin: the execution that it was forked
    -- from, and at which event.
    ALTER TABLE ensue_executions ADD COLUMN paused_ms INTEGER;
    ALTER TABLE ensue_executions ADD COLUMN origin INTEGER;
    ALTER TABLE ensue_executions ADD COLUMN origin_event INTEGER;
    """


VERSIONS = """
    -- replaced_ms: since when a definition is not its workflow's present one.
    ALTER TABLE ensue_definitions ADD COLUMN replaced_ms INTEGER;
    ALTER TABLE ensue_executions ADD COLUMN version INTEGER;
    ALTER TABLE ensue_executions ADD COLUMN alias TEXT;

    -- Definitions that are published under a number. gone_ms: when it was taken back; the number is
    -- not given again.
    CREATE TABLE ensue_workflow_versions (
        workflow INTEGER NOT NULL,
        number INTEGER NOT NULL,
        definition INTEGER NOT NULL,
        description TEXT,
        at_ms INTEGER NOT NULL,
        gone_ms INTEGER,
        PRIMARY KEY (workflow, number)
    ) WITHOUT ROWID;

    -- Names for versions. routes: JSON, the percentage of starts by version.
    CREATE TABLE ensue_workflow_aliases (
        workflow INTEGER NOT NULL,
        name TEXT NOT NULL,
        routes TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (workflow, name)
    ) WITHOUT ROWID;
    """


ASKING = """
    -- asked: of a branch that waits until somebody gives a token back or sends an event, the number
    -- of its workflow; else null. So who is to be asked finds them, and others pay nothing.
    ALTER TABLE ensue_branches ADD COLUMN asked INTEGER;
    CREATE INDEX ensue_branches_asked ON ensue_branches (asked, state, id) WHERE asked IS NOT NULL;
    CREATE INDEX ensue_task_tokens_by_branch ON ensue_task_tokens (branch);
    UPDATE ensue_branches
     SET asked = (SELECT workflow FROM ensue_executions WHERE id = ensue_branches.id / 65536)
     WHERE id IN (SELECT branch FROM ensue_task_tokens)
      OR (json_valid(body) AND json_extract(body, '$.waits') = 'event');
    """


class Within(NamedTuple):
    """A row of an execution: which execution, and its number there."""

    execution: int
    number: int


def key(execution: int, number: int) -> int:
    """The key of a row of an execution, such as a branch or the first event of a transaction."""
    return execution * NUMBERS_WITHIN_MAX + number


def within(row: int) -> Within:
    """Which execution a key is of, and its number there."""
    return Within(*divmod(row, NUMBERS_WITHIN_MAX))


def record_id(records: RecordIds, execution: int) -> str:
    """The id by which people and other systems know an execution."""
    return records.text(EXECUTION_NUMBER, execution)


def number_of(records: RecordIds, text: str) -> int | None:
    """The number of the execution with this record id; None when it is the id of none."""
    place = records.place(text)
    return place.sequence if place is not None and place.number == EXECUTION_NUMBER else None


def tally(
    tx: Transaction, workflow: int, *, was: int | None = None, now: int | None = None
) -> None:
    """Note that an execution has another status; see `kept`.

    Args:
        tx: the transaction.
        workflow: the number of its workflow.
        was: its status before; None for one that is new.
        now: its status now; None for one that is forgotten.
    """
    if was is not None:
        tx.facts.depths.add((workflow, KEPT[was]), -1)
    if now is not None:
        tx.facts.depths.add((workflow, KEPT[now]), 1)


def kept(tx: Transaction, workflow: int, status: int) -> int:
    """How many executions of a workflow have a status, as the last commit left them.

    They are counted in memory, as what is in queues is (see `depths`).
    """
    return tx.facts.depths.committed((workflow, KEPT[status])).unsettled


def counted(tx: Transaction) -> Mapping[Key, Count]:
    """How many executions there are, counted one by one, in the words of `depths`."""
    found = tx.execute(
        "SELECT workflow, status, count(*) FROM ensue_executions GROUP BY workflow, status"
    )
    return {(workflow, KEPT[status]): Count(count) for workflow, status, count in found}
