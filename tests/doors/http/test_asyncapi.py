"""AsyncAPI 3.0 of whole apps: valid, and what the declarations say."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from ensue import (
    ApiKey,
    App,
    Basic,
    Body,
    CloudEvent,
    EnsueError,
    Event,
    Hmac,
    Message,
    Notification,
    OAuthClientCredentials,
    Secret,
    SignedRequest,
    StreamRecord,
)
from ensue.doors.http.asyncapi import described_messaging

KEY = re.compile(r"[A-Za-z0-9_.-]+\Z")


@dataclasses.dataclass
class Line:
    sku: str
    n: int


class Order(Body):
    id: str
    lines: list[Line]


@pytest.fixture
def app() -> App:
    app = App("shop")
    events = app.bus("events")
    payments = app.queue("payments", of=Order)
    plain = app.queue("plain")
    clicks = app.stream("clicks")
    news = app.topic("news")
    secret = Secret.env("SHOP_NOT_THERE")
    tokens = OAuthClientCredentials("https://auth.example/t", "a", secret, scope="read write")
    bank = app.destination(
        "bank",
        url="https://bank.example:444/customers/{id}/{kind}?v=1",
        path={"id": "$.detail.lines[0].sku", "kind": "new"},
        method="PUT",
        connection=tokens,
    )
    app.destination("keyed", url="http://keyed.example", connection=ApiKey(secret, header="X-K"))
    app.destination("basic", url="http://basic.example/", connection=Basic("ann", secret))
    events.rule("bank", {"source": ["shop"]}, to=[bank, plain])

    @app.on_event(events, {"detail-type": ["OrderPlaced", "Order Paid", "Order_Paid"]})
    def placed(event: Event[Order], tx) -> None:
        """Take an order.

        In full.
        """

    @app.on_event(events, {"detail-type": [{"prefix": "Order"}]})
    def noted(event, tx) -> None: ...

    @payments.consumer()
    async def charge(message: Message[Order]) -> None: ...

    @plain.consumer()
    async def other(message: Message[Line]) -> None: ...

    @app.on_record(clicks)
    def count(record: StreamRecord[Line], tx) -> None: ...

    @app.on_message(news)
    def tell(notification: Notification[Line], tx) -> None: ...

    @app.post("/webhooks/{provider}", verify=Hmac(secret, header="X-Sig"))
    def hook(provider: str, request: SignedRequest, tx) -> None: ...

    return app


def refs_in(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from refs_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs_in(inner)


def at(document, ref):
    found = document
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def payload(document, message):
    return document["components"]["messages"][message]["payload"]


def test_each_reference_leads_somewhere_and_each_name_is_one(app):
    document = described_messaging([app])

    assert document["asyncapi"] == "3.0.0"
    assert set(document) <= {
        "asyncapi",
        "info",
        "defaultContentType",
        "servers",
        "channels",
        "operations",
        "components",
    }
    references = list(refs_in(document))
    assert len(references) > 20
    for reference in references:
        assert at(document, reference) is not None
    for part in document["components"].values():
        assert all(KEY.match(name) for name in part)
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = at(document, operation["channel"]["$ref"])
        for message in operation.get("messages", ()):
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
            assert message["$ref"].rpartition("/")[2] in channel["messages"]
    for channel in document["channels"].values():
        names = set(re.findall(r"\{(\w+)\}", channel["address"]))
        assert set(channel.get("parameters", ())) == names
    assert json.loads(json.dumps(document)) == document


def test_events_have_the_types_that_handlers_name_and_the_detail_types_that_rules_name(app):
    document = described_messaging([app])
    channel = document["channels"]["shop.bus.events"]

    assert set(channel["messages"]) == {"OrderPlaced", "Order_Paid", "Order_Paid_2", "event"}
    event = payload(document, "shop.bus.events.OrderPlaced")
    assert event["properties"]["detail-type"] == {"type": "string", "const": "OrderPlaced"}
    assert event["properties"]["detail"] == {"$ref": "#/components/schemas/Order"}
    assert document["components"]["schemas"]["Order"]["properties"]["lines"]["items"] == {
        "$ref": "#/components/schemas/Line"
    }
    received = document["operations"]["shop.bus.events.receive.placed"]
    assert (received["summary"], received["description"]) == ("Take an order.", "In full.")
    assert len(received["messages"]) == 3
    [noted] = document["operations"]["shop.bus.events.receive.noted"]["messages"]
    assert noted["$ref"].endswith("/event")


@pytest.mark.parametrize(
    ("message", "schema"),
    [
        ("shop.queue.payments.message", "Order"),
        ("shop.queue.plain.message", "Line"),
        ("shop.stream.clicks.record", "Line"),
        ("shop.topic.news.message", "Line"),
    ],
)
def test_messages_have_the_types_of_what_carries_them_or_of_who_gets_them(app, message, schema):
    document = described_messaging([app])

    assert payload(document, message) == {"$ref": f"#/components/schemas/{schema}"}


def test_a_destination_is_a_channel_of_a_server_of_its_own(app):
    document = described_messaging([app])
    channel = document["channels"]["shop.destination.bank"]

    assert channel["address"] == "/customers/{id}/{kind}"
    assert channel["parameters"]["id"] == {"location": "$message.payload#/detail/lines/0/sku"}
    server = document["servers"]["shop.destination.bank"]
    assert (server["host"], server["protocol"]) == ("bank.example:444", "https")
    schemes = document["components"]["securitySchemes"]
    flow = schemes["shop.destination.bank"]["flows"]["clientCredentials"]
    assert flow == {
        "tokenUrl": "https://auth.example/t",
        "availableScopes": {"read": "", "write": ""},
    }
    assert schemes["shop.destination.keyed"] == {
        "type": "httpApiKey",
        "name": "X-K",
        "in": "header",
    }
    assert schemes["shop.destination.basic"] == {"type": "http", "scheme": "basic"}
    operation = document["operations"]["shop.destination.bank.send"]
    assert operation["bindings"]["http"]["method"] == "PUT"


def test_a_signed_route_is_received(app):
    document = described_messaging([app])
    [key] = [key for key in document["operations"] if ".webhook." in key]

    assert document["operations"][key]["action"] == "receive"
    assert document["operations"][key]["bindings"]["http"]["method"] == "POST"


def test_dead_letter_queues_are_no_channels_and_secrets_are_not_told(app):
    document = described_messaging([app])

    assert not [key for key in document["channels"] if key.endswith("-dlq")]
    assert "SHOP_NOT_THERE" not in json.dumps(document)


def test_it_is_served_where_the_other_description_is(run_app):
    app = App("shop")
    app.bus("events")
    t = run_app(app)

    answer = t.get("/asyncapi.json")

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body["info"]["title"] == "shop"
    assert set(answer.body["channels"]["shop.bus.events"]["messages"]) == {"event"}


def test_a_route_of_the_app_goes_before_it(run_app):
    app = App("shop")

    @app.get("/asyncapi.json")
    def own() -> int:
        return 7

    assert run_app(app).get("/asyncapi.json").body == 7


def test_a_registry_tells_the_schemas_of_a_buss_events(run_app):
    app = App("shop")
    registry = app.schemas("events")
    events = app.bus("orders", schemas=registry)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"line": {"$ref": "#/$defs/Line"}},
        "$defs": {"Line": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    }
    t = run_app(app)
    t.wait(registry.register("shop@OrderPlaced", schema))

    document = t.get("/asyncapi.json").body

    event = payload(document, f"shop.bus.{events.ref.name}.OrderPlaced")
    detail = at(document, event["properties"]["detail"]["$ref"])
    line = at(document, detail["properties"]["line"]["$ref"])
    assert line["properties"] == {"sku": {"type": "string"}}
    assert "$schema" not in detail


def test_a_cloudevent_is_checked_by_the_registry_like_any_event(run_app):
    app = App("shop")
    registry = app.schemas("events")
    events = app.bus("orders", schemas=registry, validate="enforce")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    t = run_app(app)
    t.wait(registry.register("/s@t", schema))

    t.wait(events.publish_cloudevent(CloudEvent(id="1", source="/s", type="t", data={"n": 1})))
    with pytest.raises(EnsueError):
        t.wait(events.publish_cloudevent(CloudEvent(id="2", source="/s", type="t", data={})))
    assert len(t.events(events)) == 1
