"""Trees that grow in steps: whole, in pages, and the same from every side."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue import App, NotFound, WorkflowContext
from ensue.observe import unfolding, why
from ensue.observe.children import CHILDREN_MAX
from ensue.testing import running


@pytest.fixture
def app():
    return App("shop")


def nodes(root):
    """The nodes of a tree, each with the one above."""
    waiting = [(root, None)]
    while waiting:
        node, above = waiting.pop()
        yield node, above
        waiting += [(child, node) for child in node.children]


def growing(app):
    """An app whose messages say how they go on: each number is so many more messages."""
    jobs, things, events = app.queue("jobs"), app.table("things", key="id"), app.bus("events")
    events.rule("more", {"detail-type": ["More"]}, to=jobs)

    @jobs.consumer()
    def handle(message, tx):
        plan = message.body if isinstance(message.body, list) else message.body["detail"]["plan"]
        for at, each in enumerate(plan):
            if at % 2:
                tx.publish(events, "More", {"plan": each})
            else:
                tx.send(jobs, each)
        if not plan:
            tx.put(things, {"id": message.id})

    return jobs


plans = st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@settings(max_examples=15, deadline=None)
@given(plans)
def test_whatever_is_in_a_tree_leads_back_to_its_root_and_from_there_to_itself(plan):
    app = App("shop")
    jobs = growing(app)
    with running(app) as t:
        message_id = t.wait(jobs.send(plan))
        t.settle()
        tree = t.why(message_id)
        found = {node.id: above for node, above in nodes(tree)}
        stored = t._platform.engine.read(
            lambda tx: [
                *(tx.facts.records.text(0, row[0]) for row in tx.rows("SELECT id FROM ensue_hops")),
                *(tx.facts.records.text(1, row[0]) for row in tx.rows("SELECT id FROM ensue_work")),
            ]
        )
        assert set(stored) <= set(found)  # every node is reached from the root
        for node_id, above in found.items():
            line = [node.id for node, _ in nodes(t.why(node_id, up=True))]
            assert (line[0], line[-1]) == (tree.id, node_id)
            assert line[-2:-1] == ([] if above is None else [above.id])
        again = t.why(max(found))
        assert {node.id for node, _ in nodes(again)} == set(found)


def test_the_children_that_are_not_shown_are_got_a_page_at_a_time(app, run_app):
    jobs = app.queue("jobs")

    @app.post("/many")
    def many(tx) -> list[str]:  # type: ignore[no-untyped-def]
        return [tx.send(jobs, number) for number in range(250)]

    t = run_app(app)
    reply = t.post("/many")
    engine, root = t._platform.engine, reply.headers["x-request-id"]

    seen, more = [], ""
    while more is not None:
        page = t.wait(t._platform.unfold(root, after=more))
        seen += [child.id for child in page.children]
        assert len(page.children) <= CHILDREN_MAX
        more = page.more

    assert seen == reply.body
    assert len(why(engine, root).children) == CHILDREN_MAX


def test_what_is_sought_is_shown_also_beyond_the_page_of_its_siblings(app, run_app):
    jobs = app.queue("jobs")

    @app.post("/many")
    def many(tx) -> list[str]:  # type: ignore[no-untyped-def]
        return [tx.send(jobs, number) for number in range(250)]

    t = run_app(app)
    wanted = t.post("/many").body[222]

    tree = t.why(wanted)

    assert tree.children[-1].id == wanted
    assert tree.children[-1].is_sought
    assert tree.more == tree.children[CHILDREN_MAX - 1].id


def test_what_was_sought_grows_first_and_what_does_not_grow_says_whether_it_would(app, run_app):
    jobs = growing(app)
    t = run_app(app)
    root = t.wait(jobs.send([[[[]], [[]]], [[[]], [[]]], [[[]], [[]]]]))
    t.settle()
    whole = {node.id: node for node, _ in nodes(t.why(root))}
    last = [child for child, _ in nodes(t.why(root)) if child.kind == "message"][-1]

    small = why(t._platform.engine, last.id, limit=12)

    shown = {node.id: node for node, _ in nodes(small)}
    sought = shown[last.id]
    assert [child.id for child in sought.children] == [child.id for child in last.children]
    for node in shown.values():
        is_all = len(node.children) == len(whole[node.id].children)
        assert (node.more is None) == is_all


def test_no_step_of_a_walk_looks_at_many(app, run_app):
    jobs = growing(app)
    t = run_app(app)
    root = t.wait(jobs.send([[[]] * 9] * 9))
    t.settle()

    steps = sum(1 for _ in unfolding(t._platform.engine, root))

    assert steps > 10


def test_an_execution_is_one_node_by_its_own_id_and_by_that_of_the_work_that_began_it(app, run_app):
    out = app.queue("out")

    def effect(order, tx):
        tx.send(out, order)

    @app.workflow
    async def sell(ctx: WorkflowContext, order):
        await ctx.step(effect, order)

    @app.post("/sell")
    def start(tx) -> None:  # type: ignore[no-untyped-def]
        tx.start(sell, 7, name="one")

    t = run_app(app)
    reply = t.post("/sell")
    t.settle()
    execution = t.wait(sell.describe("one"))

    tree = t.why(execution.id)

    assert (tree.kind, tree.name) == ("request", "POST /sell")
    [node] = [child for child in tree.children if child.kind == "execution"]
    assert (node.id, node.state, node.note) == (execution.id, "SUCCEEDED", "one")
    assert node.is_sought
    work_id = t._platform.engine.work_id(1)
    by_work = [each for each, _ in nodes(t.why(work_id)) if each.is_sought]
    assert [each.id for each in by_work] == [execution.id]
    [message] = t.messages(out)
    assert execution.id in {each.id for each, _ in nodes(t.why(message.id, up=True))}
    assert tree.id == reply.headers["x-request-id"]


def test_an_execution_is_known_when_the_work_that_began_it_is_not_any_more(app, run_app):
    flow = app.workflow("flow", definition={"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    t = run_app(app)
    execution = t.start(flow, {"n": 1}, name="one")

    async def forget():
        await t._platform.engine.transact(lambda tx: tx.execute("DELETE FROM ensue_work"))

    t.wait(forget())
    assert t.why(execution.id, up=True).children[0].id == execution.id
    detail = t._platform.detail(execution.id)
    assert (detail.kind, detail.state, detail.input.value) == ("execution", "SUCCEEDED", {"n": 1})


def test_an_express_execution_is_a_node_with_its_outcome(app, run_app):
    flow = app.workflow(
        "flow",
        definition={"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "No"}}},
        type="EXPRESS",
    )
    t = run_app(app)
    started = t.wait(flow.start({"n": 1}, name="one"))
    t.settle()

    found = [node for node, _ in nodes(t.why(started.id)) if node.kind == "execution"]

    assert [(node.state, node.note) for node in found] == [("FAILED", "one: No")]


def test_what_has_no_beginning_any_more_says_what_it_was_caused_by(app, run_app):
    jobs, others = app.queue("jobs"), app.queue("others")

    @jobs.consumer()
    def handle(message, tx):
        tx.send(others, 1)

    t = run_app(app)
    first = t.wait(jobs.send(1))
    t.settle()
    [message] = t.messages(others)

    async def forget():
        await t._platform.engine.transact(
            lambda tx: tx.execute("DELETE FROM ensue_work WHERE id = 1")
        )

    t.wait(forget())
    tree = t.why(message.id)
    assert (tree.kind, tree.name, tree.cause) == ("run", "handle", first)
    with pytest.raises(NotFound):
        t.why(first)


def test_mails_calls_and_deliveries_are_called_what_they_are(app, run_app):
    mail, hook = app.mail("letters", to="a@b.invalid"), app.destination("hook", url="http://x")

    @app.post("/tell")
    def tell(tx) -> None:  # type: ignore[no-untyped-def]
        tx.send(mail, {"subject": "hello", "text": "you"})
        tx.send(hook, {"n": 1})

    t = run_app(app)
    tree = t.why(t.post("/tell").headers["x-request-id"])

    assert [(node.kind, node.name) for node in tree.children] == [
        ("mail", "letters"),
        ("call", "hook"),
    ]
    assert tree.children[1].ref == hook.ref
