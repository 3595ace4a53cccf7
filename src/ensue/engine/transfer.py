"""A whole store as a text that any program can read, and a store made from such a text.

The text is lines of JSON:

    {"ensue":"export","format":1,"step":2}                          what it is
    {"table":"ensue_work","columns":["id",...],"sql":"CREATE ..."}  a table begins
    [1,16,0,...]                                                    a row, in the order of columns
    {"end":"ensue_work","rows":1,"sha256":"..."}                    of the lines of its rows
    {"make":"index","name":"...","sql":"CREATE INDEX ..."}          made when all rows are in
    {"body":"16/01a1...","bytes":7}                                 a body begins
    [{"bytes":"..."}]                                               some of its bytes
    {"end":"16/01a1...","rows":1,"sha256":"..."}                    of the lines of its bytes
    {"end":"export","tables":7,"rows":9,"sha256":"..."}             of all lines before this one

Every table of the store is in it, whoever made it, so that what a later version keeps is carried
too. Null, text and numbers are JSON's own; a real number always has a point or an exponent.
``{"bytes":...}`` are bytes and ``{"text":...}`` text that is no UTF-8, both in base64, and
``{"real":"inf"}`` is what JSON cannot say. The text of the same store is the same, byte for byte.
"""

from __future__ import annotations

import gzip
import hashlib
import math
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import apsw
import msgspec

from ensue.engine.body_copies import named_in
from ensue.engine.database import SqlValue, StoreUrl, connect_to_look, translated
from ensue.engine.file_shelf import FileShelf, holding
from ensue.engine.files import appearing, translated_os
from ensue.engine.shelf import BodyPlace, folder_of
from ensue.words.errors import Conflict, StoreUnusable

FORMAT = 2
FORMAT_WITHOUT_BODIES = 1  # what earlier versions read
BODY_LINE_BYTES = 786_432
LINE_BYTES_MAX = 67_108_864
SEQUENCES = "sqlite_sequence"
GZIPPED = ".gz"

_MADE = f"""
    SELECT type, name, sql FROM sqlite_schema
    WHERE sql IS NOT NULL AND (name NOT LIKE 'sqlite\\_%' ESCAPE '\\' OR name = '{SEQUENCES}')
    -- The counters come last: filling the other tables has counted already.
    ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END,
        name = '{SEQUENCES}', name
    """


@dataclass(frozen=True)
class Carried:
    """What an export or import carried.

    Attributes:
        tables: how many tables.
        rows: how many rows.
        bodies: how many bodies.
    """

    tables: int
    rows: int
    bodies: int = 0


@dataclass(frozen=True)
class Made:
    """A table, index, trigger or view of a store, and the statement that makes it."""

    type: str
    name: str
    sql: str


def export(source: StoreUrl, target: Path) -> Carried:
    """Write a store, as it is at this moment, to a file that is not there yet.

    A process may run on the store; no writer waits.

    Args:
        source: the store.
        target: the file to make; compressed when its name ends with ``.gz``.

    Raises:
        NotFound: there is no such store.
        Conflict: the target is there already, or the store holds what cannot be carried.
        StoreUnusable: the store is damaged or another program's, or the target cannot be written.
    """
    with (
        holding(folder_of(source.path)),
        closing(connect_to_look(source)) as reading,
        appearing(target) as draft,
        translated(source.path),
        translated_os(target),
        ExitStack() as opened,
    ):
        file: IO[bytes] = opened.enter_context(draft.open("wb", buffering=1 << 20))
        if target.suffix == GZIPPED:
            packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0, compresslevel=6)
            file = cast("IO[bytes]", opened.enter_context(packed))
        reading.execute("BEGIN")
        writer = _Writer(file)
        _write_all(reading, writer, FileShelf(source))
        return Carried(writer.tables, writer.rows, writer.bodies)


class _Writer:
    """Writes lines, counts, and keeps the checksum of all."""

    def __init__(self, file: IO[bytes]) -> None:
        self.tables = 0
        self.rows = 0
        self.bodies = 0
        self._file = file
        self._sum = hashlib.sha256()

    def line(self, value: object) -> bytes:
        """Write a value as one line; returns the line."""
        line = as_line(value)
        if len(line) > LINE_BYTES_MAX:
            raise Conflict(
                f"expected rows of at most {LINE_BYTES_MAX} bytes, got one of {len(line)}",
                hint="Use `ensue backup` for this store.",
            )
        self._sum.update(line)
        self._file.write(line)
        return line

    def end(self) -> None:
        """Write the last line."""
        said = {"end": "export", "tables": self.tables, "rows": self.rows}
        if self.bodies:
            said["bodies"] = self.bodies
        self.line(said | {"sha256": self._sum.hexdigest()})


def as_line(value: object) -> bytes:
    """A value as one line of JSON."""
    return msgspec.json.encode(value) + b"\n"


def made(connection: apsw.Connection) -> list[Made]:
    """What a store is made of, in the order in which it is carried."""
    found = connection.execute(_MADE).fetchall()
    return [Made(str(kind), str(name), str(sql)) for kind, name, sql in found]


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def _write_all(reading: apsw.Connection, writer: _Writer, shelf: FileShelf) -> None:
    [(step,)] = reading.execute("PRAGMA user_version")
    has_bodies = next(named_in(reading), None) is not None
    format_ = FORMAT if has_bodies else FORMAT_WITHOUT_BODIES
    writer.line({"ensue": "export", "format": format_, "step": step})
    parts = made(reading)
    for part in parts:
        if part.type == "table":
            _check_plain(part)
            _write_table(reading, writer, part)
    for part in parts:
        if part.type != "table":
            writer.line({"make": part.type, "name": part.name, "sql": part.sql})
    for place, size in named_in(reading):
        _write_body(writer, shelf, place, size)
    writer.end()


def _write_body(writer: _Writer, shelf: FileShelf, place: BodyPlace, size: int) -> None:
    """Write a body, a line for each part of it.

    Raises:
        StoreUnusable: it is not there, or not as large as its row says.
    """
    name = f"{place.number}/{place.id}"
    sums, rows = hashlib.sha256(), 0
    try:
        body = shelf.open(place)
    except FileNotFoundError:
        raise _damaged(name) from None
    with closing(body):
        if body.size != size:
            raise _damaged(name)
        writer.line({"body": name, "bytes": size})
        for at in range(0, size, BODY_LINE_BYTES):
            part = b64encode(body.read(at, BODY_LINE_BYTES)).decode()
            sums.update(writer.line([{"bytes": part}]))
            rows += 1
    writer.line({"end": name, "rows": rows, "sha256": sums.hexdigest()})
    writer.bodies += 1


def _damaged(name: str) -> StoreUnusable:
    return StoreUnusable(
        "the body of an object is gone or cut off",
        at=name,
        hint="`ensue check` says what else is damaged; `ensue backup` copies what is there.",
    )


def _check_plain(table: Made) -> None:
    if table.sql.upper().startswith("CREATE VIRTUAL"):
        raise Conflict(
            "expected plain tables, got a virtual one, whose rows cannot be carried",
            at=table.name,
            hint="Drop it and make it again where you import, or use `ensue backup`.",
        )


def _write_table(reading: apsw.Connection, writer: _Writer, table: Made) -> None:
    info = reading.execute(f"PRAGMA table_info({quoted(table.name)})").fetchall()
    columns = [str(row[1]) for row in info]
    key = [str(row[1]) for row in sorted(info, key=lambda row: int(str(row[5]))) if row[5]]
    writer.line({"table": table.name, "columns": columns, "sql": table.sql})
    sums, rows = hashlib.sha256(), 0
    for row in _rows(reading, table.name, columns, key):
        sums.update(writer.line(row))
        rows += 1
    writer.line({"end": table.name, "rows": rows, "sha256": sums.hexdigest()})
    writer.tables += 1
    writer.rows += rows


def _rows(
    reading: apsw.Connection, table: str, columns: list[str], key: list[str]
) -> Iterator[list[object]]:
    """The rows of a table as JSON, in the order of its key, or in that of its row ids."""
    order = ", ".join(map(quoted, key)) or ("name" if table == SEQUENCES else "rowid")
    # Text as its bytes: text that is no UTF-8 would end the reading.
    values = ", ".join(
        f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END,"
        f" typeof({name}) = 'text'"
        for name in map(quoted, columns)
    )
    for row in reading.execute(f"SELECT {values} FROM {quoted(table)} ORDER BY {order}"):
        pairs = zip(row[::2], row[1::2], strict=True)
        yield [_as_json(value, is_text=bool(is_text)) for value, is_text in pairs]


def _as_json(value: SqlValue, *, is_text: bool) -> object:
    if isinstance(value, bytes):
        if is_text:
            try:
                return value.decode()
            except UnicodeDecodeError:
                return {"text": b64encode(value).decode()}
        return {"bytes": b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"real": repr(value)}
    return value
