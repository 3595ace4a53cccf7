"""How many items there are of each value of an index."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.app.app import App
from ensue.engine.database import MEMORY, StoreUrl
from ensue.resources.table.model import COUNTED_MAX
from ensue.resources.table.store import counting
from ensue.words.errors import LimitExceeded, NotFound
from tests.conftest import Stage


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def jobs(app):
    return app.table("jobs", key="id", indexes={"by-state": ("state", "due")}, ttl="ends")


@pytest.fixture
def stage(store, run_on, app, jobs):
    return run_on(store, app)


def put(stage, jobs, job, state, **more):
    stage.wait(jobs.put({"id": job, "state": state, "due": 1} | more))


def test_items_are_counted_by_value_and_those_outside_the_index_are_not(stage, jobs):
    for job, state in enumerate(["new", "new", "done", None]):
        put(stage, jobs, job, state)
    stage.wait(jobs.put({"id": 9, "state": "new"}))

    assert stage.wait(jobs.counts("by-state")) == {"new": 2, "done": 1}


def test_there_is_nothing_to_count_by_what_is_no_index(stage, jobs):
    with pytest.raises(NotFound):
        stage.wait(jobs.counts("by-colour"))


def test_what_came_since_is_read_from_the_change_log_and_not_counted_anew(stage, jobs, monkeypatch):
    put(stage, jobs, 1, "new")
    assert stage.wait(jobs.counts("by-state")) == {"new": 1}
    monkeypatch.setattr(counting, "_all", None)

    put(stage, jobs, 1, "done")
    put(stage, jobs, 2, "new")
    assert stage.wait(jobs.counts("by-state")) == {"new": 1, "done": 1}
    stage.wait(jobs.delete(1))
    assert stage.wait(jobs.counts("by-state")) == {"new": 1}


def test_where_the_log_is_not_kept_or_another_program_wrote_it_is_counted_anew(
    file_store, run_on, app, jobs, typed_in
):
    stage = run_on(file_store, app)
    put(stage, jobs, 1, "new")
    put(stage, jobs, 2, "new")
    stage.wait(jobs.counts("by-state"))
    typed_in(
        file_store,
        "INSERT OR REPLACE INTO shop_jobs (pk, item)"
        """ VALUES (2, '{"id":2,"state":"done","due":1}')""",
    )
    assert stage.wait(jobs.counts("by-state")) == {"new": 1, "done": 1}

    put(stage, jobs, 3, "new")
    stage.do(lambda tx: tx.execute("DELETE FROM shop_jobs_changes"))
    put(stage, jobs, 4, "new")
    assert stage.wait(jobs.counts("by-state")) == {"new": 3, "done": 1}


def test_what_has_ended_does_not_count_whether_it_is_removed_yet_or_not(stage, jobs):
    now_s = stage.clock.now_ms() // 1_000
    put(stage, jobs, 1, "new")
    put(stage, jobs, 2, "new", ends=now_s + 10)
    assert stage.wait(jobs.counts("by-state")) == {"new": 2}

    stage.clock.move_to(stage.clock.now_ms() + 11_000)
    assert stage.wait(jobs.counts("by-state")) == {"new": 1}
    stage.settle()
    assert stage.wait(jobs.counts("by-state")) == {"new": 1}


def test_values_beyond_the_bound_are_refused(stage, jobs):
    rows = [{"id": each, "state": each, "due": 1} for each in range(COUNTED_MAX)]
    stage.wait(jobs.batch_put(rows))
    assert len(stage.wait(jobs.counts("by-state"))) == COUNTED_MAX

    put(stage, jobs, -1, -1)
    with pytest.raises(LimitExceeded):
        stage.wait(jobs.counts("by-state"))


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(["new", "done", None, "gone", "look"]),
    ),
    max_size=30,
)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_counting_on_finds_what_counting_anew_finds(steps):
    app = App("shop")
    jobs = app.table("jobs", key="id", indexes={"by-state": ("state", "due")})
    stage, truth = Stage(StoreUrl(MEMORY), app), {}
    try:
        for job, what in steps:
            if what == "look":
                stage.wait(jobs.counts("by-state"))
            elif what == "gone":
                stage.wait(jobs.delete(job))
                truth.pop(job, None)
            else:
                put(stage, jobs, job, what)
                truth[job] = what
        expected = Counter(state for state in truth.values() if state is not None)
        assert stage.wait(jobs.counts("by-state")) == expected
    finally:
        stage.close()


class Noting:
    """A transaction that notes the plan of each statement that it runs."""

    def __init__(self, tx):
        self._tx = tx
        self.plans = []

    def row(self, sql, parameters=()):
        self.plans.append(str(self._tx.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)))
        return self._tx.row(sql, parameters)


def test_counting_all_reads_the_index_and_no_item(stage, jobs):
    def count(tx):
        noting = Noting(tx)
        assert counting._all(noting, jobs.model, ("state", "due")) == {"new": 1}
        return noting.plans

    put(stage, jobs, 1, "new")
    plans = stage.do(count)
    assert len(plans) == 3
    assert all("USING COVERING INDEX shop_jobs_by_by_state" in plan for plan in plans), plans
