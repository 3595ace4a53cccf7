"""Checking a store: the engine's rules, and those of every kind in the catalog."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ensue.catalog import KINDS
from ensue.engine import integrity, shapes
from ensue.engine.clock import SystemClock
from ensue.engine.database import StoreUrl, connect_to_look
from ensue.engine.engine import Engine
from ensue.words.findings import Finding

AUDITS = {kind.name: kind.audit for kind in KINDS.values() if kind.audit is not None}


def check(engine: Engine) -> list[Finding]:
    """All that is wrong with the store of a running engine, at one moment.

    Raises:
        StoreError: the store cannot serve.
    """
    return engine.read(lambda tx: integrity.check(tx, AUDITS, started_ms=engine.opened_ms))


def check_file(path: Path) -> list[Finding]:
    """All that is wrong with a store's file, whether a process runs on it or not.

    Nothing in the file is changed.

    Raises:
        NotFound: there is no such file.
        StoreUnusable: it is no store, or cannot be opened.
    """
    with closing(connect_to_look(StoreUrl(str(path)))) as connection:
        connection.execute("BEGIN")
        tx = shapes.transaction_on(connection, SystemClock().now_ms())
        return integrity.check(tx, AUDITS)
