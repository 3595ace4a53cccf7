"""Routes without a handler (DI-1, DI-2, LL-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from msgspec import Meta

from ensue import App, Body, Event, InvalidDeclaration, InvalidExpression, Message, NotFound, Tx
from ensue.engine.database import MEMORY, StoreUrl
from ensue.testing import Running, running

Quantity = Annotated[int, Meta(ge=1, le=1_000)]


class NewOrder(Body):
    customer: str
    quantity: Quantity
    note: str | None = None


@dataclass
class Line:
    sku: str
    quantity: Quantity = 1


def make_app() -> App:
    app = App("direct")
    orders = app.table("orders", key="id", indexes={"customer": ("customer", "id")})
    lines = app.table("lines", key=("order", "sku"))
    numbers = app.table("numbers", key="n")
    payments = app.queue("payments")
    events = app.bus("events")
    news = app.topic("news")
    seen = app.table("seen", key="id")
    clicks = app.stream("clicks")

    @app.function
    def handle(body: Any, tx: Tx) -> None:
        tx.put(seen, {"id": "handled", "body": body})

    @app.on_event(events, {"detail-type": ["Said"]})
    def heard(event: Event, tx: Tx) -> None:
        tx.put(seen, {"id": "heard", "detail": event.detail})

    @payments.consumer()
    def pay(message: Message, tx: Tx) -> None:
        tx.put(
            seen,
            {
                "id": "paid",
                "body": message.body,
                "group": message.group,
                "attributes": message.attributes,
            },
        )

    app.post("/orders", status=201).put(
        orders,
        {"id": "{new_id}", "at_ms": "{now_ms}", "state": "NEW", "...": "{body}"},
        body=NewOrder,
        answer={"message": "Order {result.id} of {body.customer}", "id": "{result.id}"},
        headers={"location": "/orders/{result.id}"},
    )
    app.get("/orders/{id}").get(orders, "{path.id}")
    app.get("/customers/{customer}/orders").query(
        orders, "{path.customer}", index="customer", answer={"found": "{result.items}"}
    )
    app.put("/orders/{id}").put(
        orders,
        {"...": "{body}", "id": "{path.id}"},
        where="attribute_not_exists(id) OR quantity < :most",
        values={"most": "{query.most?}"},
        types={"most": int},
    )
    app.patch("/orders/{id}").update(
        orders,
        "{path.id}",
        "SET quantity = quantity + :n",
        where="quantity <= :most",
        values={"n": "{body.more}", "most": 10},
    )
    app.delete("/orders/{id}").delete(
        orders, "{path.id}", where="quantity <> :held", values={"held": 7}
    )
    app.delete("/taken/{id}").delete(orders, "{path.id}", answer={"took": "{result.quantity}"})
    app.get("/numbers/{n}").get(numbers, "{path.n}", types={"n": int})
    app.put("/numbers/{n}").put(numbers, {"n": "{path.n}"}, types={"n": int}, answer=None)
    app.post("/payments").send(
        payments,
        {"for": "{body.order}", "by": "{query.by?}"},
        group="{body.order}",
        attributes={"kind": "card"},
    )
    app.post("/handled").send(handle)
    app.post("/said").publish(events, {"words": "{body.words}"}, detail_type="Said")
    app.post("/news").publish(news, "{body}", attributes={"lang": "{query.lang}"})
    app.post("/clicks").append(clicks, {"page": "{body.page}"}, key="{body.visitor?}")
    app.get("/lines-from/{order}").query(
        lines,
        "{path.order}",
        sort="sku BETWEEN :low AND :high",
        values={"low": "{query.low}", "high": "{query.high}"},
        reverse=True,
    )
    app.get("/orders-of/{customer}").query(
        orders,
        "{path.customer}",
        index="customer",
        sort="begins_with(id, :p)",
        values={"p": "{query.p}"},
    )
    app.get("/all-lines").scan(lines, answer={"found": "{result.items}"})
    app.crud("/lines", lines, body=Line)
    app.crud("/free", orders)
    return app


@pytest.fixture
def kit() -> Iterator[Running]:
    with running(make_app()) as t:
        yield t


def order(kit, **change):
    answer = kit.post("/orders", {"customer": "ann", "quantity": 3, **change})
    assert answer.status == 201
    return answer.body["id"]


def seen(kit, name):
    kit.settle()
    return kit.get(f"/_ensue/tables/seen/get?key={name}").body


def test_an_item_is_put_as_its_template_says_and_answered_as_another_one_says(kit):
    answer = kit.post("/orders", {"customer": "ann", "quantity": 3})
    made = answer.body["id"]
    assert answer.body == {"message": f"Order {made} of ann", "id": made}
    assert answer.headers["location"] == f"/orders/{made}"
    assert kit.get(f"/orders/{made}").body == {
        "id": made,
        "at_ms": kit.now_ms(),
        "state": "NEW",
        "customer": "ann",
        "quantity": 3,
        "note": None,
    }


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"customer": "ann", "quantity": 0}, "$.quantity"),
        ({"quantity": 1}, "$.customer"),
        ({"customer": "ann", "quantity": 1, "id": "mine"}, "$.id"),
        ([], "$"),
    ],
)
def test_a_body_that_does_not_fit_its_type_is_refused_at_its_place(kit, body, at):
    answer = kit.post("/orders", body)
    assert (answer.status, answer.body["error"]["at"]) == (400, at)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/orders/none"), ("PATCH", "/orders/none"), ("DELETE", "/orders/none")],
)
def test_what_is_not_there_is_a_404(kit, method, path):
    answer = kit.request(method, path, body={"more": 1})
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")


def test_a_page_of_a_partition_is_answered_and_has_a_next(kit):
    made = [order(kit) for _ in range(3)]
    order(kit, customer="bob")
    found = kit.get("/customers/ann/orders").body["found"]
    assert [each["id"] for each in found] == sorted(made)
    assert len(kit.get("/customers/ann/orders", limit=2).body["found"]) == 2
    assert kit.get("/customers/ann/orders", limit=0).body["error"]["at"] == "query.limit"


def test_pages_follow_each_other(kit):
    for sku in "abc":
        kit.request("PUT", f"/lines/1/{sku}", body={"sku": "-", "quantity": 1})
    first = kit.get("/lines/1", limit=2).body
    second = kit.get("/lines/1", limit=2, after=first["next"]).body
    assert [each["sku"] for each in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None


def test_a_condition_that_does_not_hold_is_a_409_and_changes_nothing(kit):
    made = order(kit, quantity=11)
    answer = kit.request("PATCH", f"/orders/{made}", body={"more": 1})
    assert (answer.status, answer.body["error"]["code"]) == (409, "condition_failed")
    assert kit.request("PUT", f"/orders/{made}?most=5", body={}).status == 409
    assert kit.get(f"/orders/{made}").body["quantity"] == 11
    held = order(kit, quantity=7)
    assert kit.request("DELETE", f"/orders/{held}").status == 409


def test_an_update_answers_with_the_item_as_it_is_then(kit):
    made = order(kit, quantity=3)
    assert kit.request("PATCH", f"/orders/{made}", body={"more": 2}).body["quantity"] == 5


def test_a_delete_answers_nothing_or_what_it_is_told_to(kit):
    gone = kit.request("DELETE", f"/orders/{order(kit)}")
    assert (gone.status, gone.body) == (204, None)
    taken = kit.request("DELETE", f"/taken/{order(kit)}")
    assert (taken.status, taken.body) == (200, {"took": 3})


def test_what_is_in_the_path_may_be_of_another_type(kit):
    assert kit.request("PUT", "/numbers/7", body=None).status == 204
    assert kit.get("/numbers/7").body == {"n": 7}
    assert kit.get("/numbers/x").body["error"]["at"] == "path.n"


def test_a_message_is_sent_with_its_group_and_attributes(kit):
    answer = kit.post("/payments", {"order": "o1"})
    assert (answer.status, list(answer.body)) == (202, ["id"])
    assert seen(kit, "paid") == {
        "id": "paid",
        "body": {"for": "o1"},
        "group": "o1",
        "attributes": {"kind": "card"},
    }


def test_what_a_template_misses_in_a_free_body_is_a_located_400(kit):
    answer = kit.post("/payments", {"other": 1})
    assert (answer.status, answer.body["error"]["at"]) == (400, "$.order")
    assert seen(kit, "paid").get("error")


def test_work_is_sent_to_a_function_and_events_to_a_bus_and_messages_to_a_topic(kit):
    assert kit.post("/handled", {"a": 1}).status == 202
    assert seen(kit, "handled")["body"] == {"a": 1}
    assert kit.post("/said", {"words": "hi"}).status == 202
    assert seen(kit, "heard")["detail"] == {"words": "hi"}
    assert kit.post("/news?lang=en", {"a": 1}).status == 202
    assert kit.post("/news", {"a": 1}).body["error"]["at"] == "query.lang"


def test_a_record_is_appended_with_its_key(kit):
    answer = kit.post("/clicks", {"page": "/tea", "visitor": "v1"})
    assert (answer.status, list(answer.body)) == (202, ["id"])
    assert kit.post("/clicks", {"page": "/tea"}).status == 202
    [first, second] = kit.get("/_ensue/streams/clicks/tail").body["records"]
    assert (first["id"], first["data"], first["key"]) == (answer.body["id"], {"page": "/tea"}, "v1")
    assert second["key"] is None
    for wrong in (7, "v" * 300):
        refused = kit.post("/clicks", {"page": "/tea", "visitor": wrong})
        assert (refused.status, refused.body["error"]["at"]) == (400, "$.key")


def test_a_range_of_a_partition_is_read_as_the_condition_says(kit):
    for sku in "abcd":
        kit.request("PUT", f"/lines/1/{sku}", body={"sku": "-"})
    found = kit.get("/lines-from/1", low="b", high="c").body["items"]
    assert [each["sku"] for each in found] == ["c", "b"]
    page = kit.get("/lines-from/1", low="a", high="z", limit=3).body
    rest = kit.get("/lines-from/1", low="a", high="z", after=page["next"]).body["items"]
    assert [each["sku"] for each in rest] == ["a"]
    assert kit.get("/lines-from/1", low="b").body["error"]["at"] == "query.high"


def test_a_range_of_an_index_is_read_as_the_condition_says(kit):
    kit.request("PUT", "/free/a1", body={"customer": "ann", "quantity": 1})
    kit.request("PUT", "/free/b1", body={"customer": "ann", "quantity": 1})
    [found] = kit.get("/orders-of/ann", p="b").body["items"]
    assert found["id"] == "b1"


def test_all_items_are_listed_a_page_at_a_time(kit):
    made = sorted(kit.post("/free", {"n": n}).body["id"] for n in range(5))
    pages, after = [], None
    while len(pages) < 3:
        asked = {"limit": 2} if after is None else {"limit": 2, "after": after}
        page = kit.get("/free", **asked).body
        pages.append([each["id"] for each in page["items"]])
        after = page["next"]
    assert (pages, after) == ([made[:2], made[2:4], made[4:]], None)
    assert kit.get("/free", limit=1_001).body["error"]["at"] == "query.limit"
    assert kit.get("/free", after="none").status == 400
    kit.request("PUT", "/lines/1/a", body={"sku": "-"})
    assert [each["sku"] for each in kit.get("/all-lines").body["found"]] == ["a"]


def test_why_tells_the_route_as_the_beginning_of_what_it_caused(kit):
    answer = kit.post("/payments", {"order": "o1"})
    kit.settle()
    tree = kit.why(answer.body["id"])
    assert (tree.kind, tree.name) == ("request", "POST /payments")
    assert answer.headers["x-request-id"]


def test_a_direct_route_takes_an_idempotency_key_as_any_other(kit):
    key = {"Idempotency-Key": "k"}
    body = {"customer": "ann", "quantity": 1}
    first = kit.request("POST", "/orders", body=body, headers=key)
    again = kit.request("POST", "/orders", body=body, headers=key)
    assert first.body == again.body
    assert len(kit.get("/customers/ann/orders").body["found"]) == 1


def test_direct_routes_are_described(kit):
    paths = kit.get("/openapi.json").body["paths"]
    placed = paths["/orders"]["post"]
    assert placed["summary"] == "Put an item into the table orders."
    schema = placed["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/NewOrder"}
    asked = paths["/customers/{customer}/orders"]["get"]["parameters"]
    assert [(each["name"], each["in"], each["required"]) for each in asked] == [
        ("customer", "path", True),
        ("limit", "query", False),
        ("after", "query", False),
    ]
    listed = paths["/free"]["get"]
    assert listed["summary"] == "List the table orders."
    assert [each["name"] for each in listed["parameters"]] == ["limit", "after"]
    ranged = paths["/lines-from/{order}"]["get"]["parameters"]
    assert [(each["name"], each["required"]) for each in ranged] == [
        ("order", True),
        ("low", True),
        ("high", True),
        ("limit", False),
        ("after", False),
    ]
    appended = paths["/clicks"]["post"]
    assert appended["summary"] == "Append to the stream clicks."
    assert "202" in appended["responses"]
    assert {"200", "404", "409", "default"} <= set(paths["/orders/{id}"]["patch"]["responses"])


def test_crud_of_one_key_makes_reads_replaces_and_removes(kit):
    made = kit.post("/free", {"customer": "ann", "n": 1})
    item = made.body
    at = f"/free/{item['id']}"
    assert (made.status, made.headers["location"]) == (201, at)
    assert kit.get(at).body == item
    assert kit.request("PUT", at, body={"id": "other", "n": 2}).body == {"id": item["id"], "n": 2}
    assert kit.request("DELETE", at).status == 204
    assert kit.get(at).status == 404


def test_crud_of_two_keys_is_below_the_first(kit):
    made = kit.post("/lines/7", {"sku": "x"})
    assert made.body["order"] == "7"
    assert made.headers["location"] == f"/lines/7/{made.body['sku']}"
    assert [each["quantity"] for each in kit.get("/lines/7").body["items"]] == [1]
    assert kit.post("/lines/7", {"sku": "x", "quantity": 0}).body["error"]["at"] == "$.quantity"


# What cannot be declared


def two(app):
    return app.table("lines", key=("customer", "id"))


def declared(declare):
    app = App("wrong")
    table = app.table("orders", key="id")
    queue = app.queue("payments")
    with pytest.raises((InvalidDeclaration, InvalidExpression)) as caught:
        declare(app, table, queue)
    assert app.routes == []
    return str(caught.value)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda a, t, q: a.get("/o").get(t, "{path.id}"), "has none, got {path.id}"),
        (lambda a, t, q: a.get("/o/{id}").get(t, "{body.id}"), "got body"),
        (lambda a, t, q: a.get("/o/{id}").get(t, "{path.id}", body=NewOrder), "no body for a GET"),
        (lambda a, t, q: a.get("/o/{id}").get(q, "{path.id}"), "expected a table"),
        (lambda a, t, q: a.get("/o/{id}").put(t, {"id": "{path.id}"}), "changes nothing"),
        (lambda a, t, q: a.get("/o/{id}").get(t, "{path.id}", types={"x": int}), "got x"),
        (lambda a, t, q: a.get("/o/{id}").query(t, "{path.id}", index="no"), "no index no"),
        (lambda a, t, q: a.get("/o/{id}").query(t, "{path.id}", sort="x = :x"), "sort key"),
        (lambda a, t, q: a.get("/o/{c}").query(two(a), "{path.c}", sort="x = :x"), "x"),
        (lambda a, t, q: a.get("/o/{c}").query(two(a), "{path.c}", sort="id = :x"), "for :x"),
        (lambda a, t, q: a.get("/o/{c}").query(two(a), "{path.c}", values={"x": 1}), "got :x"),
        (
            lambda a, t, q: a.get("/o/{c}").query(
                two(a), "{path.c}", sort="id = :limit", values={"limit": 1}
            ),
            "another name than :limit",
        ),
        (lambda a, t, q: a.get("/o").scan(q), "expected a table"),
        (lambda a, t, q: a.get("/o").append(a.stream("s")), "changes nothing"),
        (lambda a, t, q: a.post("/o").append(q), "expected a stream"),
        (lambda a, t, q: a.get("/o/{tx}").get(t, "{path.tx}"), "another name than tx"),
        (lambda a, t, q: a.get("/o").get(t, "{query.body}"), "another name than body"),
        (lambda a, t, q: a.get("/o").get(t, "{query}"), "a name such as"),
        (lambda a, t, q: a.get("nowhere").get(t, "{query.id}"), "expected a method and a path"),
        (lambda a, t, q: a.post("/o").put(t, {"id": "{new_id.x}"}), "got {new_id.x}"),
        (lambda a, t, q: a.post("/o").put(t, {"id": "{result.id}"}), "got result"),
        (lambda a, t, q: a.post("/o").put(t, "{body.line}", body=NewOrder), "a place in the body"),
        (lambda a, t, q: a.post("/o").put(t, "{body}", body=object), "type that JSON can hold"),
        (lambda a, t, q: a.post("/o").put(t, where="id ="), "the end of the expression"),
        (lambda a, t, q: a.post("/o").put(t, where="id = :a"), "expected values for :a, got none"),
        (lambda a, t, q: a.post("/o").put(t, values={"a": 1}), "got :a"),
        (lambda a, t, q: a.post("/o").send(t), "expected a queue or function or mail"),
        (lambda a, t, q: a.post("/o").publish(q), "expected a bus or topic"),
        (lambda a, t, q: a.post("/o").publish(a.bus("b")), "detail_type for a bus"),
        (lambda a, t, q: a.post("/o").send(a.mail("m"), group="g"), "a queue for a group"),
        (lambda a, t, q: a.post("/o/{x}").send(q, "{body.}"), "at $"),
    ],
)
def test_what_cannot_run_is_refused_when_it_is_declared(declare, said):
    assert said in declared(declare)


def test_a_route_to_a_resource_that_does_not_run_is_refused_at_the_start(run_on):
    app, other = App("here"), App("elsewhere")
    app.get("/o/{id}").get(other.table("orders", key="id"), "{path.id}")
    with pytest.raises(NotFound, match="orders") as caught:
        run_on(StoreUrl(MEMORY), app)
    assert caught.value.at == "GET /o/{id}"
