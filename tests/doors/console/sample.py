"""A small shop, and a way to ask its console."""

from __future__ import annotations

import re
from contextlib import contextmanager
from urllib.parse import urlencode

from ensue import App, Tx
from ensue.app.platform import Platform
from ensue.doors.console import Modes, make_console
from ensue.doors.http import asgi_app
from ensue.testing import running
from tests.doors.http.sample import HOST, ask

__all__ = ["HOST", "Visitor", "ask", "consoled", "make_app"]


def make_app() -> App:
    app = App("shop")
    orders = app.table("orders", key="id")
    app.queue("payments")
    app.bus("events")

    @app.post("/orders", status=201)
    def place(tx: Tx) -> dict[str, str]:
        order = {"id": tx.new_id()}
        tx.put(orders, order)
        return order

    return app


@contextmanager
def consoled(
    app: App,
    *,
    key: str | None = None,
    modes: Modes | None = None,
    store: str = "sqlite::memory:",
):
    """A running app, and a door to its console with a key or modes of its own."""
    with running(app, store=store) as kit:
        platform: Platform = kit._platform

        def console(platform, guard):
            return make_console(platform, guard, modes or Modes(), key=key)

        yield Visitor(kit, asgi_app(platform, key=key, console=console))


class Visitor:
    """Somebody at a console, with the cookies that it gave them.

    Attributes:
        kit: the running app.
        headers: what each request has besides the host.
    """

    def __init__(self, kit, door, headers: dict[str, str] | None = None) -> None:
        self.kit = kit
        self._door = door
        self.headers = headers or {}
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str):
        return self._ask("GET", path, b"", headers)

    def twin(self, path: str):
        """What a view's twin in JSON says."""
        place, mark, query = path.partition("?")
        got = self.get(f"{place}.json{mark}{query}")
        assert got.status == 200, got.raw
        return got.body

    def post(self, path: str, fields: dict[str, str], *, token: str | None = None, **headers: str):
        """Send a form, with the token of a page unless another one is given."""
        sent = {"form_token": self.token() if token is None else token, **fields}
        return self._ask("POST", path, urlencode(sent).encode(), headers)

    def token(self) -> str:
        """The token that the forms of a page have."""
        page = self.get("/resources/queue/shop/payments?operation=pause").raw.decode()
        found = re.search(r'name="form_token" value="(\w+)"', page)
        return found[1] if found else ""

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"cookie": cookie, **self.headers, **headers}
        named = [(n.replace("_", "-").encode(), v.encode()) for n, v in sent.items() if v]
        got = ask(self.kit, method, f"/console{path}", body, [HOST, *named], door=self._door)
        for name, value in got.header_list:
            if name == b"set-cookie":
                put, _, rest = value.decode().partition(";")
                left, _, right = put.partition("=")
                if "Max-Age=0" in rest or not right.strip('"'):
                    self.cookies.pop(left, None)
                else:
                    self.cookies[left] = right
        return got
