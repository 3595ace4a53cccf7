"""Checking a store: the engine's rules, and those of every kind in the catalog."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ensue.catalog import KINDS
from ensue.engine import body_audit, integrity, shapes
from ensue.engine.clock import SystemClock
from ensue.engine.database import StoreUrl, connect_to_look
from ensue.engine.engine import Engine
from ensue.engine.file_shelf import holding, shelf_of
from ensue.engine.keyring import keyring_of
from ensue.engine.shelf import folder_of
from ensue.engine.transaction import Transaction
from ensue.words.findings import Finding

AUDITS = {kind.name: kind.audit for kind in KINDS.values() if kind.audit is not None}


def check(engine: Engine) -> list[Finding]:
    """All that is wrong with the store of a running engine, at one moment.

    Raises:
        StoreError: the store cannot serve.
    """

    def look(tx: Transaction) -> list[Finding]:
        found = integrity.check(tx, AUDITS, started_ms=engine.opened_ms)
        return found + body_audit.check(tx, engine.facts.shelf)

    return engine.read(look)


def check_file(path: Path, *, origin: Path | None = None) -> list[Finding]:
    """All that is wrong with a store's file, whether a process runs on it or not.

    Nothing in the file is changed.

    Args:
        path: the file.
        origin: the store that it is a copy of, whose key opens its secrets; itself by default.

    Raises:
        NotFound: there is no such file.
        StoreUnusable: it is no store, or cannot be opened.
    """
    url = StoreUrl(str(path))
    with holding(folder_of(url.path)), closing(connect_to_look(url)) as connection:
        connection.execute("BEGIN")
        tx = shapes.transaction_on(connection, SystemClock().now_ms())
        tx.facts = replace(tx.facts, keyring=keyring_of(StoreUrl(str(origin or path))))
        return integrity.check(tx, AUDITS) + body_audit.check(tx, shelf_of(url))


def repair_file(path: Path) -> int:
    """Remove the files of bodies that no row of a store tells of; returns how many.

    Raises:
        NotFound: there is no such file.
        StoreBusy: a process runs on the store, which does that by itself.
        StoreUnusable: it is no store, or cannot be opened.
    """
    return body_audit.repair(path)
