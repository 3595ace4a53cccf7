from __future__ import annotations

import apsw
import pytest

from ensue.engine import work
from ensue.engine.ids import Place
from ensue.engine.transaction import Origin
from ensue.words.errors import Conflict, NotFound, StoreError
from ensue.words.names import Ref

QUEUE = 16


def bodies(stage) -> list[str]:
    return [body for (body,) in stage.rows("SELECT body FROM ensue_work ORDER BY id")]


def hops(stage) -> list[tuple]:
    return stage.rows("SELECT actor, attempt FROM ensue_hops WHERE actor LIKE 'test%' ORDER BY id")


def add_and_fail(tx):
    work.add(tx, QUEUE, "1")
    raise ValueError("no")


def test_what_a_function_returns_is_answered_once_it_is_stored(stage):
    assert stage.do(lambda tx: work.add(tx, QUEUE, "1")) == 1
    assert bodies(stage) == ["1"]


def test_a_function_that_raises_undoes_its_own_work_only(stage):
    answers = stage.do_together(
        lambda tx: work.add(tx, QUEUE, '"first"'),
        add_and_fail,
        lambda tx: work.add(tx, QUEUE, '"last"'),
    )
    assert isinstance(answers[1], ValueError)
    assert bodies(stage) == ['"first"', '"last"']


def test_a_nested_hop_that_raises_undoes_its_own_work_only(stage):
    def outer(tx):
        work.add(tx, QUEUE, '"before"')
        with pytest.raises(ValueError, match="no"):
            tx.nested(Origin("test inner"), lambda: add_and_fail(tx))
        work.add(tx, QUEUE, '"after"')

    stage.do(outer, Origin("test outer"))
    assert bodies(stage) == ['"before"', '"after"']
    assert hops(stage) == [("test outer", 1)]


def test_a_nested_hop_that_writes_many_rows_at_once_is_undone_when_it_raises(stage):
    def add_many_and_fail(tx):
        sql = "INSERT INTO ensue_turns (queue, reached) VALUES (?, 1)"
        tx.connection.executemany(sql, [(1,), (2,)])
        raise ValueError("no")

    def outer(tx):
        with pytest.raises(ValueError, match="no"):
            tx.nested(Origin("test inner"), lambda: add_many_and_fail(tx))

    stage.do(outer)
    assert stage.rows("SELECT * FROM ensue_turns") == []


def test_a_nested_hop_that_raises_undoes_what_was_nested_in_it(stage):
    def inner(tx):
        tx.nested(Origin("test innermost"), lambda: work.add(tx, QUEUE, '"innermost"'))
        raise ValueError("no")

    def outer(tx):
        work.add(tx, QUEUE, '"before"')
        with pytest.raises(ValueError, match="no"):
            tx.nested(Origin("test inner"), lambda: inner(tx))

    stage.do(outer)
    assert bodies(stage) == ['"before"']


@pytest.mark.parametrize("raises", [False, True])
def test_a_nested_hop_that_runs_no_statement_costs_none(stage, raises):
    ran: list[str] = []

    def refuse():
        if raises:
            raise ValueError("no")

    def outer(tx):
        tx.connection.exec_trace = lambda cursor, sql, given: bool(ran.append(sql)) or True
        try:
            tx.nested(Origin("test inner"), refuse)
        except ValueError:
            assert raises
        finally:
            told = list(ran)
            tx.connection.exec_trace = None
        work.add(tx, QUEUE, '"after"')
        return told

    assert stage.do(outer) == []
    assert bodies(stage) == ['"after"']


def test_a_hop_is_recorded_once_however_much_it_produces(stage):
    def send_three(tx):
        return [work.add(tx, QUEUE, "1") for _ in range(3)]

    stage.do(send_three, Origin("test", attempt=4))
    assert hops(stage) == [("test", 4)]
    assert len(stage.rows("SELECT DISTINCT hop FROM ensue_work")) == 1


def test_a_function_that_produces_nothing_records_no_hop(stage):
    stage.do(lambda tx: tx.rows("SELECT 1"), Origin("test"))
    assert hops(stage) == []


def test_a_nested_hop_is_a_hop_of_its_own_with_its_cause(stage):
    def outer(tx):
        work.add(tx, QUEUE, '"outer"')
        tx.nested(Origin("test inner", Place(16, 3)), lambda: work.add(tx, QUEUE, '"inner"'))
        work.add(tx, QUEUE, '"outer again"')
        return tx.origin.actor

    assert stage.do(outer, Origin("test outer")) == "test outer"
    assert hops(stage) == [("test outer", 1), ("test inner", 1)]
    found = stage.rows(
        "SELECT body, actor, cause_sequence FROM ensue_work w JOIN ensue_hops h ON h.id = w.hop"
    )
    assert found == [
        ('"outer"', "test outer", None),
        ('"inner"', "test inner", 3),
        ('"outer again"', "test outer", None),
    ]


def test_one_transaction_has_one_time(stage):
    def times(tx):
        before = tx.now_ms
        stage.clock.move_to(before + 1_000)
        return tx.now_ms - before

    assert stage.do(times) == 0


@pytest.mark.parametrize("fault", [SystemExit(1), GeneratorExit(), StopIteration("empty")])
def test_a_function_that_raises_what_ends_more_than_itself_only_fails(stage, fault):
    def leave(tx):
        work.add(tx, QUEUE, "1")
        raise fault

    answers = stage.do_together(leave, lambda tx: work.add(tx, QUEUE, '"kept"'))
    assert isinstance(answers[0], RuntimeError)
    assert type(fault).__name__ in str(answers[0])
    assert bodies(stage) == ['"kept"']


def test_a_statement_that_the_store_refuses_fails_its_own_function_only(stage):
    answers = stage.do_together(
        lambda tx: tx.execute("INSERT INTO ensue_store (id, salt) VALUES (2, 2)"),
        lambda tx: work.add(tx, QUEUE, '"kept"'),
    )
    assert isinstance(answers[0], Conflict)
    assert "CHECK constraint failed" in str(answers[0])
    assert bodies(stage) == ['"kept"']


def test_when_the_store_itself_fails_the_whole_transaction_fails(stage):
    def fail(tx):
        del tx
        raise apsw.FullError("database or disk is full")

    answers = stage.do_together(lambda tx: work.add(tx, QUEUE, "1"), fail)
    assert [str(each) for each in answers] == [
        "the disk is full, at outside. Free some space; nothing that was acknowledged is lost."
    ] * 2
    assert bodies(stage) == []


def test_when_sqlite_has_ended_the_transaction_everything_in_it_fails(stage):
    def end(tx):
        work.add(tx, QUEUE, "1")
        tx.execute("ROLLBACK")
        raise ValueError("after the end")

    answers = stage.do_together(lambda tx: work.add(tx, QUEUE, "0"), end)
    assert all(isinstance(each, StoreError) for each in answers)
    assert bodies(stage) == []


def test_a_resource_that_does_not_run_is_not_found(stage):
    with pytest.raises(NotFound, match="there is no queue ghosts"):
        stage.do(lambda tx: tx.number(Ref("wims", "queue", "ghosts")))
