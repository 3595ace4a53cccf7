"""The HTTP/1.1 connection: a bound on what comes before a body, and one write for each answer."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ensue.doors.http.statuses import body_of
from ensue.words.errors import LimitExceeded

HEAD_BYTES_MAX = 65_536

_TOO_LARGE = LimitExceeded(
    f"expected a request line and headers of at most {HEAD_BYTES_MAX} bytes", at="headers"
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


class BoundedProtocol(HttpToolsProtocol):
    """A connection that ends when a request's head grows too large (431, RFC 6585).

    The parser itself keeps whatever comes until a head is complete. What comes in one piece with
    the rest of the head is not counted: a piece is at most 256 KiB.
    """

    _is_in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as there
        """Take a connection."""
        self._joined = _Joined(transport)
        super().connection_made(self._joined)

    def on_message_begin(self) -> None:
        """Start to count."""
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Send the head of an answer to HEAD, which has no body, and go on."""
        self._joined.flush()
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is too much."""
        super().data_received(data)
        if not self._is_in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            body = body_of(_TOO_LARGE)
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
                b"content-type: application/json\r\nconnection: close\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(body), body)
            )
            self.transport.close()
