"""A table's SQL: the items, their indexes, and the triggers that capture every change.

The triggers are SQLite's own and use nothing of ours, so that a statement typed into the `sqlite3`
program is captured too, whether Ensue runs or not.

Every write of Ensue raises ``version`` and names its hop. A statement from outside does neither:
by that the triggers tell them apart, leave the hop of its changes empty, and raise the version.
"""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine.transaction import Transaction
from ensue.resources.table.model import TableModel
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json


def create(tx: Transaction, table: TableModel) -> None:
    """Make the table with its indexes and triggers, as far as they are not there."""
    columns = "pk NOT NULL, sk NOT NULL" if len(table.key) == 2 else "pk NOT NULL"
    key = "pk, sk" if len(table.key) == 2 else "pk"
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table.sql} ({columns},"
        " item TEXT NOT NULL CHECK (json_valid(item)),"
        f" version INTEGER NOT NULL DEFAULT 1, hop INTEGER, PRIMARY KEY ({key})) WITHOUT ROWID"
    )
    _create_triggers(tx, table)
    for name, attributes in table.indexes.items():
        tx.execute(
            f"CREATE INDEX IF NOT EXISTS {index_name(table, name)}"
            f" ON {table.sql} ({index_columns(table, attributes)})"
            f" WHERE {is_indexed(attributes)}"
        )


def adapt(tx: Transaction, table: TableModel, before: Mapping[str, Json]) -> None:
    """Bring a table from an earlier declaration to this one, as far as that can be done.

    Raises:
        InvalidDeclaration: the key has changed.
    """
    if before["key"] != list(table.key):
        raise InvalidDeclaration(
            f"the key of {table.ref} is {values.shown(before['key'])} in the store,"
            f" {list(table.key)} in the app",
            at=str(table.ref),
            hint="Declare a table of another name, and copy the items in a handler.",
        )
    indexes = before["indexes"]
    for name, attributes in indexes.items() if isinstance(indexes, dict) else ():
        if attributes != list(table.indexes.get(name, ())):
            tx.execute(f"DROP INDEX IF EXISTS {index_name(table, name)}")


def attribute(name: str) -> str:
    """The SQL expression of an item's attribute, the same in index and query."""
    return f"json_extract(item, '$.{name}')"


def is_indexed(attributes: tuple[str, ...]) -> str:
    """The SQL condition for an item to be in an index: it has all the attributes of it."""
    return " AND ".join(f"{attribute(name)} IS NOT NULL" for name in attributes)


def index_name(table: TableModel, name: str) -> str:
    """The SQL name of an index."""
    return f"{table.sql}_by_{name}".replace("-", "_")


def index_columns(table: TableModel, attributes: tuple[str, ...]) -> str:
    """The SQL expressions of an index: its attributes, then the key, so that order is total."""
    key = ["pk", "sk"][: len(table.key)]
    return ", ".join([attribute(name) for name in attributes] + key)


def _create_triggers(tx: Transaction, table: TableModel) -> None:
    pair = len(table.key) == 2
    new_key = "json_array(NEW.pk, NEW.sk)" if pair else "json_array(NEW.pk)"
    old_key = "json_array(OLD.pk, OLD.sk)" if pair else "json_array(OLD.pk)"
    new_row = "pk = NEW.pk AND sk = NEW.sk" if pair else "pk = NEW.pk"
    tx.execute(
        f"CREATE TRIGGER IF NOT EXISTS {table.sql}_insert AFTER INSERT ON {table.sql} BEGIN"
        f" INSERT INTO {table.changes} (kind, key, new, hop)"
        f" VALUES ('insert', {new_key}, NEW.item, NEW.hop); END"
    )
    tx.execute(
        f"CREATE TRIGGER IF NOT EXISTS {table.sql}_update AFTER UPDATE OF item ON {table.sql}"
        f" WHEN OLD.item IS NOT NEW.item AND {old_key} IS {new_key} BEGIN"
        f" INSERT INTO {table.changes} (kind, key, old, new, hop)"
        f" VALUES ('update', {new_key}, OLD.item, NEW.item,"
        " CASE WHEN NEW.version IS OLD.version THEN NULL ELSE NEW.hop END);"
        f" UPDATE {table.sql} SET version = version + 1, hop = NULL"
        f" WHERE {new_row} AND NEW.version IS OLD.version; END"
    )
    was, now = ("(OLD.pk, OLD.sk)", "(NEW.pk, NEW.sk)") if pair else ("OLD.pk", "NEW.pk")
    tx.execute(
        f"CREATE TRIGGER IF NOT EXISTS {table.sql}_rekey AFTER UPDATE OF"
        f" {'pk, sk' if pair else 'pk'} ON {table.sql} WHEN {was} IS NOT {now} BEGIN"
        f" INSERT INTO {table.changes} (kind, key, old) VALUES ('remove', {old_key}, OLD.item);"
        f" INSERT INTO {table.changes} (kind, key, new) VALUES ('insert', {new_key}, NEW.item); END"
    )
    tx.execute(
        f"CREATE TRIGGER IF NOT EXISTS {table.sql}_remove AFTER DELETE ON {table.sql} BEGIN"
        f" INSERT INTO {table.changes} (kind, key, old)"
        f" VALUES ('remove', {old_key}, OLD.item); END"
    )
