"""Crash points: an app is killed at every commit of a scenario, and the outcome stays the same."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

from ensue.app.app import App
from ensue.engine.clock import HELD_START_MS, HeldClock
from ensue.resources.mail import Mail
from ensue.testing.disk import Disk, Fault, Killed
from ensue.testing.kit import Running
from ensue.testing.outside import Outside
from ensue.testing.replies import Reply
from ensue.words.errors import InvalidInput, StoreError

T = TypeVar("T")

RESTART_MS = 1
STORE = "ensue.db"
COMMITTED = f"sync {STORE}-wal"


@dataclass(frozen=True)
class Span:
    """The storage steps of one call of the kit.

    Attributes:
        first: the first step.
        last: the last one; before ``first`` when there was none.
        again: whether the call can be begun again when a kill has ended it.
    """

    first: int
    last: int
    again: bool


class Mortal(Running):
    """Apps on a disk that kills them; they start again, and what was under way is begun again.

    Attributes:
        disk: what the store is on.
        deaths: how often they were killed.
        spans: the storage steps of each call of the kit.
    """

    def __init__(
        self,
        apps: tuple[App, ...],
        disk: Disk,
        folder: Path,
        **options: Any,  # noqa: ANN401 - those of `Running`
    ) -> None:
        self.disk = disk
        self.deaths = 0
        self.spans: list[Span] = []
        self._requests = 0
        super().__init__(apps, store=disk.url(folder / STORE), **options)

    def wait(self, doing: Awaitable[T]) -> T:
        """Await something. A kill comes before it, for it cannot be begun again."""
        if self.disk.fault is not None and self.disk.fault.at == self.disk.steps + 1:
            self.start_again()
        first = self.disk.steps + 1
        answer = super().wait(doing)
        self.spans.append(Span(first, self.disk.steps, again=False))
        return answer

    def start_again(self) -> None:
        """The process is dead, and another one starts."""
        self.deaths += 1
        letters = {mail: list(mail.drawer.letters) for mail in self._mails()}
        self._die()
        self.disk.start_again()
        self.clock = HeldClock(self.clock.now_ms() + RESTART_MS)
        self._loop = asyncio.new_event_loop()
        self._open()
        for mail, sent in letters.items():
            mail.drawer.letters.extend(sent)

    def stop(self) -> None:
        """Stop the apps and close the store."""
        try:
            super().stop()
        except (Killed, StoreError):
            if not self.disk.is_dead:
                raise
            self._die()
            self._let_go()

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        query: Sequence[tuple[str, str | float]],
        headers: Mapping[str, str] | None,
    ) -> Reply:
        """Send a request under a key, so that it can be sent again when its answer is lost."""
        keyed = {name.lower(): text for name, text in (headers or {}).items()}
        if method != "GET":
            self._requests += 1
            keyed.setdefault("idempotency-key", f"crash-points-{self._requests}")
        return super()._send(method, path, body, query, keyed)

    def _do(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        first = self.disk.steps + 1
        while True:
            try:
                answer = self._await(call())
            except Killed:
                self.start_again()
                continue
            self.spans.append(Span(first, self.disk.steps, again=True))
            return answer

    def _die(self) -> None:
        """Let go of everything as a process that ends; nothing of that reaches the disk."""
        self.disk.bury()
        self._loop.set_exception_handler(lambda *_: None)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with suppress(Killed):
            self._await(self._platform.abandon())
        self._loop.close()

    def _mails(self) -> Iterator[Mail]:
        for app in self._apps:
            for resource in app.resources.values():
                if isinstance(resource, Mail):
                    yield resource


@contextmanager
def mortal(
    *apps: App,
    store: Path,
    fault: Fault | None = None,
    **options: Any,  # noqa: ANN401 - those of `Running`
) -> Iterator[Mortal]:
    """Run apps on a copy of a store, on a disk with a fault."""
    disk = Disk()
    with TemporaryDirectory(prefix="ensue-") as folder:
        shutil.copy(store, Path(folder) / STORE)
        kit = Mortal(apps, disk, Path(folder), **options)
        disk.steps = 0
        disk.trace.clear()
        disk.fault = fault
        try:
            yield kit
        finally:
            kit.stop()
            disk.close()


def crash_points(
    scenario: Callable[[Running], object],
    *apps: App,
    at: Literal["commits", "storage"] = "commits",
    seed: int = 1,
    start_ms: int = HELD_START_MS,
    outside: Mapping[str, Outside] | None = None,
    every: int = 1,
) -> int:
    """Run a scenario again and again, killed at another moment each time, and compare outcomes.

    The apps run on a file. When they are killed they start again on it, and what the scenario was
    doing is begun again: a request that was not answered is sent again, under the same
    ``Idempotency-Key``, and settling goes on. What `Running.wait` awaits cannot be begun again:
    there the kill comes before.

    Args:
        scenario: does something with the running apps and returns its outcome: what must be the
            same whenever they are killed. Leave out ids and times; count calls to the outside by
            their key (`Running.calls`), for they may be repeated.
        apps: what to run.
        at: ``commits``: before and after each commit. ``storage``: before each step of the disk.
        seed: of all randomness.
        start_ms: what time it is at first, in ms since 1970.
        outside: what answers the apps' HTTP calls; see `running`.
        every: 1 for each of these moments; 5 for one in five, where all would take long.

    Returns:
        How many times the apps were killed.

    Raises:
        AssertionError: an outcome differs; says where the apps were killed.
        InvalidInput: the scenario commits nothing, so there is nowhere to kill it; or ``every`` is
            less than 1.
    """
    if every < 1:
        raise InvalidInput(f"expected 1 or more for every, got {every}")
    options: dict[str, Any] = {"seed": seed, "start_ms": start_ms, "outside": outside}
    with TemporaryDirectory(prefix="ensue-") as folder:
        store = _fresh_store(apps, Path(folder), options)
        with mortal(*apps, store=store, **options) as kit:
            expected = scenario(kit)
            spans, trace = list(kit.spans), list(kit.disk.trace)
        points = list(_points(spans, trace, at))[::every]
        if not points:
            raise InvalidInput("expected a scenario that commits something")
        for point in points:
            with mortal(*apps, store=store, fault=point, **options) as kit:
                found = scenario(kit)
                killed = kit.deaths
            where = f"{point.kind} step {point.at} of {len(trace)} ({trace[point.at - 1]})"
            if killed != 1:
                raise AssertionError(
                    f"{where}: expected the scenario to come there; is it the same every time?"
                )
            if found != expected:
                raise AssertionError(f"{where}: expected the outcome {expected!r}, got {found!r}")
    return len(points)


def _fresh_store(apps: tuple[App, ...], folder: Path, options: Mapping[str, Any]) -> Path:
    disk = Disk()
    try:
        Mortal(apps, disk, folder, **options).stop()
    finally:
        disk.close()
    return folder / STORE


def _points(spans: list[Span], trace: list[str], at: str) -> Iterator[Fault]:
    """Where to kill: within what can be begun again anywhere, else before its first step."""
    for span in spans:
        if span.last < span.first:
            continue
        yield Fault("kill", span.first)
        if not span.again:
            continue
        for step in range(span.first, span.last + 1):
            if at == "storage" and step > span.first:
                yield Fault("kill", step)
            elif at == "commits" and trace[step - 1] == COMMITTED:
                yield Fault("kill after", step)
                if step < span.last:
                    yield Fault("kill", step + 1)
