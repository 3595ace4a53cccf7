"""Each rule of `check` finds what breaks it, and only that."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from ensue import App, InvalidInput, Metric, NotFound, StoreUnusable
from ensue.app.integrity import AUDITS, check, check_file
from ensue.engine import integrity, rules_of_work, work
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.schema import STEPS
from ensue.engine.work import HELD_MS
from ensue.words.findings import ERROR, WARNING

NO_RESOURCE = 999


@pytest.fixture
def app() -> App:
    """Every kind, with something of every state of theirs."""
    app = App("wims")
    stock = app.table("stock", key="id", indexes={"by-shelf": "shelf"})
    visits = app.table("visits", key=("who", "at"))
    events = app.bus("events")
    news = app.topic("news")
    app.stream("clicks", shards=2)
    files = app.bucket("files", versions=True)
    app.schemas("shapes")
    app.vault("keys")
    usage = app.meter("usage", metrics=[Metric("calls", "call", "COUNT")])
    app.alarm("calls", metric="calls", of=usage, subject="a", threshold="> 1")
    jobs = app.queue("jobs", max_receives=1)
    leased = app.queue("leased")
    news.subscribe(leased, filter={"kind": ["none"]})
    app.workflow(
        "wait",
        definition={
            "StartAt": "Wait",
            "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}},
        },
    )
    app.schedule("yearly", "cron(0 0 1 1 ? *)", to=leased)

    @app.on_change(stock)
    def follow(change, tx):
        if change.kind == "insert":
            tx.send(jobs, {"id": change.key[0]})
        elif change.new is not None and change.new.get("fails"):
            raise InvalidInput("says the handler")

    @jobs.consumer()
    def handle(message, tx):
        if message.body["id"] == "dead":
            raise InvalidInput("says the handler")
        tx.put(visits, {"who": message.body["id"], "at": tx.now_ms})
        tx.put_object(files, "last", b"x")

    app.declared_here = (stock, events, leased)
    return app


@pytest.fixture
def filled(store, run_on, app):
    """A stage on which the app ran for a while."""
    return _used(run_on(store, app), app)


@pytest.fixture
def broken(run_on, app):
    """The same in memory."""
    return _used(run_on(StoreUrl(MEMORY), app), app)


def _used(stage, app):
    stock, events, leased = app.declared_here
    for name in ("a", "b", "dead", "gone"):
        stage.wait(stock.put({"id": name, "shelf": 1}))
    stage.wait(stock.delete("gone"))
    stage.wait(events.publish("Opened", {"by": "a"}))
    stage.wait(app.resources["wims", "vault", "keys"].put("bank", "secret"))
    stage.settle()
    stage.wait(stock.put({"id": "a", "shelf": 2, "fails": True}))
    stage.settle()
    stage.wait(stock.put({"id": "a", "shelf": 3}))
    [follower] = [
        each for each in stage.engine.workers if each.name == "follow" and not each.due_ms()
    ]
    stage.wait(follower.step())
    stage.wait(leased.send("one"))
    number = stage.engine.number(leased.ref)
    stage.do(lambda tx: work.lease(tx, work.due(tx, number, 1), 60_000))
    return stage


def rules(findings) -> set[str]:
    return {finding.rule for finding in findings}


def test_a_store_that_was_used_has_nothing_wrong_with_it(filled):
    kinds = filled.rows("SELECT DISTINCT kind FROM ensue_resources ORDER BY kind")
    states = filled.rows("SELECT DISTINCT state FROM ensue_work ORDER BY state")
    held = filled.rows("SELECT count(*) FROM ensue_work WHERE due_ms = ?", HELD_MS)

    assert check(filled.engine) == []
    wanted = [
        "alarm",
        "bucket",
        "bus",
        "deliveries",
        "function",
        "meter",
        "queue",
        "schedule",
        "schemas",
        "stream",
        "table",
        "topic",
        "vault",
        "workflow",
        "workflow-tasks",
    ]
    assert kinds == [(kind,) for kind in wanted]
    assert states == [(work.WAITING,), (work.LEASED,), (work.DONE,)]
    assert held == [(1,)]


ITEM = """'{"id":"new"}'"""
DEAD = """'{"dead_letter":{"from":999}}'"""
NEWEST = "(SELECT max(sequence) FROM wims_stock_changes)"
BROKEN = [
    ("store.salt", ["UPDATE ensue_store SET salt = 'salt'"]),
    ("store.salt", ["DELETE FROM ensue_store"]),
    ("schema.index", ["DROP INDEX ensue_work_ready"]),
    ("schema.index", ["DROP INDEX wims_stock_by_by_shelf"]),
    ("schema.index", ["DROP INDEX wims_stock_changes_by_hop"]),
    ("schema.index", ["DROP INDEX wims_events_events_by_hop"]),
    ("schema.index", ["CREATE INDEX ensue_mine ON ensue_work (body)"]),
    ("schema.trigger", ["DROP TRIGGER wims_stock_insert"]),
    ("schema.trigger", ["DROP TRIGGER wims_stock_update"]),
    ("schema.trigger", ["DROP TRIGGER wims_visits_rekey"]),
    (
        "schema.trigger",
        [
            "DROP TRIGGER wims_stock_remove",
            "CREATE TRIGGER wims_stock_remove AFTER DELETE ON wims_stock BEGIN SELECT 1; END",
        ],
    ),
    ("schema.table", ["ALTER TABLE ensue_failures ADD COLUMN mine TEXT"]),
    ("schema.table", ["ALTER TABLE wims_stock ADD COLUMN mine TEXT"]),
    ("schema.table", ["CREATE TABLE ensue_mine (x)"]),
    ("schema.older", ["PRAGMA user_version=0"]),
    ("schema.newer", [f"PRAGMA user_version={len(STEPS) + 1}"]),
    ("resources.number", ["UPDATE ensue_resources SET number = 20000 WHERE name = 'leased-dlq'"]),
    ("resources.table", ["UPDATE ensue_resources SET sql_table = 'x' WHERE name = 'leased-dlq'"]),
    ("resources.declared", ["UPDATE ensue_resources SET declared = '7' WHERE name = 'leased-dlq'"]),
    ("work.state", ["UPDATE ensue_work SET state = 7 WHERE state = 2"]),
    ("work.state", ["UPDATE ensue_work SET receives = -1 WHERE state = 2"]),
    ("work.queue", [f"UPDATE ensue_work SET queue = {NO_RESOURCE} WHERE state = 2"]),
    ("work.lease", ["UPDATE ensue_work SET taken_ms = NULL WHERE state = 1"]),
    ("work.lease", ["UPDATE ensue_work SET receives = 0 WHERE state = 1"]),
    ("work.lease", ["UPDATE ensue_work SET due_ms = due_ms + 43300000 WHERE state = 1"]),
    ("work.lease", ["UPDATE ensue_work SET taken_ms = taken_ms - 1 WHERE state = 1"]),
    ("work.held", [f"UPDATE ensue_work SET due_ms = {HELD_MS} WHERE state = 0"]),
    ("work.held", ["UPDATE ensue_work SET state = 2 WHERE grp IS NOT NULL AND due_ms < 1 << 61"]),
    ("work.body", ["UPDATE ensue_work SET body = 'no JSON' WHERE state = 2"]),
    ("work.body", ["UPDATE ensue_work SET attributes = '[]' WHERE state = 2"]),
    ("work.dead", [f"UPDATE ensue_work SET attributes = {DEAD} WHERE attributes IS NOT NULL"]),
    (
        "work.failures",
        ["INSERT INTO ensue_failures (work, attempt, at_ms, error) VALUES (999, 1, 1, 'why')"],
    ),
    ("work.causes", ["UPDATE ensue_causes SET letters = letters + 1"]),
    ("work.causes", ["DELETE FROM ensue_causes", "DELETE FROM ensue_dead"]),
    ("work.causes", ["UPDATE ensue_dead SET work = 999999"]),
    ("work.done", [f"UPDATE ensue_work SET due_ms = {HELD_MS} WHERE state = 2"]),
    ("readers.unknown", [f"UPDATE ensue_readers SET number = {NO_RESOURCE}"]),
    ("readers.unknown", [f"UPDATE ensue_readers SET log = {NO_RESOURCE}"]),
    ("readers.position", ["UPDATE ensue_readers SET position = position + 1"]),
    ("readers.position", ["UPDATE ensue_readers SET position = -1"]),
    ("readers.attempts", ["UPDATE ensue_readers SET attempts = -1"]),
    ("sequences.behind", ["UPDATE sqlite_sequence SET seq = 0 WHERE name = 'wims_visits_changes'"]),
    ("hops.unknown", ["UPDATE ensue_work SET hop = 999 WHERE state = 2"]),
    ("hops.unknown", ["UPDATE wims_stock_changes SET hop = 999 WHERE sequence = 1"]),
    ("hops.unknown", ["UPDATE wims_events_events SET hop = 999"]),
    ("hops.cause", ["UPDATE ensue_hops SET cause_sequence = 999 WHERE cause_number = 1"]),
    ("hops.cause", [f"UPDATE ensue_hops SET cause_number = {NO_RESOURCE} WHERE cause_number = 1"]),
    ("table.changes", [f"DELETE FROM wims_stock_changes WHERE sequence = {NEWEST}"]),
    ("table.changes", ["UPDATE wims_stock_changes SET kind = 'remove' WHERE sequence = 2"]),
    (
        "table.unchanged",
        [
            f"INSERT INTO wims_stock (pk, item) VALUES ('new', {ITEM})",
            "DELETE FROM wims_stock_changes WHERE key = '[\"new\"]'",
            "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'wims_stock_changes'",
        ],
    ),
]


@pytest.mark.parametrize(("rule", "statements"), BROKEN)
def test_a_rule_finds_what_breaks_it_and_only_that(broken, rule, statements):
    for statement in statements:
        broken.do(lambda tx, statement=statement: tx.execute(statement))

    findings = check(broken.engine)

    assert rules(findings) == {rule}
    assert all(each.hint and each.where and each.severity in {ERROR, WARNING} for each in findings)
    assert all(each.what in str(each) and each.as_dict()["what"] == each.what for each in findings)


def test_every_rule_of_work_is_broken_by_some_test_here():
    broken = {rule for rule, _ in BROKEN} | {"work.lease_left"}

    assert set(rules_of_work.RULES) <= broken


def test_a_lease_that_is_left_when_a_store_is_closed_is_seen_in_its_file(file_store, run_on, app):
    stage = run_on(file_store, app)
    leased = app.declared_here[2]
    stage.wait(leased.send("one"))
    stage.do(lambda tx: work.lease(tx, work.peek(tx, tx.number(leased.ref), 1), 60_000))
    stage.close()

    [finding] = check_file(Path(file_store.path))

    assert (finding.rule, finding.severity) == ("work.lease_left", WARNING)


def test_what_was_received_by_hand_when_a_store_is_closed_is_as_it_must_be(file_store, run_on, app):
    leased = app.declared_here[2]
    stage = run_on(file_store, app)
    stage.wait(leased.send("one"))
    assert len(stage.wait(leased.receive(visibility="12h"))) == 1
    stage.close()

    assert check_file(Path(file_store.path)) == []


def test_a_file_can_be_checked_beside_the_process_that_runs_on_it(file_store, run_on, app):
    filled = _used(run_on(file_store, app), app)
    filled.do(lambda tx: tx.execute("UPDATE ensue_readers SET position = 999"))

    assert rules(check_file(Path(file_store.path))) == {"readers.position"}


def test_checking_changes_nothing_in_the_file(file_store, run_on, app):
    run_on(file_store, app).close()
    before = Path(file_store.path).read_bytes()

    found = check_file(Path(file_store.path))

    assert found == []
    assert Path(file_store.path).read_bytes() == before


def test_a_page_that_was_overwritten_is_found(file_store, run_on, app):
    stage = run_on(file_store, app)
    jobs = app.declared_here[2]
    for number in range(300):
        stage.wait(jobs.send(number))
    stage.close()
    path = Path(file_store.path)
    content = bytearray(path.read_bytes())
    content[-4096 * 4 : -4096 * 2] = bytes(4096 * 2)
    path.write_bytes(content)

    findings = check_file(path)

    assert "file.damaged" in rules(findings)
    assert all(each.severity == ERROR for each in findings if each.rule == "file.damaged")


def test_what_cannot_be_read_is_a_finding_and_the_other_rules_still_look(filled):
    filled.do(lambda tx: tx.execute("DROP TABLE ensue_readers"))
    filled.do(lambda tx: tx.execute("DELETE FROM ensue_store"))

    assert {"schema.table", "readers.unreadable", "store.salt"} <= rules(check(filled.engine))


def test_of_one_rule_there_are_so_many_findings_and_a_note(filled):
    for _ in range(integrity.FINDINGS_MAX + 5):
        filled.do(lambda tx: work.add(tx, NO_RESOURCE, "no JSON"))

    found = [each.rule for each in check(filled.engine) if each.rule.startswith("work.body")]

    assert found == ["work.body"] * integrity.FINDINGS_MAX + ["work.body.more"]


def test_a_file_that_is_not_there_or_not_ours_is_refused(tmp_path):
    theirs = tmp_path / "theirs.db"
    with closing(apsw.Connection(str(theirs))) as connection:
        connection.execute("CREATE TABLE notes (text)")

    with pytest.raises(NotFound, match="there is no store"):
        check_file(tmp_path / "none.db")
    with pytest.raises(StoreUnusable, match="another program"):
        check_file(theirs)
    with pytest.raises(StoreUnusable, match="got a folder"):
        check_file(tmp_path)
    assert not (tmp_path / "none.db").exists()


def test_items_whose_changes_were_forgotten_are_nothing_wrong(filled):
    filled.do(lambda tx: tx.execute("DELETE FROM wims_stock_changes WHERE sequence < 4"))

    assert check(filled.engine) == []


def test_every_kind_with_sql_of_its_own_has_rules_of_its_own(filled):
    kinds = {
        kind
        for (kind,) in filled.rows("SELECT kind FROM ensue_resources WHERE sql_table IS NOT NULL")
    }

    assert kinds == set(AUDITS)
