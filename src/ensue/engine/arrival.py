"""A store made from the text that `transfer` wrote, if it is whole and as it was written."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import groupby, islice
from pathlib import Path
from typing import IO, TypeAlias, cast

import apsw
import msgspec

from ensue.engine.backup import check_pages
from ensue.engine.body_copies import appearing_with_bodies
from ensue.engine.database import APPLICATION_ID, SqlValue, StoreUrl, make_folder, translated
from ensue.engine.files import translated_os
from ensue.engine.schema import STEPS
from ensue.engine.shelf import BodyPlace, path_of
from ensue.engine.transfer import FORMAT, LINE_BYTES_MAX, SEQUENCES, Carried, Made, made, quoted
from ensue.words.errors import InvalidInput, InvalidValue, NotFound, StoreUnusable

ROWS_AT_ONCE = 1_000
GZIP_MAGIC = b"\x1f\x8b"
_BODY = re.compile(r"([1-9][0-9]{0,5})/([0-9a-f-]{36})\Z")

# What a text that was changed may ask for; a full disk and its kin are not among it.
_REFUSED = (
    apsw.SQLError,
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.TooBigError,
    apsw.AuthError,
    OverflowError,
)

_PLAIN = frozenset({str, int, float, type(None)})

Line: TypeAlias = dict[str, object] | list[object]


def import_store(source: Path, target: StoreUrl) -> Carried:
    """Make a store from an exported text, where no store is yet.

    The store gets its name when every line has been read, every checksum agrees and its pages are
    whole; before that, nothing is there.

    Raises:
        NotFound: there is no such text.
        InvalidInput: it is no export, was cut off, or was changed; says in which line.
        InvalidValue: the store would be in memory.
        Conflict: there is a store already.
        StoreUnusable: the text is of a newer version, or the store cannot be written.
    """
    if target.in_memory:
        raise InvalidValue("expected a store on a file, got one in memory")
    path = Path(target.path)
    with ExitStack() as opened:
        text = _Text(_opened(source, opened), str(source))
        step = text.begin()
        make_folder(path.parent)
        draft, folder = opened.enter_context(appearing_with_bodies(path))
        with translated(target.path), closing(apsw.Connection(str(draft))) as written:
            written.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
            written.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF").fetchall()
            written.execute("BEGIN")
            written.execute(
                f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={step}"
            ).fetchall()
            try:
                carried = _make(written, text, folder)
            except _REFUSED as fault:
                raise text.wrong(f"SQLite refuses what it says: {fault}") from None
            written.execute("COMMIT")
            check_pages(written, str(source))
        return carried


def _opened(source: Path, opened: ExitStack) -> IO[bytes]:
    try:
        file: IO[bytes] = opened.enter_context(source.open("rb"))
        magic = file.read(2)
        file.seek(0)
    except FileNotFoundError:
        raise NotFound(f"there is no file {source}") from None
    except OSError as fault:
        raise InvalidInput(f"the file cannot be read: {fault.strerror}", at=str(source)) from None
    if magic == GZIP_MAGIC:
        return cast("IO[bytes]", opened.enter_context(gzip.GzipFile(fileobj=file, mode="rb")))
    return file


class _Text:
    """Reads lines and checks what they say of themselves.

    Args:
        file: where they come from.
        at: its name.
    """

    def __init__(self, file: IO[bytes], at: str) -> None:
        self._file = file
        self._at = at
        self._number = 0
        self._sum = hashlib.sha256()
        self._before = ""
        self._raw = b""

    def begin(self) -> int:
        """Read the first line; returns the schema step of the store."""
        first = self.line()
        if not isinstance(first, dict) or first.get("ensue") != "export":
            raise self.wrong("expected an export of Ensue, got something else")
        format_, step = first.get("format"), first.get("step")
        if not isinstance(format_, int) or not isinstance(step, int):
            raise self.wrong("expected a format and a step")
        if format_ > FORMAT or step > len(STEPS):
            raise StoreUnusable(
                f"the export has format {format_} and schema step {step},"
                f" this version knows {FORMAT} and {len(STEPS)}",
                at=self._at,
                hint="Install the newer version of ensue; nothing was changed.",
            )
        return step

    def line(self) -> Line:
        """The next line."""
        self._number += 1
        self._before = self._sum.hexdigest()
        try:
            self._raw = self._file.readline(LINE_BYTES_MAX + 1)
        except (OSError, EOFError, zlib.error) as fault:
            raise self.wrong(
                f"expected a whole file, got one that cannot be read: {fault}"
            ) from None
        self._sum.update(self._raw)
        if not self._raw.endswith(b"\n"):
            raise self.wrong("expected a line of an export, got the end of the file")
        try:
            found = msgspec.json.decode(self._raw)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise self.wrong("expected a line of JSON") from None
        if not isinstance(found, dict | list):
            raise self.wrong("expected an object or a list")
        return found

    def rows(self, table: str, width: int) -> Iterator[list[SqlValue]]:
        """The rows of a table, up to the line that ends it."""
        sums, rows = hashlib.sha256(), 0
        while isinstance(found := self.line(), list):
            sums.update(self._raw)
            rows += 1
            if len(found) != width:
                raise self.wrong(f"expected a row of {width} values, got {len(found)}")
            yield [self._value(value) for value in found]
        told = {"end": table, "rows": rows, "sha256": sums.hexdigest()}
        if found != told:
            raise self.wrong(f"the rows of {table} are not those that were written")

    def end(self, last: dict[str, object], carried: Carried) -> None:
        """Check the last line, and that nothing follows."""
        told = {"end": "export", "tables": carried.tables, "rows": carried.rows}
        if carried.bodies:
            told["bodies"] = carried.bodies
        if last != told | {"sha256": self._before}:
            raise self.wrong("the export is not as it was written")
        if self._file.read(1):
            raise self.wrong("expected the end of the file")

    def wrong(self, said: str) -> InvalidInput:
        """The error for the line that was read last."""
        return InvalidInput(
            said,
            at=f"{self._at}, line {self._number}",
            hint="Export again; nothing was changed.",
        )

    def _value(self, value: object) -> SqlValue:
        if type(value) in _PLAIN:
            return cast("SqlValue", value)
        if isinstance(value, dict) and len(value) == 1:
            [(kind, said)] = value.items()
            try:
                if kind == "bytes":
                    return b64decode(str(said), validate=True)
                if kind == "real":
                    return float(str(said))
                if kind == "text":
                    return _AsText(b64decode(str(said), validate=True))
            except ValueError:
                pass
        raise self.wrong("expected a value that SQLite can keep")


class _AsText(bytes):
    """Bytes that are kept as text, although they are no UTF-8."""


def _make(written: apsw.Connection, text: _Text, folder: Path) -> Carried:
    parts: list[Made] = []
    tables = rows = bodies = 0
    while True:
        said = text.line()
        if not isinstance(said, dict):
            raise text.wrong("expected a table, got a row")
        if "table" in said:
            part, columns = _table(said, text)
            rows += _fill(written, text, part, columns)
            tables += 1
        elif "body" in said:
            _fill_body(text, folder, said)
            bodies += 1
            continue
        elif "make" in said:
            part = Made(str(said["make"]), str(said.get("name")), str(said.get("sql")))
            _execute(written, text, part)
        else:
            break
        parts.append(part)
    carried = Carried(tables, rows, bodies)
    text.end(said, carried)
    if made(written) != parts:
        raise text.wrong("what the statements made is not what they were said to make")
    return carried


def _fill_body(text: _Text, folder: Path, said: dict[str, object]) -> None:
    """Write a body into the folder of bodies, if it is as large as it is said to be."""
    name, size = str(said["body"]), said.get("bytes")
    found = _BODY.match(name)
    if found is None:
        raise text.wrong("expected the name of a body")
    path = path_of(folder, BodyPlace(int(found[1]), found[2]))
    with translated_os(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for (part,) in text.rows(name, 1):
                if not isinstance(part, bytes):
                    raise text.wrong("expected bytes of a body")
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
            written = file.tell()
    if written != size:
        raise text.wrong(f"expected a body of {size} bytes, got {written}")


def _table(said: dict[str, object], text: _Text) -> tuple[Made, list[str]]:
    columns = said.get("columns")
    if not isinstance(columns, list) or not columns:
        raise text.wrong("expected the columns of a table")
    return Made("table", str(said["table"]), str(said.get("sql"))), [str(each) for each in columns]


def _fill(written: apsw.Connection, text: _Text, table: Made, columns: list[str]) -> int:
    if table.name == SEQUENCES:
        written.execute(f"DELETE FROM {SEQUENCES}")
    else:
        _execute(written, text, table)
    names = ", ".join(map(quoted, columns))
    rows = text.rows(table.name, len(columns))
    marks = ", ".join("?" * len(columns))
    plain = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"
    count = 0
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        count += len(batch)
        # In their order: row ids are given by it.
        for is_odd, group in groupby(batch, key=_has_odd_text):
            if is_odd:
                for row in group:
                    written.execute(plain.replace(f"({marks})", f"({_odd_marks(row)})"), row)
            else:
                written.executemany(plain, group)
    return count


def _has_odd_text(row: list[SqlValue]) -> bool:
    return any(type(value) is _AsText for value in row)


def _odd_marks(row: list[SqlValue]) -> str:
    return ", ".join("CAST(? AS TEXT)" if type(value) is _AsText else "?" for value in row)


def _execute(written: apsw.Connection, text: _Text, part: Made) -> None:
    if not part.sql.upper().startswith("CREATE "):
        raise text.wrong("expected a statement that makes something")
    written.execute(part.sql)
