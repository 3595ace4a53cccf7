"""The HTTP/1.1 connection: bounds on a request's head and time, and one write for each answer."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ensue.doors.http.statuses import body_of, retry_after
from ensue.doors.http.wire import STREAMS, respond
from ensue.words.errors import EnsueError, InvalidInput, LimitExceeded

HEAD_BYTES_MAX = 65_536
RECEIVE_S = 20.0
STREAM_BYTES_MIN = 65_536
SEND_S = 60.0

_TOO_LARGE = LimitExceeded(
    f"expected a request line and headers of at most {HEAD_BYTES_MAX} bytes", at="headers"
)
_NO_REQUEST = InvalidInput("expected an HTTP/1.1 request, got something else")
_FULL = LimitExceeded(
    "expected fewer connections and requests at once", hint="Try again in a moment."
)
_HEAD = b"HTTP/1.1 "
_INTERIM = b"HTTP/1.1 1"


class _Joined(asyncio.Transport):
    """A transport that holds an answer's head until its body comes, and sends both at once.

    A write is a system call and, without delay, a packet: the two of an answer were two fifths of
    the time that a short request takes.
    """

    __slots__ = ("_head", "_outer")

    def __init__(self, outer: asyncio.Transport) -> None:
        self._outer = outer
        self._head = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or hold, what is written."""
        piece = bytes(data)
        if self._head:
            piece, self._head = self._head + piece, b""
        elif piece.startswith(_HEAD) and not piece.startswith(_INTERIM):
            self._head = piece
            return
        self._outer.write(piece)

    def flush(self) -> None:
        """Send what is held: no body comes."""
        if self._head:
            head, self._head = self._head, b""
            self._outer.write(head)

    def close(self) -> None:
        """Send what is held, and close."""
        self.flush()
        self._outer.close()

    def abort(self) -> None:
        """Close, and send nothing that is left."""
        self._outer.abort()

    def get_write_buffer_size(self) -> int:
        """How many bytes wait to be sent."""
        return self._outer.get_write_buffer_size()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._outer.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """What the transport knows of the connection."""
        return self._outer.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Let the client wait."""
        self._outer.pause_reading()

    def resume_reading(self) -> None:
        """Let the client go on."""
        self._outer.resume_reading()


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for which there is no room."""
    del receive
    headers = [(b"connection", b"close"), retry_after(None)]
    await respond(scope, send, HTTPStatus.SERVICE_UNAVAILABLE, body_of(_FULL), headers)


_BEYOND: Any = _refuse


class BoundedProtocol(HttpToolsProtocol):
    """A connection that ends when a request's head grows too large (431, RFC 6585).

    The parser itself keeps whatever comes until a head is complete. What comes in one piece with
    the rest of the head is not counted: a piece is at most 256 KiB.

    It also ends when a request has not come whole in `receive_s`: who sends a byte now and then
    would keep it for ever. The time in which we do not read does not count. A body that is taken as
    it comes may take longer, as long as a least number of bytes comes in each such time. So may an
    answer, as long as its client takes that many in each `send_s`.
    """

    receive_s = RECEIVE_S
    send_s = SEND_S

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _unsent = 0
    _is_whole = False
    _has_ended = False
    _is_in_head = False
    _head_bytes = 0
    _bytes_since = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as there
        """Take a connection."""
        self._joined = _Joined(transport)
        super().connection_made(self._joined)
        self._wait_for_the_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind."""
        self._stop_waiting()
        self._go_on()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent."""
        super().pause_writing()
        self._wait_for_the_client()

    def resume_writing(self) -> None:
        """Go on: it has taken it."""
        self._go_on()
        super().resume_writing()

    def on_message_begin(self) -> None:
        """Start to count."""
        self._is_whole = False
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Know that a request came whole."""
        self._is_whole = self._has_ended = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Send the head of an answer to HEAD, which has no body, and go on."""
        self._joined.flush()
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is too much."""
        # Line ends between requests are no request, yet may be all that ever comes.
        self._has_ended, self._is_whole = self._is_whole, False
        super().data_received(data)
        if self._is_whole:
            self._stop_waiting()
        elif self._has_ended:
            self._wait_for_the_rest()
        self._bytes_since += len(data)
        if not self._is_in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._answer_and_close(b"431 Request Header Fields Too Large", _TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request, and close."""
        del msg
        self._answer_and_close(b"400 Bad Request", _NO_REQUEST)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401
        # Beyond its bound uvicorn puts an application in our place that answers in plain text.
        super()._start_asgi_task(cycle, app if app is self.app else _BEYOND)

    def _answer_and_close(self, status: bytes, error: EnsueError) -> None:
        body = body_of(error)
        self.transport.write(
            b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n%s" % (status, len(body), body)
        )
        self.transport.close()

    def _wait_for_the_rest(self) -> None:
        self._stop_waiting()
        self._bytes_since = 0
        self._deadline = self.loop.call_later(self.receive_s, self._waited)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _waited(self) -> None:
        if self.flow.read_paused or self._is_answering() or self._streams():
            self._wait_for_the_rest()
        else:
            self.transport.close()

    def _wait_for_the_client(self) -> None:
        self._unsent = self._joined.get_write_buffer_size()
        self._stalled = self.loop.call_later(self.send_s, self._waited_for_the_client)

    def _waited_for_the_client(self) -> None:
        if self._unsent - self._joined.get_write_buffer_size() < STREAM_BYTES_MIN:
            self._joined.abort()  # what is left would be kept until the client goes
        else:
            self._wait_for_the_client()

    def _go_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _is_answering(self) -> bool:
        """Whether a request that came whole is at work."""
        cycle = self.cycle
        if cycle is None or self._is_in_head:  # type: ignore[redundant-expr] # before the first one
            return False
        return not (cycle.more_body or cycle.response_complete)

    def _streams(self) -> bool:
        """Whether a body is taken as it comes, and enough of it has come."""
        cycle = self.cycle
        if cycle is None or self._is_in_head:  # type: ignore[redundant-expr] # before the first one
            return False
        return STREAMS in cycle.scope and self._bytes_since >= STREAM_BYTES_MIN
