"""Who a request is from, for limits by ``remote``."""

from __future__ import annotations

import socket
from contextlib import closing

import httpx
import pytest

from ensue import App, InvalidValue
from ensue.doors.http import Options, asgi_app, serve, server
from ensue.testing import running


@pytest.fixture
def app():
    app = App("shop")

    @app.get("/offers", limit="2/60s")
    def offers() -> list[str]:
        return []

    return app


def statuses(app, *asked, proxies=()):
    """The statuses of requests, each of an address and what a proxy says of it."""
    with running(app) as t, closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        config = server._server(t._platform, app, Options(proxies=proxies), listening, None).config
        config.load()

        async def ask():
            found = []
            for address, forwarded in asked:
                transport = httpx.ASGITransport(config.loaded_app, client=(address, 1))
                headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://localhost"
                ) as client:
                    found.append((await client.get("/offers", headers=headers)).status_code)
            return found

        return t.wait(ask())


def test_each_address_has_its_own_and_of_ipv6_each_network_of_64_bits(app):
    v4 = statuses(app, ("1.1.1.1", None), ("1.1.1.1", None), ("1.1.1.1", None), ("1.1.1.2", None))
    v6 = statuses(
        app,
        ("2001:db8::1", None),
        ("2001:db8::2", None),
        ("2001:db8:0:0:ffff::3", None),
        ("2001:db8:0:1::1", None),
    )
    mapped = statuses(app, *[("::ffff:1.1.1.1", None)] * 2, ("1.1.1.1", None))

    assert v4 == [200, 200, 429, 200]
    assert v6 == [200, 200, 429, 200]
    assert mapped == [200, 200, 429]


def test_what_a_header_says_counts_only_from_a_proxy_that_is_believed(app):
    made_up = [("9.9.9.9", f"1.1.1.{n}") for n in range(3)]
    behind = [("10.0.0.1", "1.1.1.1")] * 3 + [("10.0.0.1", "1.1.1.2")]
    # The client wrote the first address itself; the proxies wrote the others.
    forged = [("10.0.0.1", f"7.7.7.{n}, 1.1.1.1, 10.0.0.2") for n in range(3)]

    assert statuses(app, *made_up) == [200, 200, 429]
    assert statuses(app, *made_up, proxies=("10.0.0.0/8",)) == [200, 200, 429]
    assert statuses(app, *behind, proxies=("10.0.0.0/8",)) == [200, 200, 429, 200]
    assert statuses(app, *forged, proxies=("10.0.0.1", "10.0.0.2")) == [200, 200, 429]


def test_what_is_no_address_of_a_proxy_is_refused_before_anything_is_opened(app, tmp_path):
    with pytest.raises(InvalidValue, match="expected the address or network of a proxy"):
        serve([app], Options(port=0, proxies=("nginx",), data=tmp_path), lambda ready: None)

    assert list(tmp_path.iterdir()) == []


def test_an_app_can_be_asked_in_memory_without_an_address(app):
    with running(app) as t:
        assert [t.get("/offers").status for _ in range(3)] == [200, 200, 429]
        assert asgi_app(t._platform) is not None
