"""Apps that are served as `ensue run` serves them, in a thread, for browsers to look at."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from ensue import App
from ensue.app.held import HeldTime
from ensue.app.opening import open_platform
from ensue.app.platform import Platform
from ensue.doors.console import Modes, make_console
from ensue.doors.http import asgi_app

T = TypeVar("T")
WAIT_S = 20


class Served:
    """Apps on one store and one port.

    Attributes:
        url: where they are.
        platform: what runs them; touch it by `do` only.
    """

    def __init__(
        self,
        apps: tuple[App, ...],
        store: str,
        modes: Modes,
        key: str | None,
        held: HeldTime | None = None,
    ) -> None:
        self._held = held
        self._apps = apps
        self._store = store
        self._modes = modes
        self._key = key
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._fault: BaseException | None = None
        self._thread.start()
        assert self._ready.wait(WAIT_S)
        if self._fault is not None:
            raise self._fault

    def do(self, doing: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns that runs where the apps run."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(WAIT_S)

    def stop(self) -> None:
        """Stop serving and close the store."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(WAIT_S)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as fault:  # noqa: BLE001 - it is raised where the test waits
            self._fault = fault
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        self.platform: Platform = await open_platform(
            self._apps,
            engine_url=self._store,
            data=Path(self._store[10:]).parent,
            demo=True,
            held=self._held,
        )
        console = partial(make_console, modes=self._modes, key=self._key)
        door = asgi_app(self.platform, key=self._key, console=console)
        config = uvicorn.Config(
            door, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        serving = asyncio.ensure_future(server.serve([self._socket]))
        self.platform.start()
        while not server.started:
            await asyncio.wait([serving], timeout=0.01)
        self._ready.set()
        await self._stopping.wait()
        server.should_exit = True
        await serving
        await self.platform.close()


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


@contextmanager
def serving(
    *apps: App,
    folder: Path,
    modes: Modes | None = None,
    key: str | None = None,
    held: HeldTime | None = None,
) -> Iterator[Served]:
    """Serve apps on a store in a folder, with the console."""
    made = Served(apps, f"sqlite:///{folder}/ensue.db", modes or Modes(), key, held)
    try:
        yield made
    finally:
        made.stop()
