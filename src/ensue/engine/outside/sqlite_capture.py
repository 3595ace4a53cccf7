"""What is installed in a SQLite database to capture the changes of a table: SQL, and no more.

The triggers use nothing of ours, so a statement typed into `sqlite3` is captured too. They never
make a statement of the user's fail that would have gone well: bytes are written as `values` writes
them, and infinity as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ensue.engine.outside.contract import ADOPTED, CHANGES
from ensue.engine.outside.names import listed, quoted, text
from ensue.words.values import encode

# Beyond this lies infinity: the largest number that a REAL can hold.
_REAL_MAX = "1.7976931348623157e308"

TABLES = f"""
    CREATE TABLE IF NOT EXISTS {CHANGES} (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        adopted TEXT NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        old TEXT,
        new TEXT
    );
    CREATE INDEX IF NOT EXISTS {CHANGES}_by_adopted ON {CHANGES} (adopted, sequence);
    CREATE TABLE IF NOT EXISTS {ADOPTED} (
        name TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        token TEXT NOT NULL
    );
    """


@dataclass(frozen=True)
class Shape:
    """A table as it is captured.

    Attributes:
        table: its name.
        key: the columns that identify a row.
        columns: the columns that are captured.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def item(self, row: str) -> str:
        """The SQL expression of a row as a JSON object; ``row`` is NEW, OLD or an alias."""
        before = ["{"] + [","] * len(self.columns)
        pairs = [
            f"{text(mark + encode(name) + ':')} || {_json(f'{row}.{quoted(name)}')}"
            for mark, name in zip(before, self.columns, strict=False)
        ]
        return " || ".join([*pairs, "'}'"])

    def key_of(self, row: str) -> str:
        """The SQL expression of a row's key as a JSON list."""
        parts = " || ',' || ".join(_json(f"{row}.{quoted(name)}") for name in self.key)
        return f"'[' || {parts} || ']'"

    def triggers(self) -> dict[str, str]:
        """The statements that make the triggers, by the triggers' names."""
        old, new = self.item("OLD"), self.item("NEW")
        old_key, new_key = self.key_of("OLD"), self.key_of("NEW")
        same_key = f"{old_key} IS {new_key}"
        bodies = {
            "insert": ("INSERT", "", [("insert", new_key, "NULL", new)]),
            "update": ("UPDATE", f" WHEN {same_key}", [("update", new_key, old, new)]),
            "rekey": (
                "UPDATE",
                f" WHEN NOT ({same_key})",
                [("remove", old_key, old, "NULL"), ("insert", new_key, "NULL", new)],
            ),
            "remove": ("DELETE", "", [("remove", old_key, old, "NULL")]),
        }
        return {
            f"ensue_{self.table}_{name}": (
                f"CREATE TRIGGER {quoted(f'ensue_{self.table}_{name}')} AFTER {event}"
                f" ON {quoted(self.table)} FOR EACH ROW{when}"
                f" BEGIN {' '.join(self._note(*parts) for parts in changes)} END"
            )
            for name, (event, when, changes) in bodies.items()
        }

    def snapshot(self) -> str:
        """The statement that writes each row that is there as a change."""
        return (
            f"INSERT INTO {CHANGES} (adopted, kind, key, new)"
            f" SELECT {text(self.table)}, 'snapshot', {self.key_of('t')}, {self.item('t')}"
            f" FROM {quoted(self.table)} AS t ORDER BY {listed(self.key, 't.')}"
        )

    def _note(self, kind: str, key: str, old: str, new: str) -> str:
        unless_same = f" WHERE {old} IS NOT {new}" if kind == "update" else ""
        return (
            f"INSERT INTO {CHANGES} (adopted, kind, key, old, new)"
            f" SELECT {text(self.table)}, '{kind}', {key}, {old}, {new}{unless_same};"
        )


def _json(value: str) -> str:
    """The SQL expression of a value as JSON.

    ``json_quote`` would refuse bytes, and round a REAL to 15 digits.
    """
    return (
        f"CASE typeof({value})"
        f" WHEN 'blob' THEN '{{\"$bytes\":\"' || lower(hex({value})) || '\"}}'"
        f" WHEN 'real' THEN CASE WHEN {value} > {_REAL_MAX} THEN '\"Infinity\"'"
        f" WHEN {value} < -{_REAL_MAX} THEN '\"-Infinity\"' ELSE printf('%!.17g', {value}) END"
        f" ELSE json_quote({value}) END"
    )
