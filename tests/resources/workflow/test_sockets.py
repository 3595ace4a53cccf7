"""A workflow as a target, as a source, as what is called; paused, kept and forgotten."""

from __future__ import annotations

import pytest

from ensue.app.integrity import check
from ensue.engine.sockets import Delivery
from ensue.resources.workflow import store
from ensue.words.errors import Conflict, InvalidDeclaration
from tests.resources.workflow.conftest import asking, ran

ECHO = {"A": {"Type": "Pass", "End": True}}


def test_a_delivery_starts_an_execution(shop, run):
    flow = shop.flow(ECHO)
    bus = shop.app.bus("events")
    bus.rule("ship", {"detail-type": ["Placed"]}, to=flow)
    t = run()
    t.wait(bus.publish("Placed", {"n": 1}))
    t.settle()
    [found] = t.wait(flow.executions()).executions
    assert found.status == "SUCCEEDED"
    assert t.wait(flow.describe(found.name)).input["detail"] == {"n": 1}


@pytest.mark.parametrize("key", ["order-1", "order/1", "x" * 100])
def test_a_delivery_with_an_id_starts_one_execution_however_often_it_comes(shop, run, key):
    flow = shop.flow(ECHO)
    t = run()

    async def deliver(body):
        delivery = Delivery(body, deduplication_id=key)
        return await t._platform.engine.transact(lambda tx: flow.deliver(tx, [delivery]))

    assert t.wait(deliver("1")) == t.wait(deliver("1"))
    [refused] = t.wait(deliver("2"))
    assert refused.code == "conflict"
    t.settle()
    [found] = t.wait(flow.executions()).executions
    assert (found.name == key, found.status) == (key == "order-1", "SUCCEEDED")


def test_changes_of_status_are_followed(shop, run):
    told = []
    flow = shop.flow({
        "A": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "F"}],
            "Default": "S",
        },
        "F": {"Type": "Fail", "Error": "Zero", "Cause": "none"},
        "S": {"Type": "Succeed"},
    })

    @shop.app.on_execution(flow, status=["SUCCEEDED", "FAILED"])
    def note(change, tx):
        del tx
        told.append((change.name, change.status, change.output, change.error, change.workflow))

    t = run()
    ran(t, flow, 1, "good")
    ran(t, flow, 0, "bad")
    assert told == [
        ("good", "SUCCEEDED", 1, None, "flow"),
        ("bad", "FAILED", None, "Zero", "flow"),
    ]


def test_a_pipe_takes_the_changes_of_status_to_a_target(shop, run):
    flow = shop.flow(ECHO)
    ends = {"status": ["SUCCEEDED"]}
    shop.app.pipe("ends", source=flow, to=shop.outbox, filter=ends, start="horizon")
    t = run()
    t.start(flow, {"n": 1}, name="one")
    [message] = t.messages(shop.outbox)
    told = {key: message.body[key] for key in ("workflow", "name", "status", "output")}
    assert told == {"workflow": "flow", "name": "one", "status": "SUCCEEDED", "output": {"n": 1}}


def test_a_start_is_followed_with_its_input(shop, run):
    told = []
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 5, "End": True}})

    @shop.app.on_execution(flow, status="RUNNING")
    async def note(change):
        told.append((change.status, change.input, change.ended_ms))

    t = run()
    t.start(flow, {"n": 1})
    assert told == [("RUNNING", {"n": 1}, None)]


def test_a_status_that_is_none_cannot_be_followed(shop):
    flow = shop.flow(ECHO)
    with pytest.raises(InvalidDeclaration, match="expected a status"):
        shop.app.on_execution(flow, status="DONE")


def test_a_workflow_that_is_called_answers_with_its_output(shop, run):
    flow = shop.flow(ECHO)
    t = run()
    assert t.wait(flow.call({"n": 1})) == {"n": 1}


def test_a_workflow_that_fails_fails_its_call(shop, run):
    flow = shop.flow({"F": {"Type": "Fail", "Error": "Mine", "Cause": "because"}})
    t = run()
    with pytest.raises(Conflict, match="is FAILED: Mine: because"):
        t.wait(flow.call(1))


def test_a_handler_starts_an_execution_with_its_transaction(shop, run):
    flow = shop.flow(ECHO)

    def begin(tx, fails):
        started = tx.start(flow, {"n": 1}, name="one")
        if fails:
            raise ValueError("no")
        return started

    t = run()
    with pytest.raises(ValueError, match="no"):
        t.wait(shop.app.run(lambda tx: begin(tx, fails=True)))
    assert t.wait(flow.executions()).executions == ()
    assert t.wait(shop.app.run(lambda tx: begin(tx, fails=False))).name == "one"
    t.settle()
    assert t.wait(flow.describe("one")).status == "SUCCEEDED"


def test_a_paused_workflow_takes_starts_and_lets_them_wait(shop, run):
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.outside, "End": True}})
    t = run()
    assert t.wait(flow.pause())
    assert t.start(flow, name="one").status == "RUNNING"
    assert t.wait(flow.resume())
    t.settle()
    assert t.wait(flow.describe("one")).status == "SUCCEEDED"


def test_a_paused_workflow_begins_no_task_outside(shop, run):
    flow = shop.flow({
        "W": {"Type": "Wait", "Seconds": 5, "Next": "A"},
        "A": {"Type": "Task", "Resource": shop.outside, "End": True},
    })
    t = run()
    t.start(flow, name="one")
    t.wait(flow.pause())
    t.advance(10)
    assert shop.calls == []
    t.wait(flow.resume())
    t.settle()
    assert t.wait(flow.describe("one")).status == "SUCCEEDED"


def test_what_has_ended_is_kept_for_its_time_and_then_forgotten(shop, run):
    flow = shop.flow(ECHO, keep="2h")
    t = run()
    ran(t, flow, 1, "old")
    t.advance("1h")
    ran(t, flow, 1, "young")
    t.advance("70m")
    assert [each.name for each in t.wait(flow.executions()).executions] == ["young"]
    t.advance("2h")
    engine = t._platform.engine
    for table in ("ensue_executions", "ensue_histories"):
        assert engine.read(lambda tx, table=table: tx.rows(f"SELECT count(*) FROM {table}")) == [
            (0,)
        ]


def test_what_runs_is_kept_however_old_it_is(shop, run):
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 86_400, "End": True}}, keep="1h")
    t = run()
    t.start(flow, name="long")
    t.advance("5h")
    assert t.wait(flow.describe("long")).status == "RUNNING"


def test_a_store_with_executions_of_all_kinds_is_whole(shop, run):
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 50, "End": True}}}
    ask = {"StartAt": "A", "States": {"A": asking(shop)}}
    flow = shop.flow({"P": {"Type": "Parallel", "Branches": [wait, ask], "End": True}})
    echo = shop.flow(ECHO, name="echo")
    t = run()
    t.start(flow, name="waits")
    ran(t, echo, 1, "ended")
    t.wait(echo.start(name="begins"))
    assert check(t._platform.engine) == []


def test_what_waits_for_an_event_or_is_paused_is_not_stuck(shop, run):
    @shop.app.workflow
    async def asks(ctx, given):
        del given
        return await ctx.wait_for_event("go")

    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 50, "End": True}})
    t = run()
    t.start(asks, name="one")
    t.start(flow, name="one")
    t.wait(flow.pause_execution("one"))
    t.advance("60s")
    assert check(t._platform.engine) == []


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DELETE FROM ensue_work WHERE state < 2", "workflow.stuck"),
        ("UPDATE ensue_executions SET status = 1, ended_ms = 5", "workflow.branch"),
        ("DELETE FROM ensue_branches", "workflow.token"),
        ("UPDATE ensue_executions SET ended_ms = 5", "workflow.end"),
        ("DELETE FROM ensue_executions", "workflow.history"),
        ("UPDATE ensue_histories SET events = '[]'", "workflow.history_whole"),
        ("UPDATE ensue_histories SET id = id + 3", "workflow.history_whole"),
    ],
)
def test_what_is_broken_is_found(shop, run, sql, rule):
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 50, "End": True}})
    other = shop.flow({"A": asking(shop)}, name="other")
    t = run()
    t.start(flow)
    t.start(other)
    t.wait(typed(t, sql))
    assert rule in {finding.rule for finding in check(t._platform.engine)}


async def typed(t, sql):
    await t._platform.engine.transact(lambda tx: tx.execute(sql))


def test_who_has_waited_for_an_end_leaves_nothing_behind(shop, run):
    flow = shop.flow(ECHO)
    t = run()
    t.wait(flow.start_sync(1))
    listeners = len(t._platform.engine._listeners)
    for _ in range(3):
        t.wait(flow.start_sync(1))
    assert len(t._platform.engine._listeners) == listeners


def test_what_an_execution_has_caused_is_told_by_its_id(shop, run):
    flow = shop.flow({
        "A": {"Type": "Task", "Resource": shop.effect, "ResultPath": None, "Next": "B"},
        "B": {"Type": "Task", "Resource": shop.outbox, "End": True},
    })
    t = run()
    started = t.start(flow, {"id": "x"}, name="one")
    [message] = t.messages(shop.outbox)
    tree = t.why(started.id)

    def ids(node):
        return {node.id}.union(*(ids(child) for child in node.children))

    assert message.id in ids(tree)
    assert t.why(message.id, up=True).id == tree.id


def test_who_waits_for_an_end_looks_once_when_the_second_commit_wakes_it(shop, run, monkeypatch):
    flow = shop.flow(ECHO)
    t = run()
    writer, looks, commits = t._platform.engine._writer, [], []
    by_number, wake = store.by_number, writer._committed

    def look(tx, **which):
        looks.append(which)
        return by_number(tx, **which)

    def committed(touched):
        commits.append(touched)
        wake(touched)

    monkeypatch.setattr(store, "by_number", look)
    monkeypatch.setattr(writer, "_committed", committed)
    assert t.wait(flow.start_sync(1)).output == 1
    assert len(looks) == 1
    assert [any(number < 0 for number in touched) for touched in commits] == [False, True]


def test_the_status_counts_executions_and_the_tasks_that_wait(shop, run):
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.outside, "End": True}})
    t = run()
    ran(t, flow, 1, "done")
    t.hold("flow-tasks")
    t.start(flow, 1, name="waits")
    found = t.wait(flow.counts())
    assert {name: count for name, count in found.items() if count} == {
        "running": 1,
        "succeeded": 1,
        "tasks_waiting": 1,
    }
