from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from ensue import App
from ensue.doors.http import Options, serve
from ensue.words.errors import Conflict, InvalidValue, NotPermitted

ROOT = Path(__file__).parents[3]
PATIENCE_S = 20
PIECE = b"x" * 65_536


def until(connection: socket.socket, end: bytes) -> bytes:
    """What comes on a connection, up to ``end`` or to where it is closed."""
    found = b""
    while not found.endswith(end) and (piece := connection.recv(10_000)):
        found += piece
    return found


class Served:
    """A serving child process.

    Attributes:
        process: the child.
        ready: its first line.
    """

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.doors.http.serving",
                str(folder),
                json.dumps(options),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ready = json.loads(self.line())
        self.urls = dict(self.ready["addresses"])
        self.client = httpx.Client(base_url=self.urls["first"], trust_env=False, timeout=PATIENCE_S)

    def line(self) -> str:
        return self.process.stdout.readline().strip()

    def connect(self) -> socket.socket:
        """A kept connection that was answered once."""
        url = httpx.URL(self.urls["first"])
        made = socket.create_connection((url.host, url.port), timeout=PATIENCE_S)
        made.sendall(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b'{"message":"hello"}' in until(made, b"}")
        return made

    def ended(self) -> tuple[int, str]:
        """The exit status, and what it wrote to standard error."""
        self.process.wait(PATIENCE_S)
        return self.process.returncode, self.process.stderr.read()

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def serve_in(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    with ExitStack() as stack:

        def start(**options: Any) -> Served:
            return stack.enter_context(closing(Served(tmp_path, options)))

        yield start


def test_it_says_where_it_is_once_every_app_answers(serve_in, tmp_path):
    served = serve_in()
    assert list(served.urls) == ["first", "second"]
    assert served.ready["engine"] == f"sqlite:///{tmp_path}/ensue.db"
    for url in served.urls.values():
        assert httpx.get(f"{url}/_ensue/health", trust_env=False).json()["status"] == "ok"
    assert served.client.post("/orders", json={"customerId": "a", "quantity": 1}).status_code == 201


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_requests_end_and_then_stops(serve_in, number):
    served = serve_in()
    url = httpx.URL(served.urls["first"])
    with served.connect() as idle, served.connect() as busy:
        busy.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.line() == "waiting"
        served.process.send_signal(number)
        assert idle.recv(100) == b"", "connections that wait for nothing are closed"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((url.host, url.port))
        served.process.stdin.write("done\n")
        served.process.stdin.flush()
        assert until(busy, b'"done"').startswith(b"HTTP/1.1 200")
    assert served.line() == "stopped"
    assert served.ended() == (0, "")


def test_a_second_signal_ends_it_at_once(serve_in):
    served = serve_in()
    with served.connect() as idle, served.connect() as busy:
        busy.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.line() == "waiting"
        served.process.send_signal(signal.SIGINT)
        assert idle.recv(100) == b""
        served.process.send_signal(signal.SIGINT)
        assert served.ended() == (130, "")
        assert busy.recv(100) == b""


def test_a_request_that_does_not_end_is_cut_off_and_told_so(serve_in):
    served = serve_in(requests_grace_s=0.05)
    with served.connect() as busy:
        busy.sendall(b"GET /forever HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.line() == "waiting"
        served.process.send_signal(signal.SIGINT)
        assert busy.recv(10_000).startswith(b"HTTP/1.1 503")
    assert served.ended() == (0, "")


def test_what_was_acknowledged_is_there_after_a_stop_and_after_a_kill(serve_in):
    first = serve_in()
    one = first.client.post("/orders", json={"customerId": "a", "quantity": 1}).json()["id"]
    first.process.send_signal(signal.SIGTERM)
    first.ended()
    second = serve_in()
    two = second.client.post("/orders", json={"customerId": "a", "quantity": 1}).json()["id"]
    second.process.kill()
    second.ended()
    third = serve_in()
    for order in (one, two):
        assert third.client.get(f"/orders/{order}").status_code == 200


def test_an_answer_without_a_body_is_sent_too(serve_in):
    served = serve_in()
    head = served.client.head("/hello")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "19", b"")
    assert served.client.delete("/orders/x").status_code == 204
    assert served.client.get("/hello").json() == {"message": "hello"}


def test_a_large_answer_comes_whole(serve_in):
    text = "x" * 1_000_000
    assert serve_in().client.post("/echo", json=text).json() == text


def test_requests_sent_without_waiting_are_answered_in_order(serve_in):
    with serve_in().connect() as eager:
        orders = b"".join(
            b"POST /numbers/%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" % number
            for number in range(20)
        )
        eager.sendall(orders)
        found = until(eager, b'{"number":19}')
    places = [found.index(b'{"number":%d}' % number) for number in range(20)]
    assert places == sorted(places)


def test_ten_megabytes_are_refused_and_the_connection_can_go_on(serve_in):
    served = serve_in()
    headers = {"content-type": "application/json"}
    announced = served.client.post("/orders", content=PIECE * 160, headers=headers)
    assert announced.status_code == 413
    assert announced.json()["error"]["code"] == "body_too_large"
    pieces = (PIECE for _ in range(160))
    assert served.client.post("/orders", content=pieces, headers=headers).status_code == 413
    assert served.client.get("/hello").status_code == 200


def test_who_asks_before_sending_too_much_is_told_not_to(serve_in):
    with serve_in().connect() as asking:
        asking.sendall(
            b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10485760\r\nExpect: 100-continue\r\n\r\n"
        )
        assert asking.recv(10_000).startswith(b"HTTP/1.1 413")


def test_what_is_no_http_is_refused_and_nothing_is_logged(serve_in):
    served = serve_in()
    url = httpx.URL(served.urls["first"])
    for noise in (
        b"\x00\xff\x16\x03\x01 noise\r\n\r\n",
        b"GET /hello HTTP/9.9\r\n\r\n",
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET /" + b"\xff" * 10 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
    ):
        with socket.create_connection((url.host, url.port), timeout=PATIENCE_S) as raw:
            raw.sendall(noise)
            assert raw.recv(10_000).startswith(b"HTTP/1.1 4"), noise
    assert served.client.get("/hello").status_code == 200
    served.process.send_signal(signal.SIGINT)
    assert served.ended() == (0, "")


def test_headers_without_an_end_are_cut_off(serve_in):
    with serve_in().connect() as endless:
        endless.sendall(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        for _ in range(2):
            endless.sendall(PIECE)
        assert endless.recv(10_000).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"\r\n",
        b"GET /hello HTTP/1.1\r\nHost: local",
        b'POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"customerId":',
        b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hel",
    ],
)
def test_a_request_that_does_not_come_whole_in_time_is_cut_off(serve_in, part):
    served = serve_in(receive_s=0.05)
    url = httpx.URL(served.urls["first"])
    with socket.create_connection((url.host, url.port), timeout=PATIENCE_S) as slow:
        slow.sendall(part)
        assert until(slow, b"never").count(b"HTTP/1.1 200") == part.count(b"\r\n\r\nGET")
    assert served.client.get("/hello").status_code == 200
    served.process.send_signal(signal.SIGINT)
    assert served.ended() == (0, "")


def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(serve_in):
    served = serve_in(send_s=0.05, connections_max=3)
    large = b"x" * 8_388_608
    assert served.client.put("/_ensue/buckets/files/objects/large", content=large).is_success
    with served.connect() as stalled:
        stalled.sendall(
            b"GET /_ensue/buckets/files/objects/large HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        until(stalled, b"x")
        health = f"{served.urls['first']}/_ensue/health"
        while httpx.get(health, trust_env=False).status_code == httpx.codes.SERVICE_UNAVAILABLE:
            pass  # its place is still taken
    assert served.client.get("/_ensue/buckets/files/objects/large").content == large


@pytest.mark.parametrize("after", [b"", b"\r\n"])
def test_an_answer_may_take_longer_than_its_request(serve_in, after):
    served = serve_in(receive_s=0.05)
    url = httpx.URL(served.urls["first"])
    with served.connect() as busy:
        busy.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n" + after)
        assert served.line() == "waiting"
        for _ in range(2):
            with socket.create_connection((url.host, url.port), timeout=PATIENCE_S) as slow:
                assert slow.recv(1) == b"", "the time is over"
        served.process.stdin.write("done\n")
        served.process.stdin.flush()
        assert until(busy, b'"done"').startswith(b"HTTP/1.1 200")


def test_a_body_that_streams_may_take_longer_as_long_as_enough_of_it_comes(serve_in):
    served = serve_in(receive_s=1.0)
    url = httpx.URL(served.urls["first"])
    head = b"PUT /_ensue/buckets/files/objects/k HTTP/1.1\r\nHost: localhost\r\n"
    with served.connect() as slow, served.connect() as slower:
        slow.sendall(head + b"content-length: %d\r\n\r\n" % (3 * len(PIECE)) + PIECE)
        slower.sendall(head + b"content-length: %d\r\n\r\n" % (3 * len(PIECE)) + PIECE)
        for _ in range(2):
            with socket.create_connection((url.host, url.port), timeout=PATIENCE_S) as other:
                assert other.recv(1) == b"", "the time is over"
            slow.sendall(PIECE)
        assert until(slow, b"}").startswith(b"HTTP/1.1 200")
        assert slower.recv(1) == b"", "too little came"


def test_beyond_so_many_connections_requests_are_refused(serve_in):
    served = serve_in(connections_max=2)
    with served.connect():
        refused = served.client.get("/hello")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["error"]["code"] == "limit_exceeded"


@pytest.mark.parametrize("sent", [b"GARBAGE\r\n\r\n", b"GET /hello HTTP/9.9\r\n\r\n"])
def test_what_is_no_request_is_refused_as_everything_else_is(serve_in, sent):
    served = serve_in()
    with served.connect() as connection:
        connection.sendall(sent)
        head, _, body = until(connection, b"}}").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["code"] == "invalid_input"


def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_logged(serve_in):
    served = serve_in()
    with served.connect() as leaving:
        leaving.sendall(
            b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"customerId":'
        )
    assert served.client.get("/hello").status_code == 200
    served.process.send_signal(signal.SIGINT)
    assert served.ended() == (0, "")


def test_with_a_key_it_serves_every_address_of_the_machine(serve_in):
    served = serve_in(host="0.0.0.0", key="secret")  # noqa: S104 - with a key
    port = httpx.URL(served.urls["first"]).port
    url = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{url}/_ensue/health", trust_env=False).status_code == 200
    assert httpx.get(f"{url}/hello", trust_env=False).status_code == 401
    key = {"authorization": "Bearer secret", "host": "shop.example"}
    assert httpx.get(f"{url}/hello", headers=key, trust_env=False).status_code == 200


def refused(tmp_path: Path, count: int = 1, **options: Any) -> None:
    """Try to serve with options that cannot be."""
    given = Options(engine=f"sqlite:///{tmp_path}/new/e.db", data=tmp_path / "new", **options)
    try:
        serve([App(f"app{place}") for place in range(count)], given, lambda _: None)
    finally:
        assert not (tmp_path / "new").exists(), "nothing is made before the ports are there"


def test_a_taken_port_is_told_before_the_store_is_opened(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"the port {port} is taken.*--port"):
            refused(tmp_path, port=port)
        with pytest.raises(Conflict):
            refused(tmp_path, count=2, port=port - 1)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - it is refused
def test_an_address_that_others_can_reach_is_refused_without_a_key(tmp_path, host):
    with pytest.raises(NotPermitted, match="--key or ENSUE_KEY"):
        refused(tmp_path, host=host)


@pytest.mark.parametrize("host", ["..", "no such host", "192.0.2.1"])
def test_a_host_that_this_machine_is_not_is_told(tmp_path, host):
    with pytest.raises(InvalidValue, match="of this machine") as caught:
        refused(tmp_path, host=host, key="k")
    assert caught.value.at == "--host"


@pytest.mark.parametrize(("port", "count"), [(70_000, 1), (65_535, 2), (-1, 1)])
def test_ports_beyond_the_last_are_refused(tmp_path, port, count):
    with pytest.raises(InvalidValue, match="expected ports from 1 to 65535"):
        refused(tmp_path, count, port=port)
