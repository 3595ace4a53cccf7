"""The scheduler app: how late many actions are, through a kill, and what a million cost.

    python bench/scheduler/run.py [--rush 1000] [--due 5000] [--rows 100000] [--full]

Figures of one run on one machine. Each commit is synced to the disk. An action is as late as its
run is seen by somebody else: from its millisecond until what it sent has been committed. The kill
is `kill -9` of the process in the middle; what was due while nothing ran is told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ |= {
    "SCHEDULER_WEBHOOKS": "off",
    "SCHEDULER_SECRET": "of-the-bench",
    "SCHEDULER_WEBHOOK_SECRET": "whsec_b2YtdGhlLWJlbmNo",
}

import uvloop

# The apps are not installed: they lie beside this folder, wherever it is run from.
sys.path.insert(0, str(Path(__file__).parents[2]))

from apps.scheduler.actions import Action, Notice, SendNotification
from apps.scheduler.app import app, stored
from apps.scheduler.fulfilments import text_messages
from ensue import Tx
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random

CHUNK = 500
FULL = {"due": 50_000, "rows": 1_000_000}
PER_MINUTE = 50_000
FAR_MS = 365 * 86_400_000
LEAD_MS = 3_000
WAITED_S = 300.0


def now_ms() -> int:
    """The time."""
    return time.time_ns() // 1_000_000


def rss_mib() -> float:
    """How much memory this process has."""
    [line] = [
        each for each in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in each
    ]
    return int(line.split()[1]) / 1_024


async def opened(folder: Path) -> Platform:
    """The app on a store in a folder, at work."""
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/ensue.db"),
        clock=SystemClock(),
        source=system_random(),
    )
    platform.start()
    return platform


def make(dues: list[int], tx: Tx) -> None:
    """Schedule an action for each moment, as POST /actions does."""
    for due in dues:
        notice = Notice("s", str(due), "T", "SMS", mobile="60123456789")
        asked = SendNotification(executionTime=due, data=notice)
        stored(Action(tx.new_id(), "", {}, 0, createdAt=tx.now_ms), asked, tx)


async def fill(dues: list[int]) -> float:
    """Schedule actions, many in a transaction; returns how many a second."""
    begun = time.perf_counter()
    for first in range(0, len(dues), CHUNK):
        await app.run(make, dues[first : first + CHUNK])
    return len(dues) / (time.perf_counter() - begun)


class Watch:
    """Notes when each run is seen, in a file that outlives the process."""

    def __init__(self, platform: Platform, seen: Path) -> None:
        self._engine = platform.engine
        self._number = self._engine.number(text_messages.ref)
        self._woken = self._engine.listen(self._number)
        lines = seen.read_text().splitlines() if seen.exists() else []
        whole = [line for line in lines if line.count(" ") == 2]
        self.count = len(whole)
        self._last = int(whole[-1].split()[0]) if whole else 0
        self._file = seen.open("a")

    async def until(self, count: int) -> None:
        """Note runs until there are so many."""
        deadline = time.monotonic() + WAITED_S
        while self.count < count and time.monotonic() < deadline:
            self._woken.clear()
            self._look()
            if self.count < count:
                await asyncio.wait_for(self._woken.wait(), WAITED_S)

    def _look(self) -> None:
        rows: list[Any] = self._engine.read(
            lambda tx: tx.rows(
                "SELECT id, body ->> 'name' FROM ensue_work WHERE queue = ? AND id > ?",
                (self._number, self._last),
            )
        )
        at_ms = now_ms()
        for number, due in rows:
            self._file.write(f"{number} {due} {at_ms}\n")
        self._file.flush()
        self.count += len(rows)
        self._last = max([self._last, *(number for number, _ in rows)])


async def child(given: argparse.Namespace) -> None:
    """Open the store, schedule what is asked for, and run until so many runs were seen."""
    folder = Path(given.child)
    before = rss_mib()
    platform = await opened(folder)
    rate = 0.0
    if given.rows:
        rate = await fill([now_ms() + FAR_MS + each for each in range(given.rows)])
    if given.due:
        gap = given.over_ms / given.due
        # Filled in good time: at 500 a second at least.
        first = now_ms() + LEAD_MS + given.due * 2
        await fill([first + int(gap * each) for each in range(given.due)])
        (folder / "first").write_text(str(first))
    watch = Watch(platform, folder / "seen")
    await watch.until(given.until)
    after = rss_mib()
    await platform.close()
    print(json.dumps({"before": before, "after": after, "rate": rate, "seen": watch.count}))


def start(folder: Path, **options: int) -> subprocess.Popen[str]:
    """Start a process of the app."""
    asked = {"due": 0, "rows": 0} | options
    words = [f"--{name.replace('_', '-')}={value}" for name, value in asked.items()]
    command = [sys.executable, __file__, "--child", str(folder), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> dict[str, float]:
    """What a process found.

    Raises:
        RuntimeError: it failed.
    """
    said, _ = process.communicate(timeout=2 * WAITED_S)
    if process.returncode:
        raise RuntimeError(f"the app ended with {process.returncode}")
    found: dict[str, float] = json.loads(said)
    return found


def seen_in(folder: Path) -> list[tuple[int, int]]:
    """When each run was due, and seen."""
    lines = (folder / "seen").read_text().split("\n")
    rows = [line.split() for line in lines if line.count(" ") == 2]
    return [(int(due), int(at)) for _, due, at in rows]


def told(what: str, late: list[int], aim: str) -> None:
    """Print a line of the table."""
    late = sorted(late)
    p50, p99 = (late[min(len(late) - 1, int(len(late) * share))] for share in (0.5, 0.99))
    said = f"p50 {p50:,} ms, p99 {p99:,} ms, max {late[-1]:,} ms"
    print(f"{what:<58} {said:<44} {aim}")


def check(folder: Path, wanted: int) -> str:
    """Whether each action ran once, by the store itself."""
    with sqlite3.connect(f"file:{folder}/ensue.db?mode=ro", uri=True) as store:
        [(ran, most)] = store.execute(
            "SELECT count(*), max(item ->> 'executions') FROM scheduler_actions"
            " WHERE item ->> 'status' = 'COMPLETED'"
        )
        [(sent, different)] = store.execute(
            "SELECT count(*), count(DISTINCT body ->> 'name' || '/' || id) FROM ensue_work"
            " WHERE body ->> 'templateType' = 'T'"
        )
    doubled, lost = sent - ran, wanted - ran
    is_right = (doubled, lost, most) == (0, 0, 1) and different == sent
    return "none lost, none doubled" if is_right else f"LOST {lost}, DOUBLED {doubled}"


def rows(folder: Path, count: int) -> None:
    """What actions cost that are due in a year."""
    found = ended(start(folder, rows=count, until=0))
    size = sum(each.stat().st_size for each in folder.iterdir()) / 1_048_576
    grown = found["after"] - found["before"]
    print(
        f"{f'{count:,} actions due in a year':<58} {found['rate']:,.0f} a second made,"
        f" {size:,.0f} MiB of file, {found['before']:,.0f} + {grown:,.0f} MiB of memory"
    )
    opened = ended(start(folder, until=0))
    print(f"{'the same, opened again':<58} {opened['after']:,.0f} MiB of memory")


def rush(folder: Path, count: int, over_ms: int, what: str, aim: str) -> None:
    """How late actions are that are due within so long."""
    (folder / "seen").unlink(missing_ok=True)
    with sqlite3.connect(folder / "ensue.db") as store:
        exists = store.execute("SELECT name FROM sqlite_schema WHERE name = 'scheduler_actions'")
        sql = "SELECT count(*) FROM scheduler_actions WHERE item ->> 'status' = 'COMPLETED'"
        before = store.execute(sql).fetchone()[0] if exists.fetchone() else 0
    ended(start(folder, due=count, over_ms=over_ms, until=before + count))
    late = [at - due for due, at in seen_in(folder)[before:]]
    told(what, late, f"{aim}; {check(folder, before + count)}")


def killed(folder: Path, count: int, over_ms: int) -> None:
    """The same, with the process killed in the middle and started again."""
    running = start(folder, due=count, over_ms=over_ms, until=count)
    while not (folder / "first").exists():
        time.sleep(0.01)
    first = int((folder / "first").read_text())
    time.sleep(max(0, first + over_ms / 2 - now_ms()) / 1_000)
    running.send_signal(signal.SIGKILL)
    running.wait()
    killed_ms = now_ms()
    ended(start(folder, until=count))
    found = seen_in(folder)
    back_ms = min((at for due, at in found if at > killed_ms + 1), default=killed_ms)
    caught_up = max((at for due, at in found if killed_ms <= due <= back_ms), default=back_ms)
    alive = [at - due for due, at in found if due < killed_ms - 100 or due > caught_up]
    told(f"{count:,} due within {over_ms / 1_000:g} s, killed in the middle", alive, "250 ms")
    print(
        f"{'':<58} away for {back_ms - killed_ms:,} ms, caught up {caught_up - back_ms:,} ms later;"
        f" {check(folder, count)}"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rush", type=int, default=1_000, help="how many are due in one second")
    parser.add_argument(
        "--due", type=int, default=5_000, help="how many are due at that rate for long"
    )
    parser.add_argument("--rows", type=int, default=100_000, help="how many are due in a year")
    parser.add_argument("--full", action="store_true", help="50,000 and 1,000,000")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--over-ms", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--until", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        uvloop.run(child(given))
        return
    if given.full:
        given.due, given.rows = FULL["due"], FULL["rows"]
    over_ms = given.due * 60_000 // PER_MINUTE
    with tempfile.TemporaryDirectory() as made:
        folders = [Path(made, name) for name in "abc"]
        for folder in folders:
            folder.mkdir()
        rows(folders[0], given.rows)
        rush(folders[1], given.rush, 1_000, f"{given.rush:,} due within one second", "50 ms")
        rush(folders[0], given.rush, 1_000, "the same, beside those rows", "50 ms")
        rush(folders[1], given.rush, 1, f"{given.rush:,} due in one millisecond", "")
        what = f"{given.due:,} due within {over_ms / 1_000:g} s"
        rush(folders[1], given.due, over_ms, what, "250 ms")
        killed(folders[2], given.due, over_ms)


if __name__ == "__main__":
    main()
