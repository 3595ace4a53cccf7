"""The process with workflows that gets killed: ``python -m tests.crash.flows FOLDER load|recover``.

``load`` starts executions of a function for ever, and says so for each. ``recover`` lets all that
there are come to their end, and tells what became of them as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from ensue import App, Retry, Tx, WorkflowContext
from ensue.app.platform import Platform
from ensue.engine.clock import SystemClock
from ensue.engine.database import parse_store_url
from ensue.engine.ids import system_random

app = App("flows")
effects = app.table("effects", key="id")
AT_ONCE = 8
PAGE = 1_000


def note(execution: str, step: int, tx: Tx) -> int:
    """Count that a step was done."""
    key = f"{execution}/{step}"
    before = tx.get(effects, key)
    tx.put(effects, {"id": key, "times": 1 if before is None else int(before["times"]) + 1})
    return step


async def ask(step: int) -> int:
    """Talk to nobody, for a moment."""
    await asyncio.to_thread(int)
    if step % 3 == 0:
        raise ConnectionError("the line is busy")
    return step


@app.workflow
async def flow(ctx: WorkflowContext, steps: int) -> list[object]:
    """Steps inside and outside, side by side and after each other."""
    name = ctx.execution.name
    found: list[object] = [await ctx.step(note, name, 0)]
    for step in range(1, steps):
        found.append(await ctx.step(note, name, step))
        found.append(await ctx.step(ask, 3 * step + 1))
    await ctx.sleep(0.01)

    async def branch(step: int) -> int:
        await ctx.step(ask, 3 * step + 1)
        return await ctx.step(note, name, 100 + step, retry=Retry())

    found.extend(await ctx.map(branch, range(3)))
    return found


async def opened(folder: Path) -> Platform:
    """The app on the folder's store."""
    platform = await Platform.open(
        [app],
        parse_store_url(f"sqlite:///{folder}/ensue.db"),
        clock=SystemClock(),
        source=system_random(),
    )
    platform.start()
    return platform


async def load(folder: Path) -> None:
    """Start executions, one after the other and some at once, until somebody kills this."""
    await opened(folder)

    async def client(number: int) -> None:
        count = 0
        while True:
            count += 1
            started = await flow.start(4)
            with (folder / "started.log").open("a") as told:
                told.write(f"{started.name}\n")
            if count == 1:
                sys.stdout.write("loading\n")
                sys.stdout.flush()
            if count % 3 == 0:
                await flow.start_sync(4)

    await asyncio.gather(*(client(number) for number in range(AT_ONCE)))


async def recover(folder: Path) -> None:
    """Let everything come to its end, and say what became of it."""
    platform = await opened(folder)
    woken = platform.engine.listen(platform.engine.number(flow.ref))
    while (await flow.counts())["running"]:
        woken.clear()
        try:
            await asyncio.wait_for(woken.wait(), 0.1)
        except TimeoutError:
            continue
    statuses: dict[str, str] = {}
    outputs: set[str] = set()
    after: str | None = None
    while True:
        page = await flow.executions(limit=PAGE, after=after)
        for each in page.executions:
            statuses[each.name] = each.status
            outputs.add(json.dumps((await flow.describe(each.name)).output))
        after = page.next
        if after is None:
            break
    rows = platform.engine.read(
        lambda tx: [json.loads(str(text)) for (text,) in tx.rows("SELECT item FROM flows_effects")]
    )
    await platform.close()
    told = {
        "statuses": statuses,
        "outputs": sorted(outputs),
        "twice": [row["id"] for row in rows if row["times"] != 1],
        "effects": len(rows),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    asyncio.run((load if sys.argv[2] == "load" else recover)(Path(sys.argv[1])))
