from __future__ import annotations

import asyncio
from contextlib import closing

import apsw
import pytest

from ensue.engine import work, writer
from ensue.engine.transaction import OUTSIDE
from ensue.engine.writer import Job
from ensue.words.errors import LimitExceeded, StoreBusy, StoreClosed

QUEUE = 16


@pytest.fixture
def commits(stage) -> list[int]:
    """One entry for each commit that wrote something."""
    made: list[int] = []
    stage.engine._connection.set_commit_hook(lambda: bool(made.append(1)))
    yield made
    stage.engine._connection.set_commit_hook(None)


def count(stage) -> int:
    return stage.rows("SELECT count(*) FROM ensue_work")[0][0]


def adding(tx):
    return work.add(tx, QUEUE, "1")


def test_jobs_that_wait_together_share_a_commit(stage, commits):
    stage.do_together(*[adding] * 200)
    assert count(stage) == 200
    assert len(commits) <= 3


def test_a_batch_has_a_bound_and_the_rest_goes_into_the_next(file_stage, monkeypatch):
    monkeypatch.setattr(writer, "BATCH_JOBS_MAX", 10)
    assert len(file_stage.do_together(*[adding] * 95)) == 95
    assert count(file_stage) == 95


def test_when_the_commit_fails_every_job_fails_and_nothing_is_stored(stage):
    stage.engine._connection.set_commit_hook(lambda: True)
    answers = stage.do_together(*[adding] * 5)
    stage.engine._connection.set_commit_hook(None)
    assert all(isinstance(each, Exception) for each in answers)
    assert count(stage) == 0


def together(stage, *runs) -> list:
    """Run functions that may be repeated in transactions that wait at the same moment."""

    async def transact():
        waiting = [stage.engine.transact(run, repeats=True) for run in runs]
        return await asyncio.gather(*waiting, return_exceptions=True)

    return stage.wait(transact())


def adding_and_failing(tx):
    work.add(tx, QUEUE, "1")
    raise ValueError("no")


def test_jobs_that_may_be_repeated_share_a_savepoint_and_are_hops_of_their_own(stage):
    ran: list[str] = []
    connection = stage.engine._connection
    connection.exec_trace = lambda cursor, sql, given: bool(ran.append(sql)) or True
    assert len(set(together(stage, *[adding] * 5))) == 5
    connection.exec_trace = None
    assert ran.count("SAVEPOINT job") == 1
    assert len(stage.rows("SELECT DISTINCT hop FROM ensue_work")) == 5


@pytest.mark.parametrize("fails", [adding_and_failing, lambda tx: tx.execute("no SQL")])
def test_a_job_that_may_be_repeated_and_raises_undoes_its_own_work_only(stage, fails):
    before, raised, after = together(stage, adding, fails, adding)
    assert isinstance(raised, Exception)
    assert stage.rows("SELECT id FROM ensue_work ORDER BY id") == [(before,), (after,)]
    assert stage.engine.facts.depths.committed(QUEUE).unsettled == 2


def test_after_a_commit_that_failed_the_next_one_succeeds(stage):
    stage.engine._connection.set_commit_hook(lambda: True)
    stage.do_together(adding)
    stage.engine._connection.set_commit_hook(None)
    assert stage.do(adding) == 1


def test_another_process_with_the_write_lock_makes_the_store_busy(file_stage):
    file_stage.engine._connection.set_busy_timeout(0)
    with closing(apsw.Connection(file_stage.url.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="another process holds") as caught:
            file_stage.do(adding)
    assert caught.value.hint
    assert file_stage.do(adding) == 1


def test_a_waiter_that_was_cancelled_is_no_error(stage):
    async def cancel_one() -> list[object]:
        waiting = [asyncio.ensure_future(stage.engine.transact(adding)) for _ in range(3)]
        waiting[1].cancel()
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = stage.wait(cancel_one())
    assert isinstance(answers[1], asyncio.CancelledError)
    assert [isinstance(each, int) for each in answers] == [True, False, True]


def test_closing_runs_what_waits(store, run_on):
    stage = run_on(store)
    done = []

    async def close_at_once() -> None:
        loop = asyncio.get_running_loop()
        waiters = [loop.create_future() for _ in range(20)]
        for waiter in waiters:
            stage.engine._writer.submit(Job(adding, OUTSIDE, waiter))
        await stage.platform.close()
        done.extend(await asyncio.gather(*waiters))

    stage.wait(close_at_once())
    assert done == list(range(1, 21))


def test_nothing_can_be_submitted_after_closing(store, run_on):
    stage = run_on(store)
    stage.wait(stage.platform.close())
    with pytest.raises(StoreClosed):
        stage.do(adding)
    with pytest.raises(StoreClosed):
        stage.engine.read(lambda tx: tx.row("SELECT 1"))


def test_over_the_bound_of_waiting_jobs_there_is_a_named_error(file_stage, monkeypatch):
    monkeypatch.setattr(writer, "WAITING_JOBS_NEAR", 0)
    monkeypatch.setattr(writer, "WAITING_JOBS_MAX", 0)
    with pytest.raises(LimitExceeded, match="waiting transactions") as caught:
        file_stage.do(adding)
    assert caught.value.hint


def test_a_commit_wakes_those_who_listen_to_what_it_touched(stage):
    heard, deaf = stage.engine.listen(QUEUE), stage.engine.listen(QUEUE + 1)
    stage.do(adding)
    assert (heard.is_set(), deaf.is_set()) == (True, False)


def test_a_rollback_that_fails_too_is_no_end_of_the_writer(stage, caplog):
    def vanish(tx):
        tx.execute("ROLLBACK")
        raise apsw.IOError("disk I/O error")

    [answer] = stage.do_together(vanish)
    assert "the store ended the transaction" in str(answer) or "disk" in str(answer)
    assert stage.do(adding) == 1
