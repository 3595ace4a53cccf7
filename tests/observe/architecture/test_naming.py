"""What a handler's code names is found without running any of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, wraps
from types import SimpleNamespace

import pytest

from ensue import Agent, App, Message, RecordedModel, Table, Tx
from ensue.observe.architecture.mentions import mentions_in
from ensue.observe.architecture.naming import FOLLOWED_MAX, Known, Named, named_by
from ensue.words.names import Ref

app = App("shop")
orders = app.table("orders", key="id")
stock = app.table("stock", key="model")
payments = app.queue("payments")
events = app.bus("events")
shelf = SimpleNamespace(orders=orders, inner=SimpleNamespace(queue=payments))

ORDERS, STOCK = Ref("shop", "table", "orders"), Ref("shop", "table", "stock")
PAYMENTS, EVENTS = Ref("shop", "queue", "payments"), Ref("shop", "bus", "events")
KNOWN = Known({id(each): ref for ref, each in app.resources.items()}, {id(app): "shop"})


def named(function) -> list[tuple[str, str]]:
    return [(f"{each.ref.kind} {each.ref.name}", each.verb) for each in named_by(function, KNOWN)]


def test_a_resource_is_named_with_the_method_of_the_transaction_that_it_is_given_to():
    def handler(body, tx):
        tx.put(orders, body)
        tx.publish(events, "Placed", body)

    assert named_by(handler, KNOWN) == [Named(ORDERS, "put"), Named(EVENTS, "publish")]


def test_a_method_of_a_handle_is_what_is_done_with_it():
    async def handler(body):
        await payments.send(body)

    assert named_by(handler, KNOWN) == [Named(PAYMENTS, "send")]


def _take(order, tx):
    tx.update(stock, order["model"], "SET n = n - 1")


def test_functions_that_it_names_are_followed_also_where_they_are_only_passed_on():
    async def handler(body):
        await app.run(_take, body)

    assert named(handler) == [("table stock", "update")]


def _keep(table: Table, item, tx):
    tx.put(table, item)


def test_a_resource_that_is_passed_to_a_function_is_followed_into_it():
    def handler(body, tx):
        _keep(orders, body, tx)
        _keep(table=stock, item=body, tx=tx)

    assert [each for each in named(handler) if each[1]] == [
        ("table orders", "put"),
        ("table stock", "put"),
    ]


def test_any_of_several_that_a_condition_chooses_is_named():
    def handler(body, tx):
        tx.send(payments if body else shelf.inner.queue, body)
        tx.get(orders or stock, body)

    assert named(handler) == [
        ("queue payments", "send"),
        ("table orders", "get"),
        ("table stock", "get"),
    ]


def test_attributes_of_objects_and_modules_are_followed():
    def handler(body, tx):
        tx.put(shelf.orders, body)

    assert named(handler) == [("table orders", "put")]


@dataclass(frozen=True)
class Ledger:
    table: Table

    def write(self, item, tx):
        tx.put(self.table, item)

    @property
    def costly(self):
        raise AssertionError("a property of the application's was run")


ledger = Ledger(orders)


def test_a_method_of_an_object_of_the_applications_is_followed_with_the_object():
    def handler(body, tx):
        ledger.write(body, tx)

    assert named(handler) == [("table orders", "put")]


def test_no_property_is_run_for_it():
    def handler(body, tx):
        tx.put(ledger.costly, body)

    assert named(handler) == []


def test_a_name_of_its_own_hides_the_resource():
    def handler(body, tx):
        orders = body["orders"]
        tx.put(orders, body)

    assert named(handler) == []


def test_what_a_closure_holds_is_named():
    def make(table):
        def handler(body, tx):
            tx.delete(table, body)

        return handler

    assert named(make(stock)) == [("table stock", "delete")]


def test_wrapped_and_partial_functions_are_looked_through():
    def wrapping(function):
        @wraps(function)
        def run(*given):
            return function(*given)

        return run

    @wrapping
    def handler(body, tx):
        tx.put(orders, body)

    assert named(handler) == named(partial(handler, 1)) == [("table orders", "put")]


def test_functions_within_it_and_lambdas_are_part_of_it():
    async def handler(body):
        def inner(tx):
            tx.put(orders, body)

        await app.run(inner)
        await app.run(lambda tx: tx.send(payments, body))

    assert named(handler) == [("table orders", "put"), ("queue payments", "send")]


def test_calls_by_the_apps_client_and_to_apps_that_run_beside_it_are_told():
    async def handler(message: Message):
        url = app.address_of("bank")
        await app.http.post(f"{url}/payments", json=message.body)

    assert named(handler) == [("app bank", "call"), ("http http", "post")]


def test_the_tools_of_an_agent_are_followed():
    def look(order: str, tx: Tx) -> object:
        """Look an order up."""
        return tx.get(orders, order)

    agent = Agent(RecordedModel([]), tools=[look])

    async def flow(ctx, ticket):
        await agent.run(ctx, ticket)

    assert named(flow) == [("table orders", "get")]


def test_functions_that_call_each_other_in_a_circle_are_followed_once():
    def one(body, tx):
        tx.put(orders, body)
        two(body, tx)

    def two(body, tx):
        tx.put(stock, body)
        one(body, tx)

    assert named(one) == [("table orders", "put"), ("table stock", "put")]


def test_no_more_functions_are_followed_than_the_bound():
    space: dict[str, object] = {"orders": orders, "stock": stock}
    lines = [f"def f{at}(tx):\n    f{at + 1}(tx)\n" for at in range(20)]
    exec("".join(lines) + "def f20(tx):\n    tx.put(orders, 1)\n", space)  # noqa: S102

    assert FOLLOWED_MAX >= 100
    assert named(space["f15"]) == [("table orders", "")]
    assert named(space["f0"]) == [], "deeper than is followed"


def test_without_a_source_the_names_that_the_code_refers_to_are_all_that_is_known():
    space: dict[str, object] = {"orders": orders}
    exec("def handler(body, tx):\n    tx.put(orders, body)\n", space)  # noqa: S102

    assert named(space["handler"]) == [("table orders", "")]


@pytest.mark.parametrize("function", [print, sorted, mentions_in, "no function"])
def test_what_is_not_the_applications_names_nothing(function):
    assert named(function) == []
