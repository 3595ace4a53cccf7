"""Waiting for something to read: long polling, woken by commits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction
from ensue.engine.workers import Patience

T = TypeVar("T")


async def read_when(
    engine: Engine,
    number: int,
    look: Callable[[Transaction], T],
    is_enough: Callable[[T], bool],
    wait_ms: int,
) -> T:
    """What a look finds: at once if that is enough, else what it finds in time.

    Args:
        engine: where to look.
        number: of the resource whose commits are worth another look.
        look: reads on a snapshot.
        is_enough: whether there is no need to wait.
        wait_ms: how long to wait at most.
    """
    woken = engine.listen(number)
    patience = Patience(engine.clock, wait_ms, woken)
    try:
        while True:
            woken.clear()
            found = engine.read(look)
            if is_enough(found) or patience.is_over:
                return found
            await woken.wait()
    finally:
        patience.cancel()
        engine.unlisten(number, woken)


async def turn() -> None:
    """Let everything that is ready on the loop run once."""
    loop = asyncio.get_running_loop()
    turned = loop.create_future()
    loop.call_soon(turned.set_result, None)
    await turned
