"""The client for calls to the outside: plain and encrypted, against real servers."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
import trustme

from ensue import App
from ensue.app.client import make_client
from ensue.engine.transaction import acting


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Hello)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def encrypted(served, tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    vouches = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(vouches))
    return served, vouches


async def unsigned(request: httpx.Request) -> None:
    """Leave a request as it is."""


def fetch(url: str, times: int = 1) -> list[str]:
    async def fetched() -> list[str]:
        async with make_client({}, unsigned) as client:
            answers = await asyncio.gather(*(client.get(url) for _ in range(times)))
            return [answer.text for answer in answers]

    return asyncio.run(fetched())


def test_a_plain_address_is_called(served):
    assert fetch(f"http://127.0.0.1:{served.server_port}/") == ["hello"]


def test_a_certificate_that_nobody_vouches_for_is_refused(encrypted):
    served, _ = encrypted

    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(f"https://localhost:{served.server_port}/")


def test_an_encrypted_address_with_a_good_certificate_is_called(encrypted, monkeypatch):
    served, certificate = encrypted
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert fetch(f"https://localhost:{served.server_port}/", times=3) == ["hello"] * 3


def test_what_answers_instead_of_the_network_is_asked():
    async def asked() -> str:
        outside = {"all://": httpx.MockTransport(lambda request: httpx.Response(200, text="mock"))}
        async with make_client(outside, unsigned) as client:
            return (await client.get("https://bank/")).text

    assert asyncio.run(asked()) == "mock"


def test_a_redriven_message_calls_with_the_key_of_before_although_its_first_run_is_remembered(
    run_app,
):
    app = App("shop")
    queue = app.queue("jobs", max_receives=1)
    keys, remembered = [], []

    def bank(request):
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(200 if len(keys) > 1 else 503)

    @queue.consumer()
    async def act(message):
        remembered.append(acting.get())
        (await app.http.post("http://bank/charge")).raise_for_status()

    t = run_app(app, outside={"http://bank": bank})
    t.wait(queue.send(1))
    t.drain()
    t.wait(queue.dead_letters.redrive())
    t.drain()

    assert keys[0] == keys[1]
