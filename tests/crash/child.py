"""The process that gets killed: it forks a child for each run, so that imports are paid once.

Reads one JSON command a line from standard input, runs it in a fork, and answers one JSON line with
what the fork said, or with the signal that ended it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import apsw
import httpx

os.environ["PAYMENTS_RATE"] = "100000/s"

from apps.orders import app as orders_app
from ensue import Tx
from ensue.app.platform import Platform
from ensue.engine import work
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.home import Settings
from ensue.engine.ids import system_random
from tests.crash import invariants

CLIENTS = 20


def append(path: Path, line: str) -> None:
    """Write a line that survives the death of this process."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line.encode() + b"\n")
    os.close(handle)


async def opened(folder: Path) -> Platform:
    """The order system on the folder's store, in front of payments that note each call."""

    def pay(request: httpx.Request) -> httpx.Response:
        order = json.loads(request.content)
        append(folder / "calls.log", f"{order['id']} {request.headers['Idempotency-Key']}")
        return httpx.Response(200, json={})

    orders_app.app.outside = {"all://": httpx.MockTransport(pay)}
    platform = await Platform.open(
        [orders_app.app],
        parse_store_url(f"sqlite:///{folder}/ensue.db"),
        clock=SystemClock(),
        source=system_random(),
        settings=Settings(data=folder),
    )
    assert orders_app.app.http  # making the client takes longer than many a life in these tests
    platform.start()
    return platform


def place(customer: str, quantity: int, tx: Tx) -> str:
    """Place an order as the route does."""
    body = orders_app.NewOrder(customerId=customer, quantity=quantity)
    return orders_app.place_order(body, tx).id


def place_and_fail(tx: Tx) -> None:
    """Place an order and then think better of it: nothing of it may remain."""
    place(invariants.NEVER, 1, tx)
    raise RuntimeError("thought better of it")


async def load(folder: Path) -> None:
    """Place orders for ever, and note each that was acknowledged."""
    platform = await opened(folder)
    sys.stdout.write("loading\n")
    sys.stdout.flush()

    async def client(number: int) -> None:
        while True:
            order_id = await orders_app.app.run(place, str(number), number % 10 + 1)
            append(folder / "acknowledged.log", order_id)
            try:
                await orders_app.app.run(place_and_fail)
            except RuntimeError:
                continue

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    await platform.close()


async def settled(platform: Platform) -> None:
    """Wait until no work is left, woken by every commit that could be the last."""
    numbers = [platform.engine.number(ref) for ref in platform.refs()]
    events = [platform.engine.listen(number) for number in numbers]
    while not platform.engine.read(invariants.is_settled):
        waiters = [asyncio.ensure_future(event.wait()) for event in events]
        await asyncio.wait(waiters, timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
        for waiter in waiters:
            waiter.cancel()
        for event in events:
            event.clear()


async def recover(folder: Path, limit_s: float) -> None:
    """Start again, let everything ensue, and say which invariants are broken."""
    platform = await opened(folder)
    async with asyncio.timeout(limit_s):
        await settled(platform)
    await platform.close()


async def one_order(folder: Path) -> None:
    """One order's whole life."""
    platform = await opened(folder)
    await settled(platform)
    count_storage_steps()
    order_id = await orders_app.app.run(place, "349", 7)
    append(folder / "acknowledged.log", order_id)
    await settled(platform)


class CountingFile(apsw.VFSFile):
    """A file whose writes and syncs are storage steps."""

    def __init__(self, name: Any, flags: Any) -> None:
        super().__init__("unix", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's word
        step()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's word
        step()
        super().xSync(flags)


class CountingStorage(apsw.VFS):
    """Storage that counts its steps, and dies before one of them."""

    def __init__(self) -> None:
        super().__init__("counting", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> CountingFile:  # noqa: N802 - SQLite's word
        return CountingFile(name, flags)


class Steps:
    """How many storage steps there were, and before which to die."""

    counting = False
    count = 0
    die_before: int | None = None


def count_storage_steps() -> None:
    """Count from here on."""
    Steps.counting = True


def step() -> None:
    """One storage step."""
    if Steps.counting:
        Steps.count += 1
        if Steps.count == Steps.die_before:
            os.kill(os.getpid(), signal.SIGKILL)


def mutate(name: str | None) -> None:
    """Take out something that the invariants rest on, to see that they notice."""
    if name == "savepoint":
        plain = apsw.Connection.execute

        class Careless(apsw.Connection):
            """Forgets savepoints."""

            def execute(self, statements: str, *rest: Any, **options: Any) -> Any:
                if statements.startswith(("SAVEPOINT", "ROLLBACK TO", "RELEASE")):
                    statements = "SELECT 1"
                return plain(self, statements, *rest, **options)

        apsw.Connection = Careless  # type: ignore[misc]
    elif name == "lease":
        work.lease = lambda tx, taken, lease_ms: list(taken)  # type: ignore[assignment]


def run(command: dict[str, Any]) -> dict[str, Any]:
    """Run one command in this fork."""
    folder = Path(command["folder"])
    mutate(command.get("mutant"))
    if command["do"] == "load":
        asyncio.run(load(folder))
    elif command["do"] == "recover":
        asyncio.run(recover(folder, command.get("limit_s", 60)))
        return {"broken": invariants.broken(folder)}
    elif command["do"] == "one order":
        Steps.die_before = command.get("die_before")
        storage = CountingStorage()
        asyncio.run(one_order(folder))
        del storage
    return {"steps": Steps.count}


def main() -> None:
    """Serve commands until standard input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            if command["do"] == "load":
                os.dup2(writing, 1)
            answer = json.dumps(run(command))
            os.write(writing, answer.encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as said:
            if command["do"] == "load":
                said.readline()
                kill_after(child, command["kill_after_ms"])
            text = said.read()
        _, status = os.waitpid(child, 0)
        answer = json.loads(text) if text else {}
        answer["signal"] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        answer["exit"] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def kill_after(child: int, after_ms: float) -> None:
    """Kill the child without warning, a while from now."""
    signal.sigtimedwait([], after_ms / 1_000)
    os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
