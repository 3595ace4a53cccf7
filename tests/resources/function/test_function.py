from __future__ import annotations

import pytest

from ensue.app.app import App
from ensue.words.errors import InvalidDeclaration, InvalidName


@pytest.fixture
def app() -> App:
    return App("wims")


def test_an_invoked_function_handles_the_body_once(store, run_on, app):
    stock = app.table("stock", key="id")

    @app.function
    def book(body, tx):
        tx.put(stock, body)

    stage = run_on(store, app)
    stage.wait(book.invoke({"id": 1}))
    assert stage.wait(book.depth()) == {"waiting": 1, "in_flight": 0}
    stage.settle()
    assert stage.wait(stock.get(1)) == {"id": 1}
    assert stage.wait(book.depth()) == {"waiting": 0, "in_flight": 0}


def test_a_function_that_fails_too_often_dead_letters_its_work(store, run_on, app):
    runs = []

    @app.function(retries=2)
    async def call(body):
        runs.append(body)
        raise OSError("nobody there")

    stage = run_on(store, app)
    stage.wait(call.invoke(1))
    stage.advance(3_600_000)
    assert runs == [1, 1, 1]
    [letter] = stage.wait(stage.platform.resource("queue", "call-dlq").peek())
    assert letter.attributes["dead_letter"]["reason"] == "OSError: nobody there"


@pytest.mark.parametrize("action", [False, True])
def test_a_call_answers_and_stores_no_work(store, run_on, app, action):
    def double(body, tx=None):
        return body * 2

    async def double_outside(body):
        return body * 2

    function = app.function(double_outside if action else double, name="double")
    stage = run_on(store, app)
    assert stage.wait(stage.engine.directory.callable(function.ref)(21)) == 42
    assert stage.rows("SELECT count(*) FROM ensue_work") == [(0,)]


@pytest.mark.parametrize("action", [False, True])
def test_a_call_by_hand_answers_with_what_the_function_returns(run_app, action):
    app = App("wims")
    stock = app.table("stock", key="id")

    def count(body, tx):
        tx.put(stock, body)
        return {"id": body["id"], "there": len(tx.scan(stock).items)}

    async def count_outside(body):
        return await app.run(count, body)

    app.function(count_outside if action else count, name="count")
    t = run_app(app)

    assert t.post("/_ensue/functions/count/call", {"body": {"id": 1}}).body == {"id": 1, "there": 1}
    assert t.post("/_ensue/functions/count/call", {"body": {}}).status == 400
    assert t.post("/_ensue/functions/count/call", {"body": {"id": 2}}).body["there"] == 2


def test_a_call_that_raises_has_done_nothing(store, run_on, app):
    stock = app.table("stock", key="id")

    @app.function
    def fail(body, tx):
        tx.put(stock, {"id": 1})
        raise ValueError("no")

    stage = run_on(store, app)
    with pytest.raises(ValueError, match="no"):
        stage.wait(fail.call(None))
    assert stage.wait(stock.count()) == 0


def test_a_function_is_called_as_it_is_named(app):
    def _note_(body, tx):
        return body, tx

    assert app.function(_note_).ref.name == "note"
    assert app.function(_note_, name="other").ref.name == "other"


@pytest.mark.parametrize("name", ["Note", "a b", "<lambda>"])
def test_a_function_whose_name_is_none_is_refused(app, name):
    with pytest.raises(InvalidName):
        app.function(name=name)(lambda body, tx: None)


def test_two_functions_of_one_name_are_refused(app):
    app.function(lambda body, tx: None, name="note")
    with pytest.raises(InvalidDeclaration, match="two resources called function note"):
        app.function(lambda body, tx: None, name="note")


@pytest.mark.parametrize("kind", ["created", [], ["insert", "gone"]])
def test_a_change_of_no_known_kind_is_refused(app, kind):
    with pytest.raises(InvalidDeclaration, match="expected a kind of change"):
        app.on_change(app.table("stock", key="id"), kind=kind)


def test_a_delivery_with_an_id_that_was_taken_before_adds_nothing(store, run_on, app):
    got = []
    topic = app.topic("news")

    @app.on_message(topic)
    def told(notification, tx):
        got.append(notification.body)

    stage = run_on(store, app)
    for body in ("first", "again"):
        stage.wait(topic.publish(body, deduplication_id="one"))
    stage.wait(topic.publish("other", deduplication_id="two"))
    stage.wait(topic.publish("none"))
    stage.settle()
    stage.wait(topic.publish("late", deduplication_id="one"))
    stage.advance(300_000)
    stage.wait(topic.publish("new", deduplication_id="one"))
    stage.settle()
    assert got == ["first", "other", "none", "new"]


def test_the_attributes_of_a_delivery_are_in_its_dead_letter_and_in_the_work_that_is_redriven(
    store, run_on, app
):
    topic = app.topic("news")

    @app.function(retries=0)
    def fail(body, tx):
        raise ValueError("not this one")

    topic.subscribe(fail)
    stage = run_on(store, app)
    stage.wait(topic.publish("hello", attributes={"lang": "en"}))
    stage.settle()
    letters = stage.platform.resource("queue", "fail-dlq")
    [letter] = stage.wait(letters.peek())
    assert letter.attributes["lang"] == "en"
    assert stage.wait(letters.redrive()).moved == 1
    assert stage.rows("SELECT attributes FROM ensue_work WHERE state < 2") == [('{"lang":"en"}',)]
