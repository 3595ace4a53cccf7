"""A running Ensue, reached over HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import httpx
import msgspec

from ensue.doors.cli.model import Decoded
from ensue.words.errors import EnsueError, InvalidInput, InvalidValue, NotPermitted, Unreachable

TIMEOUT_S = 35.0
CONNECT_TIMEOUT_S = 5.0
FIRST_PRINTABLE = 0x20
DELETE = 0x7F
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class HttpServer:
    """A running Ensue, over one kept connection. Use `open_server`.

    Attributes:
        url: how people call it.
        has_key: whether a key was given for it.

    Args:
        client: where its requests go.
    """

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self.url = url
        self.has_key = "authorization" in client.headers

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Decoded:
        """What it answers to a GET, decoded."""
        return self._ask("GET", path, query, None, 0)

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        query: Mapping[str, str] | None = None,
        *,
        wait_ms: int = 0,
    ) -> Decoded:
        """What it answers to a POST, decoded; it may take ``wait_ms`` longer than usual."""
        return self._ask("POST", path, query, msgspec.json.encode(body), wait_ms)

    def upload(
        self,
        path: str,
        body: Iterable[bytes],
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Decoded:
        """What it answers to a PUT of bytes, which are sent as they come, decoded."""
        with self._reached():
            answer = self._client.put(
                path, content=body, headers=headers, params=query, timeout=_timeout(0)
            )
        return self._understood(answer)

    @contextmanager
    def download(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The bytes that it answers to a GET, as they come."""
        with (
            self._reached(),
            self._client.stream("GET", path, params=query, timeout=_timeout(0)) as answer,
        ):
            if not answer.is_success:
                answer.read()
                self._understood(answer)
            yield answer.iter_bytes()

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        content: bytes | None,
        wait_ms: int,
    ) -> Decoded:
        headers = {} if content is None else {"content-type": "application/json"}
        with self._reached():
            answer = self._client.request(
                method, path, params=query, content=content, headers=headers,
                timeout=_timeout(wait_ms),
            )  # fmt: skip
        return self._understood(answer)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Tell in our words that the server cannot be reached."""
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Unreachable(
                f"no server answers at {self.url}",
                hint="Start one with `ensue run APP`, or say where it is with --url or ENSUE_URL.",
            ) from None
        except httpx.TransportError as fault:
            said = str(fault) or type(fault).__name__
            raise Unreachable(f"the server at {self.url} stopped answering: {said}") from None

    def _understood(self, answer: httpx.Response) -> Decoded:
        try:
            found = msgspec.json.decode(answer.content) if answer.content else None
        except msgspec.DecodeError:
            found = None
        if answer.is_success and (found is not None or not answer.content):
            return found
        error = found.get("error") if isinstance(found, dict) else None
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            raise _refusal(error)
        raise Unreachable(
            f"expected an Ensue server, got status {answer.status_code} from {self.url}",
            hint="Is something else listening there? --url or ENSUE_URL names another address.",
        )


@contextmanager
def open_server(
    url: str, key: str | None, *, transport: httpx.BaseTransport | None = None
) -> Iterator[HttpServer]:
    """A server by its URL.

    Args:
        url: its address, such as ``http://127.0.0.1:8080``.
        key: what it demands; None for nothing.
        transport: what carries the requests; the network by default.

    Raises:
        InvalidInput: the URL is none, or the key is no text that a header can hold.
    """
    base = _checked(url)
    headers = {} if key is None else {b"authorization": b"Bearer " + _shown(key)}
    client = httpx.Client(
        base_url=base,
        headers=headers,
        transport=transport,
        # Reading the authorities' certificates takes longer than a whole request without TLS.
        verify=ssl.create_default_context() if base.scheme == "https" else _trusts_nobody(),
        trust_env=base.host not in LOOPBACK,
    )
    with client:
        yield HttpServer(client, url)


def _timeout(wait_ms: int) -> httpx.Timeout:
    return httpx.Timeout(TIMEOUT_S + wait_ms / 1_000, connect=CONNECT_TIMEOUT_S)


def _shown(key: str) -> bytes:
    """A key as a header's value: UTF-8, without the white space that a server strips."""
    try:
        found = key.encode().strip()
    except UnicodeEncodeError:
        raise InvalidValue("expected a key of UTF-8", at="--key") from None
    if any(byte < FIRST_PRINTABLE or byte == DELETE for byte in found):
        raise InvalidValue("expected a key without control characters", at="--key")
    return found


def _trusts_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _checked(url: str) -> httpx.URL:
    try:
        base = httpx.URL(url)
    except httpx.InvalidURL:
        base = httpx.URL("")
    if base.scheme in {"http", "https"} and base.host:
        return base
    raise InvalidInput(f"expected the URL of a server, such as http://127.0.0.1:8080, got {url!r}")


def _refusal(error: Mapping[str, Any]) -> EnsueError:
    """A server's error as the error that it was."""
    message = str(error["message"])
    said = {
        part: error[part]
        for part in ("at", "hint")
        if isinstance(error.get(part), str) and error[part] not in message
    }
    kind = _BY_CODE.get(str(error.get("code")), EnsueError)
    if kind is NotPermitted and not error.get("hint"):
        said = {"hint": "Give the key with --key or ENSUE_KEY."}
    return kind(message, **said)


def _by_code() -> dict[str, type[EnsueError]]:
    found: dict[str, type[EnsueError]] = {}
    left: list[type[EnsueError]] = [EnsueError]
    while left:
        kind = left.pop()
        found[kind.code] = kind
        left += kind.__subclasses__()
    return found


_BY_CODE = MappingProxyType(_by_code())
