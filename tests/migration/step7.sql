PRAGMA application_id=1164866421;
PRAGMA user_version=7;
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
CREATE TABLE shop_orders_changes ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE shop_orders (pk NOT NULL, sk NOT NULL, item TEXT NOT NULL CHECK (json_valid(item)), version INTEGER NOT NULL DEFAULT 1, hop INTEGER, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
CREATE TABLE shop_stock_changes ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
CREATE TABLE shop_stock (pk NOT NULL, item TEXT NOT NULL CHECK (json_valid(item)), version INTEGER NOT NULL DEFAULT 1, hop INTEGER, PRIMARY KEY (pk)) WITHOUT ROWID;
CREATE TABLE shop_events_events ( sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT, old TEXT, new TEXT, hop INTEGER, version INTEGER, at_ms INTEGER, expired INTEGER);
INSERT INTO "ensue_store" VALUES (1, 656247381085762037, 1);
INSERT INTO "ensue_resources" VALUES (16, 'shop', 'table', 'orders', '{"key":["customer","id"],"indexes":{"by-quantity":["quantity"]},"sql_table":"shop_orders"}', 'shop_orders');
INSERT INTO "ensue_resources" VALUES (17, 'shop', 'table', 'stock', '{"key":["model"],"indexes":{},"sql_table":"shop_stock"}', 'shop_stock');
INSERT INTO "ensue_resources" VALUES (18, 'shop', 'bus', 'events', '{"source":"shop","rules":{"first":{"pattern":{"detail-type":["Taken"],"detail":{"number":["o1"]}},"targets":["function first"]}}}', 'shop_events_events');
INSERT INTO "ensue_resources" VALUES (19, 'shop', 'queue', 'jobs', '{"max_receives":1,"dead_letter_queue":"jobs-dlq","consumer":"take","rate_per_second":null}', NULL);
INSERT INTO "ensue_resources" VALUES (20, 'shop', 'queue', 'jobs-dlq', '{"dead_letter_queue_of":"jobs"}', NULL);
INSERT INTO "ensue_resources" VALUES (21, 'shop', 'queue', 'actions', '{"max_receives":10,"dead_letter_queue":"actions-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (22, 'shop', 'queue', 'actions-dlq', '{"dead_letter_queue_of":"actions"}', NULL);
INSERT INTO "ensue_resources" VALUES (23, 'shop', 'mail', 'letters', '{"to":null,"sender":"no-reply@ensue.invalid"}', NULL);
INSERT INTO "ensue_resources" VALUES (24, 'shop', 'queue', 'letters-dlq', '{"dead_letter_queue_of":"letters"}', NULL);
INSERT INTO "ensue_resources" VALUES (25, 'shop', 'function', 'follow', '{"runs":"in the transaction","max_receives":10,"dead_letter_queue":"follow-dlq","follows":{"table":"orders","kinds":["insert","update","remove"],"where":null}}', NULL);
INSERT INTO "ensue_resources" VALUES (26, 'shop', 'queue', 'follow-dlq', '{"dead_letter_queue_of":"follow"}', NULL);
INSERT INTO "ensue_resources" VALUES (27, 'shop', 'function', 'first', '{"runs":"in the transaction","max_receives":10,"dead_letter_queue":"first-dlq"}', NULL);
INSERT INTO "ensue_resources" VALUES (28, 'shop', 'queue', 'first-dlq', '{"dead_letter_queue_of":"first"}', NULL);
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
INSERT INTO "ensue_work" VALUES (1, 19, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 8, NULL, '{"number":"o1","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (2, 19, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 9, NULL, '{"number":"o2","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (3, 19, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 10, NULL, '{"number":"o3","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (4, 19, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 11, NULL, '{"number":"o4","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (5, 19, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 12, NULL, '{"number":"o5","kind":"insert"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (6, 25, 0, 1940987656774, 1, 1940987655926, 1940987655926, 1940987655926, 13, '["c2","fails"]', '{"id":"91b75842-265b-81f5-8010-000000000006","kind":"insert","key":["c2","fails"],"old":null,"new":{"customer":"c2","id":"fails","quantity":0},"at_ms":1940987655926,"version":6,"expired":false}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (7, 27, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 14, NULL, '{"version":"0","id":"91b75842-265b-81f5-8012-000000000001","detail-type":"Taken","source":"shop","account":"000000000000","time":"2031-07-05T03:14:15Z","region":"local","resources":[],"detail":{"number":"o1"}}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (8, 25, 0, 4611686018427387904, 0, 1940987655926, 1940987655926, NULL, 22, '["c2","fails"]', '{"id":"91b75842-265b-81f5-8010-000000000007","kind":"update","key":["c2","fails"],"old":{"customer":"c2","id":"fails","quantity":0},"new":{"customer":"c2","id":"fails","quantity":1},"at_ms":1940987655926,"version":7,"expired":false}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (9, 19, 2, 1940987655926, 1, 1940987655926, 1940987655926, 1940987655926, 23, NULL, '{"number":"o5","kind":"remove"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (10, 19, 0, 1940991255926, 0, 1940991255926, 1940987655926, NULL, 26, NULL, '{"number":"later"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (11, 20, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 27, NULL, '{"number":"poison"}', '{"dead_letter":{"from":19,"reason":"InvalidInput: says the handler","receives":1,"at_ms":1940987655926}}', 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (12, 19, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 28, NULL, '{"number":"waiting"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (13, 23, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 29, NULL, '{"subject":"hello","text":"a letter","to":"a@example.org"}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (14, 21, 1, 1940987690926, 1, 1940987655926, 1940987655926, 1940987655926, 30, NULL, '{"number":0}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (15, 21, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 31, NULL, '{"number":1}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_work" VALUES (16, 21, 0, 1940987655926, 0, 1940987655926, 1940987655926, NULL, 32, NULL, '{"number":2}', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO "ensue_failures" VALUES (6, 1, 1940987655926, 'InvalidInput: says the handler');
INSERT INTO "ensue_failures" VALUES (11, 1, 1940987655926, 'InvalidInput: says the handler');
INSERT INTO "ensue_readers" VALUES (25, 0, 16, 8, 0);
INSERT INTO "shop_orders_changes" VALUES (1, 'insert', '["c1","o1"]', NULL, '{"customer":"c1","id":"o1","quantity":1}', 2, 1, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (2, 'insert', '["c1","o2"]', NULL, '{"customer":"c1","id":"o2","quantity":2}', 3, 2, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (3, 'insert', '["c1","o3"]', NULL, '{"customer":"c1","id":"o3","quantity":3}', 4, 3, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (4, 'insert', '["c1","o4"]', NULL, '{"customer":"c1","id":"o4","quantity":4}', 5, 4, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (5, 'insert', '["c1","o5"]', NULL, '{"customer":"c1","id":"o5","quantity":5}', 6, 5, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (6, 'insert', '["c2","fails"]', NULL, '{"customer":"c2","id":"fails","quantity":0}', 7, 6, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (7, 'update', '["c2","fails"]', '{"customer":"c2","id":"fails","quantity":0}', '{"customer":"c2","id":"fails","quantity":1}', 20, 7, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (8, 'remove', '["c1","o5"]', '{"customer":"c1","id":"o5","quantity":5}', NULL, 21, 5, NULL, NULL);
INSERT INTO "shop_orders_changes" VALUES (9, 'insert', '["c3","unread"]', NULL, '{"customer":"c3","id":"unread","quantity":9}', 33, 9, NULL, NULL);
INSERT INTO "shop_orders" VALUES ('c1', 'o1', '{"customer":"c1","id":"o1","quantity":1}', 1, 2);
INSERT INTO "shop_orders" VALUES ('c1', 'o2', '{"customer":"c1","id":"o2","quantity":2}', 2, 3);
INSERT INTO "shop_orders" VALUES ('c1', 'o3', '{"customer":"c1","id":"o3","quantity":3}', 3, 4);
INSERT INTO "shop_orders" VALUES ('c1', 'o4', '{"customer":"c1","id":"o4","quantity":4}', 4, 5);
INSERT INTO "shop_orders" VALUES ('c2', 'fails', '{"customer":"c2","id":"fails","quantity":1}', 7, 20);
INSERT INTO "shop_orders" VALUES ('c3', 'unread', '{"customer":"c3","id":"unread","quantity":9}', 9, 33);
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
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES ('ensue_hops', 33);
INSERT INTO "sqlite_sequence" VALUES ('shop_stock_changes', 3);
INSERT INTO "sqlite_sequence" VALUES ('shop_orders_changes', 9);
INSERT INTO "sqlite_sequence" VALUES ('ensue_work', 16);
INSERT INTO "sqlite_sequence" VALUES ('shop_events_events', 7);
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
