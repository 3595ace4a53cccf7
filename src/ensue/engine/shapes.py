"""How the SQL tables of a store should look, and whether they do.

What they should look like is not written down a second time: the very functions that make them do
so in an empty store in memory, and the two are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache

import apsw

from ensue.engine import schema
from ensue.engine.clock import HELD_START_MS, HeldClock
from ensue.engine.database import MEMORY, SqlValue
from ensue.engine.ids import Ids, RecordIds, seeded_random
from ensue.engine.sockets import Directory
from ensue.engine.transaction import OUTSIDE, StoreFacts, Transaction
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref

MEND = "Copy the file aside and restore a backup, or make it as `ensue` would in a new store."
START = "Start its app once: what is missing is made then."


@dataclass(frozen=True)
class Shape:
    """A SQL table, index or trigger.

    Attributes:
        type: ``table``, ``index`` or ``trigger``.
        name: what it is called.
        says: what it is made of: for a table its columns, else its statement.
    """

    type: str
    name: str
    says: str


def transaction_on(
    connection: apsw.Connection, now_ms: int, numbers: dict[Ref, int] | None = None, salt: int = 0
) -> Transaction:
    """A transaction on a connection that no engine runs: for looking into a store.

    One must be open in the connection.
    """
    ids = Ids(HeldClock(now_ms), seeded_random(0))
    facts = StoreFacts(ids, RecordIds(salt), numbers or {}, Directory())
    return Transaction(connection, facts, now_ms, OUTSIDE)


def made_by(build: Callable[[Transaction], object]) -> dict[str, Shape]:
    """What a function makes in an empty store, by name; what the engine makes is not among it."""
    with closing(apsw.Connection(MEMORY)) as connection:
        schema.migrate(connection, MEMORY)
        connection.execute("BEGIN")
        build(transaction_on(connection, HELD_START_MS))
        found = shapes(connection)
        connection.execute("ROLLBACK")
    return {name: shape for name, shape in found.items() if name not in engine_shapes()}


def engine_shapes(step: int | None = None) -> dict[str, Shape]:
    """The engine's own tables and indexes, by name, after a step; the newest by default."""
    return _shapes_after(len(schema.STEPS) if step is None else step)


@cache
def _shapes_after(step: int) -> dict[str, Shape]:
    """What the engine's steps up to one of them make."""
    with closing(apsw.Connection(MEMORY)) as connection:
        for each in schema.STEPS[:step]:
            connection.execute(each)
        return shapes(connection)


def shapes(connection: apsw.Connection) -> dict[str, Shape]:
    """What there is in a store, by name; SQLite's own tables are left out."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    return {
        str(name): Shape(str(kind), str(name), _says(connection, str(kind), str(name), sql))
        for kind, name, sql in found
    }


def _says(connection: apsw.Connection, kind: str, name: str, sql: SqlValue) -> str:
    return _columns(connection, name) if kind == "table" else _plain(str(sql or ""))


def differences(
    wanted: Mapping[str, Shape], found: Mapping[str, Shape], at: str
) -> Iterator[Finding]:
    """How what is there differs from what should be there.

    Args:
        wanted: what should be there.
        found: all that is there.
        at: whose they are.
    """
    for name, shape in wanted.items():
        is_there = found.get(name)
        if is_there is None:
            # An index or trigger is made again at the next start; a table would be empty.
            hint = MEND if shape.type == "table" else START
            yield Finding(f"schema.{shape.type}", name, f"the {shape.type} of {at} is gone", hint)
        elif is_there != shape:
            yield Finding(
                f"schema.{shape.type}",
                name,
                f"the {shape.type} of {at} was altered: expected {shape.says}, got {is_there.says}",
                MEND,
            )


def foreign(found: Mapping[str, Shape], known: set[str]) -> Iterator[Finding]:
    """Tables, indexes and triggers in the engine's name space that the engine did not make."""
    for name, shape in found.items():
        if name.startswith("ensue_") and name not in known:
            yield Finding(
                f"schema.{shape.type}",
                name,
                f"a {shape.type} that Ensue did not make has a name of its own",
                "Rename it: names that begin with ensue_ are the engine's.",
                WARNING,
            )


def _columns(connection: apsw.Connection, table: str) -> str:
    """A table's columns, whatever statement or migration made them."""
    found = connection.execute(
        'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)', (table,)
    )
    said = [
        " ".join(
            filter(None, [name, kind, "NOT NULL" * notnull, default and f"= {default}", place])
        )
        for name, kind, notnull, default, pk in found
        for place in [f"key {pk}" if pk else ""]
    ]
    return f"({', '.join(sorted(said))})"


def _plain(sql: str) -> str:
    """A statement without what does not change its meaning."""
    return re.sub(r"\s+", " ", sql.replace(" IF NOT EXISTS", "")).strip()
