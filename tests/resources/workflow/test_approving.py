"""What waits for people is listed, and answered by an id of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ensue.engine import executions
from ensue.words.errors import InvalidDeclaration, InvalidInput, InvalidValue, NotFound, StepFailed
from tests.resources.workflow.conftest import asking, tables

END = {"Type": "Succeed"}


@dataclass
class Refund:
    """How much of an order is paid back."""

    approved: bool
    cents: int = 0
    comment: str = ""


def begun(t, flow, given=None, name="one"):
    t.wait(flow.start(given, name=name))
    t.settle()


def waiting(t, flow, **asked):
    return t.wait(flow.approvals(**asked))


@pytest.fixture
def refunds(shop):
    """A state that asks somebody, with its token; a rejection is caught."""
    return shop.flow(
        {
            "Ask": asking(
                shop,
                Comment="Refund the order?",
                Parameters={"token.$": "$$.Task.Token", "order.$": "$", "link.$": LINK},
                TimeoutSeconds=90,
                Next="Done",
                Catch=[{"ErrorEquals": ["Rejected"], "Next": "No"}],
            )
            | {"End": None},
            "Done": END,
            "No": END,
        },
        forms={"Ask": Refund},
    )


LINK = "States.Format('https://x/{}?a=1', $$.Task.Token)"


@pytest.fixture(autouse=True)
def no_end(monkeypatch, shop):
    """States of `asking` that go on elsewhere have no End."""
    plain = shop.flow

    def flow(states, **more):
        kept = {
            name: {key: value for key, value in state.items() if value is not None}
            for name, state in states.items()
        }
        return plain(kept, **more)

    shop.flow = flow


def test_what_waits_tells_what_is_to_be_decided_on_and_no_token(shop, refunds, run):
    t = run()
    begun(t, refunds, {"id": 7})
    [message] = t.wait(shop.outbox.peek())

    page = waiting(t, refunds)
    [found] = page.approvals

    assert (found.execution, found.state, found.kind) == ("one", "Ask", "token")
    assert (found.title, found.called) == (
        "Refund the order?",
        "ensue:queue:outbox.waitForTaskToken",
    )
    assert found.until_ms == found.since_ms + 90_000
    assert found.data["order"] == {"id": 7}
    assert message.body["token"] not in str(found)
    assert found.data["link"].startswith("https://x/•")
    assert found.form["properties"]["cents"]["type"] == "integer"
    assert [(each.state, each.waiting) for each in page.states] == [("Ask", 1)]
    assert t.wait(refunds.approval(found.id)) == found


def test_an_approval_lets_the_execution_go_on_with_the_answer(shop, refunds, run):
    t = run()
    begun(t, refunds, {"id": 7})
    [found] = waiting(t, refunds).approvals

    t.wait(refunds.approve(found.id, {"approved": True, "cents": 5}, comment="fine"))
    assert waiting(t, refunds).approvals == ()
    t.settle()

    ended = t.wait(refunds.describe("one"))
    assert ended.output == {"approved": True, "cents": 5, "comment": "fine"}
    assert tables(t)[:2] == [0, 0]
    with pytest.raises(NotFound):
        t.wait(refunds.approve(found.id))


def test_a_rejection_fails_the_state_with_its_error_and_the_comment(shop, refunds, run):
    t = run()
    begun(t, refunds, {"id": 7})
    [found] = waiting(t, refunds).approvals

    t.wait(refunds.reject(found.id, comment="too much"))
    t.settle()

    assert t.wait(refunds.describe("one")).output == {"Error": "Rejected", "Cause": "too much"}
    with pytest.raises(NotFound):
        t.wait(refunds.reject(found.id))


def test_an_answer_that_does_not_fit_the_form_is_refused_and_nothing_is_answered(
    shop, refunds, run
):
    t = run()
    begun(t, refunds, {"id": 7})
    [found] = waiting(t, refunds).approvals

    with pytest.raises(InvalidValue, match="cents"):
        t.wait(refunds.approve(found.id, {"approved": True, "cents": "much"}))
    with pytest.raises(InvalidInput):
        t.wait(refunds.approve(found.id, "yes", comment="no place for it"))
    with pytest.raises(InvalidValue, match="id of an approval"):
        t.wait(refunds.approve("nonsense"))

    assert waiting(t, refunds).approvals == (found,)


def test_a_wait_that_is_over_is_not_listed_and_the_next_one_has_another_id(shop, run):
    flow = shop.flow({
        "Ask": asking(shop, TimeoutSeconds=9, Retry=[{"ErrorEquals": ["States.ALL"]}])
    })
    t = run()
    begun(t, flow)
    [first] = waiting(t, flow).approvals

    t.advance("9s")
    assert waiting(t, flow).approvals == ()  # it waits for another try
    t.advance("2s")
    [second] = waiting(t, flow).approvals

    assert first.id != second.id
    with pytest.raises(NotFound):
        t.wait(flow.approve(first.id))
    t.wait(flow.stop("one"))
    assert waiting(t, flow).states == ()


def test_a_task_for_an_activity_waits_for_somebody_until_it_is_answered(shop, run):
    desk = shop.app.activity("desk")
    flow = shop.flow({"Ask": {"Type": "Task", "Resource": desk, "End": True}})
    t = run()
    begun(t, flow, {"id": 7})
    [found] = waiting(t, flow).approvals
    assert (found.data, found.title) == ({"id": 7}, "Ask")

    task = t.wait(desk.take())
    assert waiting(t, flow).approvals[0].id == found.id
    t.wait(flow.approve(found.id))
    t.settle()

    assert t.wait(flow.describe("one")).output == {"approved": True}
    with pytest.raises(NotFound):
        t.wait(desk.succeed(task.token))


def test_a_function_waits_for_a_human_and_gets_an_answer_of_the_forms_type(shop, run):
    @shop.app.workflow
    async def refund(ctx, order):
        answer = await ctx.wait_for_human(
            "decide", title=f"Refund order {order['id']}?", form=Refund, data=order, timeout="3d"
        )
        return [type(answer).__name__, answer.cents]

    t = run()
    begun(t, refund, {"id": 7})
    [found] = waiting(t, refund).approvals

    assert (found.title, found.kind, found.state) == ("Refund order 7?", "event", "decide")
    assert (found.data, found.form["required"]) == ({"id": 7}, ["approved"])
    assert found.until_ms == found.since_ms + 3 * 86_400_000
    with pytest.raises(InvalidValue, match="approved"):
        t.wait(refund.approve(found.id, {"cents": 3}))
    t.wait(refund.approve(found.id, {"approved": True, "cents": 3}))
    t.settle()

    assert t.wait(refund.describe("one")).output == ["Refund", 3]


def test_a_function_that_is_rejected_raises_there_and_does_so_again_when_it_is_replayed(shop, run):
    @shop.app.workflow
    async def refund(ctx, order):
        try:
            await ctx.wait_for_human("decide", data=order)
        except StepFailed as fault:
            await ctx.sleep("1h")
            return [fault.error, fault.cause]

    t = run()
    begun(t, refund)
    [found] = waiting(t, refund).approvals
    t.wait(refund.reject(found.id, comment="no"))
    t.settle()
    refund._routines.close()
    t.advance("1h")

    assert t.wait(refund.describe("one")).output == ["Rejected", "no"]


def test_of_two_branches_that_wait_for_the_same_event_the_one_is_answered_that_was_meant(shop, run):
    @shop.app.workflow
    async def both(ctx, given):
        return await ctx.parallel(ctx.wait_for_event("go"), ctx.wait_for_event("go"))

    t = run()
    begun(t, both)
    one, two = waiting(t, both).approvals

    t.wait(both.approve(two.id, "two"))
    t.settle()
    assert waiting(t, both).approvals == (one,)
    t.wait(both.approve(one.id, "one"))
    t.settle()

    assert t.wait(both.describe("one")).output == ["one", "two"]


def test_an_answer_to_a_paused_execution_waits_for_it(shop, refunds, run):
    t = run()
    begun(t, refunds, {"id": 7})
    [found] = waiting(t, refunds).approvals
    t.wait(refunds.pause_execution("one"))

    t.wait(refunds.approve(found.id, {"approved": True}))
    t.advance("2m")
    assert t.wait(refunds.describe("one")).status == "RUNNING"
    t.wait(refunds.resume_execution("one"))
    t.settle()

    assert t.wait(refunds.describe("one")).status == "SUCCEEDED"


def test_the_list_is_paged_state_by_state_and_narrowed_to_one(shop, run):
    flow = shop.flow({
        "P": {
            "Type": "Parallel",
            "Branches": [{"StartAt": name, "States": {name: asking(shop)}} for name in ("B", "A")],
            "End": True,
        }
    })
    t = run()
    for name in ("one", "two"):
        begun(t, flow, name=name)

    first = waiting(t, flow, limit=3)
    rest = waiting(t, flow, limit=3, after=first.next)

    told = [(each.state, each.execution) for each in first.approvals + rest.approvals]
    assert told == [("A", "one"), ("A", "two"), ("B", "one"), ("B", "two")]
    assert rest.next is None
    assert [each.execution for each in waiting(t, flow, state="B").approvals] == ["one", "two"]
    assert [(each.state, each.waiting) for each in rest.states] == [("A", 2), ("B", 2)]
    with pytest.raises(InvalidValue):
        waiting(t, flow, after="x")


def test_children_of_a_map_run_ask_as_others_do(shop, run):
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Ask",
        "States": {"Ask": asking(shop)},
    }
    flow = shop.flow({"M": {"Type": "Map", "ItemProcessor": processor, "End": True}})
    t = run()
    begun(t, flow, [1, 2])
    found = waiting(t, flow, limit=1)
    assert (len(found.approvals), found.states[0].waiting) == (1, 2)

    for each in waiting(t, flow).approvals:
        t.wait(flow.approve(each.id, each.execution))
    t.settle()

    assert t.wait(flow.describe("one")).status == "SUCCEEDED"
    child = found.approvals[0].execution
    assert t.wait(flow.describe(child)).output == child
    assert t.wait(flow.trace(child)).visits[0].state == "Ask"


def test_a_form_is_for_a_state_that_waits_for_a_token(shop):
    with pytest.raises(InvalidDeclaration, match="one for Nobody"):
        shop.flow({"A": END}, forms={"Nobody": Refund})
    with pytest.raises(InvalidDeclaration, match="one for A"):
        shop.flow({"A": END}, forms={"A": Refund})
    with pytest.raises(InvalidDeclaration, match="no forms"):

        @shop.app.workflow("f", forms={"A": Refund})
        async def f(ctx, given): ...


def test_waits_of_a_store_of_an_earlier_version_are_listed(shop, refunds, run):
    t = run()
    begun(t, refunds, {"id": 7})
    update = executions.ASKING[executions.ASKING.index("UPDATE") :]

    t._await(brought_forward(t._platform.engine, update))

    assert [each.state for each in waiting(t, refunds).approvals] == ["Ask"]


async def brought_forward(engine, update):
    """Let the branches be as before, and then as an update of the schema makes them."""
    await engine.transact(lambda tx: tx.rows("UPDATE ensue_branches SET asked = NULL"))
    await engine.transact(lambda tx: tx.rows(update))
