"""The driver for an adopted table."""

from __future__ import annotations

from ensue.engine.outside.contract import Adoption, OutsideTable
from ensue.engine.outside.sqlite import SqliteTable
from ensue.engine.outside.url import POSTGRESQL
from ensue.words.errors import MissingExtra


def open_outside(adoption: Adoption) -> OutsideTable:
    """What speaks to the database of an adopted table; it connects when it is first used.

    Raises:
        MissingExtra: the driver of that database is not installed.
    """
    if adoption.url.scheme != POSTGRESQL:
        return SqliteTable(adoption)
    try:
        from ensue.engine.outside.postgres import PostgresTable  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra(
            "expected psycopg to be installed for a table in PostgreSQL",
            at=adoption.url.shown,
            hint="pip install 'ensue[postgres]'",
        ) from None
    return PostgresTable(adoption)
