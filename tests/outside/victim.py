"""A process that follows a table outside and is killed: ``victim FOLDER URL TABLE AFTER_MS``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ensue import App, Change, Tx
from ensue.app.opening import open_platform
from ensue.resources.adopted.worker import Puller


def make_app(url: str, table: str) -> App:
    """An app that counts how often each change was handled."""
    app = App("shop")
    items = app.adopt("items", url=url, table=table)
    seen = app.table("seen", key="id")

    @app.on_change(items)
    def count(change: Change, tx: Tx) -> None:
        row: Any = change.new or change.old
        found: Any = tx.get(seen, row.id)
        times = found.times if found else 0
        tx.put(seen, {"id": row.id, "times": times + 1, "n": row.n})

    return app


async def follow(folder: str, url: str, table: str, after_ms: float) -> None:
    """Follow the table, and die."""
    app = make_app(url, table)
    store = f"sqlite:///{folder}/ensue.db?synchronous=NORMAL"
    platform = await open_platform([app], engine_url=store, data=Path(folder))
    killing = threading.Timer(after_ms / 1_000, os.kill, (os.getpid(), signal.SIGKILL))
    succeeded = Puller._succeeded

    def note(puller: Puller, taken: int) -> None:
        """The first batch is here: from now on the process may die at any moment."""
        succeeded(puller, taken)
        if not killing.ident:
            killing.start()

    Puller._succeeded = note  # type: ignore[method-assign]
    platform.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
