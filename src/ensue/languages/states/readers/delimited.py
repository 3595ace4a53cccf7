"""CSV: rows of fields between commas or other marks, as Step Functions reads them.

A field between double quotes may hold the mark, line breaks, and quotes that are written twice. A
backslash takes the special meaning from what is behind it and is left out itself. Fields are texts.
A row that is too short has empty fields; what a row has too many is left out. Empty lines are none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ensue.languages.states.readers.window import Piece, Place, failed
from ensue.words.values import Json

CSV_HEADER_BYTES_MAX = 10_240

DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


class _Lines(Iterator[str]):
    """Lines of a text that know how much of it was taken, and whether it was not enough.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.taken = 0
        self.count = 0
        self.ran_out = False

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.ran_out = True
            raise StopIteration
        self.taken += len(line)
        self.count += 1
        return line


class CSVReader:
    """Reads the rows of a CSV body.

    Args:
        header: the names of the columns; None when the first row has them.
        delimiter: the mark between fields.
    """

    def __init__(self, header: Sequence[str] | None = None, delimiter: str = ",") -> None:
        self._given = None if header is None else tuple(header)
        self._delimiter = delimiter

    def read(self, window: bytes, place: Place, *, is_end: bool, items_max: int) -> Piece:
        """As `Reader.read` says."""
        whole = window if is_end else window[: _last_line_end(window)]
        text = _decoded(whole, place)
        lines = _Lines(text)
        rows = csv.reader(
            lines, delimiter=self._delimiter, escapechar="\\", doublequote=True, strict=False
        )
        header = place.header or self._given
        items: list[Json] = []
        taken = line_count = 0
        while len(items) < items_max:
            at = f"row {place.taken + len(items) + 1} (line {place.line + line_count})"
            row = _next(rows, at)
            if row is None or (lines.ran_out and not is_end):
                break
            if lines.ran_out:
                raise failed(
                    "expected the quote of a field to be closed, got the end of the file",
                    f"{at}, column {len(row)}",
                )
            if header is None and row:
                header = _checked(tuple(row))
            elif row and header is not None:
                items.append(_item(row, header))
            taken, line_count = lines.taken, lines.count
        return Piece(
            items,
            msgspec.structs.replace(
                place,
                offset=place.offset + _byte_count(text, taken, len(whole)),
                taken=place.taken + len(items),
                line=place.line + line_count,
                header=header,
                is_done=is_end and taken == len(text),
            ),
        )


def _next(rows: Iterator[list[str]], at: str) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error as fault:
        raise failed(f"expected a row of CSV: {fault}", at) from None


def _item(row: list[str], header: tuple[str, ...]) -> dict[str, Json]:
    if len(row) < len(header):
        row += [""] * (len(header) - len(row))
    return dict(zip(header, row, strict=False))


def _checked(header: tuple[str, ...]) -> tuple[str, ...]:
    size = len(",".join(header).encode())
    if size > CSV_HEADER_BYTES_MAX:
        raise failed(
            f"expected a header of at most {CSV_HEADER_BYTES_MAX} bytes, got {size}", "the header"
        )
    return header


def _last_line_end(window: bytes) -> int:
    """How many bytes of a window are whole lines."""
    found = window.rfind(b"\n") + 1
    return found or window.rfind(b"\r", 0, -1) + 1


def _decoded(data: bytes, place: Place) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as fault:
        before = data[: fault.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line = place.line + before.count(b"\n")
        column = len(before) - before.rfind(b"\n")
        raise failed(
            f"expected UTF-8, got the byte 0x{data[fault.start]:02x}",
            f"line {line}, byte {column} of it (byte {place.offset + fault.start + 1} of the file)",
        ) from None


def _byte_count(text: str, characters: int, size: int) -> int:
    if characters == len(text):
        return size
    return characters if text.isascii() else len(text[:characters].encode())
