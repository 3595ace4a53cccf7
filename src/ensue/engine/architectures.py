"""The architectures that ran on the store: what its apps declared, as often as that changed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from ensue.engine.transaction import Transaction
from ensue.words import values

MAP_VERSIONS_MAX = 50
MAP_CHANGES_MAX = 100

TABLES = """
    -- What ran, in versions: a row for each start of apps that were declared otherwise than at the
    -- start before. architecture: JSON, compressed by zlib. changed: what differs from the version
    -- before, in words, as a JSON list.
    CREATE TABLE ensue_architectures (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        hash TEXT NOT NULL,
        changed TEXT NOT NULL,
        architecture BLOB NOT NULL
    );
    """


@dataclass(frozen=True, slots=True)
class Version:
    """A version of what ran.

    Attributes:
        number: counts from 1, never given again.
        at_ms: when it was first started, in ms since 1970.
        hash: what tells it from others: the same again for the same declaration.
        changed: what differs from the version before, in words, 100 sentences at most.
    """

    number: int
    at_ms: int
    hash: str
    changed: list[str]


def newest(tx: Transaction) -> Version | None:
    """The version that was started last; None before the first."""
    return next(iter(versions(tx, 1)), None)


def versions(tx: Transaction, limit: int = MAP_VERSIONS_MAX) -> list[Version]:
    """The versions that are kept, newest first."""
    found = tx.execute(
        "SELECT number, at_ms, hash, changed FROM ensue_architectures ORDER BY number DESC LIMIT ?",
        (limit,),
    )
    return [_version(row) for row in found]


def text_of(tx: Transaction, number: int) -> bytes | None:
    """The architecture of a version, as JSON; None when it is not kept."""
    found = tx.row("SELECT architecture FROM ensue_architectures WHERE number = ?", (number,))
    return zlib.decompress(found[0]) if found and isinstance(found[0], bytes) else None


def add(tx: Transaction, hash_: str, text: bytes, changed: list[str]) -> Version:
    """Keep a version, and forget those that are too many.

    Args:
        tx: where to keep it.
        hash_: what tells it from others.
        text: the architecture, as JSON.
        changed: what differs from the version before, in words.
    """
    said = changed[:MAP_CHANGES_MAX]
    tx.execute(
        "INSERT INTO ensue_architectures (at_ms, hash, changed, architecture) VALUES (?, ?, ?, ?)",
        (tx.now_ms, hash_, values.encode(said), zlib.compress(text, 9)),
    )
    number = tx.inserted()
    tx.execute("DELETE FROM ensue_architectures WHERE number <= ?", (number - MAP_VERSIONS_MAX,))
    return Version(number, tx.now_ms, hash_, said)


def _version(row: tuple[int, int, str, str]) -> Version:
    number, at_ms, hash_, changed = row
    said = values.decode(changed)
    return Version(
        number, at_ms, hash_, [str(each) for each in said] if isinstance(said, list) else []
    )
