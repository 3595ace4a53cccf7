"""Every hot query of workflows uses its key or its index."""

from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.engine import executions, past_executions
from ensue.engine.withdrawals import body_of, postpone, withdraw
from ensue.languages.states.branches import Branch
from ensue.resources.workflow import store
from ensue.resources.workflow.store import asking, histories, tokens, tracing
from ensue.resources.workflow.store.branches import StoredBranches
from tests.engine.test_plans import plan

MACHINE = '{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":9,"End":true}}}'


ONE = store.Loaded(1, 16, "one", 0, 1, 0, 0, None, None, None, None, None, "{}", None)


def flushed(tx):
    kept = StoredBranches(tx, 1)
    branch = kept.get(0) or Branch(0)
    kept.save(branch)
    kept.flush()


QUERIES = {
    "load": (lambda tx, flow: store.load(tx, 1), "PRIMARY KEY"),
    "input": (lambda tx, flow: store.input_of(tx, 1), "PRIMARY KEY"),
    "by name": (lambda tx, flow: store.number_of(tx, flow, "one"), "workflow=? AND name=?"),
    "save": (lambda tx, flow: store.save(tx, 1, "{}", None, None), "PRIMARY KEY"),
    "end": (
        lambda tx, flow: store.end(tx, ONE, store.Ending(1), "{}", None),
        "PRIMARY KEY",
    ),
    "children": (lambda tx, flow: store.children(tx, [65536]), "by_parent"),
    "a branch": (lambda tx, flow: StoredBranches(tx, 1).get(0), "PRIMARY KEY"),
    "branches": (lambda tx, flow: StoredBranches(tx, 1).children(0), "by_parent"),
    "branches written": (lambda tx, flow: flushed(tx), "PRIMARY KEY"),
    "all branches": (lambda tx, flow: store.all_places(tx, 1), "PRIMARY KEY"),
    "history": (lambda tx, flow: histories.read(tx, 1, after=7, limit=9), "PRIMARY KEY"),
    "history from its end": (
        lambda tx, flow: histories.read(tx, 1, limit=9, reverse=True),
        "PRIMARY KEY",
    ),
    "token forgotten": (lambda tx, flow: tokens.forget(tx, "t"), "PRIMARY KEY"),
    "page": (store.page, "by_status"),
    "page of a status": (lambda tx, flow: store.page(tx, flow, status="FAILED"), "by_status"),
    "page of a prefix": (lambda tx, flow: store.page(tx, flow, prefix="o"), "workflow=? AND name>"),
    "page of a prefix and a status": (
        lambda tx, flow: store.page(tx, flow, prefix="o", status="FAILED"),
        "workflow=? AND name>",
    ),
    "counted one by one": (lambda tx, flow: executions.counted(tx), "COVERING INDEX"),
    "states that ask": (lambda tx, flow: asking.states(tx, 16), "COVERING INDEX"),
    "what asks": (lambda tx, flow: asking.page(tx, 16, None, None, 9), "ensue_branches_asked"),
    "what asks further on": (
        lambda tx, flow: asking.page(tx, 16, None, asking.After(16, "a", 9), 9),
        "ensue_branches_asked",
    ),
    "what asks in a state": (
        lambda tx, flow: asking.page(tx, 16, "a", None, 9),
        "asked=? AND state=?",
    ),
    "tokens of what asks": (
        lambda tx, flow: asking.page(tx, 16, None, None, 9),
        "ensue_task_tokens_by_branch",
    ),
    "one that asks": (lambda tx, flow: asking.claim(tx, 65536), "PRIMARY KEY"),
    "events without data": (lambda tx, flow: tracing.brief_events(tx, 1, 7), "PRIMARY KEY"),
    "children of an execution": (
        lambda tx, flow: tracing.children_of(tx, 1, None, 9),
        "by_parent (parent>? AND parent<?)",
    ),
    "retried states": (lambda tx, flow: tracing.retried(tx, 1), "PRIMARY KEY"),
    "forget": (
        lambda tx, flow: past_executions.forget(tx, {tx.number(flow.ref): 1}, 9),
        "by_status",
    ),
    "withdraw": (lambda tx, flow: withdraw(tx, 1), "PRIMARY KEY"),
    "postpone": (lambda tx, flow: postpone(tx, 1, 5), "PRIMARY KEY"),
    "body": (lambda tx, flow: body_of(tx, 1), "PRIMARY KEY"),
}

# It looks at the first row; at all rows of an index once, when the store is opened; or through a
# subquery of so many rows.
BOUNDED = {"forget", "counted one by one", "states that ask"}


@pytest.fixture
def flow_and_stage(store, run_on):
    app = App("shop")
    flow = app.workflow("flow", definition=MACHINE)
    stage = run_on(store, app)
    stage.wait(flow.start(name="one"))
    stage.settle()
    return flow, stage


@pytest.mark.parametrize("name", QUERIES)
def test_it_is_found_by_its_key_or_index_and_nothing_is_sorted(flow_and_stage, name):
    flow, stage = flow_and_stage
    run, index = QUERIES[name]
    said = plan(stage, lambda tx: run(tx, flow.model))
    assert index in said
    assert "SCAN" not in said or name in BOUNDED
    assert "TEMP B-TREE" not in said


def test_counts_of_executions_ask_the_store_nothing(flow_and_stage):
    flow, stage = flow_and_stage

    assert not plan(stage, lambda tx: store.counts(tx, flow.model))
