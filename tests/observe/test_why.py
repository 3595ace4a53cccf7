"""Why: from any id, the whole tree of what ensued."""

from __future__ import annotations

import httpx
import pytest

from ensue import App, NotFound
from ensue.observe.why import NODES_MAX
from ensue.testing import running

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def app():
    return App("shop")


def first(node, kind):
    """The first node of a kind, in the order in which a tree is read."""
    if node.kind == kind:
        return node
    return next((found for child in node.children if (found := first(child, kind))), None)


def test_the_tree_begins_with_the_request_whatever_id_of_it_is_asked_for(app, run_app):
    table = app.table("things", key="id")
    queue = app.queue("jobs")

    @app.post("/things")
    def make(tx) -> str:  # type: ignore[no-untyped-def]
        tx.put(table, {"id": "a"})
        return tx.send(queue, 1)

    t = run_app(app)
    reply = t.post("/things")

    for sought in (reply.headers["x-request-id"], reply.body, "a"):
        tree = t.why(sought)
        assert (tree.kind, tree.name) == ("request", "POST /things")
        assert [child.kind for child in tree.children] == ["change", "message"]


def test_looking_up_shows_the_path_to_the_beginning_only(app, run_app):
    queue, other = app.queue("jobs"), app.queue("others")

    @queue.consumer()
    def handle(message, tx):
        tx.send(other, "wanted")
        tx.send(other, "unwanted")

    t = run_app(app)
    t.wait(queue.send(1))
    t.settle()
    wanted = t.messages(other)[0].id

    tree = t.why(wanted, up=True)

    line = []
    while tree.children:
        [tree] = tree.children
        line.append(tree.name)
    assert line == ["jobs", "handle", "others"]
    assert tree.id == wanted


def test_failed_attempts_are_told_with_their_times_and_errors(app, run_app):
    queue = app.queue("jobs")
    tries = []

    @queue.consumer()
    async def act(message):
        tries.append(message.receives)
        if len(tries) < 3:
            raise RuntimeError(f"no {len(tries)}")

    t = run_app(app)
    message_id = t.wait(queue.send(1))
    t.drain()

    message = first(t.why(message_id), "message")
    assert message.state == "done"
    assert [(each.attempt, each.error) for each in message.attempts] == [
        (1, "RuntimeError: no 1"),
        (2, "RuntimeError: no 2"),
    ]
    assert message.waited_ms > 0


def test_a_dead_letter_is_told_as_dead(app, run_app):
    queue = app.queue("jobs", max_receives=1)

    @queue.consumer()
    def handle(message, tx):
        raise RuntimeError("never")

    t = run_app(app)
    message_id = t.wait(queue.send(1))
    t.drain()

    message = first(t.why(message_id), "message")
    assert (message.name, message.state) == ("jobs-dlq", "dead")


def test_a_message_that_waits_is_told_with_how_long_it_has_waited(app, run_app):
    queue = app.queue("jobs")
    t = run_app(app)
    message_id = t.wait(queue.send(1))

    t.advance("90s")

    message = first(t.why(message_id), "message")
    assert (message.state, message.waited_ms) == ("waiting", 90_000)


def test_an_unknown_id_is_not_found(app, run_app):
    with pytest.raises(NotFound, match="nothing is known of none"):
        run_app(app).why("none")


def test_an_id_of_another_store_is_not_found(app, run_app):
    queue = app.queue("jobs")
    with running(app, seed=2) as other:
        foreign = other.wait(queue.send(1))

    with pytest.raises(NotFound):
        run_app(app, seed=1).why(foreign)


def test_a_tree_of_many_is_cut_and_says_so(app, run_app):
    queue = app.queue("jobs")

    @queue.consumer()
    def handle(message, tx):
        if message.body:
            for _ in range(10):
                tx.send(queue, message.body - 1)

    t = run_app(app)
    message_id = t.wait(queue.send(4))
    t.settle()

    def count(node):
        return 1 + sum(count(child) for child in node.children)

    assert NODES_MAX <= count(t.why(message_id)) <= NODES_MAX + 100


def test_an_action_calls_the_outside_under_the_trace_of_the_first_request(app, run_app):
    queue = app.queue("jobs")
    calls = []

    @app.post("/jobs")
    def make(tx) -> str:  # type: ignore[no-untyped-def]
        return tx.send(queue, 1)

    @queue.consumer()
    async def act(message):
        await app.http.post("http://bank/pay")

    def bank(request):
        calls.append(request)
        return httpx.Response(200)

    t = run_app(app, outside={"http://bank": bank})
    t.request("POST", "/jobs", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    t.post("/jobs")
    t.settle()

    given, own = (call.headers["traceparent"].split("-")[1] for call in calls)
    assert given == TRACE
    assert own != TRACE
    assert len(own) == 32
