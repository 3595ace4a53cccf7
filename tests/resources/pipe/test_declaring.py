from __future__ import annotations

import pytest

from ensue import App, InputTransformer, RuleTarget
from ensue.words.errors import (
    InvalidDeclaration,
    InvalidExpression,
    InvalidInput,
    InvalidPattern,
    InvalidValue,
    NotFound,
)


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def orders(app):
    return app.table("orders", key="id")


@pytest.fixture
def out(app):
    return app.queue("out")


def test_a_queue_has_a_pipe_or_a_consumer_and_not_both(app, out):
    first, second = app.queue("first"), app.queue("second")
    app.pipe("forward", source=first, to=out)
    with pytest.raises(InvalidDeclaration, match="one consumer"):
        first.consumer()(lambda message, tx: None)
    with pytest.raises(InvalidDeclaration, match="one consumer"):
        app.pipe("again", source=first, to=out)
    second.consumer()(lambda message, tx: None)
    with pytest.raises(InvalidDeclaration, match="one consumer"):
        app.pipe("late", source=second, to=out)
    assert [ref.name for ref in app.resources if ref.kind == "pipe"] == ["forward"]


def test_nobody_receives_by_hand_from_a_pipes_queue(store, run_on, app, out):
    work = app.queue("work")
    app.pipe("forward", source=work, to=out)
    stage = run_on(store, app)
    with pytest.raises(InvalidInput, match="forward"):
        stage.wait(work.receive())


def test_a_pipe_into_itself_is_refused(app, out):
    with pytest.raises(InvalidDeclaration, match="queue out to queue out"):
        app.pipe("round", source=out, to=out)


def test_pipes_that_lead_back_are_refused_when_nothing_keeps_anything_back(app, out):
    middle = app.queue("middle")
    app.pipe("there", source=out, to=middle)
    with pytest.raises(InvalidDeclaration, match="queue middle to queue out to queue middle"):
        app.pipe("back", source=middle, to=out)
    app.pipe("back", source=middle, to=out, filter={"body": {"again": [True]}})


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"filter": {"a": "b"}}, InvalidPattern, "expected"),
        ({"filter": "a = "}, InvalidExpression, "expected"),
        ({"input": InputTransformer({}, "<nothing>")}, InvalidExpression, "nothing"),
        ({"group": "orders"}, InvalidExpression, "expected"),
        ({"start": "yesterday"}, InvalidValue, "latest"),
        ({"window": "5s"}, InvalidDeclaration, "a batch for a window"),
        ({"batch": 0}, InvalidDeclaration, "batch from 1"),
        ({"batch": 10, "window": "6m"}, InvalidDeclaration, "window of at most"),
        ({"retries": 186}, InvalidDeclaration, "retries from 0 to 185"),
        ({"max_age": "25h"}, InvalidDeclaration, "max_age"),
        ({"concurrency": 5}, InvalidDeclaration, "an enrichment outside for concurrency"),
        ({"timeout": 5}, InvalidDeclaration, "an enrichment outside for timeout"),
        ({"rate": "5 a day"}, InvalidValue, "expected"),
        ({"on_failure": "cry"}, InvalidDeclaration, "hold or park"),
        ({"enrich_input": InputTransformer({}, "1")}, InvalidDeclaration, "an enrichment"),
    ],
)
def test_what_a_pipe_cannot_do_is_refused_when_it_is_declared(
    app, orders, out, options, error, said
):
    with pytest.raises(error, match=said):
        app.pipe("forward", source=orders, to=out, **options)


@pytest.mark.parametrize(
    "option",
    [{"start": "horizon"}, {"retries": 1}, {"max_age": "1h"}, {"on_failure": "park"}],
)
def test_what_a_queue_says_itself_is_refused_for_a_pipe_that_takes_from_it(app, out, option):
    work = app.queue("work")
    with pytest.raises(InvalidDeclaration, match=f"expected no {next(iter(option))}"):
        app.pipe("forward", source=work, to=out, **option)


def test_what_has_nothing_to_read_is_no_source(app, out):
    with pytest.raises(InvalidDeclaration, match="mail letters"):
        app.pipe("forward", source=app.mail("letters"), to=out)
    with pytest.raises(InvalidDeclaration, match="dead letters"):
        app.pipe("forward", source=out.dead_letters, to=out)


def test_what_takes_no_deliveries_is_no_target(store, run_on, app, out, orders):
    app.pipe("forward", source=app.stream("clicks"), to=orders)
    with pytest.raises(InvalidDeclaration, match="takes deliveries"):
        run_on(store, app)


def test_what_cannot_be_asked_is_no_enrichment(store, run_on, app, out, orders):
    app.pipe("forward", source=orders, enrich=out, to=app.queue("other"))
    with pytest.raises(InvalidDeclaration, match="can be called"):
        run_on(store, app)


def test_a_target_that_nobody_declares_is_refused_when_the_app_opens(store, run_on, app, orders):
    app.pipe("forward", source=orders, to=App("other").queue("out"))
    with pytest.raises(NotFound, match="pipe forward has no target"):
        run_on(store, app)


def test_only_what_has_items_can_begin_with_them(store, run_on, app, out):
    app.pipe("forward", source=app.stream("clicks"), to=out, start="snapshot")
    with pytest.raises(InvalidDeclaration, match="expected a table"):
        run_on(store, app)


def test_a_rule_target_gives_the_terms_that_the_pipe_leaves_open(app, orders, out):
    letters = app.queue("letters")
    target = RuleTarget(
        out, group="$.eventID", retries=3, max_age="1h", dead_letters=letters, on_failure="park"
    )
    model = app.pipe("forward", source=orders, to=target, retries=5).model
    assert (model.policy.max_receives, model.max_age_ms, model.parks) == (6, 3_600_000, True)
    assert model.dead_letters == letters.ref
    assert model.terms is not None
    assert model.terms.retries == 5


def test_a_pipe_tells_its_declaration_and_how_it_is_doing(store, run_on, app, orders, out):
    app.pipe("forward", source=orders, to=out, filter={"eventName": ["INSERT"]}, batch=5)
    stage = run_on(store, app)
    pipe = stage.platform.resource("pipe", "forward")
    assert pipe.declared() == {
        "source": "table orders",
        "filter": {"eventName": ["INSERT"]},
        "batch": 5,
        "to": "queue out",
        "retries": 185,
        "max_age_ms": 86_400_000,
        "on_failure": "hold",
        "dead_letter_queue": "forward-dlq",
    }
    assert stage.wait(pipe.depth()) == {
        "waiting": 0,
        "in_flight": 0,
        "unread": 0,
        "lag_ms": 0,
        "dead_letters": 0,
    }


def test_a_pipe_that_takes_from_a_queue_follows_no_log(store, run_on, app, out):
    pipe = app.pipe("forward", source=app.queue("work"), to=out)
    stage = run_on(store, app)
    with pytest.raises(InvalidInput, match="follows a log"):
        stage.wait(pipe.lag())
    with pytest.raises(InvalidInput, match="follows a log"):
        stage.wait(pipe.rewind("horizon", confirm="forward"))
    assert "unread" not in stage.wait(pipe.depth())


def test_a_pipe_that_took_from_a_log_and_takes_from_a_queue_now_holds_no_place(file_store, run_on):
    def shop(kind):
        app = App("wims")
        orders, work = app.table("orders", key="id"), app.queue("work")
        app.pipe("forward", source=orders if kind == "table" else work, to=app.queue("out"))
        return app

    run_on(file_store, shop("table")).close()
    stage = run_on(file_store, shop("queue"))
    assert stage.rows("SELECT * FROM ensue_readers") == []


def test_a_pipe_has_dead_letters_of_its_own(app, orders, out):
    app.function(name="forward")(lambda body, tx: None)
    with pytest.raises(InvalidDeclaration, match="two resources called queue forward-dlq"):
        app.pipe("forward", source=orders, to=out)
