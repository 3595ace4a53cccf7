"""Executions that are redriven, forked, paused and drawn."""

from __future__ import annotations

import pytest

from ensue.words.errors import Conflict, InvalidInput, InvalidValue, NotFound
from tests.resources.workflow.conftest import ran, types

END = {"Type": "Succeed"}


def task(function, **fields):
    way = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": function, **way, **fields}


def describe(t, flow, name="one"):
    return t.wait(flow.describe(name))


@pytest.fixture
def chain(shop):
    """Two tasks, one inside and one outside that fails twice."""
    return shop.flow({
        "A": task(shop.effect, ResultPath="$.a", Next="B"),
        "B": task(shop.outside, ResultPath="$.b"),
    })


def test_a_redriven_execution_goes_on_from_the_state_that_failed(shop, chain, run):
    t = run()
    assert ran(t, chain, {"id": "x", "fails": 1}).error == "TimeoutError"

    again = t.wait(chain.redrive("one"))
    t.drain()

    found = describe(t, chain)
    assert (again.status, again.redrives, again.ended_ms) == ("RUNNING", 1, None)
    assert found.status == "SUCCEEDED"
    assert found.output["b"] == {"answered": 2}
    assert shop.times(t, "x") == 1
    assert types(t, chain)[-7:] == [
        "ExecutionFailed",
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_an_answer_to_what_was_asked_before_the_redrive_is_stale(shop, chain, run):
    t = run()
    ran(t, chain, {"id": "x", "fails": 3})
    for _ in range(2):
        t.wait(chain.redrive("one"))
        t.drain()

    assert describe(t, chain).error == "TimeoutError"
    assert len(shop.calls) == 3
    assert describe(t, chain).redrives == 2


def test_only_one_that_did_not_succeed_is_redriven(shop, chain, run):
    t = run()
    ran(t, chain, {"id": "x"})

    with pytest.raises(Conflict, match="is SUCCEEDED"):
        t.wait(chain.redrive("one"))
    with pytest.raises(NotFound):
        t.wait(chain.redrive("two"))


def test_a_stopped_execution_waits_anew_when_it_is_redriven(shop, run):
    flow = shop.flow({"W": {"Type": "Wait", "Seconds": 60, "Next": "A"}, "A": END})
    t = run()
    t.wait(flow.start(1, name="one"))
    t.advance("30s")
    t.wait(flow.stop("one"))
    t.wait(flow.redrive("one"))

    t.advance("59s")
    assert describe(t, flow).is_running
    t.advance("1s")
    assert describe(t, flow).status == "SUCCEEDED"


def test_one_that_took_too_long_has_all_its_time_again(shop, run):
    flow = shop.flow(
        {"W": {"Type": "Wait", "Seconds": 60, "Next": "A"}, "A": END},
        machine={"TimeoutSeconds": 50},
    )
    t = run()
    t.wait(flow.start(1, name="one"))
    t.advance("51s")
    assert describe(t, flow).status == "TIMED_OUT"

    t.wait(flow.redrive("one"))
    t.advance("49s")
    assert describe(t, flow).is_running
    t.advance("2s")
    assert describe(t, flow).status == "TIMED_OUT"


def test_in_a_parallel_and_a_map_only_what_failed_runs_again(shop, run):
    each = {
        "Type": "Map",
        "End": True,
        "ItemProcessor": {
            "StartAt": "E",
            "States": {"E": task(shop.effect, Next="O"), "O": task(shop.outside)},
        },
    }
    flow = shop.flow({
        "Fan": {
            "Type": "Parallel",
            "End": True,
            "Branches": [
                {"StartAt": "One", "States": {"One": task(shop.effect)}},
                {"StartAt": "Each", "States": {"Each": each | {"ItemsPath": "$.items"}}},
            ],
        }
    })
    t = run()
    given = {"id": "one", "items": [{"id": "a"}, {"id": "b", "fails": 9}, {"id": "c"}]}
    flaky = shop.calls
    t.wait(flow.start(given, name="one"))
    t.drain()
    if describe(t, flow).status == "FAILED":
        t.wait(flow.redrive("one"))
        t.drain()

    assert describe(t, flow).status == "SUCCEEDED"
    assert [shop.times(t, key) for key in ("one", "a", "b", "c")] == [1, 1, 1, 1]
    assert len(flaky) >= 3


def test_a_redrive_is_told_to_who_follows_the_workflow(shop, chain, run):
    changes = []

    @shop.app.on_execution(chain)
    def follow(change, tx):
        changes.append(change.status)

    t = run()
    ran(t, chain, {"id": "x", "fails": 1})
    t.wait(chain.redrive("one"))
    t.drain()

    assert changes == ["RUNNING", "FAILED", "RUNNING", "SUCCEEDED"]


def test_a_fork_goes_on_from_a_state_with_other_data_and_leaves_its_origin(shop, chain, run):
    t = run()
    origin = ran(t, chain, {"id": "x", "fails": 1})

    forked = t.wait(chain.fork("one", "B", input={"id": "y"}, fork_name="two"))
    t.drain()

    found = describe(t, chain, "two")
    assert (found.status, found.output) == ("SUCCEEDED", {"id": "y", "b": {"answered": 2}})
    assert (forked.forked_from, forked.input) == (origin.id, {"id": "x", "fails": 1})
    assert describe(t, chain).status == "FAILED"
    assert shop.times(t, "x") == 1
    kinds = types(t, chain, "two")
    assert kinds[forked.forked_at - 1] == "ExecutionForked"
    assert kinds[: forked.forked_at - 1] == types(t, chain)[: forked.forked_at - 1]


def test_a_fork_does_again_what_its_origin_does_when_nothing_is_changed(shop, run):
    flow = shop.flow({
        "A": {"Type": "Pass", "Assign": {"v": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": True},
    })
    t = run()
    ran(t, flow, 1)

    t.wait(flow.fork("one", "B", fork_name="same"))
    t.wait(flow.fork("one", "B", variables={"v": 2}, fork_name="other"))
    t.drain()

    assert describe(t, flow, "same").output == {"v": 1}
    assert describe(t, flow, "other").output == {"v": 2}


def test_what_cannot_be_forked_is_an_error(shop, chain, run):
    t = run()
    ran(t, chain, {"id": "x"})

    with pytest.raises(NotFound, match="was not entered"):
        t.wait(chain.fork("one", "C"))
    with pytest.raises(NotFound, match="no event 99"):
        t.wait(chain.fork("one", 99))
    with pytest.raises(Conflict, match="there is an execution one"):
        t.wait(chain.fork("one", "B", fork_name="one"))
    with pytest.raises(InvalidValue):
        t.wait(chain.fork("one", "B", input=object()))


def test_a_fork_can_be_redriven_and_forked(shop, chain, run):
    t = run()
    ran(t, chain, {"id": "x", "fails": 2})
    t.wait(chain.fork("one", "B", fork_name="two"))
    t.drain()
    assert describe(t, chain, "two").status == "FAILED"

    t.wait(chain.redrive("two"))
    t.wait(chain.fork("two", "A", fork_name="three"))
    t.drain()

    assert describe(t, chain, "two").status == "SUCCEEDED"
    assert describe(t, chain, "three").status == "SUCCEEDED"
    assert shop.times(t, "x") == 2


def test_a_paused_execution_does_not_go_on_and_misses_nothing(shop, run):
    flow = shop.flow({
        "W": {"Type": "Wait", "Seconds": 60, "Next": "A"},
        "A": task(shop.outside, Next="B"),
        "B": task(shop.effect, Parameters={"id": "x"}),
    })
    t = run()
    t.wait(flow.start(1, name="one"))
    t.advance("1s")
    assert t.wait(flow.pause_execution("one")) is True
    assert t.wait(flow.pause_execution("one")) is False

    t.advance("2h")
    assert shop.calls == []
    assert describe(t, flow).paused_ms is not None

    assert t.wait(flow.resume_execution("one")) is True
    assert t.wait(flow.resume_execution("one")) is False
    t.drain()
    assert describe(t, flow).status == "SUCCEEDED"
    assert describe(t, flow).paused_ms is None


def test_a_paused_execution_can_be_stopped(shop, run):
    flow = shop.flow({"W": {"Type": "Wait", "Seconds": 60, "Next": "A"}, "A": END})
    t = run()
    t.wait(flow.start(1, name="one"))
    t.advance("1s")
    t.wait(flow.pause_execution("one"))
    t.advance("2m")
    t.wait(flow.stop("one"))
    t.drain()

    assert describe(t, flow).status == "ABORTED"
    with pytest.raises(Conflict):
        t.wait(flow.pause_execution("one"))
    engine = t._platform.engine
    assert engine.read(lambda tx: tx.rows("SELECT count(*) FROM ensue_held_jobs")) == [(0,)]


def test_one_that_is_redriven_and_stopped_at_once_is_stopped(shop, chain, run):
    t = run()
    ran(t, chain, {"id": "x", "fails": 1})

    async def both():
        await chain.redrive("one")
        await chain.stop("one")

    t.wait(both())
    t.drain()

    assert describe(t, chain).status == "ABORTED"


def test_an_express_workflow_keeps_nothing_to_mend(shop, run):
    flow = shop.flow({"A": END}, type="EXPRESS")
    t = run()
    for mend in (flow.redrive, flow.pause_execution, flow.resume_execution):
        with pytest.raises(InvalidInput, match="express"):
            t.wait(mend("one"))
    with pytest.raises(InvalidInput, match="express"):
        t.wait(flow.fork("one", 1))


def test_a_workflow_and_its_executions_are_drawn(shop, chain, run):
    t = run()
    ran(t, chain, {"id": "x", "fails": 1})

    plain, drawn = t.wait(chain.draw()), t.wait(chain.draw("one"))
    assert ">A</text>" in plain
    assert "Task failed" not in plain
    assert 'class="Task failed"' in drawn
    assert t.wait(chain.draw("one", format="mermaid")).startswith("flowchart TD")
    with pytest.raises(InvalidValue):
        t.wait(chain.draw("one", format="png"))
