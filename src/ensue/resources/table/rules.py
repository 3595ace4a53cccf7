"""What an index takes, what a query reads, and which changes a follower wants. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ensue.engine.changes import as_plain_event, change_kind
from ensue.engine.logs import Record
from ensue.languages.patterns import compile_pattern
from ensue.resources.table.model import EXAMINED_MAX, KINDS, TableModel
from ensue.words.changes import KeyValue
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.keys import key_value
from ensue.words.values import Json

Range = list[tuple[str, KeyValue]]

# Bytes in an item are an object to SQL, and come out of json_extract as this text. Hexadecimal
# digits are ordered as what they stand for, and a quotation mark comes before them all.
_BYTES_BEGIN, _BYTES_END, _BEHIND_BYTES = '{"$bytes":"', '"}', '{"$bytes":"~'
_SURROGATES_BEGIN, _SURROGATES_END, _LAST = "\ud800", "\udfff", "\U0010ffff"


def check_indexed(value: object, at: str) -> None:
    """Check that an attribute of an index can be in it; None, as if missing, keeps an item out.

    Raises:
        InvalidValue: it is no string, number or bytes, or a number that SQL would round.
    """
    if value is not None and type(value) is not str and type(value) is not float:
        key_value(value, at)
        # To SQL a Decimal is a real number, even where an integer would hold it.
        if isinstance(value, Decimal) and Decimal(repr(float(value))) != value:
            raise InvalidValue(
                f"expected a number that can be in an index, got {value}",
                at=at,
                hint="A Decimal in an index has at most 15 digits; make it an integer or a string.",
            )
    elif isinstance(value, str) and value.startswith(_BYTES_BEGIN):
        raise InvalidValue("expected a string that cannot be taken for bytes in an index", at=at)


def asked_of_index(value: object, at: str) -> KeyValue:
    """A value that an index is asked for: a number as SQL reads it in an item.

    Raises:
        InvalidValue: it cannot be in an index.
    """
    found = key_value(value, at)
    is_real = isinstance(value, float | Decimal) and isinstance(found, int)
    return float(found) if is_real else found


def index_value(value: KeyValue) -> KeyValue:
    """A value as SQL finds it in an item's attribute."""
    return f"{_BYTES_BEGIN}{value.hex()}{_BYTES_END}" if isinstance(value, bytes) else value


def without_bytes(column: str, asked: Range) -> list[str]:
    """What keeps bytes out of a range of strings in an index, where they would be among them."""
    first = asked[0][1] if asked else None
    if not isinstance(first, str) or first.startswith(_BYTES_BEGIN):
        return []
    return [f"{column} NOT BETWEEN '{_BYTES_BEGIN}' AND '{_BEHIND_BYTES}'"]


def sort_range(operator: str, bounds: Sequence[KeyValue], *, in_index: bool) -> Range:
    """The comparisons that a sort key must pass, all of its own type.

    Args:
        operator: one of ``= < <= > >= BETWEEN begins_with``.
        bounds: with what: two values for BETWEEN, else one.
        in_index: whether it is an attribute in an index, or a part of the table's key.
    """
    first = bounds[0]
    as_text = in_index and isinstance(first, bytes)
    sql = [index_value(each) if in_index else each for each in bounds]
    if operator == "=":
        return [("=", sql[0])]
    if operator == "BETWEEN":
        return [(">=", sql[0]), ("<=", sql[1])]
    if operator == "begins_with":
        begin = f"{_BYTES_BEGIN}{first.hex()}" if as_text and isinstance(first, bytes) else sql[0]
        return [(">=", begin), *_below(_behind(begin), first, as_text=as_text)]
    if operator in {"<", "<="}:
        return [*_from_first(first, as_text=as_text), (operator, sql[0])]
    return [(operator, sql[0]), *_below(None, first, as_text=as_text)]


def _from_first(value: KeyValue, *, as_text: bool) -> Range:
    """Nothing of the types that come before the value's."""
    if as_text:
        return [(">=", _BYTES_BEGIN)]
    if isinstance(value, str):
        return [(">=", "")]
    return [(">=", b"")] if isinstance(value, bytes) else []


def _below(end: KeyValue | None, value: KeyValue, *, as_text: bool) -> Range:
    """Nothing from ``end`` on, or of the types that come after the value's."""
    if end is not None:
        return [("<", end)]
    if as_text:
        return [("<", _BEHIND_BYTES)]
    if isinstance(value, str):
        return [("<", b"")]
    return [] if isinstance(value, bytes) else [("<", "")]


def _behind(prefix: KeyValue) -> KeyValue | None:
    """The first value behind all that begin with a prefix; None where there is none."""
    if isinstance(prefix, bytes):
        kept = prefix.rstrip(b"\xff")
        return kept[:-1] + bytes([kept[-1] + 1]) if kept else None
    if not isinstance(prefix, str):
        return None
    letters = prefix.rstrip(_LAST)
    if not letters:
        return None
    following = chr(ord(letters[-1]) + 1)
    if _SURROGATES_BEGIN <= following <= _SURROGATES_END:  # no text has these
        following = chr(ord(_SURROGATES_END) + 1)
    return letters[:-1] + following


def wanted_changes(
    kinds: Collection[str], key: str | None, pattern: Mapping[str, Json] | None
) -> Callable[[Record], bool] | None:
    """What tells whether a record of the change log is wanted; None where all are.

    Args:
        kinds: of change; all where none is named.
        key: that of the item, as the log has it; None for any.
        pattern: an event pattern on the change, as a handler of `App.on_change` has it.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidValue: there is no such kind of change.
    """
    unknown = [each for each in kinds if each not in KINDS]
    if unknown:
        raise InvalidValue(f"expected {', '.join(KINDS)}, got {unknown[0]!r}", at="$.kinds")
    compiled = None if pattern is None else compile_pattern(pattern)
    if not kinds and key is None and compiled is None:
        return None

    def is_wanted(record: Record) -> bool:
        if kinds and change_kind(record) not in kinds:
            return False
        if key is not None and record.key != key:
            return False
        return compiled is None or compiled.matches(as_plain_event(record))

    return is_wanted


@dataclass(frozen=True, slots=True)
class Planning:
    """A query that is planned.

    Attributes:
        has_partition: whether the value of a partition is given.
        index: the name of an index; None for the table itself.
        ranged: whether there is a condition on the sort key.
        filtered: whether there is a filter.
        limit: items a page.
    """

    has_partition: bool
    index: str | None
    ranged: bool
    filtered: bool
    limit: int


class Planned(NamedTuple):
    """What a query reads.

    Attributes:
        by: ``key``, ``index`` or ``scan``.
        name: of the index; None for the table itself.
        partition: the attribute whose value is given; None for a scan.
        sort: the attribute by which they are ordered; None for the key.
        ranged: whether only a range of that is read.
        examined: how many items are read at most for one page.
    """

    by: str
    name: str | None
    partition: str | None
    sort: str | None
    ranged: bool
    examined: int


def plan(table: TableModel, asked: Planning) -> Planned:
    """What a query reads, before it is asked.

    Raises:
        NotFound: there is no such index.
    """
    examined = asked.limit if not asked.filtered else EXAMINED_MAX
    if not asked.has_partition:
        return Planned("scan", None, None, None, ranged=False, examined=examined)
    attributes = table.key if asked.index is None else table.indexes.get(asked.index)
    if attributes is None:
        raise NotFound(f"there is no index {asked.index} on {table.ref}")
    by = "key" if asked.index is None else "index"
    first, second = attributes[0], attributes[1] if len(attributes) > 1 else None
    if by == "key" and second is None:
        examined = 1
    return Planned(by, asked.index, first, second, ranged=asked.ranged, examined=examined)
