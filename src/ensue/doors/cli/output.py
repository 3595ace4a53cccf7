"""What answers look like: aligned for people, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import click
import msgspec

from ensue.doors.cli.events import is_executions, is_history, listed, told
from ensue.words.units import human_ms
from ensue.words.values import shown

CELL_LENGTH_MAX = 60
GAP = "  "
_TIMES_FROM_MS = 100_000_000_000

# All of C0 and C1: terminals obey some, and stored data may come from strangers.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROLS_OF_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """A text whose control characters, but for line ends and tabs, are written as escapes."""
    return _CONTROLS.sub(_escaped, text)


def printable_line(text: str) -> str:
    """A text for a part of a line: all its control characters are written as escapes."""
    return _CONTROLS_OF_A_LINE.sub(_escaped, text)


def show_json(value: object) -> None:
    """Write a value as one line of JSON."""
    # The encoder leaves those of C1 as they are; they can stand in texts only.
    text = msgspec.json.encode(value).decode()
    click.echo(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def show(value: object) -> None:
    """Write an answer for people: a table, aligned fields, or a word."""
    if isinstance(value, Mapping):
        _show_object(value)
    elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        show_table(_rows(value))
    elif isinstance(value, list) and not value:
        click.echo("none", err=True)
    elif isinstance(value, list) and all(isinstance(each, str) for each in value):
        for each in value:
            click.echo(printable_line(each))
    else:
        click.echo(_text(value))


def _rows(found: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    if is_history(found):
        return [told(each) for each in found]
    return [listed(each) for each in found] if is_executions(found) else found


def show_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Write objects as lines of a table, without the columns that are empty everywhere."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    names = [name for name in names if any(_is_something(row.get(name)) for row in rows)]
    names = [name for name in names if not _is_told_twice(name, names)]
    lines = [[_cell(name, row.get(name)) for name in names] for row in rows]
    heads = [_label(name) for name in names]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    click.echo(click.style(_aligned(heads, widths), bold=True))
    for line in lines:
        click.echo(_aligned(line, widths))


def show_fields(found: Mapping[str, object], indent: str = "") -> None:
    """Write an object's fields below each other, values aligned."""
    found = {name: value for name, value in found.items() if not _is_told_twice(name, found)}
    width = max((len(_label(name)) for name in found), default=0)
    for name, value in found.items():
        label = click.style(_label(name).ljust(width), dim=True)
        click.echo(f"{indent}{label}{GAP}{_text(value, name)}".rstrip())


def clock(ms: int) -> str:
    """A time of day in UTC, to the millisecond, with its date."""
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def figures(status: Mapping[str, object]) -> str:
    """How a resource is doing, on one line: ``waiting 3, in flight 0``."""
    return ", ".join(
        f"{_label(name)} {_text(value, name)}"
        for name, value in status.items()
        if value is not None
    )


def _show_object(found: Mapping[str, object]) -> None:
    if list(found) == ["id"]:
        click.echo(printable(str(found["id"])))
        return
    if set(found) > {"next"} and all(
        isinstance(each, list) for name, each in found.items() if name != "next"
    ):
        _show_page(found)
        return
    if _is_list_of_a_log(found):
        show(next(iter(found.values())))
        if "position" in found:
            click.echo(f"What comes then: --after {found['position']}", err=True)
        return
    show_fields(found)


def _show_page(found: Mapping[str, object]) -> None:
    """Write the lists of a page, such as objects and what others have in common, and its end."""
    lists = [each for name, each in found.items() if name != "next"]
    for each in [each for each in lists if each] or lists[:1]:
        show(each)
    if found["next"] is not None:
        click.echo(f"There is more: --after {printable_line(str(found['next']))}", err=True)


def _is_list_of_a_log(found: Mapping[str, object]) -> bool:
    """Whether it is records, or records and the position behind them, as a log is read."""
    first, *rest = found or [""]
    records = found.get(first)
    is_records = isinstance(records, list) and all(isinstance(each, Mapping) for each in records)
    return is_records and rest in ([], ["position"])


def _is_told_twice(name: str, names: Collection[str]) -> bool:
    """Whether it is a time in milliseconds that is there as text too."""
    return name.endswith("_ms") and name.removesuffix("_ms") in names


def _label(name: str) -> str:
    return printable_line(name.removesuffix("_ms").replace("_", " "))


def _cell(name: str, value: object) -> str:
    text = " ".join(_text(value, name).split())
    return text if len(text) <= CELL_LENGTH_MAX else f"{text[: CELL_LENGTH_MAX - 1]}…"


def _text(value: object, name: str = "") -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int) and name.endswith("_ms"):
        return clock(value) if value >= _TIMES_FROM_MS else human_ms(value)
    return printable(shown(value, limit=1_000_000))


def _escaped(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(found[0], f"\\x{ord(found[0]):02x}")


def _is_something(value: object) -> bool:
    return value is not None and value not in ({}, [])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
