"""Schedules: how late firings are when many are due at once, and what a million of them cost.

    python bench/schedules.py [--quick]

Figures of one run on one machine. Each commit is synced to the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop

from ensue import App, Queue, Schedules, Tx
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random
from ensue.words.values import Json

CHUNK = 500
WAITED_S = 180.0


async def opened(folder: Path, name: str, app: App) -> Platform:
    """A platform on a file of its own."""
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/{name}.db"),
        clock=SystemClock(),
        source=system_random(),
    )
    platform.start()
    return platform


def moment(at_ms: int) -> str:
    """The expression of one moment; whole seconds."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return f"at({at.replace(tzinfo=None, microsecond=0).isoformat()})"


async def fill(app: App, schedules: Schedules, dues: list[str], prefix: str) -> float:
    """Make schedules, many in a transaction; returns how many a second."""
    queue = app.queue_of_firings  # type: ignore[attr-defined]

    def chunk(first: int, expressions: list[str], tx: Tx) -> None:
        for number, expression in enumerate(expressions, first):
            tx.schedule(schedules, f"{prefix}{number}", expression, to=queue, body=number)

    begun = time.perf_counter()
    for first in range(0, len(dues), CHUNK):
        await app.run(chunk, first, dues[first : first + CHUNK])
    return len(dues) / (time.perf_counter() - begun)


def prepared(name: str) -> tuple[App, Schedules]:
    """An app with a queue for firings."""
    app = App(name)
    app.queue_of_firings = app.queue("firings")  # type: ignore[attr-defined]
    return app, app.schedules()


class Watch:
    """Notes how late each firing is seen: from its moment until its delivery has committed."""

    def __init__(self, platform: Platform, queue: Queue) -> None:
        self.late: list[int] = []
        self._engine = platform.engine
        self._woken = self._engine.listen(self._engine.number(queue.ref))
        self._last = 0
        self._wanted = 0
        self._enough = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        sql = "SELECT id, json_extract(attributes, '$.due_ms') FROM ensue_work WHERE id > ?"
        while True:
            await self._woken.wait()
            self._woken.clear()
            now_ms = self._engine.clock.now_ms()
            found = self._engine.read(lambda tx: tx.rows(sql, (self._last,)))
            self.late += [now_ms - int(due_ms) for _, due_ms in found]  # type: ignore[arg-type]
            self._last = max((int(row) for row, _ in found), default=self._last)  # type: ignore[arg-type]
            if len(self.late) >= self._wanted:
                self._enough.set()

    async def seen(self, count: int) -> list[int]:
        """How late each was, in ms, rising; once so many are seen."""
        self._wanted = count
        self._enough.clear()
        if len(self.late) < count:
            await asyncio.wait_for(self._enough.wait(), WAITED_S)
        found, self.late = sorted(self.late), []
        return found

    def stop(self) -> None:
        """Look no more."""
        self._task.cancel()


def told(name: str, late: list[int]) -> None:
    """One line of lateness."""
    p99 = late[int(len(late) * 0.99) - 1]
    print(
        f"{name:<50} median {statistics.median(late):6.0f} ms   p99 {p99:6d} ms"
        f"   last {late[-1]:6d} ms   earliest {late[0]} ms"
    )


async def due_together(folder: Path, count: int, within_s: int, what: str) -> None:
    """Lateness when many one-time schedules are due within some seconds."""
    app, schedules = prepared("bench")
    platform = await opened(folder, f"due-{count}", app)
    ahead_s = 3 + count // 5_000
    first_ms = (platform.engine.clock.now_ms() // 1_000 + ahead_s) * 1_000
    dues = [moment(first_ms + 1_000 * (n % within_s)) for n in range(count)]
    watch = Watch(platform, app.queue_of_firings)  # type: ignore[attr-defined]
    await fill(app, schedules, dues, "s")
    told(f"{count:,} one-time schedules due in {what}", await watch.seen(count))
    watch.stop()
    await platform.close()


async def due_by_cron(folder: Path, count: int) -> None:
    """Lateness when many different cron schedules are due at one moment, and are due again."""
    app, schedules = prepared("bench")
    platform = await opened(folder, "cron", app)
    now = platform.engine.clock.now_ms()
    if now % 60_000 > 40_000:
        await asyncio.sleep(21)
    zones = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "UTC"]
    queue = app.queue_of_firings  # type: ignore[attr-defined]
    watch = Watch(platform, queue)
    for n in range(count):
        await schedules.create(
            f"c{n}", f"cron(* * * * ? 2020-{2100 + n % 99})", to=queue, timezone=zones[n % 4]
        )
    told(f"{count:,} cron schedules in 4 zones due at one moment", await watch.seen(count))
    watch.stop()
    await platform.close()


async def million(folder: Path, count: int) -> None:
    """The rate of making, memory, and the lateness of the next firings with many stored."""
    app, schedules = prepared("bench")
    platform = await opened(folder, "million", app)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    far = platform.engine.clock.now_ms() + 86_400_000
    rates = []
    for part in range(10):
        dues = [moment(far + 1_000 * (n % 80_000)) for n in range(count // 10)]
        rates.append(await fill(app, schedules, dues, f"m{part}-"))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{count:,} schedules made: the first tenth {rates[0]:,.0f}/s, the last {rates[-1]:,.0f}/s;"
        f" memory {before / 1_024:.0f} -> {after / 1_024:.0f} MiB at most"
    )
    begun = time.perf_counter()
    counts: dict[str, Json] = await schedules.counts()
    print(f"counting them {1_000 * (time.perf_counter() - begun):.0f} ms: {counts['active']:,}")
    late: list[int] = []
    watch = Watch(platform, app.queue_of_firings)  # type: ignore[attr-defined]
    for turn in range(10):
        due = moment((platform.engine.clock.now_ms() // 1_000 + 2) * 1_000)
        await fill(app, schedules, [due], f"now{turn}-")
        late += await watch.seen(1)
    told("the next firing among them, ten times", sorted(late))
    watch.stop()
    begun = time.perf_counter()
    await platform.close()
    platform = await opened(folder, "million", prepared("bench")[0])
    print(f"closing and opening again {1_000 * (time.perf_counter() - begun):.0f} ms")
    await platform.close()


async def main(scale: int) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await due_together(folder, 1_000, 1, "one second")
        await due_by_cron(folder, 1_000)
        await due_together(folder, 50_000 // scale, 60 // scale, f"{60 // scale} seconds")
        await million(folder, 1_000_000 // scale)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    uvloop.run(main(10 if parser.parse_args().quick else 1))
