"""Running apps under a held clock, step by step.

Time moves only by `advance`, and nothing happens but by `settle`, `drain` and `deliver_next`: each
runs the very workers that run in production, in a fixed order, on a seeded source of randomness.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ensue.app.app import App
from ensue.app.platform import Platform
from ensue.doors.http import asgi_app
from ensue.engine.clock import HELD_START_MS, HeldClock
from ensue.engine.consumers import ActionConsumer
from ensue.engine.database import parse_store_url
from ensue.engine.handlers import BATCH_MAX
from ensue.engine.home import Resource, Settings
from ensue.engine.ids import seeded_random
from ensue.engine.readers import set_reader
from ensue.engine.workers import Worker
from ensue.observe import Node
from ensue.resources.bus import Bus, Event
from ensue.resources.function import Function
from ensue.resources.mail import Letter, Mail
from ensue.resources.queue import Message, Queue
from ensue.words.errors import LimitExceeded
from ensue.words.units import duration_ms

T = TypeVar("T")
Outside = Callable[[httpx.Request], httpx.Response]

ROUNDS_MAX = 100_000


@dataclass(frozen=True)
class Reply:
    """What a request to the app answered.

    Attributes:
        status: the HTTP status.
        body: the decoded JSON body; None for an empty one.
        headers: by lower-case name.
    """

    status: int
    body: Any
    headers: Mapping[str, str]


class Running:
    """Apps that run in memory, or in a folder, under a held clock.

    Use `running`, or the pytest fixture ``run_app``.

    Attributes:
        clock: the clock; `advance` moves it.
    """

    def __init__(
        self, apps: tuple[App, ...], *, store: str, seed: int, start_ms: int, data: Path | None
    ) -> None:
        self.clock = HeldClock(start_ms)
        self._loop = asyncio.new_event_loop()
        self._platform = self._await(
            Platform.open(
                apps,
                parse_store_url(store),
                clock=self.clock,
                source=seeded_random(seed),
                settings=Settings(data=data),
            )
        )
        try:
            door = asgi_app(self._platform)
        except BaseException:
            self._await(self._platform.close())
            self._loop.close()
            raise
        transport = httpx.ASGITransport(door, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    # Doing

    def get(self, path: str, **query: str | float) -> Reply:
        """Send a GET to the app."""
        return self.request("GET", path, query=query)

    def post(self, path: str, body: object = None) -> Reply:
        """Send a POST with a JSON body to the app."""
        return self.request("POST", path, body=body)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str | float] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send any request to the app; nothing settles by it."""
        answer = self._await(
            self._client.request(
                method,
                path,
                json=body if method != "GET" else None,
                params=dict(query) if query else None,
                headers=dict(headers or {}),
            )
        )
        found = answer.json() if answer.content else None
        return Reply(answer.status_code, found, dict(answer.headers))

    def wait(self, doing: Awaitable[T]) -> T:
        """Await something, such as a method of a handle: ``t.wait(stock.get("LX"))``."""

        async def awaited() -> T:
            return await doing

        return self._await(awaited())

    # Ensuing

    def settle(self) -> None:
        """Run until nothing more ensues at the present time.

        Raises:
            LimitExceeded: it goes on and on.
        """
        self._await(self._settle())

    def advance(self, duration: str | float) -> None:
        """Move the clock, stopping at each moment at which something is due, and settle there.

        Args:
            duration: such as ``"1h"``, or seconds.
        """
        self._await(self._advance_to(self.clock.now_ms() + duration_ms(duration)))

    def drain(self, limit: str | float = "365d") -> None:
        """Advance until no work is left that waits for time to pass, for at most ``limit``."""
        self._await(self._drain(self.clock.now_ms() + duration_ms(limit)))

    def deliver_next(self) -> str | None:
        """Deliver one record or message that is due to its handler.

        Returns:
            The handler's name; None when nothing is due.
        """
        return self._await(self._deliver_next())

    def rewind(self, source: Resource, function: Function) -> None:
        """Set a function back to the beginning of the log that it follows: all is delivered again.

        Args:
            source: the table whose changes it follows.
            function: what follows.
        """
        engine = self._platform.engine

        async def set_back() -> None:
            await engine.transact(lambda tx: set_reader(tx, function.ref, 0))

        self._await(set_back())
        engine.wake({engine.number(source.ref)})

    def wake(self) -> None:
        """Let every worker look again, as after a commit of another program."""
        self._platform.engine.wake_all()

    # Looking

    def messages(self, queue: Queue) -> list[Message]:
        """The messages in a queue, longest due first, at most 1,000."""
        return self.wait(queue.peek(1_000))

    def events(self, bus: Bus) -> list[Event]:
        """The newest events of a bus, at most 1,000, oldest first."""
        found, _ = self.wait(bus.tail(limit=1_000))
        return [Event.from_envelope(each) for each in found if isinstance(each, dict)]

    def letters(self, mail: Mail) -> list[Letter]:
        """The letters that left the house; for apps that run in memory."""
        return list(mail.drawer.letters)

    def why(self, sought: str, *, up: bool = False) -> Node:
        """The tree of what an id, or an item's key, caused; see `ensue why`."""
        return self._platform.why(sought, up=up)

    def now_ms(self) -> int:
        """What time the held clock shows, in ms since 1970."""
        return self.clock.now_ms()

    def stop(self) -> None:
        """Stop the apps and close the store."""
        self._await(self._client.aclose())
        self._await(self._platform.close())
        self._loop.close()

    # Within

    def _await(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(doing)

    async def _settle(self) -> None:
        for _ in range(ROUNDS_MAX):
            if not await self._round():
                return
        raise LimitExceeded(
            f"expected the app to settle, but after {ROUNDS_MAX} rounds it still goes on",
            hint="Does a handler cause its own event again?",
        )

    async def _round(self) -> bool:
        moved = False
        for worker in self._platform.engine.workers:
            if self._is_due(worker):
                worker.woken.clear()
                if await worker.step():
                    worker.woken.set()
                moved = worker.woken.is_set() or moved
        return await self._let_actions_run() or moved

    def _is_due(self, worker: Worker) -> bool:
        due_ms = worker.due_ms()
        return worker.woken.is_set() or (due_ms is not None and due_ms <= self.clock.now_ms())

    async def _let_actions_run(self) -> bool:
        """Let the loop turn until each running action has ended or waits for the held clock."""
        busy = [
            worker
            for worker in self._platform.engine.workers
            if isinstance(worker, ActionConsumer) and worker.running
        ]
        if not busy:
            return any(worker.woken.is_set() for worker in self._platform.engine.workers)
        for _ in range(QUIET_TURNS):
            await _turn()
            if any(worker.woken.is_set() for worker in self._platform.engine.workers):
                return True
            if self._platform.engine.pending:
                # An action waits for a transaction, which another thread runs before this one.
                await self._platform.engine.transact(lambda tx: tx.now_ms)
        return False

    async def _advance_to(self, until_ms: int) -> None:
        await self._settle()
        while (next_ms := self._next_ms()) is not None and next_ms <= until_ms:
            self.clock.move_to(next_ms)
            await self._settle()
        self.clock.move_to(until_ms)
        await self._settle()

    async def _drain(self, until_ms: int) -> None:
        await self._settle()
        while (next_ms := self._next_ms(idle=False)) is not None and next_ms <= until_ms:
            self.clock.move_to(next_ms)
            await self._settle()

    async def _deliver_next(self) -> str | None:
        engine = self._platform.engine
        engine.take_at_most = 1
        try:
            for worker in engine.workers:
                if await self._deliver_by(worker):
                    return worker.name
        finally:
            engine.take_at_most = BATCH_MAX
        return None

    async def _deliver_by(self, worker: Worker) -> bool:
        """Let a worker step until it has run its handler, or has nothing to do."""
        engine = self._platform.engine
        before = engine.delivered
        while self._is_due(worker):
            worker.woken.clear()
            if await worker.step():
                worker.woken.set()
            await self._let_actions_run()
            if engine.delivered > before:
                worker.woken.set()
                return True
        return False

    def _next_ms(self, *, idle: bool = True) -> int | None:
        """When something is due next; without ``idle``, only what is caused by work."""
        times = [
            due_ms
            for worker in self._platform.engine.workers
            if (idle or worker.name != "keeper") and (due_ms := worker.due_ms()) is not None
        ]
        timer_ms = self.clock.next_ms()
        times += [] if timer_ms is None else [timer_ms]
        return min(times, default=None)


QUIET_TURNS = 50


async def _turn() -> None:
    """Let everything that is ready on the loop run once."""
    loop = asyncio.get_running_loop()
    turned = loop.create_future()
    loop.call_soon(turned.set_result, None)
    await turned


@contextmanager
def running(
    *apps: App,
    store: str = "sqlite::memory:",
    seed: int = 1,
    start_ms: int = HELD_START_MS,
    data: Path | None = None,
    outside: Mapping[str, Outside] | None = None,
) -> Iterator[Running]:
    """Run apps under a held clock.

    Args:
        apps: what to run.
        store: an engine URL; in memory by default.
        seed: of all randomness, so that a run can be repeated.
        start_ms: what time it is at first, in ms since 1970.
        data: a folder for files; None to keep letters in memory.
        outside: what answers the apps' HTTP calls: a function of the request for each base URL,
            such as ``{"http://payments": answer}``. All other calls are refused.

    Raises:
        EnsueError: an app cannot run as it is declared.
    """
    mounts: dict[str, httpx.AsyncBaseTransport] = {"all://": httpx.MockTransport(_nobody)}
    for base, answer in (outside or {}).items():
        mounts[base.rstrip("/")] = httpx.MockTransport(answer)
    for app in apps:
        app.outside = mounts
    kit = Running(apps, store=store, seed=seed, start_ms=start_ms, data=data)
    try:
        yield kit
    finally:
        kit.stop()
        for app in apps:
            app.outside = {}


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"nobody answers {request.url.host} in this test", request=request)
