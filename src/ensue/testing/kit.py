"""Running apps under a held clock, step by step.

Time moves only by `advance`, and nothing happens but by `settle`, `drain` and `deliver_next`: each
runs the very workers that run in production, in a fixed order, on a seeded source of randomness.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ensue.app.app import App
from ensue.app.platform import Platform
from ensue.doors.console import make_console
from ensue.doors.http import asgi_app
from ensue.engine.clock import HELD_START_MS, HeldClock
from ensue.engine.database import StoreUrl, parse_store_url
from ensue.engine.home import Resource, Settings
from ensue.engine.ids import seeded_random
from ensue.engine.lanes import HORIZON
from ensue.engine.readers import set_reader
from ensue.engine.runtime import current, enter, within
from ensue.resources.function import Function
from ensue.resources.pipe import Pipe
from ensue.resources.workflow import Execution, Workflow
from ensue.testing.outside import Call, Outside, mounts_of
from ensue.testing.replay import Ids, Replayed, pauses, read_recording
from ensue.testing.replies import Begun, Reply, reply_of
from ensue.testing.sight import Sight
from ensue.testing.steps import Held, Steps
from ensue.words.errors import NotFound
from ensue.words.units import duration_ms

T = TypeVar("T")

JSON = {"content-type": "application/json"}


class Running(Sight):
    """Apps that run in memory, or in a folder, under a held clock.

    Use `running`, or the pytest fixture ``run_app``.

    Attributes:
        clock: the clock; `advance` moves it.
        calls: the apps' calls to the outside that were answered, oldest first.
    """

    def __init__(
        self,
        apps: tuple[App, ...],
        *,
        store: StoreUrl,
        seed: int = 1,
        start_ms: int = HELD_START_MS,
        data: Path | None = None,
        outside: Mapping[str, Outside] | None = None,
    ) -> None:
        self.clock = HeldClock(start_ms)
        self.calls: list[Call] = []
        self._apps = apps
        self._store = store
        self._source = seeded_random(seed)
        self._settings = Settings(data=data)
        self._held = Held()
        self._loop = asyncio.new_event_loop()
        self._outside = current()
        for app in apps:
            app.outside = mounts_of(outside or {}, self.calls)
        try:
            self._open()
        except BaseException:
            self._let_go()
            raise

    # Doing

    def get(self, path: str, **query: str | float) -> Reply:
        """Send a GET to the app."""
        return self.request("GET", path, query=query)

    def post(self, path: str, body: object = None) -> Reply:
        """Send a POST to the app, with a JSON body, or with bytes as they are."""
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
        """Send any request to the app; nothing settles by it.

        When its handler waits for time to pass, the clock moves on until there is an answer.

        Args:
            method: such as ``POST``.
            path: such as ``/orders``.
            body: a JSON value; or bytes that are sent as they are, such as what was signed.
            query: the query's parameters.
            headers: by name.
        """
        return self._send(method, path, body, list((query or {}).items()), headers)

    def begin(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Begun:
        """Send a request as `request` does, and do not wait: it goes on by `settle` and `advance`.

        So several are under way at once, and a test sees what is so before they are answered.
        """

        async def send() -> Reply:
            return reply_of(await self._requested(method, path, body, (), headers))

        async def begin() -> asyncio.Task[Reply]:
            return self._steps.begin(send())

        begun = Begun(self._await(begin()))
        self._await(self._steps.let_actions_run())
        return begun

    def replay(self, recording: Path) -> list[Replayed]:
        """Send what was recorded by ``ensue run --record`` again, with the pauses of then.

        Ids that the app gives out now are put in the place of those of then. After each request it
        settles.

        Args:
            recording: the file.

        Returns:
            Each request with the answer of now, in the order in which they came.

        Raises:
            InvalidInput: a line of the file is none of a recording.
        """
        ids, replayed = Ids(), []
        for pause_ms, then in pauses(read_recording(recording)):
            self.advance(pause_ms / 1_000)
            query = [(name, ids.value(text)) for name, text in then.query]
            body = None if then.body is None else ids.value(then.body)
            reply = self._send(then.method, ids.path(then.path), body, query, then.headers)
            ids.learn(then.answer, reply.body)
            replayed.append(Replayed(then, reply.status, reply.body))
            self.settle()
        return replayed

    def wait(self, doing: Awaitable[T]) -> T:
        """Await something, such as a method of a handle: ``t.wait(stock.get("LX"))``.

        For what waits for the end of an execution, such as `Workflow.start_sync`, all settles.

        Raises:
            LimitExceeded: the end does not come at the present time.
        """

        async def awaited() -> T:
            return await doing

        return self._await(self._steps.settle_for(awaited()))

    def start(self, flow: Workflow, input: object = None, *, name: str | None = None) -> Execution:  # noqa: A002 - the word for it
        """Start an execution of a workflow, and let all that ensues at the present time happen.

        Args:
            flow: the workflow.
            input: what it is started with.
            name: its name; a new one by default.

        Returns:
            The execution as it is then.
        """
        started = self._await(flow.start(input, name=name))
        self.settle()
        return self._await(flow.describe(started.name))

    # Ensuing

    def settle(self) -> None:
        """Run until nothing more ensues at the present time.

        Raises:
            LimitExceeded: it goes on and on.
        """
        self._do(self._settle)

    def advance(self, duration: str | float) -> None:
        """Move the clock, stopping at each moment at which something is due, and settle there.

        Args:
            duration: such as ``"1h"``, or seconds.
        """
        until_ms = self.clock.now_ms() + duration_ms(duration)
        self._do(lambda: self._steps.advance_to(until_ms))

    def drain(self, limit: str | float = "365d") -> None:
        """Advance until no work is left that waits for time to pass, for at most ``limit``.

        Schedules that come to their moment meanwhile fire; but it is not waited for them, for many
        never end: `advance` to their moment.
        """
        until_ms = self.clock.now_ms() + duration_ms(limit)
        self._do(lambda: self._steps.drain(until_ms))

    def deliver_next(self, handler: str | None = None) -> str | None:
        """Deliver one record or message that is due to its handler.

        Args:
            handler: the name of the only one to deliver to, even if it is held; None for any.

        Returns:
            The handler's name; None when nothing is due.

        Raises:
            NotFound: there is no such handler.
        """
        self._check_names((handler,) if handler else ())
        return self._do(lambda: self._steps.deliver_next(handler))

    def hold(self, *handlers: str) -> None:
        """Hold deliveries until `release`, or until `deliver_next` makes them one by one.

        Args:
            handlers: the names of functions and consumers; without any, all are held.

        Raises:
            NotFound: there is no such handler.
        """
        self._check_names(handlers)
        self._held.hold(handlers)

    def release(self, *handlers: str) -> None:
        """Let what was held be delivered as it is due.

        Args:
            handlers: the names of functions and consumers; without any, all are released.

        Raises:
            NotFound: there is no such handler.
        """
        self._check_names(handlers)
        self._held.release(handlers)

    def rewind(self, source: Resource, function: Function | Pipe) -> None:
        """Set a function or pipe back to the beginning of its log: all is delivered again.

        Args:
            source: the table or stream that it follows.
            function: what follows.
        """

        async def set_back() -> None:
            engine, name = self._platform.engine, function.ref.name
            await engine.transact(
                lambda tx: set_reader(tx, function.ref, source.ref, HORIZON, confirm=name)
            )

        self._do(set_back)

    def wake(self) -> None:
        """Let every worker look again, as after a commit of another program."""
        self._platform.engine.wake_all()

    # Looking

    def now_ms(self) -> int:
        """What time the held clock shows, in ms since 1970."""
        return self.clock.now_ms()

    def stop(self) -> None:
        """Stop the apps and close the store; what is stopped stays so."""
        if self._loop.is_closed():
            return
        self._await(self._steps.end())
        self._await(self._client.aclose())
        self._await(self._platform.close())
        self._let_go()

    # Within

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        query: Sequence[tuple[str, str | float]],
        headers: Mapping[str, str] | None,
    ) -> Reply:
        return reply_of(
            self._do(
                lambda: self._steps.settle_for(self._requested(method, path, body, query, headers))
            )
        )

    def _requested(
        self,
        method: str,
        path: str,
        body: object,
        query: Sequence[tuple[str, str | float]],
        headers: Mapping[str, str] | None,
    ) -> Coroutine[Any, Any, httpx.Response]:
        raw = body if isinstance(body, bytes) else None
        return self._client.request(
            method,
            path,
            json=None if method == "GET" or raw is not None else body,
            content=raw,
            params=list(query) or None,
            headers=({} if raw is None else JSON) | dict(headers or {}),
        )

    def _let_go(self) -> None:
        enter(self._outside)
        self._loop.close()
        for app in self._apps:
            app.outside = {}

    def _check_names(self, handlers: tuple[str, ...]) -> None:
        known = {worker.name for worker in self._platform.engine.workers}
        for name in handlers:
            if name not in known:
                raise NotFound(f"there is no handler {name}", hint=f"There are {sorted(known)}.")

    def _await(self, doing: Coroutine[Any, Any, T]) -> T:
        with within(self._platform.engine.runtime):
            return self._loop.run_until_complete(doing)

    def _do(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Await what can be begun again."""
        return self._await(call())

    async def _settle(self) -> None:
        await self._steps.settle()

    def _open(self) -> None:
        """Open the apps on the store at the present time of the clock."""
        settings, given = self._settings, (self._apps, self._store)
        opening = Platform.open(*given, clock=self.clock, source=self._source, settings=settings)
        self._platform = self._loop.run_until_complete(opening)
        try:
            door = asgi_app(self._platform, console=make_console)
        except BaseException:
            self._await(self._platform.close())
            raise
        enter(self._platform.engine.runtime)
        self._steps = Steps(self._platform, self.clock, self._held)
        transport = httpx.ASGITransport(door, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://localhost")


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
            such as ``{"http://payments": answer}``, perhaps async. All other calls are refused.

    Raises:
        EnsueError: an app cannot run as it is declared.
    """
    kit = Running(
        apps, store=parse_store_url(store), seed=seed, start_ms=start_ms, data=data, outside=outside
    )
    try:
        yield kit
    finally:
        kit.stop()
