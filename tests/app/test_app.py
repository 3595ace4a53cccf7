# ruff: noqa: RUF043 - handlers and fixtures take what they are given
from __future__ import annotations

import httpx
import pytest

from ensue.app.app import App
from ensue.engine.transaction import OUTSIDE, acting
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidInput,
    InvalidName,
    InvalidValue,
    NotFound,
    StoreClosed,
)


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.mark.parametrize("name", ["", "Wims", "a b", "1a"])
def test_an_app_needs_a_good_name(name):
    with pytest.raises(InvalidName):
        App(name)


@pytest.mark.parametrize("kind", ["queue", "bus", "mail"])
def test_two_resources_of_one_name_are_refused(app, kind):
    declare = getattr(app, kind)
    declare("x")
    with pytest.raises(InvalidDeclaration, match="there are two resources called") as caught:
        declare("x")
    assert caught.value.hint


def test_resources_of_two_kinds_may_have_one_name(app):
    app.queue("orders")
    app.bus("orders")
    app.table("orders", key="id")


def test_a_queue_that_is_called_like_anothers_dead_letter_queue_is_refused(app):
    app.queue("x")
    with pytest.raises(InvalidDeclaration, match="x-dlq"):
        app.queue("x-dlq")


@pytest.mark.parametrize("max_receives", [0, -1, 1_001])
def test_a_queue_has_bounds(app, max_receives):
    with pytest.raises(InvalidDeclaration, match="max_receives from 1 to 1000"):
        app.queue("x", max_receives=max_receives)


def test_a_policy_written_wrong_is_refused(app):
    with pytest.raises(InvalidValue, match="expected a duration"):
        app.function(timeout="soon")(lambda body, tx: None)


def test_a_handle_of_an_app_that_does_not_run_says_how_to_run_it(app):
    queue = app.queue("x")
    coroutine = queue.send(1)
    with pytest.raises(StoreClosed, match="is not running. Start it with"):
        coroutine.send(None)


def test_an_app_runs_once_at_a_time(store, run_on, app):
    run_on(store, app)
    with pytest.raises(InvalidDeclaration, match="is running already"):
        run_on(store, app)


def test_an_app_that_was_stopped_can_run_again(file_store, run_on, app):
    stock = app.table("stock", key="id")
    first = run_on(file_store, app)
    first.wait(stock.put({"id": 1}))
    first.close()
    assert run_on(file_store, app).wait(stock.get(1)) == {"id": 1}


def test_an_app_that_cannot_run_leaves_the_store_closed_and_itself_free(file_store, run_on, app):
    other = App("other")
    app.bus("events").rule("r", {"a": ["b"]}, to=other.queue("q"))
    with pytest.raises(NotFound):
        run_on(file_store, app)
    run_on(file_store, app, other)


def test_two_apps_of_one_name_do_not_run_together(store, run_on):
    with pytest.raises(InvalidDeclaration, match="different names"):
        run_on(store, App("a"), App("a"))


def test_a_resource_is_found_by_kind_and_name_and_by_app_where_several_have_it(store, run_on):
    one, two = App("one"), App("two")
    first, second = one.queue("q"), two.queue("q")
    only = two.queue("only")
    platform = run_on(store, one, two).platform
    assert platform.resource("queue", "only") is only
    assert platform.resource("queue", "q", "one") is first
    assert platform.resource("queue", "q", "two") is second
    with pytest.raises(NotFound, match="several called queue q, in the apps one, two"):
        platform.resource("queue", "q")
    with pytest.raises(NotFound, match="there is no bus q"):
        platform.resource("bus", "q")


def test_a_message_for_an_app_that_does_not_run_is_refused(store, run_on, app):
    queue = App("other").queue("q")
    stage = run_on(store, app)
    with pytest.raises(NotFound, match="there is no queue q in other"):
        stage.wait(app.run(lambda tx: tx.send(queue, 1)))


def test_run_gives_its_arguments_and_the_transaction(store, run_on, app):
    stock = app.table("stock", key="id")
    stage = run_on(store, app)
    assert stage.wait(app.run(lambda key, tx: tx.put(stock, {"id": key}), 7))
    assert stage.wait(stock.get(7))


def test_a_group_for_what_is_no_queue_is_refused(store, run_on, app):
    function = app.function(lambda body, tx: None, name="f")
    stage = run_on(store, app)
    with pytest.raises(Exception, match="expected a queue for group"):
        stage.wait(app.run(lambda tx: tx.send(function, 1, group="g")))


def test_what_nothing_can_be_sent_to_is_refused(store, run_on, app):
    clicks = app.stream("clicks")
    stage = run_on(store, app)
    with pytest.raises(InvalidInput, match=r"a destination, got stream clicks\. Publish"):
        stage.wait(app.run(lambda tx: tx.send(clicks, 1)))


def test_what_an_action_calls_gets_the_same_idempotency_key_at_every_retry(store, run_on, app):
    queue = app.queue("payments")
    keys = []

    def answer(request):
        keys.append((request.headers["idempotency-key"], request.headers["traceparent"]))
        return httpx.Response(200 if len(keys) == 2 else 500)

    app.outside = {"all://": httpx.MockTransport(answer)}

    @queue.consumer()
    async def charge(payment):
        (await app.http.post("http://payments/")).raise_for_status()

    stage = run_on(store, app)
    sent = stage.wait(queue.send(1))
    stage.advance(60_000)
    assert [key for key, _ in keys] == [sent, sent]
    assert keys[0][1][:36] == keys[1][1][:36]
    assert keys[0][1] != keys[1][1]


def test_what_an_action_causes_names_its_message_as_the_cause(store, run_on, app):
    queue, stock = app.queue("payments"), app.table("stock", key="id")

    @queue.consumer()
    async def charge(payment):
        await stock.put({"id": payment.body})

    stage = run_on(store, app)
    stage.wait(queue.send(1))
    stage.settle()
    assert stage.rows("SELECT cause_sequence FROM ensue_hops WHERE actor = 'charge'") == [(1,)]
    assert acting.get() is OUTSIDE
