"""The HTTP server process: ports, readiness, signals, and a stop within five seconds."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ensue.app.app import App
from ensue.app.held import HeldTime
from ensue.app.opening import open_platform
from ensue.app.platform import Platform
from ensue.doors.http.asgi import MakeConsole, asgi_app
from ensue.doors.http.guard import Guard
from ensue.doors.http.ports import BACKLOG, is_loopback, listening, resolved, url_of
from ensue.doors.http.protocol import BoundedProtocol
from ensue.doors.http.recording import Masks, Recorder
from ensue.identity import Issuer
from ensue.observe.logged import LogAs, log_to
from ensue.words.errors import EnsueError, InvalidValue
from ensue.words.values import shown
from ensue.words.version import VERSION

PORT_MAX = 65_535
COLLECT_AFTER_OBJECTS = 20_000
CONNECTIONS_MAX = 1_000
REQUESTS_GRACE_S = 2
STOP_MS = 4_000
STOP_AT_LAST_S = 4.8
SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_STUCK = 1
EXIT_INTERRUPTED = 130
LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - bound elsewhere, if asked for

log = logging.getLogger("ensue.http")


@dataclass(frozen=True)
class Options:
    """How apps are served.

    Attributes:
        host: the name or address to bind.
        port: of the first app; each further app has the next one. 0 for any that is free.
        key: what requests must show; None only on a loopback address, or where there is an issuer.
        issuer: whose tokens will do as well as the key; None for nobody's.
        held: how time passes that is held; None for the machine's clock.
        engine: the URL of the store.
        data: the folder for files.
        smtp: the URL of the mail server; None for the outbox folder.
        keep_ms: how long what is over stays to be looked at; None for a day.
        act: whether a branch reaches the outside.
        record: the file to which requests are recorded; None for none.
        mask: what of them is not to be written; see `Masks`.
        proxies: the addresses, or networks, of proxies that are believed who a request is from.
        console: makes what answers ``/console``; None for no console.
        log: how the log is written; None for as Python does without being told.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    key: str | None = None
    engine: str = "sqlite:///data/ensue.db"
    data: Path = Path("data")
    smtp: str | None = None
    keep_ms: int | None = None
    act: bool = False
    record: Path | None = None
    mask: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    issuer: Issuer | None = None
    held: HeldTime | None = None
    console: MakeConsole | None = None
    log: LogAs | None = None


@dataclass(frozen=True)
class Ready:
    """What is there once all ports answer.

    Attributes:
        addresses: the name and the base URL of each app.
        version: Ensue's.
        engine: the URL of the store.
        held_ms: what time it is, where that passes only when it is told to; None where not.
    """

    addresses: Sequence[tuple[str, str]]
    version: str
    engine: str
    held_ms: int | None = None


def serve(apps: Sequence[App], options: Options, ready: Callable[[Ready], None]) -> None:
    """Run apps until SIGINT or SIGTERM.

    The first signal drains: no new connections, requests in progress end, running actions get the
    time that is left of four seconds. The second one ends the process at once; so does the first
    one when five seconds have not been enough. Nothing acknowledged is lost by either.

    Args:
        apps: what to run, on one store, each on a port of its own.
        options: where, and on which store.
        ready: called once all ports answer.

    Raises:
        NotPermitted: other machines could connect and there is no key, or the port needs rights.
        InvalidValue: this machine has no such host or port, or the engine URL is none.
        Conflict: a port is taken.
        EnsueError: an app cannot run as it is declared, or the store cannot be opened.
    """
    with ExitStack() as stack:
        # Before the store, so that a taken port is told at once and nothing has been touched.
        sockets = [stack.enter_context(closing(each)) for each in _bound(options, len(apps))]
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(apps, options, sockets, ready))


def _rest_the_collector() -> None:
    """Let the garbage collector leave alone what lives as long as the process, and come less often.

    Requests make few cycles; at its default pace it takes a tenth of the time, in long pauses.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 50)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - it does not exist for Windows

    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


# Ports


def _bound(options: Options, count: int) -> list[socket.socket]:
    for proxy in options.proxies:
        _check_proxy(proxy)
    family, address = resolved(options.host)
    if options.issuer is not None:
        options.issuer.verifier().check()
    if options.key is not None or options.issuer is None:
        Guard(options.key, loopback=is_loopback(address))
    last = options.port + count - 1
    if options.port < 0 or (options.port and last > PORT_MAX):
        raise InvalidValue(
            f"expected ports from 1 to {PORT_MAX} for {count} apps, got {options.port} to {last}",
            at="--port",
        )
    bound: list[socket.socket] = []
    try:
        for place in range(count):
            port = options.port and options.port + place
            bound.append(listening(family, address, port))
    except EnsueError:
        for each in bound:
            each.close()
        raise
    return bound


# Running


class _Server(uvicorn.Server):
    """A server whose signals are ours, and which says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: `_Stop` has them, for all servers together."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        try:
            await super().startup(sockets)
        finally:
            self.answers.set()


class _Stop:
    """Waits for the first signal; the second one, or too long a wait, ends the process.

    The handlers are Python's, not the loop's: they work while the loop is busy stopping.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._timer = threading.Timer(STOP_AT_LAST_S, _give_up)
        self._timer.daemon = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over SIGINT and SIGTERM for a while."""
        before = {each: signal.signal(each, self._signalled) for each in SIGNALS}
        try:
            yield
        finally:
            self._timer.cancel()
            for each, handler in before.items():
                signal.signal(each, handler)

    async def wait(self) -> None:
        """Wait for the first signal."""
        await self._event.wait()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._timer.ident is not None:
            os._exit(EXIT_INTERRUPTED)
        self._timer.start()
        self._loop.call_soon_threadsafe(self._event.set)


def _give_up() -> None:
    log.error("what was running did not end within %s s; it is taken up again", STOP_AT_LAST_S)
    os._exit(EXIT_STUCK)


async def _serve(
    apps: Sequence[App],
    options: Options,
    sockets: Sequence[socket.socket],
    ready: Callable[[Ready], None],
) -> None:
    logs = None if options.log is None else log_to(options.log)
    stop = _Stop()
    with stop.listening():
        platform = await open_platform(
            apps,
            engine_url=options.engine,
            data=options.data,
            smtp=options.smtp,
            keep_ms=options.keep_ms,
            act=options.act,
            demo=options.key is None
            and options.issuer is None
            and all(is_loopback(each.getsockname()[0]) for each in sockets),
            addresses=_addresses(apps, sockets),
            held=options.held,
        )
        if logs is not None:
            logs.watch(platform.engine, platform.actors)
        try:
            recorder = _recorder(platform, options)
        except BaseException:
            await platform.close()
            raise
        servers = [
            _server(platform, app, options, each, recorder)
            for app, each in zip(apps, sockets, strict=True)
        ]
        running = [
            asyncio.ensure_future(server.serve([each]))
            for server, each in zip(servers, sockets, strict=True)
        ]
        try:
            await platform.map.keep()
            platform.start()
            _rest_the_collector()
            for server in servers:
                await server.answers.wait()
            ready(_ready(apps, sockets, platform))
            await stop.wait()
        finally:
            # By the loop's time: that of the platform may be held.
            stopping_s = asyncio.get_running_loop().time()
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*running)
            spent_ms = round(1_000 * (asyncio.get_running_loop().time() - stopping_s))
            await platform.close(grace_ms=max(0, STOP_MS - spent_ms))
            if recorder is not None:
                recorder.close()


def _ready(apps: Sequence[App], sockets: Sequence[socket.socket], platform: Platform) -> Ready:
    bound = [each.getsockname() for each in sockets]
    return Ready(
        addresses=[(app.name, url_of(*name[:2])) for app, name in zip(apps, bound, strict=True)],
        version=VERSION,
        engine=platform.engine_url,
        held_ms=platform.time.now_ms() if platform.time.held else None,
    )


def _addresses(apps: Sequence[App], sockets: Sequence[socket.socket]) -> dict[str, str]:
    """Where each app is reached from this machine."""
    found = {}
    for app, each in zip(apps, sockets, strict=True):
        host, port, *_ = each.getsockname()
        found[app.name] = url_of(LOOPBACK_OF.get(host, host), port)
    return found


def _check_proxy(address: str) -> None:
    try:
        ipaddress.ip_network(address)
    except ValueError:
        raise InvalidValue(
            f"expected the address or network of a proxy, got {shown(address)}",
            hint="Such as 127.0.0.1 or 10.0.0.0/8.",
        ) from None


def _recorder(platform: Platform, options: Options) -> Recorder | None:
    if options.record is None:
        return None
    began_ms = platform.started_ms
    return Recorder(options.record, Masks(options.mask), lambda: began_ms + platform.uptime_ms())


def _server(
    platform: Platform,
    app: App,
    options: Options,
    listening: socket.socket,
    recorder: Recorder | None,
) -> _Server:
    loopback = is_loopback(listening.getsockname()[0])
    door: ASGIApp = asgi_app(
        platform,
        app,
        key=options.key,
        issuer=options.issuer,
        loopback=loopback,
        console=options.console,
    )
    config = uvicorn.Config(
        door if recorder is None else recorder.around(door),
        interface="asgi3",
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        # Its own words are for those who run it by hand; errors are logged where they happen.
        log_level="critical",
        access_log=False,
        server_header=False,
        # Whom a proxy names is the last in the list that is none of ours: others can be made up.
        proxy_headers=bool(options.proxies),
        forwarded_allow_ips=list(options.proxies),
        backlog=BACKLOG,
        # With so many open ones, further requests get 503; a process often has 1,024 descriptors.
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=REQUESTS_GRACE_S,
    )
    return _Server(config)
