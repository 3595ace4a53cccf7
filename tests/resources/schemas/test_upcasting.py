from __future__ import annotations

import pytest

from ensue import Event
from ensue.app.app import App
from ensue.words.errors import InvalidDeclaration, Unfit

SUBJECT = "wims@OrderPlaced"
VERSIONS = [
    {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    {"type": "object", "properties": {"customer": {"type": "string"}}, "required": ["customer"]},
    {
        "type": "object",
        "properties": {"customer": {"type": "object", "required": ["name"]}},
        "required": ["customer"],
    },
]


@pytest.fixture
def app() -> App:
    return App("wims")


@pytest.fixture
def registry(app):
    registry = app.schemas("shapes", compatibility="none")

    @registry.upcast("OrderPlaced", from_version=1)
    def second(detail):
        return {"customer": detail["name"]}

    @registry.upcast("OrderPlaced", from_version=2)
    def third(detail):
        if detail["customer"] == "nobody":
            raise LookupError("nobody is no customer")
        return {"customer": {"name": detail["customer"]}} if detail["customer"] else {}

    return registry


def event(detail, detail_type="OrderPlaced"):
    return {"source": "wims", "detail-type": detail_type, "detail": detail}


def registered(stage, registry):
    for each in VERSIONS:
        stage.wait(registry.register(SUBJECT, each))


@pytest.mark.parametrize(
    "detail", [{"name": "Ann"}, {"customer": "Ann"}, {"customer": {"name": "Ann"}}]
)
def test_an_event_of_any_version_becomes_one_of_the_newest(store, run_on, app, registry, detail):
    bus = app.bus("events", schemas=registry)
    stage = run_on(store, app)
    registered(stage, registry)

    assert bus.upcast(event(detail)) == event({"customer": {"name": "Ann"}})
    assert bus.upcast(event({"a": 1}, "Other")) == event({"a": 1}, "Other")


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"name": "nobody"}, "from version 2 raised LookupError: nobody is no customer"),
        ({"customer": ""}, "expected an event of version 3 of wims@OrderPlaced"),
        ({"else": 1}, "expected an event of no version of wims@OrderPlaced"),
    ],
)
def test_what_cannot_be_made_is_unfit_and_says_why(store, run_on, app, registry, detail, said):
    bus = app.bus("events", schemas=registry)
    stage = run_on(store, app)
    registered(stage, registry)

    with pytest.raises(Unfit) as caught:
        bus.upcast(event(detail))

    assert said in str(caught.value) or said.replace("no version", "version") in str(caught.value)


@pytest.mark.parametrize("kind", ["transaction", "action"])
def test_a_handler_that_asks_for_it_gets_the_newest_version(store, run_on, app, registry, kind):
    bus = app.bus("events", schemas=registry)
    seen = []
    if kind == "action":

        @app.on_event(bus, {"detail-type": ["OrderPlaced"]}, upcast=True)
        async def look(event: Event) -> None:
            seen.append(event.detail)

    else:

        @app.on_event(bus, {"detail-type": ["OrderPlaced"]}, upcast=True, name="look")
        def look_at(event: Event, tx) -> None:
            seen.append(event.detail)

    stage = run_on(store, app)
    registered(stage, registry)
    stage.wait(bus.publish("OrderPlaced", {"name": "Ann"}))
    stage.settle()

    assert seen == [{"customer": {"name": "Ann"}}]


def test_an_event_whose_upcaster_fails_is_parked_with_the_reason(store, run_on, app, registry):
    bus = app.bus("events", schemas=registry)
    seen = []

    @app.on_event(bus, {"detail-type": ["OrderPlaced"]}, upcast=True)
    def look(event: Event, tx) -> None:
        seen.append(event.detail)

    stage = run_on(store, app)
    registered(stage, registry)
    stage.wait(bus.publish("OrderPlaced", {"name": "nobody"}))
    stage.wait(bus.publish("OrderPlaced", {"name": "Ann"}))
    stage.settle()

    letters = stage.platform.resource("queue", "look-dlq")
    [letter] = stage.wait(letters.peek())
    assert letter.body["detail"] == {"name": "nobody"}
    assert "nobody is no customer" in str(letter)
    assert seen == [{"customer": {"name": "Ann"}}]


def test_an_event_that_no_upcaster_can_read_concerns_those_only_who_want_its_kind(
    store, run_on, app, registry
):
    bus = app.bus("events", schemas=registry)
    for name, kind in (("orders", "OrderPlaced"), ("payments", "Paid")):
        app.on_event(bus, {"detail-type": [kind]}, start="latest", name=name)(
            lambda event, tx: None
        )
    stage = run_on(store, app)
    registered(stage, registry)

    stage.wait(bus.publish("OrderPlaced", {"customer": "nobody"}))
    stage.settle()

    dead = [stage.platform.resource("queue", f"{name}-dlq") for name in ("orders", "payments")]
    assert [len(stage.wait(each.peek())) for each in dead] == [1, 0]


def test_a_replay_passes_over_what_no_upcaster_can_read_and_nobody_can_want(
    store, run_on, app, registry
):
    bus, paid = app.bus("events", schemas=registry), app.queue("paid")
    bus.rule("pay", {"detail-type": ["Paid"]}, to=paid)
    stage = run_on(store, app)
    registered(stage, registry)
    stage.wait(bus.publish("OrderPlaced", {"customer": "nobody"}))
    stage.wait(bus.publish("Paid", {}))

    stage.wait(bus.replay("again"))
    stage.settle()

    [replay] = stage.wait(bus.replays())
    assert (replay.state, replay.read, replay.delivered) == ("done", 2, 1)


def test_an_event_of_a_new_shape_is_taken_where_versions_are_only_discovered(file_store, run_on):
    for detail in ({"n": 1}, {"n": "one"}):
        app = App("wims")
        registry = app.schemas("shapes")
        registry.upcast("OrderPlaced", from_version=1)(dict)
        bus = app.bus("events", schemas=registry, discover=True)
        seen = []
        app.on_event(bus, {"source": ["wims"]}, upcast=True, name="look")(
            lambda event, tx, seen=seen: seen.append(event.detail)
        )
        stage = run_on(file_store, app)
        stage.wait(bus.publish("OrderPlaced", detail))
        stage.settle()
        stage.close()

        assert seen == [detail]


def test_a_replay_delivers_the_newest_version_and_parks_what_no_upcaster_can_read(
    store, run_on, app, registry
):
    bus = app.bus("events", schemas=registry)
    jobs = app.queue("jobs")
    bus.rule("wanted", {"detail-type": ["OrderPlaced"]}, to=jobs)
    stage = run_on(store, app)
    registered(stage, registry)
    for name in ("Ann", "nobody", "Bob"):
        stage.wait(bus.publish("OrderPlaced", {"name": name}))
    stage.settle()

    stage.wait(bus.replay("again"))
    stage.settle()

    again = [each.body for each in stage.wait(jobs.peek()) if "replay-name" in each.body]
    names = [each["detail"]["customer"]["name"] for each in again]
    assert names == ["Ann", "Bob"]
    [letter] = stage.wait(stage.platform.resource("queue", "events-dlq").peek())
    assert letter.body["detail"] == {"name": "nobody"}
    assert "nobody is no customer" in letter.attributes["ERROR_MESSAGE"]
    assert stage.wait(bus.replays())[0].state == "done"


def test_upcasters_know_the_versions_of_earlier_runs(file_store, run_on):
    def made():
        app = App("wims")
        registry = app.schemas("shapes", compatibility="none")
        registry.upcast("OrderPlaced", from_version=1)(lambda old: {"customer": old["name"]})
        return app, registry, app.bus("events", schemas=registry)

    app, registry, bus = made()
    stage = run_on(file_store, app)
    for each in VERSIONS[:2]:
        stage.wait(registry.register(SUBJECT, each))
    stage.close()

    app, registry, bus = made()
    run_on(file_store, app)

    assert bus.upcast(event({"name": "Ann"}))["detail"] == {"customer": "Ann"}


def test_two_upcasters_from_one_version_are_refused(registry):
    with pytest.raises(InvalidDeclaration, match="two from 1"):
        registry.upcast("OrderPlaced", from_version=1)(dict)
    with pytest.raises(InvalidDeclaration, match="from 1, got 0"):
        registry.upcast("OrderPlaced", from_version=0)(dict)
