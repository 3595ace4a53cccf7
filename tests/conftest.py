"""What tests share: stores of both kinds, and a stage on which apps run under a held clock."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest

from ensue.app.app import App
from ensue.app.platform import Platform
from ensue.engine.clock import HeldClock
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.home import Settings
from ensue.engine.ids import seeded_random
from ensue.engine.transaction import Origin, Transaction
from ensue.testing.steps import Held, Steps

T = TypeVar("T")


def pytest_configure() -> None:
    # A shell starts what runs in the background with SIGINT ignored, and so would be the children
    # that tests stop by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills", type=int, default=200, help="how often the loaded process is killed"
    )
    parser.addoption(
        "--points", type=int, default=3, help="at how many steps each story's disk fails; 0: all"
    )
    parser.addoption(
        "--examples", type=int, default=6, help="how many requests of each sort a route is sent"
    )
    parser.addoption("--seeds", type=int, default=200, help="how many seeds are simulated")
    parser.addoption(
        "--messages", type=int, default=10_000, help="how many messages go through when soaked"
    )


class Stage:
    """Apps, or none, on one open store. Nothing moves but by `settle` and `advance`."""

    def __init__(self, url: StoreUrl, *apps: App, settings: Settings | None = None) -> None:
        self.url = url
        self.clock = HeldClock()
        self.loop = asyncio.new_event_loop()
        self.open = True
        try:
            self.platform = self.wait(
                Platform.open(
                    apps, url, clock=self.clock, source=seeded_random(1), settings=settings
                )
            )
        except BaseException:
            self.loop.close()
            raise
        self.engine = self.platform.engine
        self._steps = Steps(self.platform, self.clock, Held())

    def wait(self, awaitable: Any) -> Any:
        """What an awaitable returns."""

        async def awaited() -> Any:
            return await awaitable

        return self.loop.run_until_complete(awaited())

    def do(self, run: Callable[[Transaction], T], origin: Origin | None = None) -> T:
        """Run a function in a transaction of its own."""

        async def transact() -> T:
            return await self.engine.transact(run, origin)

        return self.loop.run_until_complete(transact())

    def do_together(self, *runs: Callable[[Transaction], Any]) -> list[Any]:
        """Run functions in transactions that wait at the same moment; answers or exceptions."""

        async def transact() -> list[Any]:
            waiting = [self.engine.transact(run) for run in runs]
            return await asyncio.gather(*waiting, return_exceptions=True)

        return self.loop.run_until_complete(transact())

    def rows(self, sql: str, *parameters: Any) -> list[Any]:
        """The committed rows of a query."""
        return self.engine.read(lambda tx: tx.rows(sql, parameters))

    def settle(self) -> None:
        """Let the workers step until nothing more ensues at the present time."""
        self.wait(self._steps.settle())

    def advance(self, ms: int) -> None:
        """Move the clock, stopping wherever something is due."""
        self.wait(self._steps.advance_to(self.clock.now_ms() + ms))

    async def let_actions_run(self) -> None:
        """Until each has ended, or waits for the clock."""
        await self._steps.let_actions_run()

    def close(self) -> None:
        """Stop as a process that ends well."""
        if self.open:
            self.open = False
            self.wait(self.platform.close())
            self.loop.close()


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreUrl:
    """A store of each kind: written on the loop, and by a thread."""
    return StoreUrl(MEMORY) if request.param == "memory" else _file(tmp_path)


@pytest.fixture
def file_store(tmp_path: Path) -> StoreUrl:
    """A store on a file."""
    return _file(tmp_path)


def _file(folder: Path) -> StoreUrl:
    return StoreUrl(str(folder / "ensue.db"), "NORMAL")


@pytest.fixture
def run_on() -> Iterator[Callable[..., Stage]]:
    """Run apps on a store: ``run_on(store, app)``; they stop after the test."""
    stages: list[Stage] = []

    def run(url: StoreUrl, *apps: App, settings: Settings | None = None) -> Stage:
        stages.append(Stage(url, *apps, settings=settings))
        return stages[-1]

    yield run
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(store: StoreUrl, run_on: Callable[..., Stage]) -> Stage:
    """A stage without apps, on a store of each kind."""
    return run_on(store)


@pytest.fixture
def file_stage(file_store: StoreUrl, run_on: Callable[..., Stage]) -> Stage:
    """A stage without apps, on a file."""
    return run_on(file_store)


@pytest.fixture
def crashed(tmp_path: Path) -> Callable[[Stage], StoreUrl]:
    """What a crash at this moment leaves on the disk: ``crashed(stage)``."""

    def copy(stage: Stage) -> StoreUrl:
        folder = tmp_path / f"crash-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for file in Path(stage.url.path).parent.glob(Path(stage.url.path).name + "*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, folder / file.name)
        return StoreUrl(str(folder / Path(stage.url.path).name), stage.url.synchronous)

    return copy


@pytest.fixture
def typed_in() -> Callable[..., list[Any]]:
    """A statement typed into another program: ``typed_in(url, "UPDATE ...")``.

    Not by Python's sqlite3: within one process its library and ours would not see each other's
    locks.
    """

    def run(url: StoreUrl, sql: str, *parameters: Any) -> list[Any]:
        with closing(apsw.Connection(url.path)) as other:
            return other.execute(sql, parameters).fetchall()

    return run
