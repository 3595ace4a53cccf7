"""The order system's story, and the defects of the original that it must not have."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import httpx
import pytest

from apps.orders.app import (
    app,
    backorders,
    customers,
    declined,
    events,
    orders,
    payments,
    stock,
    stock_team,
)

BASE = "http://127.0.0.1:8081"


class PaymentsService:
    """The outside service: notes every call and answers what the test says."""

    def __init__(self) -> None:
        self.status = 200
        self.calls: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        return httpx.Response(self.status, json={"message": "Payment Success!"})

    def paid(self) -> Counter[str]:
        return Counter(json.loads(call.content)["id"] for call in self.calls)


@pytest.fixture
def service():
    return PaymentsService()


@pytest.fixture
def t(run_app, service):
    return run_app(app, outside={BASE: service})


def place(t, customer="349", quantity=7):
    reply = t.post("/orders", {"customerId": customer, "quantity": quantity})
    assert reply.status == 200, reply
    return reply.body["id"]


def status(t, order_id):
    return t.get(f"/orders/{order_id}").body["status"]


def in_stock(t):
    return t.get("/inventory").body["quantity"]


def set_stock(t, quantity):
    t.wait(stock.update("LX", "SET quantity = :q", q=quantity))
    t.settle()


def type_in(file, statement):
    """Run a statement in another program."""
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
    subprocess.run([sys.executable, "-c", program, str(file), statement], check=True)


def said(t):
    return [event.detail_type for event in t.events(events)]


# The interface


def test_wi_2_the_inventory_shows_model_product_name_and_a_numeric_quantity(t):
    assert t.get("/inventory").body == {
        "model": "LX",
        "productName": "MacGuffin",
        "quantity": 1_000_000,
    }


def test_wi_2_an_order_is_accepted_with_the_message_of_the_original(t):
    reply = t.post("/orders", {"customerId": "349", "quantity": 7})

    assert reply.status == 200
    assert reply.body["message"] == "Order created!"


def test_an_order_can_be_shown_as_soon_as_it_is_accepted(t):
    order_id = place(t)

    assert t.get(f"/orders/{order_id}").body == {
        "id": order_id,
        "customerId": "349",
        "quantity": 7,
        "status": "PENDING",
    }


def test_an_order_that_does_not_exist_is_not_found(t):
    assert t.get("/orders/none").status == 404


def test_a_customers_orders_come_in_pages_in_the_order_in_which_they_were_placed(t):
    placed = [place(t, "349", n + 1) for n in range(5)]
    place(t, "350")

    first = t.get("/customers/349/orders", limit=2).body
    second = t.get("/customers/349/orders", limit=2, next=first["next"]).body
    third = t.get("/customers/349/orders", limit=2, next=second["next"]).body

    seen = [order["id"] for page in (first, second, third) for order in page["orders"]]
    assert seen == placed
    assert third["next"] is None


CHANGE_THE_SECOND = "UPDATE orders_orders SET item = {} WHERE item ->> '$.quantity' = 2"


@pytest.mark.parametrize(
    "change",
    [
        "json_set(item, '$.status', 'LOST')",
        "json_set(item, '$.status', json('[1]'))",
        "json_set(item, '$.quantity', 'many')",
        "json_remove(item, '$.status', '$.quantity', '$.timestamp')",
    ],
)
def test_an_order_that_sql_has_made_odd_is_shown_and_spoils_no_page(
    run_app, service, tmp_path, change
):
    file = tmp_path / "ensue.db"
    t = run_app(app, store=f"sqlite:///{file}", outside={BASE: service})
    placed = [place(t, quantity=n) for n in (1, 2, 3)]
    t.drain()

    type_in(file, CHANGE_THE_SECOND.format(change))
    t.wake()
    t.drain()
    reply = t.get("/customers/349/orders")

    assert reply.status == 200
    assert [order["id"] for order in reply.body["orders"]] == placed
    assert [reply.body["orders"][n]["status"] for n in (0, 2)] == ["PAID", "PAID"]
    assert t.get(f"/orders/{placed[1]}").body == reply.body["orders"][1]


def test_a_status_that_sql_set_is_shown_as_it_is_and_a_field_that_it_removed_is_empty(t):
    t.wait(orders.put({"id": "1", "customerId": "349", "status": "LOST"}))
    t.wait(orders.put({"id": "2", "customerId": "349", "quantity": 7}))

    assert t.get("/customers/349/orders").body["orders"] == [
        {"id": "1", "customerId": "349", "quantity": None, "status": "LOST"},
        {"id": "2", "customerId": "349", "quantity": 7, "status": ""},
    ]


def test_an_inventory_without_its_row_is_not_found(t):
    t.wait(stock.delete("LX"))

    for reply in (t.get("/inventory"), t.post("/inventory", {"quantity": 1})):
        assert reply.status == 404
        assert "there is no stock of LX" in reply.body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"customerId": "349", "quantity": "x"}, 'got "x", at $.quantity'),
        ({"customerId": "349", "quantity": 0}, "expected an integer from 1 to 1000, got 0"),
        ({"customerId": "349", "quantity": 1001}, "expected an integer from 1 to 1000, got 1001"),
        ({"customerId": "349", "quantity": 1.5}, "at $.quantity"),
        ({"customerId": 349, "quantity": 1}, "at $.customerId"),
        ({"quantity": 1}, "$.customerId"),
        ({"customerId": "349", "quantity": 1, "price": 0}, "$.price"),
        ({"customerId": "a' OR 1=1 --", "quantity": 1}, "at $.customerId"),
        ({"customerId": "../../etc/passwd", "quantity": 1}, "at $.customerId"),
        ({"customerId": "1\n", "quantity": 7}, "at $.customerId"),
        ([], "at $"),
    ],
)
def test_wi_3_a_bad_order_is_refused_with_the_place_of_the_fault_and_nothing_is_stored(
    t, body, message
):
    reply = t.post("/orders", body)

    assert reply.status == 400
    assert message in reply.body["error"]["message"]
    assert t.wait(orders.count()) == 0


# The story


def test_an_order_is_reserved_paid_and_its_customer_told(t, service):
    order_id = place(t)
    t.settle()

    assert status(t, order_id) == "PAID"
    assert in_stock(t) == 999_993
    assert service.paid() == {order_id: 1}
    assert said(t) == ["OrderPlaced", "StockReserved", "OrderPaid"]
    assert [letter.to for letter in t.letters(customers)] == ["customer-349@customers.invalid"]


def test_wi_12_the_payment_carries_the_order_and_a_key_that_stays_the_same_at_every_try(t, service):
    service.status = 503
    order_id = place(t)
    t.settle()
    service.status = 200
    t.drain()

    keys = {call.headers["idempotency-key"] for call in service.calls}
    bodies = [json.loads(call.content) for call in service.calls]
    assert len(service.calls) == 2
    assert len(keys) == 1
    assert bodies == [{"id": order_id, "customerId": "349", "quantity": 7}] * 2


def test_wi_18_an_unreachable_service_delays_payments_and_loses_none(t, service):
    service.status = 503
    placed = [place(t, str(n)) for n in range(5)]
    t.advance("20s")
    service.status = 200
    t.drain()

    assert [status(t, order_id) for order_id in placed] == ["PAID"] * 5
    assert t.messages(payments.dead_letters) == []


def test_a_service_that_is_down_for_ten_minutes_costs_no_payment(t, service):
    service.status = 503
    placed = [place(t, str(n)) for n in range(100)]
    t.advance("10m")
    assert {status(t, order_id) for order_id in placed} == {"PENDING"}
    assert t.messages(payments.dead_letters) == []
    service.status = 200
    t.drain()

    assert {status(t, order_id) for order_id in placed} == {"PAID"}
    assert t.messages(payments.dead_letters) == []


def test_a_declined_payment_fails_the_order_frees_its_stock_and_tells_the_customer(t, service):
    service.status = 402
    order_id = place(t)
    t.settle()

    assert status(t, order_id) == "PAYMENT_FAILED"
    assert in_stock(t) == 1_000_000
    assert len(service.calls) == 1
    assert "could not be paid" in t.letters(customers)[0].text
    assert "PaymentFailed" in said(t)


def test_a_payment_that_fails_ten_times_is_dead_lettered_and_its_order_fails(t, service):
    service.status = 503
    order_id = place(t)
    t.drain()

    [dead] = t.messages(payments.dead_letters)
    assert len(service.calls) == 10
    assert dead.body["id"] == order_id
    assert status(t, order_id) == "PAYMENT_FAILED"
    assert in_stock(t) == 999_993


def test_a_dead_lettered_payment_that_is_redriven_pays_the_order(t, service):
    service.status = 503
    order_id = place(t)
    t.drain()
    service.status = 200

    t.wait(payments.dead_letters.redrive())
    t.drain()

    assert status(t, order_id) == "PAID"
    assert t.messages(payments.dead_letters) == []


def test_a_dead_lettered_payment_that_is_redriven_and_declined_frees_its_stock_once(t, service):
    service.status = 503
    order_id = place(t)
    t.drain()
    assert in_stock(t) == 999_993
    service.status = 402

    t.wait(payments.dead_letters.redrive())
    t.drain()
    t.wait(app.run(declined, order_id, "no"))
    t.drain()

    assert status(t, order_id) == "PAYMENT_FAILED"
    assert in_stock(t) == 1_000_000
    assert len(t.letters(customers)) == 1
    assert said(t).count("PaymentFailed") == 1


def test_an_order_that_is_paid_cannot_be_declined_any_more(t):
    order_id = place(t)
    t.drain()

    t.wait(app.run(declined, order_id, "no"))
    t.drain()

    assert status(t, order_id) == "PAID"
    assert in_stock(t) == 999_993


# The defects of the original


def test_wi_19_two_orders_of_one_customer_in_one_millisecond_are_both_processed(t, service):
    first, second = place(t, "349", 1), place(t, "349", 2)
    t.drain()

    assert first != second
    assert service.paid() == {first: 1, second: 1}
    assert in_stock(t) == 999_997


def test_wi_20_delivering_an_order_event_again_changes_nothing(t, service):
    order_id = place(t)
    t.drain()
    item = t.wait(orders.get(order_id))
    before = (in_stock(t), len(service.calls), said(t), t.letters(customers))

    t.rewind(orders, app.function_named("reserve"))
    t.drain()

    assert (in_stock(t), len(service.calls), said(t), t.letters(customers)) == before
    assert t.wait(orders.get(order_id)) == item


def test_wi_20_replaying_the_change_of_a_back_order_changes_nothing(t):
    set_stock(t, 5)
    order_id = place(t, quantity=10)
    t.drain()
    before = (said(t), t.letters(customers), t.wait(backorders.count()))

    t.rewind(orders, app.function_named("reserve"))
    t.drain()

    assert (said(t), t.letters(customers), t.wait(backorders.count())) == before
    assert status(t, order_id) == "BACKORDERED"


def test_wi_21_an_order_without_stock_is_back_ordered_not_charged_and_its_customer_told(t, service):
    set_stock(t, 5)
    order_id = place(t, quantity=10)
    t.drain()

    assert status(t, order_id) == "BACKORDERED"
    assert service.calls == []
    assert in_stock(t) == 5
    assert "back-order" in t.letters(customers)[0].text


def test_wi_4_the_stock_never_goes_below_zero(t):
    set_stock(t, 25)
    placed = [place(t, str(n), 10) for n in range(5)]
    t.drain()

    assert in_stock(t) == 5
    assert Counter(status(t, each) for each in placed) == {"PAID": 2, "BACKORDERED": 3}


def test_back_orders_are_fulfilled_in_the_order_in_which_they_came_when_stock_is_added(t, service):
    set_stock(t, 0)
    placed = [place(t, str(n), 10) for n in range(3)]
    t.drain()

    t.post("/inventory", {"quantity": 25})
    t.drain()

    assert [status(t, each) for each in placed] == ["PAID", "PAID", "BACKORDERED"]
    assert list(service.paid()) == placed[:2]
    assert in_stock(t) == 5


def test_many_back_orders_are_fulfilled_in_several_transactions(t):
    set_stock(t, 0)
    placed = [place(t, str(n), 1) for n in range(250)]
    t.drain()

    t.post("/inventory", {"quantity": 1_000})
    t.drain()

    assert {status(t, each) for each in placed} == {"PAID"}
    assert t.wait(backorders.count()) == 0


def test_wi_13_the_stock_team_is_told_when_the_stock_falls_to_100(t):
    set_stock(t, 105)
    place(t, quantity=5)
    t.drain()

    [letter] = t.letters(stock_team)
    assert letter.text == "LX is down to 100. Time to reorder."


def test_wi_22_the_stock_team_is_told_once_not_at_every_order_below_the_mark(t):
    set_stock(t, 105)
    for number in range(5):
        place(t, str(number), 5)
    t.drain()

    assert len(t.letters(stock_team)) == 1
    assert said(t).count("LowStock") == 1


def test_the_stock_team_is_told_again_after_the_stock_has_recovered(t):
    set_stock(t, 101)
    place(t, quantity=1)
    t.drain()
    t.post("/inventory", {"quantity": 1})
    place(t, quantity=1)
    t.drain()

    assert len(t.letters(stock_team)) == 2


def test_wi_18_a_statement_typed_into_another_program_is_noticed_like_any_change(
    run_app, service, tmp_path
):
    file = tmp_path / "ensue.db"
    t = run_app(app, store=f"sqlite:///{file}", outside={BASE: service})
    set_stock(t, 0)
    order_id = place(t, quantity=3)
    t.drain()

    type_in(file, "UPDATE orders_stock SET item = json_set(item, '$.quantity', 103)")
    t.wake()
    t.drain()

    assert status(t, order_id) == "PAID"
    assert t.letters(stock_team)[-1].text == "LX is down to 100. Time to reorder."


REPLACEMENTS = [
    "DELETE FROM orders_stock; INSERT INTO orders_stock (pk, item) VALUES ('LX', '{}');",
    "INSERT OR REPLACE INTO orders_stock (pk, item) VALUES ('LX', '{}');",
]


@pytest.mark.parametrize("statement", REPLACEMENTS)
def test_stock_whose_row_is_replaced_fulfils_back_orders(run_app, service, tmp_path, statement):
    file = tmp_path / "ensue.db"
    t = run_app(app, store=f"sqlite:///{file}", outside={BASE: service})
    set_stock(t, 0)
    order_id = place(t, quantity=3)
    t.drain()

    type_in(file, statement.format(stock_row(500)))
    t.wake()
    t.drain()

    assert status(t, order_id) == "PAID"
    assert in_stock(t) == 497
    assert said(t).count("StockAdded") == 1


@pytest.mark.parametrize("statement", REPLACEMENTS)
@pytest.mark.parametrize(("quantity", "letters"), [(0, 1), (100, 1), (101, 0)])
def test_the_stock_team_is_told_when_the_row_is_replaced_by_one_at_or_below_the_mark(
    run_app, tmp_path, statement, quantity, letters
):
    file = tmp_path / "ensue.db"
    t = run_app(app, store=f"sqlite:///{file}")
    t.drain()
    assert t.letters(stock_team) == []

    type_in(file, statement.format(stock_row(quantity)))
    t.wake()
    t.drain()

    assert len(t.letters(stock_team)) == letters
    assert said(t).count("StockAdded") == (quantity > 0)


def stock_row(quantity):
    return json.dumps({"model": "LX", "productName": "MacGuffin", "quantity": quantity})


def test_the_seed_of_the_stock_is_no_addition_to_it(t):
    t.drain()

    assert said(t) == []


def test_wi_23_waiting_for_their_turn_costs_payments_no_receive(t, service):
    placed = [place(t, str(n), 1) for n in range(1_600)]
    t.advance("321s")

    assert service.paid() == dict.fromkeys(placed, 1)
    assert t.messages(payments.dead_letters) == []


def test_wi_23_no_more_than_five_payments_start_in_a_second(t, service):
    for number in range(30):
        place(t, str(number), 1)
    t.settle()
    counts = []
    for _ in range(5):
        before = len(service.calls)
        t.advance("1s")
        counts.append(len(service.calls) - before)

    assert counts == [5] * 5


def test_why_tells_the_whole_tree_of_an_order(t):
    order_id = place(t)
    t.drain()

    tree = t.why(order_id)

    assert (tree.kind, tree.name) == ("request", "POST /orders")
    assert sorted(names(tree)) == [
        "change orders",
        "change orders",
        "change orders",
        "change stock",
        "event events",
        "event events",
        "event events",
        "mail customers",
        "message payments",
        "request POST /orders",
        "run charge",
        "run reserve",
    ]


def test_a_payment_that_failed_twice_is_told_with_both_attempts_also_under_load(t, service):
    for number in range(30):
        place(t, str(number), 1)
    t.drain()
    service.status = 503
    order_id = place(t, quantity=7)
    while service.paid()[order_id] < 2:
        t.advance("10s")
    service.status = 200
    t.drain()

    [payment] = [each for each in nodes(t.why(order_id)) if each.name == "payments"]

    assert payment.state == "done"
    assert [each.attempt for each in payment.attempts] == [1, 2]
    assert all("503" in each.error for each in payment.attempts)
    assert status(t, order_id) == "PAID"


def nodes(node):
    return [node, *(each for child in node.children for each in nodes(child))]


def names(node):
    return [f"{node.kind} {node.name}", *(name for each in node.children for name in names(each))]


# Whenever it is killed


def two_orders(t):
    """One order that is paid and one that there is no stock for."""
    set_stock(t, 8)
    for quantity in (7, 2):
        place(t, quantity=quantity)
    t.drain()
    shown = t.get("/customers/349/orders").body["orders"]
    return {
        "orders": [(order["quantity"], order["status"]) for order in shown],
        "stock": in_stock(t),
        "payments": len({call.key for call in t.calls}),
        "events": sorted(said(t)),
        "letters": {letter.text for letter in t.letters(customers)},
    }


def test_the_outcome_is_the_same_whenever_the_system_is_killed(crash_points, service):
    assert crash_points(two_orders, app, outside={BASE: service}) > 20
