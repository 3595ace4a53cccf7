"""Every hot query uses its index."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import (
    archives,
    backlog,
    batches,
    causes,
    dead_letters,
    deduplication,
    hops,
    logs,
    recent,
    redrives,
    replays,
    standing,
    tailing,
    takeover,
    takes,
    turns,
    work,
)
from ensue.engine.ids import Place
from ensue.engine.sockets import Source
from ensue.resources.table import store as table_store
from ensue.resources.table.store import Asked

ASKED = Asked()


@pytest.fixture
def stock_and_stage(store, run_on):
    app = App("wims")
    indexes = {"by-maker": ("maker", "price"), "by-shelf": "shelf"}
    stock = app.table("stock", key=("shop", "id"), indexes=indexes, ttl="ends", keep_changes="7d")
    return stock.model, run_on(store, app)


def plan(stage, run) -> str:
    """How SQLite goes about the one statement that a function executes."""

    def explain(tx):
        said: list[str] = []

        def trace(cursor, statement, bindings):
            plain = tx.connection.cursor()
            plain.exec_trace = None
            rows = plain.execute(f"EXPLAIN QUERY PLAN {statement}", bindings or ()).fetchall()
            said.extend(str(row[-1]) for row in rows)
            return True

        tx.connection.exec_trace = trace
        try:
            run(tx)
        finally:
            tx.connection.exec_trace = None
        return said

    return "\n".join(stage.do(explain))


def _of_order(tx, run, order="priority"):
    tx.facts.orders[16] = order
    try:
        return run(tx, 16, 9) if run is takes.due else run(tx, 16)
    finally:
        del tx.facts.orders[16]


def _turn(tx, queue):
    turns.rank(tx, queue, turns.Turn(tenant="a"), 0)


QUERIES = {
    "due work": (lambda tx, _: work.due(tx, 16, 9), "ensue_work_ready"),
    "ids of work that is taken back": (
        lambda tx, _: deduplication.forget_work(tx, 16, 1),
        "ensue_deduplication USING PRIMARY KEY (queue=?)",
    ),
    "next due work": (lambda tx, _: work.next_due_ms(tx, 16), "ensue_work_ready"),
    "peeking": (lambda tx, _: work.peek(tx, 16, 9), "ensue_work_ready"),
    "first of a group": (lambda tx, _: work.first_of_group(tx, 16, "a"), "ensue_work_groups"),
    "due by rank": (lambda tx, _: _of_order(tx, takes.due), "ensue_work_ranked"),
    "next due by rank": (lambda tx, _: _of_order(tx, takes.next_due_ms), "ensue_work_unranked"),
    "promoting by priority": (lambda tx, _: _of_order(tx, turns.promote), "ensue_work_unranked"),
    "promoting fairly": (lambda tx, _: _of_order(tx, turns.promote, "fair"), "ensue_work_unranked"),
    "a turn": (lambda tx, _: _of_order(tx, _turn, "fair"), "PRIMARY KEY"),
    "a deduplication id": (lambda tx, _: deduplication.sent_before(tx, 16, "a"), "PRIMARY KEY"),
    "ids to forget": (lambda tx, _: deduplication.forget(tx, 9), "ensue_deduplication_by_end"),
    "the oldest": (lambda tx, _: backlog.oldest_ms(tx, 16), "ensue_work_moved"),
    "what waits too long": (lambda tx, _: backlog.waiting_since(tx, 16, 9, 9), "ensue_work_ready"),
    "a batch that is not full": (
        lambda tx, _: batches.unripe_until_ms(tx, 16, 9, 9),
        "ensue_work_ready",
    ),
    "what fills a batch later": (
        lambda tx, _: batches.next_look_ms(tx, 16, tx.now_ms + 9),
        "ensue_work_ready",
    ),
    "leases": (lambda tx, _: backlog.leases(tx, 16, 9), "ensue_work_leased"),
    "the first lease to end": (
        lambda tx, _: backlog.first_lease_ends_ms(tx, 16),
        "ensue_work_leased",
    ),
    "leases that ended": (lambda tx, _: backlog.release_ended(tx, 16), "ensue_work_leased"),
    "dead letters": (
        lambda tx, _: dead_letters.look(tx, 16, (5, 5), 9, 9),
        "ensue_work_ready",
    ),
    "what is in flight": (
        lambda tx, _: standing.standing(tx, 16, "in flight", (5, 5), 9),
        "ensue_work_leased",
    ),
    "what is due, to be looked at": (
        lambda tx, _: standing.standing(tx, 16, "due", (5, 5), 9),
        "ensue_work_ready",
    ),
    "what is due later": (
        lambda tx, _: standing.standing(tx, 16, "later", (5, 5), 9),
        "ensue_work_ready",
    ),
    "what is held": (
        lambda tx, _: standing.standing(tx, 16, "held", (5, 5), 9),
        "ensue_work_ready",
    ),
    "letters of a cause": (
        lambda tx, _: dead_letters.look_at_cause(tx, 1, (5, 5), 9, 9),
        "ensue_dead_by_cause",
    ),
    "the newest letters of a cause": (
        lambda tx, _: dead_letters.newest_of_cause(tx, 1, causes.TOP, 9),
        "ensue_dead_by_cause",
    ),
    "the newest letters": (
        lambda tx, _: dead_letters.newest(tx, 16, causes.TOP, 9),
        "ensue_work_ready",
    ),
    "the causes of all queues": (lambda tx, _: causes.of_all(tx, 9), "ensue_causes_by_letters"),
    "the causes of a queue": (lambda tx, _: causes.of_queue(tx, 16, 9), "ensue_causes_of_queue"),
    "one cause": (lambda tx, _: causes.find(tx, 16, "a"), "queue=? AND fingerprint=?"),
    "the cause of a letter": (lambda tx, _: causes.of_letter(tx, 1), "INTEGER PRIMARY KEY"),
    "the first and last letter of a cause": (
        lambda tx, _: causes.span(tx, 1),
        "ensue_dead_by_cause",
    ),
    "the body before a redrive": (
        lambda tx, _: redrives.original(tx, 1),
        "ensue_redriven_by_work",
    ),
    "the redrive that runs": (
        lambda tx, _: redrives.first_running(tx, 16),
        "ensue_redrives_by_queue",
    ),
    "what a redrive moved": (lambda tx, _: redrives.moved_by(tx, 1, 0, 9), "PRIMARY KEY"),
    "redrives to forget": (lambda tx, _: redrives.forget(tx, 9, 9), "ensue_redrives_by_end"),
    "work of a hop": (lambda tx, _: work.produced_by(tx, 1, 9), "ensue_work_by_hop"),
    "one piece": (lambda tx, _: work.piece(tx, 1), "INTEGER PRIMARY KEY"),
    "reading on": (lambda tx, t: logs.read(tx, t.changes, 5, 9), "INTEGER PRIMARY KEY"),
    "reading back": (lambda tx, t: logs.read_back(tx, t.changes, 5, 9), "INTEGER PRIMARY KEY"),
    "one record": (lambda tx, t: logs.record(tx, t.changes, 5), "INTEGER PRIMARY KEY"),
    "records of a hop": (
        lambda tx, t: logs.produced_by(tx, t.changes, 5, 9),
        "wims_stock_changes_by_hop",
    ),
    "the newest hops of a cause": (
        lambda tx, _: hops.newest_caused_by(tx, Place(16, 1), 9),
        "ensue_hops_by_cause",
    ),
    "what waits for its time": (lambda tx, _: backlog.due_later(tx, 16, 9), "ensue_work_ready"),
    "hops of a cause": (
        lambda tx, _: hops.hops_caused_by(tx, Place(16, 1), 9),
        "ensue_hops_by_cause",
    ),
    "one item": (lambda tx, t: table_store.get(tx, t, ("a", 1)), "PRIMARY KEY"),
    "a page": (lambda tx, t: table_store.query(tx, t, "a", ASKED), "PRIMARY KEY"),
    "a page backwards": (
        lambda tx, t: table_store.query(tx, t, "a", Asked(reverse=True)),
        "PRIMARY KEY",
    ),
    "a page of an index": (
        lambda tx, t: table_store.query(tx, t, "x", ASKED, index="by-maker"),
        "wims_stock_by_by_maker",
    ),
    "a range": (
        lambda tx, t: table_store.query(tx, t, "a", Asked(given={"a": "b"}), sort="id > :a"),
        "PRIMARY KEY (pk=? AND sk>? AND sk<?)",
    ),
    "a prefix, backwards": (
        lambda tx, t: table_store.query(
            tx, t, "a", Asked(reverse=True, given={"a": "b"}), sort="begins_with(id, :a)"
        ),
        "PRIMARY KEY (pk=? AND sk>? AND sk<?)",
    ),
    "a range of an index": (
        lambda tx, t: table_store.query(
            tx,
            t,
            "x",
            Asked(given={"a": 1, "b": 2}),
            sort="price BETWEEN :a AND :b",
            index="by-maker",
        ),
        "wims_stock_by_by_maker (<expr>=? AND <expr>>? AND <expr><?)",
    ),
    "a range of texts in an index": (
        lambda tx, t: table_store.query(
            tx, t, "x", Asked(given={"a": "a"}), sort="begins_with(price, :a)", index="by-maker"
        ),
        "wims_stock_by_by_maker (<expr>=? AND <expr>>? AND <expr><?)",
    ),
    "the next end": (table_store.next_end_ms, "wims_stock_by__ttl"),
    "what is over": (lambda tx, t: table_store.remove_expired(tx, t, 9), "wims_stock_by__ttl"),
    "the history of an item": (
        lambda tx, t: logs.about(tx, t.changes, '["a"]', before=9, limit=9),
        "wims_stock_changes_by_key",
    ),
    "expired tokens": (
        lambda tx, _: tx.rows(
            "SELECT token FROM ensue_tokens WHERE until_ms <= ? ORDER BY until_ms LIMIT ?", (9, 9)
        ),
        "ensue_tokens_by_end",
    ),
    "a page of a plain index": (
        lambda tx, t: table_store.query(tx, t, "x", ASKED, index="by-shelf"),
        "wims_stock_by_by_shelf",
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_searched_by_its_index_and_nothing_is_scanned_or_sorted(stock_and_stage, name):
    stock, stage = stock_and_stage
    run, index = QUERIES[name]
    said = plan(stage, lambda tx: run(tx, stock))
    assert "SEARCH" in said
    assert index in said
    assert "SCAN" not in said
    assert "TEMP B-TREE" not in said


def test_a_later_page_is_found_by_its_key_too(store, run_on):
    app = App("wims")
    stock = app.table("stock", key=("shop", "id"), indexes={"maker": ("maker", "price")})
    stage = run_on(store, app)
    for number in range(3):
        stage.wait(stock.put({"shop": "a", "id": number, "maker": "m", "price": 1}))
    first = stage.wait(stock.query("m", index="maker", limit=1))
    said = plan(
        stage,
        lambda tx: table_store.query(tx, stock.model, "m", Asked(after=first.next), index="maker"),
    )
    assert "wims_stock_by_maker" in said
    assert "SCAN" not in said


def test_what_is_counted_is_a_bounded_part_of_an_index(stage):
    said = plan(stage, lambda tx: backlog._between(tx, 16, 0, 9))
    assert "SEARCH ensue_work USING COVERING INDEX ensue_work_ready" in said


def test_of_tenants_only_those_are_looked_at_who_are_to_be_forgotten(stage):
    said = plan(stage, lambda tx: turns.forget(tx, 9))
    assert "SEARCH t USING COVERING INDEX ensue_tenants_by_finish (queue=? AND finish<?)" in said


def test_leases_are_released_and_counted_by_an_index_when_a_store_is_opened(stage):
    said = plan(stage, takeover.release_leases)
    assert "ensue_work_leased" in said
    counted = plan(stage, takeover.count_all)
    assert "COVERING INDEX ensue_work_ready" in counted
    assert "TEMP B-TREE" not in counted


def test_archived_records_are_found_by_their_place_and_by_their_archive(stage):
    source = archive_source(stage)
    shelf = archives.Shelf(1, "orders", 1, 1, 1)
    looks = {
        "read": lambda tx: archives.read(tx, source, 5, 9),
        "back": lambda tx: tailing.read_before(tx, source, 5, 9),
        "over": lambda tx: archives._over(tx, source.archive, shelf, 9, 9),
        "ends": lambda tx: archives.ends(tx, source, shelf),
        "unread": lambda tx: archives.unread(tx, source, 5, 9),
        "produced": lambda tx: archives.produced_by(tx, source, 5, 9),
        "counted": lambda tx: archives._count(tx, source.archive, 1, 9, 1),
    }
    for look in looks.values():
        said = plan(stage, look)
        assert "SEARCH" in said
        assert "SCAN wims" not in said
    for name in ("over", "ends"):
        assert "COVERING INDEX wims_events_archive_by_archive" in plan(stage, looks[name])


def test_replays_are_found_by_what_is_asked_of_them(stage):
    looks = {
        "ensue_replays_open": lambda tx: replays.held_from(tx, 16),
        "ensue_replays_by_log": lambda tx: replays.newest(tx, 16, 9),
        "ensue_replays_by_end": lambda tx: replays.forget(tx, 9, 9),
        "sqlite_autoindex_ensue_replays_1": lambda tx: replays.find(tx, 16, "again"),
    }
    for index, look in looks.items():
        said = plan(stage, look)
        assert index in said
        assert "SCAN ensue_replays" not in said


def archive_source(stage):
    """A log with an archive."""

    def make(tx):
        logs.create(tx, "wims_events")
        archives.create(tx, "wims_events_archive")

    stage.do(make)
    return Source(16, "wims_events", archive="wims_events_archive")


def test_who_lately_made_what_is_looked_up_from_the_newest_on(stock_and_stage):
    model, stage = stock_and_stage
    source = Source(stage.engine.number(model.ref), model.changes)

    work_plan = plan(stage, lambda tx: recent.made(tx, [], 0))
    log_plan = plan(stage, lambda tx: recent.made(tx, [source], 0))

    assert "ensue_work_by_hop (hop=?)" in work_plan
    assert "SEARCH h USING INTEGER PRIMARY KEY (rowid=?)" in log_plan
    # Only the newest are scanned: both begin at the end, and stop at their bound.
    assert "USE TEMP B-TREE FOR ORDER BY" not in work_plan + log_plan


def test_how_much_of_a_group_is_held_is_counted_by_the_index_of_groups(stock_and_stage):
    _, stage = stock_and_stage

    said = plan(stage, lambda tx: standing.held_of(tx, 16, "a"))

    assert "ensue_work_groups (queue=? AND grp=?)" in said
    assert "SCAN ensue_work" not in said
