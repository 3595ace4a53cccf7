PRAGMA application_id=1164866421;
PRAGMA user_version=15;
CREATE TABLE ensue_store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        salt INTEGER NOT NULL,
        in_use INTEGER NOT NULL DEFAULT 0
    );
CREATE TABLE ensue_resources (
        number INTEGER PRIMARY KEY CHECK (number >= 16),
        app TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        declared TEXT NOT NULL,
        sql_table TEXT UNIQUE,
        UNIQUE (app, kind, name)
    );
CREATE TABLE ensue_hops (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        cause_number INTEGER,
        cause_sequence INTEGER,
        actor TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        trace TEXT
    );
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
    , crashes INTEGER NOT NULL DEFAULT 0, holder TEXT, priority INTEGER, tenant TEXT, rank INTEGER);
CREATE TABLE ensue_failures (
        work INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        error TEXT NOT NULL,
        PRIMARY KEY (work, attempt, at_ms)
    ) WITHOUT ROWID;
CREATE TABLE ensue_tokens (
        scope TEXT NOT NULL,
        token TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        answer TEXT,
        until_ms INTEGER NOT NULL,
        PRIMARY KEY (scope, token)
    ) WITHOUT ROWID;
CREATE TABLE ensue_branch (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        origin TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
CREATE TABLE ensue_tenants (
        queue INTEGER NOT NULL,
        tenant TEXT NOT NULL,
        finish INTEGER NOT NULL,
        PRIMARY KEY (queue, tenant)
    ) WITHOUT ROWID;
CREATE TABLE ensue_turns (queue INTEGER PRIMARY KEY, reached INTEGER NOT NULL);
CREATE TABLE ensue_deduplication (
        queue INTEGER NOT NULL,
        deduplication_id TEXT NOT NULL,
        work INTEGER NOT NULL,
        until_ms INTEGER NOT NULL,
        PRIMARY KEY (queue, deduplication_id)
    ) WITHOUT ROWID;
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
CREATE TABLE ensue_redriven (
        redrive INTEGER NOT NULL,
        work INTEGER NOT NULL,
        home INTEGER NOT NULL,
        attributes TEXT NOT NULL,
        body TEXT,
        PRIMARY KEY (redrive, work)
    ) WITHOUT ROWID;
CREATE TABLE ensue_readers (
        number INTEGER NOT NULL,
        shard INTEGER NOT NULL DEFAULT 0,
        log INTEGER NOT NULL,
        position INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (number, shard)
    ) WITHOUT ROWID;
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
CREATE TABLE ensue_trimmed (
        log INTEGER PRIMARY KEY,
        sequence INTEGER NOT NULL,
        before_ms INTEGER NOT NULL
    );
CREATE TABLE ensue_snapshots (
        number INTEGER PRIMARY KEY,
        log INTEGER NOT NULL,
        done INTEGER
    );
CREATE TABLE ensue_snapshot_chunks (
        number INTEGER NOT NULL,
        pk NOT NULL,
        sk NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (number, pk, sk)
    ) WITHOUT ROWID;
CREATE TABLE ensue_paused (
        number INTEGER PRIMARY KEY,
        since_ms INTEGER NOT NULL
    );
CREATE TABLE ensue_archives (
        number INTEGER PRIMARY KEY,
        log INTEGER NOT NULL,
        name TEXT NOT NULL,
        keep_ms INTEGER,
        records INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (log, name)
    );
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
CREATE TABLE ensue_bodies (
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        gone_ms INTEGER,
        PRIMARY KEY (number, id)
    ) WITHOUT ROWID;
CREATE TABLE ensue_definitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow INTEGER NOT NULL,
        hash TEXT NOT NULL,
        text TEXT NOT NULL,
        at_ms INTEGER NOT NULL, replaced_ms INTEGER,
        UNIQUE (workflow, hash)
    );
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
        output TEXT, paused_ms INTEGER, origin INTEGER, origin_event INTEGER, version INTEGER, alias TEXT,
        UNIQUE (workflow, name)
    );
CREATE TABLE ensue_branches (
        id INTEGER PRIMARY KEY,
        parent INTEGER,
        state TEXT NOT NULL,
        timer INTEGER,
        task INTEGER,
        body TEXT NOT NULL
    );
CREATE TABLE ensue_histories (
        id INTEGER PRIMARY KEY,
        events TEXT NOT NULL
    );
CREATE TABLE ensue_task_tokens (
        token TEXT PRIMARY KEY,
        branch INTEGER NOT NULL,
        attempt INTEGER NOT NULL
    ) WITHOUT ROWID;
CREATE TABLE ensue_execution_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        execution INTEGER NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
CREATE TABLE ensue_held_jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow INTEGER NOT NULL,
        execution INTEGER NOT NULL,
        job TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
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
CREATE TABLE ensue_map_plans (
        id INTEGER PRIMARY KEY,
        plan TEXT NOT NULL,
        cursor TEXT,
        held TEXT
    );
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
CREATE TABLE ensue_workflow_versions (
        workflow INTEGER NOT NULL,
        number INTEGER NOT NULL,
        definition INTEGER NOT NULL,
        description TEXT,
        at_ms INTEGER NOT NULL,
        gone_ms INTEGER,
        PRIMARY KEY (workflow, number)
    ) WITHOUT ROWID;
CREATE TABLE ensue_workflow_aliases (
        workflow INTEGER NOT NULL,
        name TEXT NOT NULL,
        routes TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (workflow, name)
    ) WITHOUT ROWID;
CREATE TABLE shop_orders_changes ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE shop_orders (pk NOT NULL, sk NOT NULL, item TEXT NOT NULL CHECK (json_valid(item)), version INTEGER NOT NULL DEFAULT 1, hop INTEGER, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
CREATE TABLE shop_stock_changes ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE shop_stock (pk NOT NULL, item TEXT NOT NULL CHECK (json_valid(item)), version INTEGER NOT NULL DEFAULT 1, hop INTEGER, PRIMARY KEY (pk)) WITHOUT ROWID;
CREATE TABLE shop_events_events ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE shop_events_rules ( rule TEXT PRIMARY KEY, enabled INTEGER NOT NULL, declared INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mill_ground_changes ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE mill_ground (pk NOT NULL, item TEXT NOT NULL CHECK (json_valid(item)), version INTEGER NOT NULL DEFAULT 1, hop INTEGER, PRIMARY KEY (pk)) WITHOUT ROWID;
CREATE TABLE mill_routine_executions ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE mill_flow_executions ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE mill_sacks_executions ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
INSERT INTO "ensue_store" VALUES (1, 656247381085762037, 1);
INSERT INTO "ensue_resources" VALUES (16, 'shop', 'table', 'orders', '{"key":["customer","id"],"indexes":{"by-quantity":["quantity"]},"sql_table":"shop_orders"}', 'shop_orders');
INSERT INTO "ensue_resources" VALUES (17, 'shop', 'table', 'stock', '{"key":["model"],"indexes":{},"sql_table":"shop_stock"}', 'shop_stock');
INSERT INTO "ensue_resources" VALUES (18, 'shop', 'bus', 'events', '{"source":"shop","rules":{"first":{"pattern":{"detail-type":["Taken"],"detail":{"number":["o1"]}},"targets":["function first"]}}}', 'shop_events_events');
INSERT INTO "ensue_resources" VALUES (19, 'shop', 'deliveries', 'events', '{"of":"events"}', NULL);
INSERT INTO "ensue_resources" VALUES (20, 'shop', 'queue', 'events-dlq', '{"dead_letter_queue_of":"events"}', NULL);
INSERT INTO "ensue_resources" VALUES (21, 'shop', 'queue', 'jobs', '{"max_receives":1,"dead_letter_queue":"jobs-dlq","consumer":"take","rate_per_second":null}', NULL);
INSERT INTO "ensue_resources" VALUES (22, 'shop', 'queue', 'jobs-dlq', '{"dead_letter_queue_of":"jobs"}', NULL);
INSERT INTO "ensue_resources" VALUES (23, 'shop', 'queue', 'actions', '{"max_receives":10,"dead_letter_queue":"actions-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (24, 'shop', 'queue', 'actions-dlq', '{"dead_letter_queue_of":"actions"}', NULL);
INSERT INTO "ensue_resources" VALUES (25, 'shop', 'mail', 'letters', '{"to":null,"sender":"no-reply@ensue.invalid"}', NULL);
INSERT INTO "ensue_resources" VALUES (26, 'shop', 'queue', 'letters-dlq', '{"dead_letter_queue_of":"letters"}', NULL);
INSERT INTO "ensue_resources" VALUES (27, 'shop', 'function', 'follow', '{"runs":"in the transaction","retries":9,"dead_letter_queue":"follow-dlq","follows":{"table":"orders","kinds":["insert","update","remove"],"where":null}}', NULL);
INSERT INTO "ensue_resources" VALUES (28, 'shop', 'queue', 'follow-dlq', '{"dead_letter_queue_of":"follow"}', NULL);
INSERT INTO "ensue_resources" VALUES (29, 'shop', 'function', 'first', '{"runs":"in the transaction","retries":9,"dead_letter_queue":"first-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (30, 'shop', 'queue', 'first-dlq', '{"dead_letter_queue_of":"first"}', NULL);
INSERT INTO "ensue_resources" VALUES (31, 'mill', 'table', 'ground', '{"key":["sack"],"indexes":{},"sql_table":"mill_ground"}', 'mill_ground');
INSERT INTO "ensue_resources" VALUES (32, 'mill', 'queue', 'asked', '{"max_receives":10,"dead_letter_queue":"asked-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (33, 'mill', 'queue', 'asked-dlq', '{"dead_letter_queue_of":"asked"}', NULL);
INSERT INTO "ensue_resources" VALUES (34, 'mill', 'workflow', 'routine', '{"type":"STANDARD","keep_ms":2592000000}', 'mill_routine_executions');
INSERT INTO "ensue_resources" VALUES (35, 'mill', 'workflow-tasks', 'routine', '{"workflow":"routine"}', NULL);
INSERT INTO "ensue_resources" VALUES (36, 'mill', 'queue', 'routine-dlq', '{"dead_letter_queue_of":"routine"}', NULL);
INSERT INTO "ensue_resources" VALUES (37, 'mill', 'workflow-events', 'routine', '{"workflow":"routine"}', NULL);
INSERT INTO "ensue_resources" VALUES (38, 'mill', 'function', 'grind', '{"runs":"in the transaction","retries":9,"dead_letter_queue":"grind-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (39, 'mill', 'queue', 'grind-dlq', '{"dead_letter_queue_of":"grind"}', NULL);
INSERT INTO "ensue_resources" VALUES (40, 'mill', 'function', 'call', '{"runs":"outside","retries":9,"dead_letter_queue":"call-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (41, 'mill', 'queue', 'call-dlq', '{"dead_letter_queue_of":"call"}', NULL);
INSERT INTO "ensue_resources" VALUES (42, 'mill', 'workflow', 'flow', '{"type":"STANDARD","keep_ms":7776000000}', 'mill_flow_executions');
INSERT INTO "ensue_resources" VALUES (43, 'mill', 'workflow-tasks', 'flow', '{"workflow":"flow"}', NULL);
INSERT INTO "ensue_resources" VALUES (44, 'mill', 'queue', 'flow-dlq', '{"dead_letter_queue_of":"flow"}', NULL);
INSERT INTO "ensue_resources" VALUES (45, 'mill', 'workflow', 'sacks', '{"type":"STANDARD","keep_ms":7776000000}', 'mill_sacks_executions');
INSERT INTO "ensue_resources" VALUES (46, 'mill', 'workflow-tasks', 'sacks', '{"workflow":"sacks"}', NULL);
INSERT INTO "ensue_resources" VALUES (47, 'mill', 'workflow-map-runs', 'sacks', '{"workflow":"sacks"}', NULL);
INSERT INTO "ensue_resources" VALUES (48, 'mill', 'workflow-map-data', 'sacks', '{"workflow":"sacks"}', NULL);
INSERT INTO "ensue_resources" VALUES (49, 'mill', 'workflow-children', 'sacks', '{"workflow":"sacks"}', NULL);
INSERT INTO "ensue_resources" VALUES (50, 'mill', 'workflow-child-tasks', 'sacks', '{"workflow":"sacks"}', NULL);
INSERT INTO "ensue_resources" VALUES (51, 'mill', 'queue', 'sacks-dlq', '{"dead_letter_queue_of":"sacks"}', NULL);
INSERT INTO "ensue_hops" VALUES (1, NULL, NULL, 'declare', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (2, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (3, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (4, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (5, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (6, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (7, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (8, 16, 1, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (9, 16, 2, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (10, 16, 3, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (11, 16, 4, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (12, 16, 5, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (13, 16, 6, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (14, 1, 1, 'take', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (15, 1, 2, 'take', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (16, 1, 3, 'take', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (17, 1, 4, 'take', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (18, 1, 5, 'take', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (19, 1, 7, 'first', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (20, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (21, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (22, 16, 7, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (23, 16, 8, 'follow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (24, 1, 9, 'take', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (25, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (26, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (27, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (28, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (29, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (30, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (31, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (32, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (33, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (34, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (35, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (36, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (37, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (38, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (39, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (40, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (41, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (42, 1, 18, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (43, 1, 18, 'routine', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (44, 1, 19, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (45, 1, 19, 'routine', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (46, 1, 20, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (47, 1, 20, 'routine', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (48, 1, 21, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (49, 1, 21, 'routine', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (50, 1, 22, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (51, 1, 24, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (52, 1, 24, 'routine', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (53, 1, 12, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (54, 1, 12, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (55, 1, 13, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (56, 1, 13, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (57, 1, 14, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (58, 1, 14, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (59, 1, 15, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (60, 1, 15, 'flow Ask', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (61, 1, 16, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (62, 1, 16, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (63, 1, 17, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (64, 1, 17, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (65, 1, 17, 'flow Ask within', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (66, 1, 23, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (67, 1, 23, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (68, 1, 25, 'sacks', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (69, 1, 35, 'sacks-map-runs', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (70, 1, 26, 'routine-tasks', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (71, 1, 29, 'flow-tasks', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (72, 1, 36, 'sacks-map-runs', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (73, 1, 39, 'sacks', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (74, 1, 40, 'sacks', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (75, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (76, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (77, 2, 1, 'fork of done', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (78, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (79, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (80, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (81, 1, 46, 'routine grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (82, 1, 46, 'routine', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (83, 1, 43, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (84, 1, 44, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (85, 1, 44, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (86, 1, 45, 'flow Grind', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (87, 1, 45, 'flow', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (88, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (89, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (90, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (91, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (92, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (93, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (94, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_hops" VALUES (95, NULL, NULL, 'outside', 1, 1940987655926, NULL);
INSERT INTO "ensue_work" VALUES (1, 21, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 8, NULL, '{"number":"o1","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (2, 21, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 9, NULL, '{"number":"o2","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (3, 21, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 10, NULL, '{"number":"o3","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (4, 21, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 11, NULL, '{"number":"o4","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (5, 21, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 12, NULL, '{"number":"o5","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (6, 27, 0, 1940987656774, 1, 1940987655926, 1940987655926, 1940987655926, 13, '["c2","fails"]', '{"id":"91b75842-265b-81f5-8010-000000000006","kind":"insert","key":["c2","fails"],"old":null,"new":{"customer":"c2","id":"fails","quantity":0},"at_ms":1940987655926,"version":6,"expired":false}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (7, 29, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 14, NULL, '{"version":"0","id":"91b75842-265b-81f5-8012-000000000001","detail-type":"Taken","source":"shop","account":"000000000000","time":"2031-07-05T03:14:15Z","region":"local","resources":[],"detail":{"number":"o1"}}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (8, 27, 0, 4611686018427387904, 0, 1940987655926, 1940987655926, NULL, 22, '["c2","fails"]', '{"id":"91b75842-265b-81f5-8010-000000000007","kind":"update","key":["c2","fails"],"old":{"customer":"c2","id":"fails","quantity":0},"new":{"customer":"c2","id":"fails","quantity":1},"at_ms":1940987655926,"version":7,"expired":false}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (9, 21, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 23, NULL, '{"number":"o5","kind":"remove"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (10, 21, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 26, NULL, '{"number":"later"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (11, 22, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 27, NULL, '{"number":"poison"}', '{"dead_letter":{"from":21,"reason":"InvalidInput: says the handler","receives":1,"at_ms":1940987655926}}', 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (12, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 28, NULL, '["begin",1,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (13, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 29, NULL, '["begin",2,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (14, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 30, NULL, '["begin",3,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (15, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 31, NULL, '["begin",4,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (16, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 32, NULL, '["begin",5,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (17, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 33, NULL, '["begin",6,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (18, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 34, NULL, '["begin",7,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (19, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 35, NULL, '["begin",8,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (20, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 36, NULL, '["begin",9,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (21, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 37, NULL, '["begin",10,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (22, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 38, NULL, '["begin",11,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (23, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 39, NULL, '["begin",12,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (24, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 40, NULL, '["begin",13,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (25, 45, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 41, NULL, '["begin",14,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (26, 35, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 47, NULL, '[9,0,2,"ensue:step:call",[9,0,2],"call","call",7,0,null,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (27, 34, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 49, NULL, '["time",10,0,2,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (29, 43, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 58, NULL, '[3,0,2,"ensue:function:call",{"sack":"flow-call","then":"call","ground":"flour"},"call","Call",9,0,null,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (30, 32, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 60, NULL, '{"token":"1e2feb89-414c-443c-9027-c4d1c386bbc4","execution":"ask"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (31, 42, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 62, NULL, '["time",5,0,2,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (32, 42, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 64, NULL, '["time",6,1,1,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (33, 32, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 65, NULL, '{"token":"78e51061-7311-48a3-82ce-6f447ed4d57b","execution":"both"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (35, 47, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 68, NULL, '["fill",1,0]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (36, 47, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 69, NULL, '["fill",1,0]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (37, 34, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 70, NULL, '["time",9,0,3,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (38, 42, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 71, NULL, '["time",3,0,3,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (39, 49, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 72, NULL, '["begin",15,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (40, 49, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 72, NULL, '["begin",16,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (41, 49, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 73, NULL, '["time",15,0,1,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (42, 49, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 74, NULL, '["time",16,0,1,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (43, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 77, NULL, '["go",17,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (44, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 78, NULL, '["begin",18,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (45, 42, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 79, NULL, '["begin",19,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (46, 34, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 80, NULL, '["begin",20,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (47, 35, 1, 1940991260926, 1, 1940987655926, 1940987655926, 1940987655926, 82, NULL, '[20,0,2,"ensue:step:call",[20,0,2],"killed","call",7,0,null,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (48, 42, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 85, NULL, '["time",18,0,2,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (49, 43, 1, 1940991260926, 1, 1940987655926, 1940987655926, 1940987655926, 87, NULL, '[19,0,2,"ensue:function:call",{"sack":"flow-killed","then":"call","ground":"flour"},"killed","Call",9,0,null,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (50, 42, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 88, NULL, '["begin",21,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (51, 34, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 89, NULL, '["begin",22,0,0,null,null,null]', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (52, 21, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 90, NULL, '{"number":"waiting"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (53, 25, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 91, NULL, '{"subject":"hello","text":"a letter","to":"a@example.org"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (54, 23, 1, 1940987690926, 1, 1940987655926, 1940987655926, 1940987655926, 92, NULL, '{"number":0}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (55, 23, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 93, NULL, '{"number":1}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (56, 23, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 94, NULL, '{"number":2}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_failures" VALUES (6, 1, 1940987655926, 'InvalidInput: says the handler');
INSERT INTO "ensue_failures" VALUES (11, 1, 1940987655926, 'InvalidInput: says the handler');
INSERT INTO "ensue_readers" VALUES (27, 0, 16, 8, 0);
INSERT INTO "ensue_definitions" VALUES (1, 34, '8e3eae0a6ecda89667a277e55f2b3baa1a51e7bae25b71e319f5f305df0c283b', '{"Function":"routine","Version":1}', 1940987655926, NULL);
INSERT INTO "ensue_definitions" VALUES (2, 42, '95e4c8167a7610be3852732a643f32046bd55a137b1baa2c4d59339a5fd9c7f3', '{"StartAt":"Grind","States":{"Grind":{"Type":"Task","Resource":"ensue:function:grind","ResultPath":"$.ground","Next":"Which"},"Which":{"Type":"Choice","Choices":[{"Variable":"$.then","StringEquals":"ask","Next":"Ask"},{"Variable":"$.then","StringEquals":"wait","Next":"Rest"},{"Variable":"$.then","StringEquals":"both","Next":"Both"},{"Variable":"$.then","StringEquals":"call","Next":"Call"},{"Variable":"$.then","StringEquals":"fail","Next":"Spoilt"}],"Default":"Done"},"Ask":{"Type":"Task","Resource":"ensue:queue:asked.waitForTaskToken","Parameters":{"token.$":"$$.Task.Token","execution.$":"$$.Execution.Name"},"ResultPath":"$.answer","Next":"Done"},"Rest":{"Type":"Wait","Seconds":3600,"Next":"Done"},"Both":{"Type":"Parallel","Branches":[{"StartAt":"Rest within","States":{"Rest within":{"Type":"Wait","Seconds":3600,"End":true}}},{"StartAt":"Ask within","States":{"Ask within":{"Type":"Task","Resource":"ensue:queue:asked.waitForTaskToken","Parameters":{"token.$":"$$.Task.Token","execution.$":"$$.Execution.Name"},"End":true}}}],"ResultPath":"$.both","Next":"Done"},"Call":{"Type":"Task","Resource":"ensue:function:call","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":3600,"MaxAttempts":1}],"ResultPath":"$.called","Next":"Done"},"Spoilt":{"Type":"Fail","Error":"Spoilt","Cause":"said the miller"},"Done":{"Type":"Succeed"}}}', 1940987655926, NULL);
INSERT INTO "ensue_definitions" VALUES (3, 45, '10c8909608e72b307870ca82bef10621083ac65607dd6c5a0a3499f44b031bca', '{"StartAt":"Each","States":{"Each":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":3600,"Next":"Grind"},"Grind":{"Type":"Task","Resource":"ensue:function:grind","ResultPath":"$.ground","OutputPath":"$.sack","End":true}}},"MaxConcurrency":2,"End":true}}}', 1940987655926, NULL);
INSERT INTO "ensue_definitions" VALUES (4, 49, '65404cf0c213b3321b5c0ff77e689fb339854f0f946bbc376f15e85687d99d4c', '{"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":3600,"Next":"Grind"},"Grind":{"Type":"Task","Resource":"ensue:function:grind","ResultPath":"$.ground","OutputPath":"$.sack","End":true}}}', 1940987655926, NULL);
INSERT INTO "ensue_executions" VALUES (1, 42, 'done', 1, 2, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 28, '{"next_event":12}', NULL, NULL, NULL, '{"sack":"flow-done","then":"done"}', '{"sack":"flow-done","then":"done","ground":"flour"}', NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (2, 42, 'fail', 2, 2, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 29, '{"next_event":11}', NULL, 'Spoilt', 'said the miller', '{"sack":"flow-fail","then":"fail"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (3, 42, 'call', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 30, '{"next_event":13}', NULL, NULL, NULL, '{"sack":"flow-call","then":"call"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (4, 42, 'ask', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 31, '{"next_event":13}', NULL, NULL, NULL, '{"sack":"flow-ask","then":"ask"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (5, 42, 'wait', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 32, '{"next_event":10}', NULL, NULL, NULL, '{"sack":"flow-wait","then":"wait"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (6, 42, 'both', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 33, '{"next_event":16,"next_branch":3}', NULL, NULL, NULL, '{"sack":"flow-both","then":"both"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (7, 34, 'done', 1, 1, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 34, '{"next_event":8}', NULL, NULL, NULL, '{"sack":"routine-done","then":"done"}', '{"ground":"flour"}', NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (8, 34, 'fail', 2, 1, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 35, '{"next_event":8}', NULL, 'InvalidInput', 'said the miller, in routine at mill.py:128', '{"sack":"routine-fail","then":"fail"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (9, 34, 'call', 0, 1, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 36, '{"next_event":11}', NULL, NULL, NULL, '{"sack":"routine-call","then":"call"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (10, 34, 'sleep', 0, 1, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 37, '{"next_event":8}', NULL, NULL, NULL, '{"sack":"routine-sleep","then":"sleep"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (11, 34, 'event', 0, 1, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 38, '{"next_event":9}', NULL, NULL, NULL, '{"sack":"routine-event","then":"event"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (12, 42, 'stopped', 4, 2, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 39, '{"next_event":11}', NULL, NULL, NULL, '{"sack":"flow-stopped","then":"wait"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (13, 34, 'stopped', 4, 1, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 40, '{"next_event":9}', NULL, NULL, NULL, '{"sack":"routine-stopped","then":"sleep"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (14, 45, 'sacks', 0, 3, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 41, '{"next_event":5}', NULL, NULL, NULL, '[{"sack":"s0"},{"sack":"s1"},{"sack":"s2"},{"sack":"s3"},{"sack":"s4"}]', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (15, 49, '35bf992d-c9e9-4616-a12e-7696a6cecc1b-00000000', 0, 4, 1940987655926, NULL, 0, NULL, -4294967296, 0, 'map', NULL, 72, '{"next_event":3}', NULL, NULL, NULL, '{"sack":"s0"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (16, 49, '35bf992d-c9e9-4616-a12e-7696a6cecc1b-00000001', 0, 4, 1940987655926, NULL, 0, NULL, -4294967297, 0, 'map', NULL, 72, '{"next_event":3}', NULL, NULL, NULL, '{"sack":"s1"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (17, 42, 'forked', 1, 2, 1940987655926, 1940987655926, 0, NULL, NULL, NULL, NULL, NULL, 77, '{"next_event":13}', NULL, NULL, NULL, '{"sack":"flow-done","then":"done"}', '{"sack":"flow-done","then":"done","ground":"flour"}', NULL, 1, 7, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (18, 42, 'paused', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 78, '{"next_event":10}', NULL, NULL, NULL, '{"sack":"flow-paused","then":"wait"}', NULL, 1940987655926, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (19, 42, 'killed', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 79, '{"next_event":11}', NULL, NULL, NULL, '{"sack":"flow-killed","then":"call"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (20, 34, 'killed', 0, 1, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 80, '{"next_event":9}', NULL, NULL, NULL, '{"sack":"routine-killed","then":"call"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (21, 42, 'begun', 0, 2, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 88, '', NULL, NULL, NULL, '{"sack":"flow-begun","then":"wait"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_executions" VALUES (22, 34, 'begun', 0, 1, 1940987655926, NULL, 0, NULL, NULL, NULL, NULL, NULL, 89, '', NULL, NULL, NULL, '{"sack":"routine-begun","then":"sleep"}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_branches" VALUES (196608, NULL, 'Call', 38, NULL, '{"id":0,"state":"Call","phase":"waiting","entered":9,"input":{"sack":"flow-call","then":"call","ground":"flour"},"retries":[1],"attempt":3,"entered_ms":1940987655926,"previous":12,"due_ms":1940991255926,"waits":"retry"}');
INSERT INTO "ensue_branches" VALUES (262144, NULL, 'Ask', NULL, NULL, '{"id":0,"state":"Ask","phase":"waiting","entered":9,"input":{"sack":"flow-ask","then":"ask","ground":"flour"},"attempt":2,"entered_ms":1940987655926,"previous":12,"waits":"submitted","token":"1e2feb89-414c-443c-9027-c4d1c386bbc4"}');
INSERT INTO "ensue_branches" VALUES (327680, NULL, 'Rest', 31, NULL, '{"id":0,"state":"Rest","phase":"waiting","entered":9,"input":{"sack":"flow-wait","then":"wait","ground":"flour"},"attempt":2,"entered_ms":1940987655926,"previous":9,"due_ms":1940991255926,"waits":"wait"}');
INSERT INTO "ensue_branches" VALUES (393216, NULL, 'Both', NULL, NULL, '{"id":0,"state":"Both","phase":"holding","entered":9,"input":{"sack":"flow-both","then":"both","ground":"flour"},"attempt":1,"entered_ms":1940987655926,"previous":10,"waits":"started","memory":{"left":2}}');
INSERT INTO "ensue_branches" VALUES (393217, 393216, 'Rest within', 32, NULL, '{"id":1,"parent":0,"scope":"/States/Both/Branches/0","state":"Rest within","phase":"waiting","entered":11,"input":{"sack":"flow-both","then":"both","ground":"flour"},"attempt":1,"entered_ms":1940987655926,"previous":11,"due_ms":1940991255926,"waits":"wait"}');
INSERT INTO "ensue_branches" VALUES (393218, 393216, 'Ask within', NULL, NULL, '{"id":2,"parent":0,"scope":"/States/Both/Branches/1","index":1,"state":"Ask within","phase":"waiting","entered":12,"input":{"sack":"flow-both","then":"both","ground":"flour"},"attempt":1,"entered_ms":1940987655926,"previous":15,"waits":"submitted","token":"78e51061-7311-48a3-82ce-6f447ed4d57b"}');
INSERT INTO "ensue_branches" VALUES (589824, NULL, 'call', 37, NULL, '{"id":0,"state":"call","phase":"waiting","entered":7,"attempt":3,"entered_ms":1940987655926,"previous":10,"due_ms":1940991255926,"waits":"retry"}');
INSERT INTO "ensue_branches" VALUES (655360, NULL, 'sleep', 27, NULL, '{"id":0,"state":"sleep","phase":"waiting","entered":7,"attempt":2,"entered_ms":1940987655926,"previous":7,"due_ms":1940991255926,"waits":"wait"}');
INSERT INTO "ensue_branches" VALUES (720896, NULL, 'weighed', NULL, NULL, '{"id":0,"state":"weighed","phase":"waiting","entered":7,"attempt":2,"entered_ms":1940987655926,"previous":8,"waits":"event"}');
INSERT INTO "ensue_branches" VALUES (917504, NULL, 'Each', NULL, NULL, '{"id":0,"state":"Each","phase":"waiting","entered":2,"input":[{"sack":"s0"},{"sack":"s1"},{"sack":"s2"},{"sack":"s3"},{"sack":"s4"}],"attempt":1,"entered_ms":1940987655926,"previous":4,"waits":"map-run","memory":{"map_run":1}}');
INSERT INTO "ensue_branches" VALUES (983040, NULL, 'Rest', 41, NULL, '{"id":0,"state":"Rest","phase":"waiting","entered":2,"input":{"sack":"s0"},"attempt":1,"entered_ms":1940987655926,"previous":2,"due_ms":1940991255926,"waits":"wait"}');
INSERT INTO "ensue_branches" VALUES (1048576, NULL, 'Rest', 42, NULL, '{"id":0,"state":"Rest","phase":"waiting","entered":2,"input":{"sack":"s1"},"attempt":1,"entered_ms":1940987655926,"previous":2,"due_ms":1940991255926,"waits":"wait"}');
INSERT INTO "ensue_branches" VALUES (1179648, NULL, 'Rest', 48, NULL, '{"id":0,"state":"Rest","phase":"waiting","entered":9,"input":{"sack":"flow-paused","then":"wait","ground":"flour"},"attempt":2,"entered_ms":1940987655926,"previous":9,"due_ms":1940991255926,"waits":"wait"}');
INSERT INTO "ensue_branches" VALUES (1245184, NULL, 'Call', NULL, 49, '{"id":0,"state":"Call","phase":"waiting","entered":9,"input":{"sack":"flow-killed","then":"call","ground":"flour"},"attempt":2,"entered_ms":1940987655926,"previous":10,"waits":"scheduled"}');
INSERT INTO "ensue_branches" VALUES (1310720, NULL, 'call', NULL, 47, '{"id":0,"state":"call","phase":"waiting","entered":7,"attempt":2,"entered_ms":1940987655926,"previous":8,"waits":"task"}');
INSERT INTO "ensue_histories" VALUES (65537, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-done","then":"done"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-done","then":"done"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-done","then":"done"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-done","then":"done","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-done","then":"done","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-done","then":"done","ground":"flour"},"to":"Done"},0],["SucceedStateEntered",9,8,1940987655926,{"input":{"sack":"flow-done","then":"done","ground":"flour"},"name":"Done"},0],["SucceedStateExited",10,9,1940987655926,{"name":"Done","output":{"sack":"flow-done","then":"done","ground":"flour"}},0],["ExecutionSucceeded",11,10,1940987655926,{"output":{"sack":"flow-done","then":"done","ground":"flour"}},0]]');
INSERT INTO "ensue_histories" VALUES (131073, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-fail","then":"fail"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-fail","then":"fail"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-fail","then":"fail"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-fail","then":"fail","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-fail","then":"fail","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-fail","then":"fail","ground":"flour"},"to":"Spoilt"},0],["FailStateEntered",9,8,1940987655926,{"input":{"sack":"flow-fail","then":"fail","ground":"flour"},"name":"Spoilt"},0],["ExecutionFailed",10,9,1940987655926,{"cause":"said the miller","error":"Spoilt"},0]]');
INSERT INTO "ensue_histories" VALUES (196609, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-call","then":"call"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-call","then":"call"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-call","then":"call"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-call","then":"call","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-call","then":"call","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-call","then":"call","ground":"flour"},"to":"Call"},0],["TaskStateEntered",9,8,1940987655926,{"input":{"sack":"flow-call","then":"call","ground":"flour"},"name":"Call"},0],["TaskScheduled",10,9,1940987655926,{"parameters":{"sack":"flow-call","then":"call","ground":"flour"},"region":"us-east-1","resource":"function:call","resourceType":"ensue"},0]]');
INSERT INTO "ensue_histories" VALUES (196619, '[["TaskStarted",11,10,1940987655926,{"resource":"function:call","resourceType":"ensue"},0],["TaskFailed",12,11,1940987655926,{"cause":"{\"errorMessage\":\"nobody is there\",\"errorType\":\"InvalidInput\"}","error":"InvalidInput","resource":"function:call","resourceType":"ensue"},0]]');
INSERT INTO "ensue_histories" VALUES (262145, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-ask","then":"ask"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-ask","then":"ask"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-ask","then":"ask"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-ask","then":"ask","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-ask","then":"ask","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-ask","then":"ask","ground":"flour"},"to":"Ask"},0],["TaskStateEntered",9,8,1940987655926,{"input":{"sack":"flow-ask","then":"ask","ground":"flour"},"name":"Ask"},0],["TaskScheduled",10,9,1940987655926,{"parameters":{"token":"1e2feb89-414c-443c-9027-c4d1c386bbc4","execution":"ask"},"region":"us-east-1","resource":"queue:asked.waitForTaskToken","resourceType":"ensue"},0],["TaskStarted",11,10,1940987655926,{"resource":"queue:asked.waitForTaskToken","resourceType":"ensue"},0],["TaskSubmitted",12,11,1940987655926,{"output":{"id":"91b75842-265b-81f5-8001-00000000001e"},"resource":"queue:asked.waitForTaskToken","resourceType":"ensue"},0]]');
INSERT INTO "ensue_histories" VALUES (327681, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-wait","then":"wait"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-wait","then":"wait"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-wait","then":"wait"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-wait","then":"wait","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-wait","then":"wait","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-wait","then":"wait","ground":"flour"},"to":"Rest"},0],["WaitStateEntered",9,8,1940987655926,{"input":{"sack":"flow-wait","then":"wait","ground":"flour"},"name":"Rest"},0]]');
INSERT INTO "ensue_histories" VALUES (393217, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-both","then":"both"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-both","then":"both"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-both","then":"both"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-both","then":"both","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-both","then":"both","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-both","then":"both","ground":"flour"},"to":"Both"},0],["ParallelStateEntered",9,8,1940987655926,{"input":{"sack":"flow-both","then":"both","ground":"flour"},"name":"Both"},0],["ParallelStateStarted",10,9,1940987655926,{"first":1},0],["WaitStateEntered",11,10,1940987655926,{"input":{"sack":"flow-both","then":"both","ground":"flour"},"name":"Rest within"},1],["TaskStateEntered",12,10,1940987655926,{"input":{"sack":"flow-both","then":"both","ground":"flour"},"name":"Ask within"},2],["TaskScheduled",13,12,1940987655926,{"parameters":{"token":"78e51061-7311-48a3-82ce-6f447ed4d57b","execution":"both"},"region":"us-east-1","resource":"queue:asked.waitForTaskToken","resourceType":"ensue"},2],["TaskStarted",14,13,1940987655926,{"resource":"queue:asked.waitForTaskToken","resourceType":"ensue"},2],["TaskSubmitted",15,14,1940987655926,{"output":{"id":"91b75842-265b-81f5-8001-000000000021"},"resource":"queue:asked.waitForTaskToken","resourceType":"ensue"},2]]');
INSERT INTO "ensue_histories" VALUES (458753, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-done","then":"done"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-done","then":"done"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["ExecutionSucceeded",7,6,1940987655926,{"output":{"ground":"flour"}},0]]');
INSERT INTO "ensue_histories" VALUES (524289, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-fail","then":"fail"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-fail","then":"fail"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["ExecutionFailed",7,6,1940987655926,{"error":"InvalidInput","cause":"said the miller, in routine at mill.py:128"},0]]');
INSERT INTO "ensue_histories" VALUES (589825, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-call","then":"call"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-call","then":"call"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["TaskStateEntered",7,6,1940987655926,{"name":"call","input":[{"sack":"routine-call","then":"call"}]},0],["TaskScheduled",8,7,1940987655926,{"resourceType":"ensue","resource":"step"},0]]');
INSERT INTO "ensue_histories" VALUES (589833, '[["TaskStarted",9,8,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskFailed",10,9,1940987655926,{"resourceType":"ensue","resource":"step","error":"InvalidInput","cause":"nobody is there","retryAtMs":1940991255926,"retrier":0},0]]');
INSERT INTO "ensue_histories" VALUES (655361, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-sleep","then":"sleep"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-sleep","then":"sleep"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["WaitStateEntered",7,6,1940987655926,{"name":"sleep","input":{"until_ms":1940991255926}},0]]');
INSERT INTO "ensue_histories" VALUES (720897, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-event","then":"event"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-event","then":"event"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["TaskStateEntered",7,6,1940987655926,{"name":"weighed","input":null},0],["TaskScheduled",8,7,1940987655926,{"resourceType":"ensue","resource":"event"},0]]');
INSERT INTO "ensue_histories" VALUES (786433, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-stopped","then":"wait"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-stopped","then":"wait"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-stopped","then":"wait"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-stopped","then":"wait","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-stopped","then":"wait","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-stopped","then":"wait","ground":"flour"},"to":"Rest"},0],["WaitStateEntered",9,8,1940987655926,{"input":{"sack":"flow-stopped","then":"wait","ground":"flour"},"name":"Rest"},0]]');
INSERT INTO "ensue_histories" VALUES (786442, '[["ExecutionAborted",10,0,1940987655926,{},0]]');
INSERT INTO "ensue_histories" VALUES (851969, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-stopped","then":"sleep"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-stopped","then":"sleep"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["WaitStateEntered",7,6,1940987655926,{"name":"sleep","input":{"until_ms":1940991255926}},0]]');
INSERT INTO "ensue_histories" VALUES (851976, '[["ExecutionAborted",8,7,1940987655926,{},0]]');
INSERT INTO "ensue_histories" VALUES (917505, '[["ExecutionStarted",1,0,1940987655926,{"input":[{"sack":"s0"},{"sack":"s1"},{"sack":"s2"},{"sack":"s3"},{"sack":"s4"}],"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["MapStateEntered",2,0,1940987655926,{"input":[{"sack":"s0"},{"sack":"s1"},{"sack":"s2"},{"sack":"s3"},{"sack":"s4"}],"name":"Each"},0],["MapStateStarted",3,2,1940987655926,{"length":5},0],["MapRunStarted",4,3,1940987655926,{"mapRunArn":"arn:aws:states:us-east-1:000000000000:mapRun:sacks/e4b06ce6-0741-47a8-bce4-2c8218072e8c:35bf992d-c9e9-4616-a12e-7696a6cecc1b"},0]]');
INSERT INTO "ensue_histories" VALUES (983041, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"s0"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["WaitStateEntered",2,0,1940987655926,{"input":{"sack":"s0"},"name":"Rest"},0]]');
INSERT INTO "ensue_histories" VALUES (1048577, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"s1"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["WaitStateEntered",2,0,1940987655926,{"input":{"sack":"s1"},"name":"Rest"},0]]');
INSERT INTO "ensue_histories" VALUES (1114113, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-done","then":"done"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-done","then":"done"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-done","then":"done"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-done","then":"done","ground":"flour"}},0]]');
INSERT INTO "ensue_histories" VALUES (1114119, '[["ExecutionForked",7,6,1940987655926,{"name":"Which","origin":"91b75842-265b-81f5-8002-000000000001"},0]]');
INSERT INTO "ensue_histories" VALUES (1114120, '[["ChoiceStateEntered",8,7,1940987655926,{"input":{"sack":"flow-done","then":"done","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",9,8,1940987655926,{"name":"Which","output":{"sack":"flow-done","then":"done","ground":"flour"},"to":"Done"},0],["SucceedStateEntered",10,9,1940987655926,{"input":{"sack":"flow-done","then":"done","ground":"flour"},"name":"Done"},0],["SucceedStateExited",11,10,1940987655926,{"name":"Done","output":{"sack":"flow-done","then":"done","ground":"flour"}},0],["ExecutionSucceeded",12,11,1940987655926,{"output":{"sack":"flow-done","then":"done","ground":"flour"}},0]]');
INSERT INTO "ensue_histories" VALUES (1179649, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-paused","then":"wait"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-paused","then":"wait"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-paused","then":"wait"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-paused","then":"wait","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-paused","then":"wait","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-paused","then":"wait","ground":"flour"},"to":"Rest"},0],["WaitStateEntered",9,8,1940987655926,{"input":{"sack":"flow-paused","then":"wait","ground":"flour"},"name":"Rest"},0]]');
INSERT INTO "ensue_histories" VALUES (1245185, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"flow-killed","then":"call"},"roleArn":"arn:aws:iam::000000000000:role/ensue"},0],["TaskStateEntered",2,0,1940987655926,{"input":{"sack":"flow-killed","then":"call"},"name":"Grind"},0],["TaskScheduled",3,2,1940987655926,{"parameters":{"sack":"flow-killed","then":"call"},"region":"us-east-1","resource":"function:grind","resourceType":"ensue"},0],["TaskStarted",4,3,1940987655926,{"resource":"function:grind","resourceType":"ensue"},0],["TaskSucceeded",5,4,1940987655926,{"output":"flour","resource":"function:grind","resourceType":"ensue"},0],["TaskStateExited",6,5,1940987655926,{"name":"Grind","output":{"sack":"flow-killed","then":"call","ground":"flour"}},0],["ChoiceStateEntered",7,6,1940987655926,{"input":{"sack":"flow-killed","then":"call","ground":"flour"},"name":"Which"},0],["ChoiceStateExited",8,7,1940987655926,{"name":"Which","output":{"sack":"flow-killed","then":"call","ground":"flour"},"to":"Call"},0],["TaskStateEntered",9,8,1940987655926,{"input":{"sack":"flow-killed","then":"call","ground":"flour"},"name":"Call"},0],["TaskScheduled",10,9,1940987655926,{"parameters":{"sack":"flow-killed","then":"call","ground":"flour"},"region":"us-east-1","resource":"function:call","resourceType":"ensue"},0]]');
INSERT INTO "ensue_histories" VALUES (1310721, '[["ExecutionStarted",1,0,1940987655926,{"input":{"sack":"routine-killed","then":"call"}},0],["TaskStateEntered",2,1,1940987655926,{"name":"grind","input":[{"sack":"routine-killed","then":"call"}]},0],["TaskScheduled",3,2,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskStarted",4,3,1940987655926,{"resourceType":"ensue","resource":"step"},0],["TaskSucceeded",5,4,1940987655926,{"resourceType":"ensue","resource":"step","output":"flour"},0],["TaskStateExited",6,5,1940987655926,{"name":"grind","output":"flour"},0],["TaskStateEntered",7,6,1940987655926,{"name":"call","input":[{"sack":"routine-killed","then":"call"}]},0],["TaskScheduled",8,7,1940987655926,{"resourceType":"ensue","resource":"step"},0]]');
INSERT INTO "ensue_task_tokens" VALUES ('1e2feb89-414c-443c-9027-c4d1c386bbc4', 262144, 2);
INSERT INTO "ensue_task_tokens" VALUES ('78e51061-7311-48a3-82ce-6f447ed4d57b', 393218, 1);
INSERT INTO "ensue_map_runs" VALUES (1, '35bf992d-c9e9-4616-a12e-7696a6cecc1b', 45, 14, 917504, 1, 4, 0, 0, 1, 0, 1, 0, 5, 0, 0, 5, 2, 0, 0, 0, 2, NULL, NULL, 1940987655926, NULL, NULL, NULL);
INSERT INTO "ensue_map_plans" VALUES (1, '{"id":"35bf992d-c9e9-4616-a12e-7696a6cecc1b","arn":"arn:aws:states:us-east-1:000000000000:mapRun:sacks/e4b06ce6-0741-47a8-bce4-2c8218072e8c:35bf992d-c9e9-4616-a12e-7696a6cecc1b","scope":"","state":"Each","label":"e4b06ce6-0741-47a8-bce4-2c8218072e8c","execution_type":"STANDARD","items":[{"sack":"s0"},{"sack":"s1"},{"sack":"s2"},{"sack":"s3"},{"sack":"s4"}],"max_concurrency":2}', NULL, NULL);
INSERT INTO "ensue_map_children" VALUES (4294967296, 1, 0, 15, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_map_children" VALUES (4294967297, 1, 0, 16, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_map_children" VALUES (4294967298, 1, -1, NULL, '{"sack":"s2"}', NULL, NULL, NULL);
INSERT INTO "ensue_map_children" VALUES (4294967299, 1, -1, NULL, '{"sack":"s3"}', NULL, NULL, NULL);
INSERT INTO "ensue_map_children" VALUES (4294967300, 1, -1, NULL, '{"sack":"s4"}', NULL, NULL, NULL);
INSERT INTO "ensue_workflow_versions" VALUES (42, 1, 2, 'the first', 1940987655926, NULL);
INSERT INTO "ensue_workflow_aliases" VALUES (42, 'live', '{"1":100}', 1940987655926);
INSERT INTO "shop_orders_changes" VALUES (1, 'insert', '["c1","o1"]', NULL, '{"customer":"c1","id":"o1","quantity":1}', 2, 1, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (2, 'insert', '["c1","o2"]', NULL, '{"customer":"c1","id":"o2","quantity":2}', 3, 2, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (3, 'insert', '["c1","o3"]', NULL, '{"customer":"c1","id":"o3","quantity":3}', 4, 3, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (4, 'insert', '["c1","o4"]', NULL, '{"customer":"c1","id":"o4","quantity":4}', 5, 4, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (5, 'insert', '["c1","o5"]', NULL, '{"customer":"c1","id":"o5","quantity":5}', 6, 5, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (6, 'insert', '["c2","fails"]', NULL, '{"customer":"c2","id":"fails","quantity":0}', 7, 6, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (7, 'update', '["c2","fails"]', '{"customer":"c2","id":"fails","quantity":0}', '{"customer":"c2","id":"fails","quantity":1}', 20, 7, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (8, 'remove', '["c1","o5"]', '{"customer":"c1","id":"o5","quantity":5}', NULL, 21, 5, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (9, 'insert', '["c3","unread"]', NULL, '{"customer":"c3","id":"unread","quantity":9}', 95, 9, NULL, NULL);
INSERT INTO "shop_orders" VALUES ('c1', 'o1', '{"customer":"c1","id":"o1","quantity":1}', 1, 2);
INSERT INTO "shop_orders" VALUES ('c1', 'o2', '{"customer":"c1","id":"o2","quantity":2}', 2, 3);
INSERT INTO "shop_orders" VALUES ('c1', 'o3', '{"customer":"c1","id":"o3","quantity":3}', 3, 4);
INSERT INTO "shop_orders" VALUES ('c1', 'o4', '{"customer":"c1","id":"o4","quantity":4}', 4, 5);
INSERT INTO "shop_orders" VALUES ('c2', 'fails', '{"customer":"c2","id":"fails","quantity":1}', 7, 20);
INSERT INTO "shop_orders" VALUES ('c3', 'unread', '{"customer":"c3","id":"unread","quantity":9}', 9, 95);
INSERT INTO "shop_stock_changes" VALUES (1, 'insert', '["LX"]', NULL, '{"model":"LX","quantity":500}', 1, 1, NULL, NULL);
INSERT INTO "shop_stock_changes" VALUES (2, 'update', '["LX"]', '{"model":"LX","quantity":500}', '{"model":"LX","quantity":499}', 19, 2, NULL, NULL);
INSERT INTO "shop_stock_changes" VALUES (3, 'insert', '["x"]', NULL, '{"model":"x","quantity":7}', NULL, 3, NULL, NULL);
INSERT INTO "shop_stock" VALUES ('LX', '{"model":"LX","quantity":499}', 2, 19);
INSERT INTO "shop_stock" VALUES ('x', '{"model":"x","quantity":7}', 3, NULL);
INSERT INTO "shop_events_events" VALUES (1, 'event', NULL, NULL, '{"detail-type":"Taken","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"number":"o1"}}', 14, NULL, 1940987655926, NULL);
INSERT INTO "shop_events_events" VALUES (2, 'event', NULL, NULL, '{"detail-type":"Taken","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"number":"o2"}}', 15, NULL, 1940987655926, NULL);
INSERT INTO "shop_events_events" VALUES (3, 'event', NULL, NULL, '{"detail-type":"Taken","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"number":"o3"}}', 16, NULL, 1940987655926, NULL);
INSERT INTO "shop_events_events" VALUES (4, 'event', NULL, NULL, '{"detail-type":"Taken","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"number":"o4"}}', 17, NULL, 1940987655926, NULL);
INSERT INTO "shop_events_events" VALUES (5, 'event', NULL, NULL, '{"detail-type":"Taken","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"number":"o5"}}', 18, NULL, 1940987655926, NULL);
INSERT INTO "shop_events_events" VALUES (6, 'event', NULL, NULL, '{"detail-type":"Taken","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"number":"o5"}}', 24, NULL, 1940987655926, NULL);
INSERT INTO "shop_events_events" VALUES (7, 'event', NULL, NULL, '{"detail-type":"Opened","source":"shop","time":"2031-07-05T03:14:15Z","resources":[],"detail":{"by":"aé😀"}}', 25, NULL, 1940987655926, NULL);
INSERT INTO "mill_ground_changes" VALUES (1, 'insert', '["routine-done"]', NULL, '{"sack":"routine-done","times":1}', 42, 1, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (2, 'insert', '["routine-fail"]', NULL, '{"sack":"routine-fail","times":1}', 44, 2, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (3, 'insert', '["routine-call"]', NULL, '{"sack":"routine-call","times":1}', 46, 3, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (4, 'insert', '["routine-sleep"]', NULL, '{"sack":"routine-sleep","times":1}', 48, 4, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (5, 'insert', '["routine-event"]', NULL, '{"sack":"routine-event","times":1}', 50, 5, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (6, 'insert', '["routine-stopped"]', NULL, '{"sack":"routine-stopped","times":1}', 51, 6, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (7, 'insert', '["flow-done"]', NULL, '{"sack":"flow-done","times":1}', 53, 7, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (8, 'insert', '["flow-fail"]', NULL, '{"sack":"flow-fail","times":1}', 55, 8, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (9, 'insert', '["flow-call"]', NULL, '{"sack":"flow-call","times":1}', 57, 9, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (10, 'insert', '["flow-ask"]', NULL, '{"sack":"flow-ask","times":1}', 59, 10, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (11, 'insert', '["flow-wait"]', NULL, '{"sack":"flow-wait","times":1}', 61, 11, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (12, 'insert', '["flow-both"]', NULL, '{"sack":"flow-both","times":1}', 63, 12, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (13, 'insert', '["flow-stopped"]', NULL, '{"sack":"flow-stopped","times":1}', 66, 13, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (14, 'insert', '["routine-killed"]', NULL, '{"sack":"routine-killed","times":1}', 81, 14, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (15, 'insert', '["flow-paused"]', NULL, '{"sack":"flow-paused","times":1}', 84, 15, NULL, NULL);
INSERT INTO "mill_ground_changes" VALUES (16, 'insert', '["flow-killed"]', NULL, '{"sack":"flow-killed","times":1}', 86, 16, NULL, NULL);
INSERT INTO "mill_ground" VALUES ('flow-ask', '{"sack":"flow-ask","times":1}', 10, 59);
INSERT INTO "mill_ground" VALUES ('flow-both', '{"sack":"flow-both","times":1}', 12, 63);
INSERT INTO "mill_ground" VALUES ('flow-call', '{"sack":"flow-call","times":1}', 9, 57);
INSERT INTO "mill_ground" VALUES ('flow-done', '{"sack":"flow-done","times":1}', 7, 53);
INSERT INTO "mill_ground" VALUES ('flow-fail', '{"sack":"flow-fail","times":1}', 8, 55);
INSERT INTO "mill_ground" VALUES ('flow-killed', '{"sack":"flow-killed","times":1}', 16, 86);
INSERT INTO "mill_ground" VALUES ('flow-paused', '{"sack":"flow-paused","times":1}', 15, 84);
INSERT INTO "mill_ground" VALUES ('flow-stopped', '{"sack":"flow-stopped","times":1}', 13, 66);
INSERT INTO "mill_ground" VALUES ('flow-wait', '{"sack":"flow-wait","times":1}', 11, 61);
INSERT INTO "mill_ground" VALUES ('routine-call', '{"sack":"routine-call","times":1}', 3, 46);
INSERT INTO "mill_ground" VALUES ('routine-done', '{"sack":"routine-done","times":1}', 1, 42);
INSERT INTO "mill_ground" VALUES ('routine-event', '{"sack":"routine-event","times":1}', 5, 50);
INSERT INTO "mill_ground" VALUES ('routine-fail', '{"sack":"routine-fail","times":1}', 2, 44);
INSERT INTO "mill_ground" VALUES ('routine-killed', '{"sack":"routine-killed","times":1}', 14, 81);
INSERT INTO "mill_ground" VALUES ('routine-sleep', '{"sack":"routine-sleep","times":1}', 4, 48);
INSERT INTO "mill_ground" VALUES ('routine-stopped', '{"sack":"routine-stopped","times":1}', 6, 51);
INSERT INTO "mill_routine_executions" VALUES (1, 'running', 'done', NULL, '{"id":"91b75842-265b-81f5-8002-000000000007","name":"done","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-done","then":"done"}}', 34, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (2, 'running', 'fail', NULL, '{"id":"91b75842-265b-81f5-8002-000000000008","name":"fail","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-fail","then":"fail"}}', 35, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (3, 'running', 'call', NULL, '{"id":"91b75842-265b-81f5-8002-000000000009","name":"call","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-call","then":"call"}}', 36, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (4, 'running', 'sleep', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000a","name":"sleep","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-sleep","then":"sleep"}}', 37, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (5, 'running', 'event', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000b","name":"event","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-event","then":"event"}}', 38, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (6, 'running', 'stopped', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000d","name":"stopped","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-stopped","then":"sleep"}}', 40, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (7, 'succeeded', 'done', NULL, '{"id":"91b75842-265b-81f5-8002-000000000007","name":"done","status":"SUCCEEDED","startDate":1940987655926,"stopDate":1940987655926,"output":{"ground":"flour"}}', 43, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (8, 'failed', 'fail', NULL, '{"id":"91b75842-265b-81f5-8002-000000000008","name":"fail","status":"FAILED","startDate":1940987655926,"stopDate":1940987655926,"error":"InvalidInput","cause":"said the miller, in routine at mill.py:128"}', 45, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (9, 'aborted', 'stopped', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000d","name":"stopped","status":"ABORTED","startDate":1940987655926,"stopDate":1940987655926,"error":null,"cause":null}', 76, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (10, 'running', 'killed', NULL, '{"id":"91b75842-265b-81f5-8002-000000000014","name":"killed","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-killed","then":"call"}}', 80, NULL, 1940987655926, NULL);
INSERT INTO "mill_routine_executions" VALUES (11, 'running', 'begun', NULL, '{"id":"91b75842-265b-81f5-8002-000000000016","name":"begun","status":"RUNNING","startDate":1940987655926,"input":{"sack":"routine-begun","then":"sleep"}}', 89, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (1, 'running', 'done', NULL, '{"id":"91b75842-265b-81f5-8002-000000000001","name":"done","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-done","then":"done"}}', 28, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (2, 'running', 'fail', NULL, '{"id":"91b75842-265b-81f5-8002-000000000002","name":"fail","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-fail","then":"fail"}}', 29, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (3, 'running', 'call', NULL, '{"id":"91b75842-265b-81f5-8002-000000000003","name":"call","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-call","then":"call"}}', 30, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (4, 'running', 'ask', NULL, '{"id":"91b75842-265b-81f5-8002-000000000004","name":"ask","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-ask","then":"ask"}}', 31, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (5, 'running', 'wait', NULL, '{"id":"91b75842-265b-81f5-8002-000000000005","name":"wait","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-wait","then":"wait"}}', 32, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (6, 'running', 'both', NULL, '{"id":"91b75842-265b-81f5-8002-000000000006","name":"both","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-both","then":"both"}}', 33, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (7, 'running', 'stopped', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000c","name":"stopped","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-stopped","then":"wait"}}', 39, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (8, 'succeeded', 'done', NULL, '{"id":"91b75842-265b-81f5-8002-000000000001","name":"done","status":"SUCCEEDED","startDate":1940987655926,"stopDate":1940987655926,"output":{"sack":"flow-done","then":"done","ground":"flour"}}', 54, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (9, 'failed', 'fail', NULL, '{"id":"91b75842-265b-81f5-8002-000000000002","name":"fail","status":"FAILED","startDate":1940987655926,"stopDate":1940987655926,"error":"Spoilt","cause":"said the miller"}', 56, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (10, 'aborted', 'stopped', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000c","name":"stopped","status":"ABORTED","startDate":1940987655926,"stopDate":1940987655926,"error":null,"cause":null}', 75, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (11, 'running', 'forked', NULL, '{"id":"91b75842-265b-81f5-8002-000000000011","name":"forked","status":"RUNNING","startDate":1940987655926,"forkedFrom":"91b75842-265b-81f5-8002-000000000001"}', 77, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (12, 'running', 'paused', NULL, '{"id":"91b75842-265b-81f5-8002-000000000012","name":"paused","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-paused","then":"wait"}}', 78, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (13, 'running', 'killed', NULL, '{"id":"91b75842-265b-81f5-8002-000000000013","name":"killed","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-killed","then":"call"}}', 79, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (14, 'succeeded', 'forked', NULL, '{"id":"91b75842-265b-81f5-8002-000000000011","name":"forked","status":"SUCCEEDED","startDate":1940987655926,"stopDate":1940987655926,"output":{"sack":"flow-done","then":"done","ground":"flour"}}', 83, NULL, 1940987655926, NULL);
INSERT INTO "mill_flow_executions" VALUES (15, 'running', 'begun', NULL, '{"id":"91b75842-265b-81f5-8002-000000000015","name":"begun","status":"RUNNING","startDate":1940987655926,"input":{"sack":"flow-begun","then":"wait"}}', 88, NULL, 1940987655926, NULL);
INSERT INTO "mill_sacks_executions" VALUES (1, 'running', 'sacks', NULL, '{"id":"91b75842-265b-81f5-8002-00000000000e","name":"sacks","status":"RUNNING","startDate":1940987655926,"input":[{"sack":"s0"},{"sack":"s1"},{"sack":"s2"},{"sack":"s3"},{"sack":"s4"}]}', 41, NULL, 1940987655926, NULL);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES ('ensue_hops', 95);
INSERT INTO "sqlite_sequence" VALUES ('shop_stock_changes', 3);
INSERT INTO "sqlite_sequence" VALUES ('ensue_definitions', 4);
INSERT INTO "sqlite_sequence" VALUES ('shop_orders_changes', 9);
INSERT INTO "sqlite_sequence" VALUES ('ensue_work', 56);
INSERT INTO "sqlite_sequence" VALUES ('shop_events_events', 7);
INSERT INTO "sqlite_sequence" VALUES ('ensue_executions', 22);
INSERT INTO "sqlite_sequence" VALUES ('mill_flow_executions', 15);
INSERT INTO "sqlite_sequence" VALUES ('mill_routine_executions', 11);
INSERT INTO "sqlite_sequence" VALUES ('mill_sacks_executions', 1);
INSERT INTO "sqlite_sequence" VALUES ('mill_ground_changes', 16);
INSERT INTO "sqlite_sequence" VALUES ('ensue_map_runs', 1);
CREATE INDEX ensue_hops_by_cause ON ensue_hops (cause_sequence, cause_number)
        WHERE cause_sequence IS NOT NULL;
CREATE INDEX ensue_work_ready ON ensue_work (queue, due_ms, id, state)
        WHERE state < 2;
CREATE INDEX ensue_work_groups ON ensue_work (queue, grp, id)
        WHERE state < 2 AND grp IS NOT NULL;
CREATE INDEX ensue_work_by_hop ON ensue_work (hop);
CREATE INDEX ensue_tokens_by_end ON ensue_tokens (until_ms);
CREATE INDEX ensue_work_leased ON ensue_work (queue, due_ms) WHERE state = 1;
CREATE INDEX ensue_work_moved ON ensue_work (queue, after_ms)
        WHERE state = 0 AND due_ms <> after_ms;
CREATE INDEX ensue_work_ranked ON ensue_work (queue, rank, id)
        WHERE state < 2 AND rank IS NOT NULL;
CREATE INDEX ensue_work_unranked ON ensue_work (queue, due_ms, id)
        WHERE state < 2 AND rank IS NULL AND priority IS NOT NULL;
CREATE INDEX ensue_tenants_by_finish ON ensue_tenants (queue, finish);
CREATE INDEX ensue_deduplication_by_end ON ensue_deduplication (until_ms);
CREATE INDEX ensue_redrives_by_queue ON ensue_redrives (queue, id);
CREATE INDEX ensue_redrives_by_end ON ensue_redrives (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX ensue_shards_open ON ensue_shards (log, low) WHERE closed IS NULL;
CREATE INDEX ensue_replays_by_log ON ensue_replays (log, id);
CREATE INDEX ensue_replays_open ON ensue_replays (log, position) WHERE state < 2;
CREATE INDEX ensue_replays_by_end ON ensue_replays (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX ensue_bodies_gone ON ensue_bodies (number, gone_ms) WHERE gone_ms IS NOT NULL;
CREATE INDEX ensue_executions_by_status ON ensue_executions (workflow, status, id);
CREATE INDEX ensue_executions_by_parent ON ensue_executions (parent) WHERE parent IS NOT NULL;
CREATE INDEX ensue_branches_by_parent ON ensue_branches (parent) WHERE parent IS NOT NULL;
CREATE INDEX ensue_execution_events_by_name ON ensue_execution_events (execution, name, id);
CREATE INDEX ensue_held_jobs_by_workflow ON ensue_held_jobs (workflow, id);
CREATE INDEX ensue_held_jobs_by_execution ON ensue_held_jobs (execution);
CREATE INDEX ensue_map_runs_by_execution ON ensue_map_runs (execution, id);
CREATE INDEX ensue_map_runs_by_branch ON ensue_map_runs (branch) WHERE phase < 3;
CREATE INDEX ensue_map_runs_open ON ensue_map_runs (workflow) WHERE phase < 3;
CREATE INDEX ensue_map_children_running ON ensue_map_children (id) WHERE status = 0;
CREATE INDEX shop_orders_changes_by_hop ON shop_orders_changes (hop) WHERE hop IS NOT NULL;
CREATE TRIGGER shop_orders_insert AFTER INSERT ON shop_orders BEGIN INSERT INTO shop_orders_changes (kind, key, new, hop, version, at_ms) VALUES ('insert', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ',' || CASE typeof(NEW.sk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.sk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.sk = CAST(NEW.sk AS INTEGER) THEN CAST(NEW.sk AS INTEGER) ELSE NEW.sk END) ELSE json_quote(NEW.sk) END || ']', NEW.item, NEW.hop, NEW.version, NULL); UPDATE shop_orders_changes SET version = sequence WHERE sequence = last_insert_rowid() AND NEW.hop IS NULL; UPDATE shop_orders SET version = last_insert_rowid() WHERE pk = NEW.pk AND sk = NEW.sk AND NEW.hop IS NULL; END;
CREATE TRIGGER shop_orders_update AFTER UPDATE OF item ON shop_orders WHEN OLD.item IS NOT NEW.item AND (OLD.pk, OLD.sk) IS (NEW.pk, NEW.sk) BEGIN INSERT INTO shop_orders_changes (kind, key, old, new, hop, version, at_ms) VALUES ('update', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ',' || CASE typeof(NEW.sk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.sk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.sk = CAST(NEW.sk AS INTEGER) THEN CAST(NEW.sk AS INTEGER) ELSE NEW.sk END) ELSE json_quote(NEW.sk) END || ']', OLD.item, NEW.item, CASE WHEN NEW.version IS NOT OLD.version THEN NEW.hop END, OLD.version + 1, CASE WHEN NEW.version IS NOT OLD.version THEN NULL END); UPDATE shop_orders SET version = version + 1, hop = NULL WHERE pk = NEW.pk AND sk = NEW.sk AND NEW.version IS OLD.version; END;
CREATE TRIGGER shop_orders_rekey AFTER UPDATE OF pk, sk ON shop_orders WHEN (OLD.pk, OLD.sk) IS NOT (NEW.pk, NEW.sk) BEGIN INSERT INTO shop_orders_changes (kind, key, old, version) VALUES ('remove', '[' || CASE typeof(OLD.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.pk = CAST(OLD.pk AS INTEGER) THEN CAST(OLD.pk AS INTEGER) ELSE OLD.pk END) ELSE json_quote(OLD.pk) END || ',' || CASE typeof(OLD.sk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.sk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.sk = CAST(OLD.sk AS INTEGER) THEN CAST(OLD.sk AS INTEGER) ELSE OLD.sk END) ELSE json_quote(OLD.sk) END || ']', OLD.item, OLD.version); INSERT INTO shop_orders_changes (kind, key, new, version) VALUES ('insert', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ',' || CASE typeof(NEW.sk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.sk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.sk = CAST(NEW.sk AS INTEGER) THEN CAST(NEW.sk AS INTEGER) ELSE NEW.sk END) ELSE json_quote(NEW.sk) END || ']', NEW.item, NEW.version); UPDATE shop_orders_changes SET version = sequence WHERE sequence = last_insert_rowid(); UPDATE shop_orders SET version = last_insert_rowid() WHERE pk = NEW.pk AND sk = NEW.sk; END;
CREATE TRIGGER shop_orders_remove AFTER DELETE ON shop_orders BEGIN INSERT INTO shop_orders_changes (kind, key, old, version) VALUES ('remove', '[' || CASE typeof(OLD.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.pk = CAST(OLD.pk AS INTEGER) THEN CAST(OLD.pk AS INTEGER) ELSE OLD.pk END) ELSE json_quote(OLD.pk) END || ',' || CASE typeof(OLD.sk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.sk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.sk = CAST(OLD.sk AS INTEGER) THEN CAST(OLD.sk AS INTEGER) ELSE OLD.sk END) ELSE json_quote(OLD.sk) END || ']', OLD.item, OLD.version); END;
CREATE INDEX shop_orders_by_by_quantity ON shop_orders (json_extract(item, '$.quantity'), pk, sk) WHERE json_extract(item, '$.quantity') IS NOT NULL;
CREATE INDEX shop_stock_changes_by_hop ON shop_stock_changes (hop) WHERE hop IS NOT NULL;
CREATE TRIGGER shop_stock_insert AFTER INSERT ON shop_stock BEGIN INSERT INTO shop_stock_changes (kind, key, new, hop, version, at_ms) VALUES ('insert', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ']', NEW.item, NEW.hop, NEW.version, NULL); UPDATE shop_stock_changes SET version = sequence WHERE sequence = last_insert_rowid() AND NEW.hop IS NULL; UPDATE shop_stock SET version = last_insert_rowid() WHERE pk = NEW.pk AND NEW.hop IS NULL; END;
CREATE TRIGGER shop_stock_update AFTER UPDATE OF item ON shop_stock WHEN OLD.item IS NOT NEW.item AND (OLD.pk) IS (NEW.pk) BEGIN INSERT INTO shop_stock_changes (kind, key, old, new, hop, version, at_ms) VALUES ('update', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ']', OLD.item, NEW.item, CASE WHEN NEW.version IS NOT OLD.version THEN NEW.hop END, OLD.version + 1, CASE WHEN NEW.version IS NOT OLD.version THEN NULL END); UPDATE shop_stock SET version = version + 1, hop = NULL WHERE pk = NEW.pk AND NEW.version IS OLD.version; END;
CREATE TRIGGER shop_stock_rekey AFTER UPDATE OF pk ON shop_stock WHEN (OLD.pk) IS NOT (NEW.pk) BEGIN INSERT INTO shop_stock_changes (kind, key, old, version) VALUES ('remove', '[' || CASE typeof(OLD.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.pk = CAST(OLD.pk AS INTEGER) THEN CAST(OLD.pk AS INTEGER) ELSE OLD.pk END) ELSE json_quote(OLD.pk) END || ']', OLD.item, OLD.version); INSERT INTO shop_stock_changes (kind, key, new, version) VALUES ('insert', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ']', NEW.item, NEW.version); UPDATE shop_stock_changes SET version = sequence WHERE sequence = last_insert_rowid(); UPDATE shop_stock SET version = last_insert_rowid() WHERE pk = NEW.pk; END;
CREATE TRIGGER shop_stock_remove AFTER DELETE ON shop_stock BEGIN INSERT INTO shop_stock_changes (kind, key, old, version) VALUES ('remove', '[' || CASE typeof(OLD.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.pk = CAST(OLD.pk AS INTEGER) THEN CAST(OLD.pk AS INTEGER) ELSE OLD.pk END) ELSE json_quote(OLD.pk) END || ']', OLD.item, OLD.version); END;
CREATE INDEX shop_events_events_by_hop ON shop_events_events (hop) WHERE hop IS NOT NULL;
CREATE INDEX mill_ground_changes_by_hop ON mill_ground_changes (hop) WHERE hop IS NOT NULL;
CREATE TRIGGER mill_ground_insert AFTER INSERT ON mill_ground BEGIN INSERT INTO mill_ground_changes (kind, key, new, hop, version, at_ms) VALUES ('insert', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ']', NEW.item, NEW.hop, NEW.version, NULL); UPDATE mill_ground_changes SET version = sequence WHERE sequence = last_insert_rowid() AND NEW.hop IS NULL; UPDATE mill_ground SET version = last_insert_rowid() WHERE pk = NEW.pk AND NEW.hop IS NULL; END;
CREATE TRIGGER mill_ground_update AFTER UPDATE OF item ON mill_ground WHEN OLD.item IS NOT NEW.item AND (OLD.pk) IS (NEW.pk) BEGIN INSERT INTO mill_ground_changes (kind, key, old, new, hop, version, at_ms) VALUES ('update', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ']', OLD.item, NEW.item, CASE WHEN NEW.version IS NOT OLD.version THEN NEW.hop END, OLD.version + 1, CASE WHEN NEW.version IS NOT OLD.version THEN NULL END); UPDATE mill_ground SET version = version + 1, hop = NULL WHERE pk = NEW.pk AND NEW.version IS OLD.version; END;
CREATE TRIGGER mill_ground_rekey AFTER UPDATE OF pk ON mill_ground WHEN (OLD.pk) IS NOT (NEW.pk) BEGIN INSERT INTO mill_ground_changes (kind, key, old, version) VALUES ('remove', '[' || CASE typeof(OLD.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.pk = CAST(OLD.pk AS INTEGER) THEN CAST(OLD.pk AS INTEGER) ELSE OLD.pk END) ELSE json_quote(OLD.pk) END || ']', OLD.item, OLD.version); INSERT INTO mill_ground_changes (kind, key, new, version) VALUES ('insert', '[' || CASE typeof(NEW.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(NEW.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN NEW.pk = CAST(NEW.pk AS INTEGER) THEN CAST(NEW.pk AS INTEGER) ELSE NEW.pk END) ELSE json_quote(NEW.pk) END || ']', NEW.item, NEW.version); UPDATE mill_ground_changes SET version = sequence WHERE sequence = last_insert_rowid(); UPDATE mill_ground SET version = last_insert_rowid() WHERE pk = NEW.pk; END;
CREATE TRIGGER mill_ground_remove AFTER DELETE ON mill_ground BEGIN INSERT INTO mill_ground_changes (kind, key, old, version) VALUES ('remove', '[' || CASE typeof(OLD.pk) WHEN 'blob' THEN '{"$bytes":"' || lower(hex(OLD.pk)) || '"}' WHEN 'real' THEN json_quote(CASE WHEN OLD.pk = CAST(OLD.pk AS INTEGER) THEN CAST(OLD.pk AS INTEGER) ELSE OLD.pk END) ELSE json_quote(OLD.pk) END || ']', OLD.item, OLD.version); END;
CREATE INDEX mill_routine_executions_by_hop ON mill_routine_executions (hop) WHERE hop IS NOT NULL;
CREATE INDEX mill_flow_executions_by_hop ON mill_flow_executions (hop) WHERE hop IS NOT NULL;
CREATE INDEX mill_sacks_executions_by_hop ON mill_sacks_executions (hop) WHERE hop IS NOT NULL;
