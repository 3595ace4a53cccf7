"""Names of tables and columns as SQL writes them: the same in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """An identifier in quotation marks."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def listed(names: Iterable[str], before: str = "", behind: str = "") -> str:
    """Identifiers with commas between them, each with something before and behind it."""
    return ", ".join(f"{before}{quoted(name)}{behind}" for name in names)
