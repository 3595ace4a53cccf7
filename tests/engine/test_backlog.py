from __future__ import annotations

import pytest

from ensue.engine import backlog, takeover, work

QUEUE, DEAD = 16, 17


@pytest.fixture
def add(stage):
    return lambda body="1", **options: stage.do(lambda tx: work.add(tx, QUEUE, body, **options))


@pytest.fixture
def take(stage):
    return lambda limit=9: stage.do(
        lambda tx: work.lease(tx, work.due(tx, QUEUE, limit), 1_000, "worker 7")
    )


def later(stage, ms):
    stage.clock.move_to(stage.clock.now_ms() + ms)


def read(stage, run, *arguments):
    return stage.engine.read(lambda tx: run(tx, QUEUE, *arguments))


def test_the_oldest_is_found_among_what_was_retried_and_held(stage, add, take):
    first_ms = stage.clock.now_ms()
    add("old", group="g")
    [old] = take()
    later(stage, 5)
    add("held", group="g")
    later(stage, 5)
    add("new")
    assert read(stage, backlog.oldest_ms) == first_ms + 5
    stage.do(lambda tx: work.retry(tx, old, "no", 60_000))
    assert read(stage, backlog.oldest_ms) == first_ms


def test_the_age_of_delayed_work_begins_when_it_is_due(stage, add):
    add(delay_ms=5_000)
    assert read(stage, backlog.oldest_ms) == stage.clock.now_ms() + 5_000


def test_what_waits_too_long_is_found_wherever_it_waits(stage, add, take):
    add("retried")
    [retried] = take()
    stage.do(lambda tx: work.retry(tx, retried, "no", 60_000))
    add("due", group="g")
    add("held", group="g")
    later(stage, 100)
    add("new")
    found = read(stage, backlog.waiting_since, stage.clock.now_ms(), 9)
    assert [piece.body for piece in found] == ["retried", "due", "held"]


def test_leases_say_who_has_what_and_for_how_long(stage, add, take):
    add()
    take()
    [lease] = read(stage, backlog.leases, 9)
    assert (lease.holder, lease.piece.receives) == ("worker 7", 1)
    assert lease.piece.due_ms == stage.clock.now_ms() + 1_000
    assert read(stage, backlog.first_lease_ends_ms) == lease.piece.due_ms


def test_due_and_delayed_are_told_apart_up_to_a_bound(stage, add, monkeypatch):
    monkeypatch.setattr(backlog, "COUNTED_MAX", 2)
    for _ in range(3):
        add()
    add(delay_ms=10)
    assert read(stage, backlog.depth).delayed == 1
    for _ in range(3):
        add(delay_ms=10)
    assert read(stage, backlog.depth).delayed == 2


def test_a_purge_takes_what_waits_and_releases_what_came_after(stage, add, take):
    add("a1", group="a")
    add("a2", group="a")
    add("leased")
    stage.do(lambda tx: work.lease(tx, [work.piece(tx, 3)], 1_000))
    add("a3", group="a")

    def purge(tx):
        work.release_groups(tx, backlog.purge(tx, QUEUE, 3, 9))

    stage.do(purge)
    assert [piece.body for piece in read(stage, work.peek, 9)] == ["a3", "leased"]
    assert [piece.body for piece in read(stage, work.due, 9)] == ["a3"]
    assert stage.engine.facts.depths.committed(QUEUE)[:3] == (2, 1, 0)


def test_the_counts_do_not_keep_what_was_rolled_back(stage, add):
    add()

    def fail(tx):
        work.add(tx, QUEUE, "2")
        work.lease(tx, work.due(tx, QUEUE, 9), 1_000)
        assert tx.facts.depths.live(QUEUE)[:3] == (2, 2, 0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        stage.do(fail)
    assert stage.engine.facts.depths.live(QUEUE)[:3] == (1, 0, 0)
    assert stage.engine.facts.depths.committed(QUEUE)[:3] == (1, 0, 0)


def test_the_counts_do_not_keep_what_a_nested_hop_undid(stage, add):
    def partly(tx):
        def fail():
            work.add(tx, QUEUE, "1")
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            tx.nested(tx.origin, fail)
        work.add(tx, QUEUE, "2")

    stage.do(partly)
    assert stage.engine.facts.depths.committed(QUEUE)[:3] == (1, 0, 0)


def test_the_counts_do_not_keep_what_a_failed_commit_lost(stage, add, monkeypatch):
    def fail(tx):
        work.add(tx, QUEUE, "1")
        tx.connection.execute("ROLLBACK")

    with pytest.raises(Exception, match="ended"):
        stage.do(lambda tx: [fail(tx), tx.execute("SELECT 1")])
    assert stage.engine.facts.depths.live(QUEUE)[:3] == (0, 0, 0)


def test_the_counts_are_taken_again_when_a_store_is_opened(file_store, run_on):
    first = run_on(file_store)
    for group in (None, "a", "a"):
        first.do(lambda tx, group=group: work.add(tx, QUEUE, "1", group=group))
    first.do(lambda tx: work.lease(tx, work.due(tx, QUEUE, 1), 1_000))
    first.close()
    again = run_on(file_store)
    assert again.engine.facts.depths.committed(QUEUE)[:3] == (3, 0, 1)


def test_counting_again_changes_nothing(stage, add, take):
    for group in (None, "a", "a", "b"):
        add(group=group)
    take(2)
    before = stage.engine.facts.depths.committed(QUEUE)
    stage.do(takeover.count_all)
    assert stage.engine.facts.depths.committed(QUEUE) == before
    assert before[:3] == (4, 2, 1)
