"""Tables whose items are of a type."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from ensue import App, InvalidValue, ReadTx, Tx, Unfit
from ensue.doors.http import asgi_app
from tests.doors.http.sample import ask

Quantity = Annotated[int, Meta(ge=1)]


@dataclass
class Order:
    id: str
    quantity: Quantity
    customer: str = "nobody"


@dataclass
class Price:
    sku: str
    amount: Decimal


@pytest.fixture
def shop(run_on, store):
    app = App("shop")
    orders = app.table("orders", key="id", indexes={"customer": ("customer", "id")}, of=Order)
    app.get("/orders/{id}").get(orders, "{path.id}")
    app.get("/customers/{customer}").query(orders, "{path.customer}", index="customer")
    app.crud("/all", orders)
    return run_on(store, app), orders


def test_an_item_is_written_and_read_as_its_type(shop):
    stage, orders = shop
    stage.wait(orders.put(Order("1", 2)))
    stage.wait(orders.put({"id": "2", "quantity": 3}))
    assert stage.wait(orders.get("1")) == Order("1", 2)
    assert stage.wait(orders.get("2")) == Order("2", 3, "nobody")
    assert stage.wait(orders.get("3")) is None
    assert stage.wait(orders.query("nobody", index="customer")).items == [
        Order("1", 2),
        Order("2", 3),
    ]
    assert stage.rows("SELECT item FROM shop_orders WHERE pk = '1'") == [
        ('{"id":"1","quantity":2,"customer":"nobody"}',)
    ]


def test_handlers_read_and_write_the_type_too(shop):
    stage, orders = shop

    def change(inner):
        tx = Tx(inner)
        assert tx.put(orders, Order("1", 2, "ann"), where="attribute_not_exists(id)")
        return (
            tx.update(orders, "1", "SET quantity = :n", n=5),
            tx.query(orders, "ann", index="customer").items,
            tx.delete(orders, "1"),
            tx.get(orders, "1"),
        )

    now = Order("1", 5, "ann")
    assert stage.do(change) == (now, [now], now, None)


@pytest.mark.parametrize(
    "write",
    [
        lambda tx, orders: tx.put(orders, {"id": "2", "quantity": 0}),
        lambda tx, orders: tx.put(orders, Order("2", 0)),
        lambda tx, orders: tx.update(orders, "1", "SET quantity = :n", n=0),
        lambda tx, orders: tx.update(orders, "1", "REMOVE quantity"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place_and_nothing_is_written(shop, write):
    stage, orders = shop
    stage.wait(orders.put(Order("1", 2)))
    with pytest.raises(InvalidValue) as caught:
        stage.do(lambda tx: write(Tx(tx), orders))
    assert caught.value.at == "$.quantity"
    assert stage.rows("SELECT count(*), max(version) FROM shop_orders") == [(1, 1)]


def test_a_row_that_a_statement_from_outside_spoilt_is_read_without_its_type(shop):
    stage, orders = shop
    stage.wait(orders.put(Order("1", 2)))
    stage.do(lambda tx: tx.execute("UPDATE shop_orders SET item = json_set(item, '$.quantity', 0)"))
    with pytest.raises(Unfit) as caught:
        stage.wait(orders.get("1"))
    assert caught.value.at == "$.quantity"
    with pytest.raises(Unfit):
        stage.engine.read(lambda tx: ReadTx(tx).get(orders, "1"))
    assert stage.wait(orders.untyped().get("1"))["quantity"] == 0
    door = asgi_app(stage.platform)
    assert ask(stage, "GET", "/orders/1", door=door).status == 409
    assert (
        ask(stage, "GET", "/_ensue/tables/orders/get?key=%221%22", door=door).body["quantity"] == 0
    )


def test_routes_without_a_handler_answer_with_typed_items(shop):
    stage, _ = shop
    door = asgi_app(stage.platform)
    made = ask(stage, "POST", "/all", b'{"quantity":2}', door=door)
    assert made.body["customer"] == "nobody"
    one = ask(stage, "GET", f"/orders/{made.body['id']}", door=door)
    assert one.body == made.body
    assert ask(stage, "GET", "/customers/nobody", door=door).body["items"] == [made.body]
    wrong = ask(stage, "POST", "/all", b'{"quantity":0}', door=door)
    assert (wrong.status, wrong.error["at"]) == (400, "$.quantity")


def test_decimals_stay_numbers(run_on, store):
    app = App("shop")
    prices = app.table("prices", key="sku", of=Price)
    stage = run_on(store, app)
    exact = Price("tea", Decimal("12345678901234567890.123"))
    stage.wait(prices.put(exact))
    assert stage.wait(prices.get("tea")) == exact


def test_a_table_without_a_type_writes_what_it_is_given(run_on, store):
    app = App("shop")
    things = app.table("things", key="id")
    stage = run_on(store, app)
    with pytest.raises(InvalidValue):
        stage.wait(things.put(msgspec.UNSET))
    stage.wait(things.put({"id": "1", "any": [1]}))
    assert stage.wait(things.get("1")).any == [1]
