"""What the command line needs of the rest: a way to serve, and a way to reach a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ensue.app.app import App
from ensue.app.held import HeldTime
from ensue.identity import Issuer
from ensue.observe.logged import LogAs

HOST = "127.0.0.1"
PORT = 8080
URL = f"http://{HOST}:{PORT}"
DATA = "./data"
HELD_DATA = Path("./data-held")
PORT_MAX = 65_535


@dataclass(frozen=True)
class Options:
    """How to serve apps.

    Attributes:
        host: the address to bind.
        port: the TCP port; 0 for any free one.
        data: the folder for files.
        engine: the URL of the store.
        key: what requests must present; None where only this machine can ask.
        smtp: the URL of the mail server; None for the outbox folder.
        keep_ms: how long what is over stays to be looked at; None for a day.
        act: whether a branch reaches the outside.
        record: the file to which requests are recorded; None for none.
        mask: what of them is not to be written.
        proxies: the proxies that are believed who a request is from.
        issuer: whose tokens will do as well as the key; None for nobody's.
        held: how time passes that is held; None for the machine's clock.
        console: what the console hides and forbids: ``off``, ``read-only``, ``masked``.
        log: how the log is written; None for as Python does without being told.
    """

    host: str
    port: int
    data: Path
    engine: str
    key: str | None
    smtp: str | None
    keep_ms: int | None = None
    act: bool = False
    record: Path | None = None
    mask: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    issuer: Issuer | None = None
    held: HeldTime | None = None
    console: tuple[str, ...] = ()
    log: LogAs | None = None


class Ready(Protocol):
    """What is known once requests are answered."""

    @property
    def addresses(self) -> Sequence[tuple[str, str]]:
        """The name and the URL of each app."""

    @property
    def version(self) -> str:
        """The version of Ensue."""

    @property
    def engine(self) -> str:
        """The store, as a person reads it."""

    @property
    def held_ms(self) -> int | None:
        """What time it is, where that passes only when it is told to; None where not."""


Serve: TypeAlias = Callable[[Sequence[App], Options, Callable[[Ready], None]], None]


# JSON as a server answered it, of the shape that its address promises.
Decoded: TypeAlias = Any


class Server(Protocol):
    """A running Ensue."""

    @property
    def url(self) -> str:
        """How people call it."""

    @property
    def has_key(self) -> bool:
        """Whether a key was given for it."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Decoded:
        """What it answers to a GET, decoded.

        Raises:
            EnsueError: it refused, or does not answer.
        """

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        query: Mapping[str, str] | None = None,
        *,
        wait_ms: int = 0,
    ) -> Decoded:
        """What it answers to a POST, decoded; it may take ``wait_ms`` longer than usual.

        Raises:
            EnsueError: it refused, or does not answer.
        """

    def upload(
        self,
        path: str,
        body: Iterable[bytes],
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Decoded:
        """What it answers to a PUT of bytes, which are sent as they come, decoded.

        Raises:
            EnsueError: it refused, or does not answer.
        """

    def download(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes that it answers to a GET, as they come.

        Raises:
            EnsueError: it refused, or stopped answering.
        """


Connect: TypeAlias = Callable[[str, str | None], AbstractContextManager[Server]]


@dataclass(frozen=True)
class House:
    """What commands find in click's context.

    Attributes:
        serve: serves apps until it is stopped.
        connect: a server by its URL and key.
    """

    serve: Serve
    connect: Connect
