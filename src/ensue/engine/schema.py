"""The engine's own tables, built by numbered steps that only ever go forward."""

from __future__ import annotations

import apsw

from ensue.engine.ids import FIRST_FREE_NUMBER
from ensue.words.errors import StoreUnusable

_GROUND = f"""
    -- One row: the salt of the record ids, and whether a process has the store open. The latter
    -- still stands after a crash, and tells the next process to be careful.
    CREATE TABLE ensue_store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        salt INTEGER NOT NULL,
        in_use INTEGER NOT NULL DEFAULT 0
    );

    -- Every resource ever declared, and the number that stands for it in other tables.
    CREATE TABLE ensue_resources (
        number INTEGER PRIMARY KEY CHECK (number >= {FIRST_FREE_NUMBER}),
        app TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        declared TEXT NOT NULL,
        sql_table TEXT UNIQUE,
        UNIQUE (app, kind, name)
    );

    -- A hop is one transaction that produced something: who ran, and what caused it. All that it
    -- produced carries its id.
    CREATE TABLE ensue_hops (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        cause_number INTEGER,
        cause_sequence INTEGER,
        actor TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        trace TEXT
    );
    CREATE INDEX ensue_hops_by_cause ON ensue_hops (cause_sequence, cause_number)
        WHERE cause_sequence IS NOT NULL;

    -- Work. state: 0 waiting, 1 leased, 2 done. due_ms: when it may be taken; while leased, when
    -- the lease ends; once done, when that was. Work behind an unsettled predecessor of its group
    -- is due at the end of time and is made due when its turn comes; after_ms keeps its own time.
    CREATE TABLE ensue_work (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue INTEGER NOT NULL,
        state INTEGER NOT NULL DEFAULT 0,
        due_ms INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0,
        after_ms INTEGER NOT NULL,
        sent_ms INTEGER NOT NULL,
        taken_ms INTEGER,
        hop INTEGER,
        grp TEXT,
        body TEXT NOT NULL,
        attributes TEXT
    );
    CREATE INDEX ensue_work_ready ON ensue_work (queue, due_ms, id, state)
        WHERE state < 2;
    CREATE INDEX ensue_work_groups ON ensue_work (queue, grp, id)
        WHERE state < 2 AND grp IS NOT NULL;
    CREATE INDEX ensue_work_by_hop ON ensue_work (hop);

    -- Attempts that failed. Those that succeeded are told by the work itself.
    CREATE TABLE ensue_failures (
        work INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        error TEXT NOT NULL,
        PRIMARY KEY (work, attempt, at_ms)
    ) WITHOUT ROWID;

    -- How far each reader has come in its log. attempts counts starts at the next record that no
    -- end followed: only a process that died leaves it above 0.
    CREATE TABLE ensue_readers (
        number INTEGER PRIMARY KEY,
        log INTEGER NOT NULL,
        position INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0
    );
    """

_TOKENS = """
    -- Idempotency tokens: what each stands for, and its answer; none while that is being made.
    -- until_ms: when it is forgotten, or, without an answer, free again.
    CREATE TABLE ensue_tokens (
        scope TEXT NOT NULL,
        token TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        answer TEXT,
        until_ms INTEGER NOT NULL,
        PRIMARY KEY (scope, token)
    ) WITHOUT ROWID;
    CREATE INDEX ensue_tokens_by_end ON ensue_tokens (until_ms);
    """

_BRANCH = """
    -- One row in a store that is a branch: a copy from which nothing gets outside.
    CREATE TABLE ensue_branch (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        origin TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
    """

# A step that was ever released is never changed: what comes later is a step of its own at the end.
STEPS: tuple[str, ...] = (_GROUND, _TOKENS, _BRANCH)


def migrate(connection: apsw.Connection, at: str) -> None:
    """Bring the engine's tables to the newest step, in one transaction.

    Raises:
        StoreUnusable: the store was written by a newer version.
    """
    found = connection.execute("PRAGMA user_version").fetchone()
    version = int(found[0]) if found and isinstance(found[0], int) else 0
    if version > len(STEPS):
        raise StoreUnusable(
            f"the store has schema step {version}, this version knows {len(STEPS)}",
            at=at,
            hint="Install the newer version of ensue; nothing was changed.",
        )
    if version == len(STEPS):
        return
    with connection:
        for step in STEPS[version:]:
            connection.execute(step)
        connection.execute(f"PRAGMA user_version={len(STEPS)}")
