"""CloudEvents in and out of a bus over HTTP, and out to a destination."""

from __future__ import annotations

import json

import httpx
import pytest

from ensue import App, CloudEvent
from ensue.languages.cloudevents import (
    BATCH,
    STRUCTURED,
    decode_batch,
    decode_binary,
    decode_structured,
    encode_batch,
    encode_binary,
    encode_structured,
)
from ensue.testing import running
from ensue.words.errors import InvalidDeclaration, InvalidValue

PLACE = "/_ensue/buses/events/cloudevents"
PLAIN = {"id": "7", "source": "/shop", "type": "order.placed"}
EVENT = CloudEvent(**PLAIN, subject="order/7", data={"total": 5}, extensions={"tenant": "a"})


@pytest.fixture
def app() -> App:
    return App("shop")


@pytest.fixture
def events(app):
    return app.bus("events")


def send(t, content_type, body, **headers):
    given = {"content-type": content_type, **headers} if content_type else headers
    return t.wait(t._client.post(PLACE, content=body, headers=given))


@pytest.mark.parametrize("mode", ["structured", "binary", "batch"])
def test_an_event_in_each_mode_is_on_the_bus_and_comes_out_equal(app, events, run_app, mode):
    t = run_app(app)
    if mode == "structured":
        answer = send(t, STRUCTURED, encode_structured(EVENT))
    elif mode == "batch":
        answer = send(t, BATCH, encode_batch([EVENT]))
    else:
        headers, body = encode_binary(EVENT)
        answer = send(t, headers.pop("content-type"), body, **headers)

    assert answer.status_code == 200
    [event] = t.events(events)
    assert (event.detail_type, event.source) == ("order.placed", "/shop")
    assert (event.resources, event.detail) == (["order/7"], {"total": 5})
    read = t.wait(t._client.get(PLACE))
    assert read.headers["content-type"] == BATCH
    [found] = decode_batch(read.content)
    assert found.attributes | {"datacontenttype": None} == EVENT.attributes | {
        "datacontenttype": None
    }
    assert found.data == EVENT.data


def test_an_event_that_is_sent_again_is_no_second_event(app, events, run_app):
    t = run_app(app)
    first = send(t, STRUCTURED, encode_structured(EVENT)).json()
    t.advance("23h")
    again = send(t, STRUCTURED, encode_structured(EVENT)).json()
    other = send(t, STRUCTURED, encode_structured(CloudEvent(**PLAIN | {"source": "/x"}))).json()

    assert (first["is_new"], again["is_new"], other["is_new"]) == (True, False, True)
    assert first["id"] == again["id"]
    assert len(t.events(events)) == 2


def test_a_batch_is_answered_event_by_event(app, events, run_app):
    t = run_app(app)
    good = json.loads(encode_structured(EVENT))
    long = good | {"id": "8", "type": "x" * 300}
    body = json.dumps([good, {"id": "9"}, good, long]).encode()

    answer = send(t, BATCH, body)

    assert answer.status_code == 207
    said = answer.json()
    assert said["failed"] == 2
    assert [each.get("is_new") for each in said["events"]] == [True, None, False, None]
    assert "$[1].specversion" in said["events"][1]["error"]["message"]
    assert said["events"][3]["error"]["code"] == "invalid_value"
    assert len(t.events(events)) == 1
    assert send(t, BATCH, b"[]").json() == {"events": [], "failed": 0}


@pytest.mark.parametrize(
    ("content_type", "body", "status", "at"),
    [
        (STRUCTURED, b"{}", 400, "$.specversion"),
        (STRUCTURED, b"[", 400, "$"),
        (BATCH, b"{}", 400, "$"),
        ("application/cloudevents+avro", b"", 415, "headers.content-type"),
        ("application/json", b"{}", 400, "headers.ce-specversion"),
        (None, b"", 400, "headers.ce-specversion"),
    ],
)
def test_what_is_no_event_is_refused_where_it_is_none(
    app, events, run_app, content_type, body, status, at
):
    t = run_app(app)
    answer = send(t, content_type, body)

    assert (answer.status_code, answer.json()["error"]["at"]) == (status, at)
    assert t.events(events) == []


def test_a_body_over_its_bound_is_refused(app, events, run_app):
    t = run_app(app)

    assert send(t, STRUCTURED, b" " * 1_048_577).status_code == 413


def test_a_bus_that_is_not_there_takes_nothing(app, run_app):
    t = run_app(app)

    assert send(t, STRUCTURED, encode_structured(EVENT)).status_code == 404


def test_the_trace_of_an_event_goes_on(app, events, run_app):
    trace = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    jobs = app.queue("jobs")
    events.rule("all", {"detail-type": [{"exists": True}]}, to=jobs)
    asked = []
    jobs.consumer()(calling(app))
    t = run_app(app, outside={"http://bank": lambda request: answered(asked, request)})
    traced = CloudEvent(**PLAIN, extensions={"traceparent": trace})
    send(t, STRUCTURED, encode_structured(traced))
    t.settle()

    assert asked[0].headers["traceparent"].split("-")[1] == "ab" * 16


def calling(app):
    async def call(message):
        await app.http.get("http://bank/")

    return call


def answered(asked, request):
    asked.append(request)
    return httpx.Response(200)


def test_a_rule_sees_what_an_event_says_beyond_the_envelope(app, events, run_app):
    jobs = app.queue("jobs")
    events.rule("mine", {"cloudevent": {"tenant": ["a"], "id": ["7"]}}, to=jobs)
    t = run_app(app)
    send(t, STRUCTURED, encode_structured(EVENT))
    send(t, STRUCTURED, encode_structured(CloudEvent(**PLAIN | {"id": "8"})))

    assert len(t.messages(jobs)) == 1


def test_a_reader_goes_on_where_the_link_says(app, events, run_app):
    t = run_app(app)
    for n in range(5):
        t.wait(events.publish("OrderPlaced", {"n": n}))

    answer = t.wait(t._client.get(PLACE, params={"after": 0, "limit": 3}))
    link = answer.headers["link"]
    rest = t.wait(t._client.get(PLACE + link[1 : link.index(">")]))

    found = [each.data["n"] for each in decode_batch(answer.content) + decode_batch(rest.content)]
    assert found == [0, 1, 2, 3, 4]


def test_an_event_of_another_bus_is_still_the_event_that_came(app, events, run_app):
    events.rule("on", {"source": ["/shop"]}, to=app.bus("other"))
    t = run_app(app)
    send(t, STRUCTURED, encode_structured(EVENT))

    answer = t.wait(t._client.get(PLACE.replace("events", "other", 1)))
    assert decode_batch(answer.content) == [EVENT]


@pytest.fixture
def hook(app):
    seen = []

    @app.post("/hook/{place}", status=202)
    def hook(place: str, body: CloudEvent) -> dict[str, str]:
        seen.append((place, body))
        return {"id": body.id}

    return seen


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_route_of_an_app_takes_an_event_as_its_body(app, hook, run_app, mode):
    t = run_app(app)
    headers, body = {"content-type": STRUCTURED}, encode_structured(EVENT)
    if mode == "binary":
        headers, body = encode_binary(EVENT)

    answer = t.wait(t._client.post("/hook/a", content=body, headers=headers))

    assert (answer.status_code, answer.json()) == (202, {"id": "7"})
    [(place, event)] = hook
    assert (place, event.subject, event.data) == ("a", EVENT.subject, EVENT.data)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [(BATCH, b"[]", 415), (STRUCTURED, b"{}", 400), ("application/json", b"{}", 400)],
)
def test_a_route_of_an_app_refuses_what_is_no_event(app, hook, run_app, content_type, body, status):
    t = run_app(app)
    given = {"content-type": content_type}
    answer = t.wait(t._client.post("/hook/a", content=body, headers=given))

    assert (answer.status_code, hook) == (status, [])
    content = t.get("/openapi.json").body["paths"]["/hook/{place}"]["post"]["requestBody"]
    assert STRUCTURED in content["content"]


def test_the_description_says_what_it_takes(app, events, run_app):
    t = run_app(app)
    paths = t.get("/openapi.json").body["paths"]
    described = paths["/_ensue/buses/{name}/cloudevents"]

    assert {STRUCTURED, BATCH} <= set(described["post"]["requestBody"]["content"])
    assert BATCH in described["get"]["responses"]["200"]["content"]


@pytest.mark.parametrize("form", ["cloudevents", "cloudevents-binary"])
def test_a_destination_gets_the_events_of_a_bus_as_cloudevents(app, events, form):
    asked = []
    bank = app.destination("bank", url="http://bank/", format=form)
    events.rule("all", {"detail-type": [{"exists": True}]}, to=bank)
    with running(app, outside={"http://bank": lambda request: answered(asked, request)}) as t:
        send(t, STRUCTURED, encode_structured(EVENT))
        own = t.wait(events.publish("OrderPlaced", {"n": 1}, resources=["a"]))
        t.settle()

    found = [decoded(request) for request in asked]
    came, made = sorted(found, key=lambda event: event.type, reverse=True)
    assert (came.id, came.source, came.subject, came.data) == (
        EVENT.id,
        EVENT.source,
        EVENT.subject,
        EVENT.data,
    )
    assert (made.id, made.type, made.source, made.subject) == (own, "OrderPlaced", "shop", "a")
    assert made.data == {"n": 1}


def decoded(request):
    if request.headers["content-type"] == STRUCTURED:
        return decode_structured(request.content)
    return decode_binary(request.headers.items(), request.content)


def test_a_destination_sends_a_cloudevent_as_it_is(app):
    asked = []
    bank = app.destination("bank", url="http://bank/", format="cloudevents")
    with running(app, outside={"http://bank": lambda request: answered(asked, request)}) as t:
        t.wait(bank.send(json.loads(encode_structured(EVENT))))
        t.settle()

    assert decode_structured(asked[0].content) == EVENT


@pytest.mark.parametrize("body", [1, {"a": 1}, {"specversion": "1.0"}])
def test_a_body_that_is_no_event_is_refused_by_a_destination_that_sends_events(app, run_app, body):
    bank = app.destination("bank", url="http://bank/", format="cloudevents")
    t = run_app(app)

    with pytest.raises(InvalidValue):
        t.wait(bank.send(body))


@pytest.mark.parametrize(
    "options", [{"method": "GET"}, {"headers": {"ce-id": "1"}}], ids=["method", "header"]
)
def test_a_destination_that_cannot_send_events_is_refused(app, options):
    with pytest.raises(InvalidDeclaration):
        app.destination("bank", url="http://bank/", format="cloudevents", **options)
