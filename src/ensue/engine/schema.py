"""The engine's own tables, built by numbered steps that only ever go forward."""

from __future__ import annotations

import apsw

from ensue.engine import architectures, audits, causes, executions, map_runs, since
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

_WORK = """
    -- crashes: how often the process died while it was taken. holder: who has the lease, where that
    -- is not the queue's consumer. priority, tenant and rank are of queues with an order of their
    -- own: what is due there has a rank and is taken by it; the rest gets one when it is due.
    ALTER TABLE ensue_work ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE ensue_work ADD COLUMN holder TEXT;
    ALTER TABLE ensue_work ADD COLUMN priority INTEGER;
    ALTER TABLE ensue_work ADD COLUMN tenant TEXT;
    ALTER TABLE ensue_work ADD COLUMN rank INTEGER;
    CREATE INDEX ensue_work_leased ON ensue_work (queue, due_ms) WHERE state = 1;
    -- What is not due at its own time: held or retried. Of the rest the first due is the oldest.
    CREATE INDEX ensue_work_moved ON ensue_work (queue, after_ms)
        WHERE state = 0 AND due_ms <> after_ms;
    CREATE INDEX ensue_work_ranked ON ensue_work (queue, rank, id)
        WHERE state < 2 AND rank IS NOT NULL;
    CREATE INDEX ensue_work_unranked ON ensue_work (queue, due_ms, id)
        WHERE state < 2 AND rank IS NULL AND priority IS NOT NULL;

    -- Start-time fair queueing: when each tenant's next turn may start, and where turns are.
    CREATE TABLE ensue_tenants (
        queue INTEGER NOT NULL,
        tenant TEXT NOT NULL,
        finish INTEGER NOT NULL,
        PRIMARY KEY (queue, tenant)
    ) WITHOUT ROWID;
    CREATE INDEX ensue_tenants_by_finish ON ensue_tenants (queue, finish);
    CREATE TABLE ensue_turns (queue INTEGER PRIMARY KEY, reached INTEGER NOT NULL);

    -- Deduplication ids: the work that each stands for until it is forgotten.
    CREATE TABLE ensue_deduplication (
        queue INTEGER NOT NULL,
        deduplication_id TEXT NOT NULL,
        work INTEGER NOT NULL,
        until_ms INTEGER NOT NULL,
        PRIMARY KEY (queue, deduplication_id)
    ) WITHOUT ROWID;
    CREATE INDEX ensue_deduplication_by_end ON ensue_deduplication (until_ms);

    -- Redrives of dead letters. state: 0 runs, 1 done, 2 cancelled, 3 undone. What was looked at is
    -- up to (at_due_ms, at_id) in the order of the dead-letter queue.
    CREATE TABLE ensue_redrives (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue INTEGER NOT NULL,
        state INTEGER NOT NULL,
        options TEXT NOT NULL,
        moved INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0,
        first_refusal TEXT,
        at_due_ms INTEGER NOT NULL DEFAULT 0,
        at_id INTEGER NOT NULL DEFAULT 0,
        started_ms INTEGER NOT NULL,
        ended_ms INTEGER
    );
    CREATE INDEX ensue_redrives_by_queue ON ensue_redrives (queue, id);
    CREATE INDEX ensue_redrives_by_end ON ensue_redrives (ended_ms) WHERE ended_ms IS NOT NULL;

    -- What a redrive moved, as it was before, for whoever wants to undo it.
    CREATE TABLE ensue_redriven (
        redrive INTEGER NOT NULL,
        work INTEGER NOT NULL,
        home INTEGER NOT NULL,
        attributes TEXT NOT NULL,
        body TEXT,
        PRIMARY KEY (redrive, work)
    ) WITHOUT ROWID;
    """

_STREAMS = """
    -- How far each reader has come, in each shard of its log (shard 0 where a log has no shards; a
    -- shard without a row has not been read from). attempts: as before.
    ALTER TABLE ensue_readers RENAME TO ensue_readers_before;
    CREATE TABLE ensue_readers (
        number INTEGER NOT NULL,
        shard INTEGER NOT NULL DEFAULT 0,
        log INTEGER NOT NULL,
        position INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (number, shard)
    ) WITHOUT ROWID;
    INSERT INTO ensue_readers (number, log, position, attempts)
        SELECT number, log, position, attempts FROM ensue_readers_before;
    DROP TABLE ensue_readers_before;

    -- The shards of each stream. low, high: the hash keys it takes, 16 bytes each, both included.
    -- closed: the log's last sequence number when it was split or merged; NULL while it is open.
    -- trimmed: its newest record that was forgotten.
    CREATE TABLE ensue_shards (
        log INTEGER NOT NULL,
        shard INTEGER NOT NULL,
        low BLOB NOT NULL,
        high BLOB NOT NULL,
        parent INTEGER,
        other_parent INTEGER,
        opened_ms INTEGER NOT NULL,
        closed INTEGER,
        trimmed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (log, shard)
    ) WITHOUT ROWID;
    CREATE INDEX ensue_shards_open ON ensue_shards (log, low) WHERE closed IS NULL;

    -- Where the consumer groups of outside workers are in each shard, and who has it for how long.
    -- token: counts the leases, so that who lost one cannot move the position.
    CREATE TABLE ensue_groups (
        log INTEGER NOT NULL,
        name TEXT NOT NULL,
        shard INTEGER NOT NULL,
        position INTEGER NOT NULL,
        owner TEXT,
        token INTEGER NOT NULL DEFAULT 0,
        until_ms INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (log, name, shard)
    ) WITHOUT ROWID;
    """

_TRIMMED = """
    -- Up to where each log was forgotten, and the time before which its records may be.
    CREATE TABLE ensue_trimmed (
        log INTEGER PRIMARY KEY,
        sequence INTEGER NOT NULL,
        before_ms INTEGER NOT NULL
    );
    """

_SNAPSHOTS = """
    -- Readers that began with what was there. done: the log's position at which the last of it was
    -- read. The row goes when the reader has come that far.
    CREATE TABLE ensue_snapshots (
        number INTEGER PRIMARY KEY,
        log INTEGER NOT NULL,
        done INTEGER
    );

    -- What was read of it, in the order of the keys: the last key of each chunk, and the log's
    -- position at which it was read.
    CREATE TABLE ensue_snapshot_chunks (
        number INTEGER NOT NULL,
        pk NOT NULL,
        sk NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (number, pk, sk)
    ) WITHOUT ROWID;
    """

_PAUSES = """
    -- What is paused: its worker takes nothing. since_ms: when that began.
    CREATE TABLE ensue_paused (
        number INTEGER PRIMARY KEY,
        since_ms INTEGER NOT NULL
    );
    """

_REPLAYS = """
    -- The archives of each log: for how long they keep its records (NULL: for ever), and how many
    -- they hold. The records are in an archive table of the log.
    CREATE TABLE ensue_archives (
        number INTEGER PRIMARY KEY,
        log INTEGER NOT NULL,
        name TEXT NOT NULL,
        keep_ms INTEGER,
        records INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (log, name)
    );

    -- Replays. state: 0 runs, 1 paused, 2 done, 3 cancelled. What was read is up to position; last
    -- is where it ends.
    CREATE TABLE ensue_replays (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        log INTEGER NOT NULL,
        name TEXT NOT NULL,
        state INTEGER NOT NULL,
        options TEXT NOT NULL,
        position INTEGER NOT NULL,
        last INTEGER NOT NULL,
        total INTEGER NOT NULL,
        looked INTEGER NOT NULL DEFAULT 0,
        delivered INTEGER NOT NULL DEFAULT 0,
        fault TEXT,
        started_ms INTEGER NOT NULL,
        ended_ms INTEGER,
        UNIQUE (log, name)
    );
    CREATE INDEX ensue_replays_by_log ON ensue_replays (log, id);
    CREATE INDEX ensue_replays_open ON ensue_replays (log, position) WHERE state < 2;
    CREATE INDEX ensue_replays_by_end ON ensue_replays (ended_ms) WHERE ended_ms IS NOT NULL;
    """

_BODIES = """
    -- The bodies that rows tell of: files beside the store, named by their ids. gone_ms: when the
    -- last row that told of one went; its file is removed after that.
    CREATE TABLE ensue_bodies (
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        gone_ms INTEGER,
        PRIMARY KEY (number, id)
    ) WITHOUT ROWID;
    CREATE INDEX ensue_bodies_gone ON ensue_bodies (number, gone_ms) WHERE gone_ms IS NOT NULL;
    """

_ALARMS = """
    -- The state of each alarm, and what it was judged by. points: what was measured in the last
    -- periods, [first ms, value], of an alarm that is not well or may not be; judged_ms: the end of
    -- the last of them. measured: what the points are of.
    CREATE TABLE ensue_alarms (
        number INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        data TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        points TEXT NOT NULL DEFAULT '[]',
        judged_ms INTEGER,
        measured TEXT NOT NULL
    );
    """

_WHY = """
    -- begun_ms: when the attempt that failed began; NULL where nobody noted it.
    ALTER TABLE ensue_failures ADD COLUMN begun_ms INTEGER;

    -- begun: behind which record a reader began: it was not there for those up to it. NULL where
    -- nobody noted it, and in shards that came later.
    ALTER TABLE ensue_readers ADD COLUMN begun INTEGER;

    -- What came from outside under a W3C trace, by the trace's id.
    CREATE INDEX ensue_hops_by_trace ON ensue_hops (substr(trace, 4, 32)) WHERE trace IS NOT NULL;
    """

# A step that was ever released is never changed: what comes later is a step of its own at the end.
STEPS: tuple[str, ...] = (
    _GROUND,
    _TOKENS,
    _BRANCH,
    _WORK,
    _STREAMS,
    _TRIMMED,
    _SNAPSHOTS,
    _PAUSES,
    _REPLAYS,
    _BODIES,
    executions.TABLES,
    executions.INBOX_TABLES,
    map_runs.TABLES,
    executions.MENDING,
    executions.VERSIONS,
    audits.TABLES,
    _ALARMS,
    architectures.TABLES,
    executions.ASKING,
    causes.TABLES,
    _WHY + since.TABLES,
)


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
