"""Recording: requests as they came, a line of JSON each, to be replayed in a test.

What is masked is replaced before it is written: the same value by the same stand-in, so that what
belongs together still does. A request that puts or reveals a secret is not recorded.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ensue.doors.http.wire import PATH_NAMES, PRIVATE
from ensue.words.errors import InvalidValue, StoreUnusable

RECORDED_BODY_BYTES_MAX = 1_048_576
RECORDING_BYTES_MAX = 1_073_741_824
STAND_INS_MAX = 100_000
KEPT_HEADERS = ("content-type", "idempotency-key")

log = logging.getLogger("ensue.http")


class Recorded(msgspec.Struct, frozen=True):
    """A request, and how it was answered.

    Attributes:
        at_ms: when it came, in ms since 1970.
        method: such as ``POST``.
        path: percent-encoded, without the query.
        query: its parameters, in their order.
        headers: those that matter to an app, by lower-case name.
        body: the decoded JSON body; None for none, or for one that was no JSON.
        status: the status of the answer.
        answer: the decoded JSON body of the answer; None for none.
    """

    at_ms: int
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any = None


class Masks:
    """What is not to be written.

    Args:
        paths: names of members, or dotted ends of their paths, such as ``customer.name``: in bodies
            and answers, and a name alone also in queries and in paths.

    Raises:
        InvalidValue: a path is empty.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        if not all(all(path.split(".")) for path in paths):
            raise InvalidValue(f"expected names or dotted paths to mask, got {list(paths)}")
        self._paths = [tuple(path.split(".")) for path in paths]
        self._stand_ins: dict[str, int] = {}

    def masks(self, path: tuple[str, ...]) -> bool:
        """Whether what is at a path is not to be written."""
        return any(path[-len(each) :] == each for each in self._paths)

    def masked(self, value: Any, path: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - any JSON value
        """A JSON value without what is not to be written."""
        if isinstance(value, dict):
            return {name: self.masked(each, (*path, name)) for name, each in value.items()}
        if isinstance(value, list):
            return [self.masked(each, path) for each in value]
        if not self.masks(path) or value is None or isinstance(value, bool):
            return value
        return self.stand_in(str(value)) if isinstance(value, str) else self._number(str(value))

    def stand_in(self, text: str) -> str:
        """The stand-in of a text."""
        return f"masked-{self._number(text)}"

    def _number(self, text: str) -> int:
        if len(self._stand_ins) >= STAND_INS_MAX:
            return self._stand_ins.get(text, 0)
        return self._stand_ins.setdefault(text, len(self._stand_ins) + 1)


class Recorder:
    """Writes what comes and how it was answered to a file that only its owner can read.

    Args:
        file: is made, or added to.
        masks: what is not to be written.
        now_ms: tells the time.

    Raises:
        StoreUnusable: the file cannot be written.
    """

    def __init__(self, file: Path, masks: Masks, now_ms: Callable[[], int]) -> None:
        self._masks = masks
        self._now_ms = now_ms
        try:
            self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._left = RECORDING_BYTES_MAX - os.fstat(self._file).st_size
        except OSError as fault:
            raise StoreUnusable(
                f"the recording cannot be written: {fault.strerror}", at=str(file)
            ) from None

    def around(self, app: ASGIApp) -> ASGIApp:
        """The same application, recorded."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            call = _Call(receive, send)
            at_ms, path = self._now_ms(), scope["path"]
            try:
                await app(scope, call.receive, call.send)
            finally:
                self._write(at_ms, path, scope, call)

        return recorded

    def close(self) -> None:
        """Record nothing more."""
        os.close(self._file)
        self._left = 0

    def _write(self, at_ms: int, path: str, scope: Scope, call: _Call) -> None:
        if call.status is None or self._left <= 0 or scope.get(PRIVATE):
            return
        line = msgspec.json.encode(self._recorded(at_ms, path, scope, call, call.status)) + b"\n"
        self._left -= len(line)
        if self._left <= 0:
            log.warning("the recording has reached its size and ends")
            return
        try:
            os.write(self._file, line)
        except OSError as fault:
            self._left = 0
            log.warning("the recording ends: %s", fault.strerror)

    def _recorded(self, at_ms: int, path: str, scope: Scope, call: _Call, status: int) -> Recorded:
        masks = self._masks
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        hidden = {
            str(value) for name, value in scope.get(PATH_NAMES, {}).items() if masks.masks((name,))
        }
        return Recorded(
            at_ms=at_ms,
            method=scope["method"],
            path="/".join(
                quote(masks.stand_in(part) if part in hidden else part) for part in path.split("/")
            ),
            query=[
                (name, masks.stand_in(text) if masks.masks((name,)) else text)
                for name, text in query
            ],
            headers={name: headers[name] for name in KEPT_HEADERS if name in headers},
            body=_masked(masks, call.body),
            status=status,
            answer=_masked(masks, call.answer),
        )


class _Call:
    """What one call received and sent, as far as it is kept."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.body = b""
        self.answer = b""
        self.status: int | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        self.body = _more(self.body, message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.answer = _more(self.answer, message.get("body", b""))
        await self._send(message)


def _more(kept: bytes, chunk: bytes) -> bytes:
    """What is kept with a further chunk; a byte over the bound tells that it is too much."""
    if len(kept) > RECORDED_BODY_BYTES_MAX:
        return kept
    return (kept + chunk)[: RECORDED_BODY_BYTES_MAX + 1]


def _masked(masks: Masks, content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return masks.masked(_json(content))
    except RecursionError:
        return None  # nested deeper than any body that is taken


def _json(content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    if not content or len(content) > RECORDED_BODY_BYTES_MAX:
        return None
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None
