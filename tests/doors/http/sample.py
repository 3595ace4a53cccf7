"""An app with a route of every shape, and a way to send it requests that no client would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec

from ensue import Answer, App, Body, Conflict, Item, Meta, NotFound, ReadTx, Table, Tx
from ensue.doors.http import Door, asgi_app
from ensue.testing import Running

JSON_TYPE = (b"content-type", b"application/json")
HOST = (b"host", b"localhost")

Customer = Annotated[str, Meta(min_length=1, max_length=64)]
Quantity = Annotated[int, Meta(ge=1, le=1_000)]


class NewOrder(Body):
    customerId: Customer  # noqa: N815 - as clients write it
    quantity: Quantity


class Line(Body):
    model: str
    quantity: Quantity


class Basket(Body):
    lines: Annotated[list[Line], Meta(min_length=1)]
    colour: Literal["red", "green"] = "red"
    prices: dict[str, Annotated[float, Meta(ge=0)]] = msgspec.field(default_factory=dict)
    note: str | None = None
    extra: Any = None


def make_app(name: str = "shop") -> App:
    """A fresh app; an app's declarations are its own."""
    app = App(name)
    orders = app.table("orders", key="id", indexes={"customer": ("customerId", "id")})
    app.queue("payments")
    app.bus("events")
    app.mail("letters", to="a@example.com")

    @app.function
    def handle(body, tx: Tx) -> None:
        del body, tx

    _take_orders(app, orders)
    _find_orders(app, orders)
    _answer_oddly(app, orders)
    return app


def _take_orders(app: App, orders: Table) -> None:
    @app.get("/hello")
    def hello() -> dict[str, str]:
        """Say hello.

        To whoever asks.

        Raises:
            Exception: never.
        """
        return {"message": "hello"}

    @app.post("/orders", status=201, statuses={409: "there is one already"})
    def place_order(body: NewOrder, tx: Tx) -> dict[str, str]:
        """Take an order."""
        order = tx.new_id()
        tx.put(orders, {"id": order, "customerId": body.customerId, "quantity": body.quantity})
        return {"id": order}

    @app.post("/baskets")
    def place_basket(body: Basket, tx: Tx) -> dict[str, str]:
        basket = tx.new_id()
        tx.put(orders, {"id": basket, "customerId": "b", "extra": msgspec.to_builtins(body)})
        return {"id": basket}

    @app.put("/orders/{order}")
    def put_order(order: Customer, body: dict[str, Any], tx: Tx) -> Item:
        tx.put(orders, {**body, "id": order})
        found = tx.get(orders, order)
        if found is None:
            raise NotFound("it is gone")
        return found


def _find_orders(app: App, orders: Table) -> None:
    @app.get("/orders/{id}")
    def get_order(id: Customer, tx: ReadTx) -> Item:  # noqa: A002 - as the path calls it
        found = tx.get(orders, id)
        if found is None:
            raise NotFound(f"there is no order {id}")
        return found

    @app.delete("/orders/{id}")
    def delete_order(id: str, tx: Tx) -> None:  # noqa: A002 - as the path calls it
        tx.delete(orders, id)

    @app.get("/orders/latest")
    def latest() -> dict[str, str]:
        return {"id": "latest"}

    @app.get("/customers/{customer}/orders")
    def by_customer(
        customer: str,
        tx: ReadTx,
        limit: Annotated[int, Meta(ge=1, le=100)] = 10,
        after: str | None = None,
    ) -> dict[str, Any]:
        page = tx.query(orders, customer, index="customer", limit=limit, after=after)
        return {"orders": page.items, "next": page.next}

    @app.get("/search")
    def search(
        text: str,
        tags: list[str] = [],  # noqa: B006 - declared, not changed
        least: float | None = None,
        exact: bool = False,  # noqa: FBT001, FBT002 - as above
        number: int = 0,
        filter: Any = None,  # noqa: A002 - as the query calls it
    ) -> dict[str, Any]:
        return {
            "text": text,
            "tags": tags,
            "least": least,
            "exact": exact,
            "number": number,
            "filter": filter,
        }


def _answer_oddly(app: App, orders: Table) -> None:
    @app.post("/echo")
    async def echo(body: Any = None) -> Any:
        return body

    @app.post("/numbers/{number}")
    def number(number: int, tx: Tx) -> Answer:
        tx.put(orders, {"id": str(number), "number": number})
        return Answer({"number": number}, status=202, headers={"X-Number": str(number)})

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("the secret is 42")

    @app.post("/conflict")
    def conflict(tx: Tx) -> None:
        tx.put(orders, {"id": "never"})
        raise Conflict("it is there already")

    @app.get("/header")
    def header(value: str) -> Answer:
        return Answer({}, headers={"location": value})


@dataclass
class Got:
    """What a raw request was answered."""

    status: int
    raw: bytes
    header_list: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode("latin-1") for name, value in self.header_list}

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.raw) if self.raw else None

    @property
    def error(self) -> dict[str, str]:
        return self.body["error"]


def ask(
    running: Running,
    method: str,
    target: bytes | str,
    body: bytes | list[bytes] = b"",
    headers: Iterable[tuple[bytes, bytes]] = (HOST, JSON_TYPE),
    *,
    leaves: bool = False,
    door: Door | None = None,
    **options: Any,
) -> Got:
    """Send a request as the server would hand it over: bytes as they came, path decoded.

    With ``leaves`` the client goes away after the pieces of its body, though more should come.
    """
    raw = target.encode() if isinstance(target, str) else target
    path, _, query = raw.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
    }
    pieces = [body] if isinstance(body, bytes) else body
    got = Got(0, b"")

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces) or leaves}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            got.status = message["status"]
            got.header_list = message["headers"]
        else:
            got.raw += message["body"]

    door = door or asgi_app(running._platform, **options)
    running.wait(door(scope, receive, send))
    return got
