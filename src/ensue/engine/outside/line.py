"""The line to an outside database: a thread that speaks to it, so that only who asks waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ensue.engine.outside.contract import OutsideTable

T = TypeVar("T")


class Line:
    """Calls an adopted table's driver, one call after the other.

    Args:
        table: the driver.
    """

    def __init__(self, table: OutsideTable) -> None:
        self.table = table
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ensue-outside")

    async def call(self, run: Callable[[OutsideTable], T]) -> T:
        """What ``run`` returns, given the driver.

        Raises:
            EnsueError: see `OutsideTable`.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, run, self.table)

    async def close(self) -> None:
        """Close the connection, once nobody speaks any more."""
        self._thread.submit(self.table.close)
        await asyncio.to_thread(self._thread.shutdown)
