"""What is asked about many at once uses the index for each of them."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import offspring, shards, since
from ensue.engine.ids import Place
from ensue.engine.sockets import Source
from tests.engine.test_plans import archive_source, plan

CAUSES = [Place(16, 1), Place(16, 2)]


@pytest.fixture
def stock_and_stage(store, run_on):
    app = App("wims")
    stock = app.table("stock", key="id", indexes={"by-maker": "maker"})
    return stock, run_on(store, app)


QUERIES = {
    "work of hops": (lambda tx, _: offspring.pieces(tx, [1, 2], 9), "ensue_work_by_hop (hop=?"),
    "work by its numbers": (
        lambda tx, _: offspring.pieces_with(tx, [1, 2]),
        "SEARCH w USING INTEGER PRIMARY KEY",
    ),
    "hops of causes": (
        lambda tx, _: offspring.hops_of(tx, CAUSES, 9),
        "ensue_hops_by_cause (cause_sequence=? AND cause_number=? AND rowid>? AND rowid<?)",
    ),
    "failures of work": (
        lambda tx, _: offspring.failures_of(tx, [1, 2], 9),
        "SEARCH f USING PRIMARY KEY (work=?)",
    ),
    "executions": (
        lambda tx, _: offspring.executions_with(tx, [1, 2]),
        "SEARCH e USING INTEGER PRIMARY KEY",
    ),
    "executions by name": (
        lambda tx, _: offspring.executions_named(tx, [(16, "a")]),
        "sqlite_autoindex_ensue_executions_1 (workflow=? AND name=?)",
    ),
    "what began an execution": (
        lambda tx, _: offspring.work_that_says(tx, 1, "[]"),
        "ensue_work_by_hop (hop=?)",
    ),
    "hops of a trace": (
        lambda tx, _: offspring.hops_of_trace(tx, "0" * 32, 9),
        "ensue_hops_by_trace (<expr>=?)",
    ),
    "a follower": (lambda tx, _: offspring.follower(tx, 16, 0), "USING PRIMARY KEY"),
    "groups": (lambda tx, _: offspring.groups_at(tx, 16, 0, 9), "USING PRIMARY KEY (log=?)"),
    "since when": (lambda tx, _: since.of(tx, 16), "USING PRIMARY KEY (number=?)"),
    "records of hops": (
        lambda tx, t: offspring.facts(tx, Source(16, t.changes), [1, 2], 9),
        "_changes_by_hop (hop=? AND rowid>? AND rowid<?)",
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_about_many_uses_its_index_for_each(name, stock_and_stage):
    stock, stage = stock_and_stage
    ask, index = QUERIES[name]

    said = plan(stage, lambda tx: ask(tx, stock.model))

    assert index in said
    assert "SCAN" not in said.replace("SCAN asked VIRTUAL TABLE", "")


def test_records_in_shards_and_in_archives_are_found_by_their_hops(stage):
    source = archive_source(stage)
    stage.do(lambda tx: shards.create(tx, "wims_clicks"))
    sharded = Source(17, "wims_clicks", sharded=True)
    for log in (source, sharded):
        said = plan(stage, lambda tx, log=log: offspring.facts(tx, log, [1, 2], 9))
        assert "_by_hop (hop=? AND rowid>? AND rowid<?)" in said
        assert "SCAN l" not in said


def test_search_asks_indexes_only(stock_and_stage):
    stock, stage = stock_and_stage
    stage.wait(stock.put({"id": "abc", "maker": "ada"}))
    for text in ("abc", "ada", "none"):
        assert len(stage.platform.search(text)) == (text != "none")
    said = plan_of_reads(stage, lambda: stage.platform.search("abc"))

    assert "SEARCH" in said
    scans = [line for line in said.splitlines() if line.startswith("SCAN")]
    assert [line for line in scans if "VIRTUAL TABLE" not in line] == []


def plan_of_reads(stage, run):
    """How SQLite goes about what is read outside of any transaction of the writer."""
    engine, said = stage.engine, []
    read = engine.read

    def traced(look):
        return read(lambda tx: look(_Traced(tx, said)))

    engine.read = traced
    try:
        run()
    finally:
        engine.read = read
    return "\n".join(said)


class _Traced:
    """A transaction whose queries are explained before they are asked."""

    def __init__(self, tx, said):
        self._tx, self._said = tx, said

    def __getattr__(self, name):
        return getattr(self._tx, name)

    def execute(self, sql, parameters=()):
        rows = self._tx.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
        self._said.extend(str(row[-1]) for row in rows)
        return self._tx.execute(sql, parameters)

    def row(self, sql, parameters=()):
        return self.execute(sql, parameters).fetchone()

    def rows(self, sql, parameters=()):
        return self.execute(sql, parameters).fetchall()
