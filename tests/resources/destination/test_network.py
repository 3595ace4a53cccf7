"""Destinations over real sockets, to servers that are as they are."""

from __future__ import annotations

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from ensue import App, Rejected, TooLarge, Unreachable


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, dict(self.headers), body, self.client_address))
        status, headers, answer = self.server.answers.pop(0) if self.server.answers else OK
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *said):
        """Say nothing."""


OK = (200, {"Content-Type": "application/json"}, b'{"ok":true}')


@pytest.fixture
def server():
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.daemon_threads = True
    served.got, served.answers = [], []
    served.url = f"http://127.0.0.1:{served.server_port}"
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join()


@pytest.fixture
def app() -> App:
    return App("crm")


def deliver(stage):
    """Real sockets need real turns of the loop: until no delivery runs."""

    async def sent():
        [sender] = [worker for worker in stage.engine.workers if worker.name == "bank"]
        await sender.step()
        while sender.running:
            sender.woken.clear()
            await sender.woken.wait()
        await sender.step()

    stage.wait(sent())


def test_a_delivery_arrives_with_its_key_over_a_connection_that_is_used_again(
    store, run_on, app, server
):
    destination = app.destination("bank", url=f"{server.url}/customers")
    stage = run_on(store, app)
    ids = []
    for n in range(3):
        ids.append(stage.wait(destination.send({"n": n})))
        deliver(stage)

    assert [body for _, _, body, _ in server.got] == [b'{"n":0}', b'{"n":1}', b'{"n":2}']
    assert [headers["Idempotency-Key"] for _, headers, _, _ in server.got] == ids
    assert len({client for *_, client in server.got}) == 1
    assert stage.wait(destination.depth())["waiting"] == 0


def test_a_call_gives_the_answer(store, run_on, app, server):
    destination = app.destination("bank", url=server.url)
    stage = run_on(store, app)

    assert stage.wait(destination.call([1])) == {"ok": True}


def test_a_redirect_is_not_followed(store, run_on, app, server):
    destination = app.destination("bank", url=server.url)
    server.answers = [(307, {"Location": f"{server.url}/elsewhere"}, b"")]
    stage = run_on(store, app)

    with pytest.raises(Rejected, match="answered 307"):
        stage.wait(destination.call(1))
    assert len(server.got) == 1


def test_a_cookie_is_not_given_back(store, run_on, app, server):
    destination = app.destination("bank", url=server.url)
    server.answers = [(200, {"Set-Cookie": "session=1"}, b"{}")]
    stage = run_on(store, app)
    stage.wait(destination.call(1))
    stage.wait(destination.call(2))

    assert "Cookie" not in server.got[1][1]


def test_an_answer_without_an_end_is_read_up_to_its_bound(store, run_on, app, server):
    destination = app.destination("bank", url=server.url)
    server.answers = [(200, {}, b"0" * 1_048_577), (500, {}, b"0" * 1_048_577)]
    stage = run_on(store, app)

    with pytest.raises(TooLarge):
        stage.wait(destination.call(1))
    with pytest.raises(Unreachable) as told:
        stage.wait(destination.call(1))
    assert len(str(told.value)) < 600


def test_an_answer_that_ends_too_soon_says_nothing_when_nobody_wants_it(store, run_on, app, server):
    destination = app.destination("bank", url=server.url)
    cut = (200, {"Content-Length": "9", "Connection": "close"}, b"{")
    server.answers = [cut, cut]
    stage = run_on(store, app)
    stage.wait(destination.send(1))
    deliver(stage)

    assert stage.wait(destination.depth())["waiting"] == 0


def test_a_server_that_is_gone_is_tried_again_when_it_is_back(store, run_on, app, server):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    destination = app.destination("bank", url=url)
    stage = run_on(store, app)
    stage.wait(destination.send(1))
    deliver(stage)
    [waiting] = stage.wait(destination.peek())
    assert "ConnectError" in waiting.error
    assert waiting.receives == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(store, run_on, app, server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    destination = app.destination("bank", url=server.url.replace("http:", "https:"))
    stage = run_on(store, app)

    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        stage.wait(destination.call(1))
    assert server.got == []


def test_a_call_to_what_never_answers_ends_when_the_clock_says_so(store, run_on, app):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        destination = app.destination("bank", url=url, timeout="40s")
        stage = run_on(store, app)

        async def called():
            calling = stage.loop.create_task(destination.call(1))
            taken, _ = await stage.loop.run_in_executor(None, silent.accept)
            with taken:
                stage.clock.move_to(stage.clock.now_ms() + 40_000)
                await calling

        with pytest.raises(Unreachable, match="no answer came within 40000 ms"):
            stage.wait(called())
