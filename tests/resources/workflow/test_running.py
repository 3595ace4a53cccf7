"""Standard executions: how one goes from its start to its end."""

from __future__ import annotations

import pytest

from ensue.words.errors import InvalidDeclaration, InvalidDefinition
from tests.resources.workflow.conftest import ran, types

END = {"Type": "Succeed"}


def scope(*states):
    """A scope of states, each followed by the next."""
    names = [f"S{n}" for n in range(len(states))]
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    ends = [
        {} if each["Type"] == "Fail" else then for each, then in zip(states, following, strict=True)
    ]
    return {
        "StartAt": "S0",
        "States": {n: each | then for n, each, then in zip(names, states, ends, strict=True)},
    }


def wait(seconds):
    return {"Type": "Wait", "Seconds": seconds}


def test_states_and_tasks_inside_are_one_transaction(shop, run):
    flow = shop.flow({
        "A": {"Type": "Pass", "Result": {"id": "x"}, "Next": "B"},
        "B": {"Type": "Task", "Resource": shop.effect, "Next": "C"},
        "C": END,
    })
    t = run()
    found = ran(t, flow)
    assert (found.status, found.output) == ("SUCCEEDED", {"done": "x"})
    assert shop.times(t, "x") == 1
    engine = t._platform.engine
    assert engine.read(lambda tx: tx.rows("SELECT count(*) FROM ensue_histories")) == [(1,)]
    assert engine.read(lambda tx: tx.rows("SELECT count(*) FROM ensue_branches")) == [(0,)]


def test_the_history_is_that_of_step_functions(shop, run):
    flow = shop.flow({"B": {"Type": "Task", "Resource": shop.effect, "Next": "C"}, "C": END})
    t = run()
    ran(t, flow, {"id": "x"})
    assert types(t, flow) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


def test_a_task_inside_that_raises_is_undone_alone_and_its_state_fails(shop, run):
    flow = shop.flow({
        "A": {"Type": "Task", "Resource": shop.effect, "ResultPath": None, "Next": "B"},
        "B": {
            "Type": "Task",
            "Resource": shop.refuse,
            "Catch": [{"ErrorEquals": ["KeyError"], "Next": "C"}],
            "End": True,
        },
        "C": {"Type": "Pass", "End": True},
    })
    t = run()
    found = ran(t, flow, {"id": "x"})
    assert found.output == {
        "Error": "KeyError",
        "Cause": '{"errorMessage":"\'no such model\'","errorType":"KeyError"}',
    }
    assert shop.times(t, "x") == 1


def test_a_task_outside_is_called_and_its_answer_goes_on(shop, run):
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.outside, "End": True}})
    t = run()
    assert ran(t, flow, {"id": "x"}).output == {"answered": 1}
    assert shop.calls == [{"id": "x"}]


def test_a_task_outside_that_raises_is_tried_again_by_its_retriers(shop, run):
    retry = [{"ErrorEquals": ["TimeoutError"], "IntervalSeconds": 3, "MaxAttempts": 5}]
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.outside, "Retry": retry, "End": True}})
    t = run()
    began_ms = t.now_ms()
    found = ran(t, flow, {"fails": 2})
    assert found.output == {"answered": 3}
    assert found.ended_ms - began_ms == 3_000 + 6_000


def test_a_wait_is_over_when_it_is_time_and_not_before(shop, run):
    flow = shop.flow({"A": {"Type": "Wait", "Seconds": 60, "End": True}})
    t = run()
    t.wait(flow.start(name="one"))
    t.advance(59)
    assert t.wait(flow.describe("one")).status == "RUNNING"
    t.advance(1)
    assert t.wait(flow.describe("one")).status == "SUCCEEDED"


def test_a_queue_gets_a_message_and_the_task_its_id(shop, run):
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.outbox, "End": True}})
    t = run()
    found = ran(t, flow, {"n": 1})
    [message] = t.messages(shop.outbox)
    assert message.body == {"n": 1}
    assert found.output == {"id": message.id}


def test_branches_run_side_by_side_and_their_results_come_in_order(shop, run):
    branch = {
        "StartAt": "T",
        "States": {"T": {"Type": "Task", "Resource": shop.outside, "End": True}},
    }
    flow = shop.flow({
        "P": {
            "Type": "Parallel",
            "Branches": [
                branch,
                {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": True}}},
            ],
            "End": True,
        }
    })
    t = run()
    assert ran(t, flow, {"n": 1}).output == [{"answered": 1}, {"n": 1}]


def test_a_branch_that_fails_takes_the_waits_of_its_siblings_along(shop, run):
    flow = shop.flow({
        "P": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "W",
                    "States": {
                        "W": {"Type": "Wait", "Seconds": 5, "Next": "F"},
                        "F": {"Type": "Fail", "Error": "Mine"},
                    },
                },
                {"StartAt": "L", "States": {"L": {"Type": "Wait", "Seconds": 500, "End": True}}},
            ],
            "End": True,
        }
    })
    t = run()
    t.wait(flow.start(name="one"))
    t.advance(5)
    found = t.wait(flow.describe("one"))
    assert (found.status, found.error) == ("FAILED", "Mine")
    left = t._platform.engine.read(
        lambda tx: tx.rows("SELECT count(*) FROM ensue_work WHERE state < 2")
    )
    assert left == [(0,)]


def test_a_map_goes_over_its_items_with_tasks_inside(shop, run):
    each = scope({"Type": "Task", "Resource": shop.effect})
    flow = shop.flow({"M": {"Type": "Map", "ItemProcessor": each, "End": True}})
    t = run()
    items = [{"id": f"i{n}"} for n in range(20)]
    assert ran(t, flow, items).output == [{"done": f"i{n}"} for n in range(20)]
    assert [shop.times(t, f"i{n}") for n in range(20)] == [1] * 20


def test_an_execution_goes_on_in_a_second_transaction_beyond_its_bound(shop, run):
    flow = shop.flow({
        "A": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "B"},
        "B": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 300, "Next": "A"}],
            "Default": "C",
        },
        "C": END,
    })
    t = run()
    assert ran(t, flow, {"n": 0}).output == {"n": 300}
    engine = t._platform.engine
    rows = engine.read(lambda tx: tx.rows("SELECT id % 65536 FROM ensue_histories ORDER BY id"))
    assert len(rows) > 2
    events = t.wait(flow.history("one", limit=1_000)).events
    assert [each["id"] for each in events] == [*range(1, len(events) + 1)]


def test_what_a_task_calls_must_be_there_when_it_is_declared(shop, run):
    shop.flow({"A": {"Type": "Task", "Resource": "ensue:queue:none", "End": True}})
    with pytest.raises(InvalidDeclaration, match="there is no queue none"):
        run()


def test_a_resource_that_takes_nothing_is_refused_when_it_is_declared(shop, run):
    shop.flow({"A": {"Type": "Task", "Resource": shop.effects, "End": True}})
    with pytest.raises(InvalidDeclaration, match="expected a resource that takes deliveries"):
        run()


def test_a_definition_with_faults_is_refused_with_all_of_them(shop):
    with pytest.raises(InvalidDefinition) as refused:
        shop.flow({"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Nothing"}})
    assert "/States/A/Next" in str(refused.value)
    assert "/States/C" in str(refused.value)


def test_a_definition_in_a_file_is_read(shop, run, tmp_path):
    path = tmp_path / "ship.asl.json"
    path.write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}')
    flow = shop.app.workflow("ship", definition=path)
    t = run()
    assert ran(t, flow, 7).output == 7


def test_what_a_task_changes_of_its_input_stays_its_own(shop, run):
    @shop.app.function
    def spoil(body, tx):
        del tx
        body["spoilt"] = True
        return body

    flow = shop.flow({
        "A": {"Type": "Task", "Resource": spoil, "ResultPath": "$.result", "End": True}
    })
    t = run()
    assert ran(t, flow, {"n": 1}).output == {"n": 1, "result": {"n": 1, "spoilt": True}}


def test_who_waits_for_the_end_is_told_of_it(shop, run):
    flow = shop.flow({"A": {"Type": "Task", "Resource": shop.outside, "End": True}})
    t = run()
    found = t.wait(flow.start_sync({"n": 1}))
    assert (found.status, found.output) == ("SUCCEEDED", {"answered": 1})


def test_what_a_task_answers_that_json_cannot_hold_undoes_what_it_did(shop, run):
    @shop.app.function
    def odd(body, tx):
        tx.put(shop.effects, {"id": body["id"], "times": 1})
        return object()

    flow = shop.flow({"A": {"Type": "Task", "Resource": odd, "End": True}})
    t = run()
    assert ran(t, flow, {"id": "x"}).error == "InvalidValue"
    assert shop.times(t, "x") == 0
