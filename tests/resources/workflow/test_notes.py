"""Why an effect of a workflow happened reads as the workflow's own words."""

from __future__ import annotations

from ensue import App, WorkflowContext
from ensue.resources.workflow.store.notes import note_of_job, note_of_task
from ensue.testing import running
from tests.resources.workflow.conftest import Shop


def notes_of(t, execution_id):
    """What is done in the tree of an execution: kind, name and note."""
    found = []

    def look(node):
        if node.kind not in {"statement", "run", "status"}:
            found.append((node.kind, node.name, node.note))
        for child in node.children:
            look(child)

    look(t.why(execution_id))
    return found


def test_the_work_of_a_state_machine_is_told_by_its_states():
    shop = Shop()
    asked = {"Type": "Task", "Resource": shop.outside, "ResultPath": None, "Next": "Rest"}
    flow = shop.flow({"Ask": asked, "Rest": {"Type": "Wait", "Seconds": 5, "End": True}})
    with running(shop.app) as t:
        t.wait(flow.start({"id": 1}, name="one"))
        t.drain()
        assert notes_of(t, t.wait(flow.describe("one")).id) == [
            ("execution", "flow", "one"),
            ("task", "Ask", 'one: Ask calls ensue:function:outside {"id":1}'),
            ("timer", "flow", "a time that was waited for has come"),
        ]


def test_the_work_of_a_function_is_told_by_its_steps():
    app = App("shop")

    async def charge(order):
        return order

    @app.workflow
    async def sell(ctx: WorkflowContext, order):
        await ctx.step(charge, order)

    with running(app) as t:
        t.wait(sell.start(1, name="one"))
        t.drain()
        assert notes_of(t, t.wait(sell.describe("one")).id) == [
            ("execution", "sell", "one"),
            ("task", "charge", "one: step charge"),
        ]


def test_answers_are_told_with_what_they_are_and_what_is_unknown_as_it_is():
    assert note_of_job('["succeeded",1,0,4,{"id":1},null,null]') == 'the task succeeded: {"id":1}'
    assert (
        note_of_job('["failed",1,0,4,null,"Refused","by us"]') == "the task failed: Refused: by us"
    )
    assert note_of_job('["over",1]') == "the time of the execution is over"
    assert note_of_job('["stop",1,0,0,null,null,"late"]') == "stop: late"
    assert note_of_job('["one",1700000000000,{"n":1}]') == 'one {"n":1}'
    for odd in ("{}", "7", "no JSON"):
        assert (note_of_job(odd), note_of_task(odd)) == (odd, odd)
