"""Queries of one partition, scans of a whole table, and how many items there are."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from ensue.engine import logs
from ensue.engine.transaction import Transaction
from ensue.languages.expressions import (
    KeyCondition,
    compile_condition,
    compile_key_condition,
    compile_projection,
)
from ensue.resources.table import schema
from ensue.resources.table.model import (
    EXAMINED_MAX,
    PAGE_MAX,
    SEGMENTS_MAX,
    At,
    Page,
    TableModel,
)
from ensue.resources.table.rules import (
    Range,
    asked_of_index,
    index_value,
    sort_range,
    without_bytes,
)
from ensue.resources.table.store.past import Past, past, source_at
from ensue.resources.table.store.rows import Parameters, all_rows, as_item, is_over, living, rows
from ensue.words import values
from ensue.words.changes import KeyValue
from ensue.words.errors import InvalidExpression, InvalidValue, NotFound
from ensue.words.keys import key_value
from ensue.words.values import INTEGER_MAX, INTEGER_MIN, Item, Json

_PARTITION = "ensue_partition"


class Asked(NamedTuple):
    """What part of what there is is asked for.

    Attributes:
        limit: items a page.
        after: the ``next`` of the page before.
        reverse: from the end.
        filter: a condition expression: items for which it does not hold are left out.
        projection: the attributes that are asked for, as a projection expression.
        at: as of when; None for now.
        given: the values of the expressions' ``:names``.
    """

    limit: int = 100
    after: str | None = None
    reverse: bool = False
    filter: str | None = None
    projection: str | None = None
    at: At | None = None
    given: Mapping[str, object] = MappingProxyType({})

    @property
    def may_be_long(self) -> bool:
        """Whether many more items may have to be looked at than are asked for."""
        return self.filter is not None or self.at is not None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows there were at a position of the change log."""

    position: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """A query in terms of SQL: from where, under which condition, in what order."""

    source: str
    where: list[str]
    order: list[str]
    parameters: Parameters
    shown: tuple[str, ...] | None = None


def query(
    tx: Transaction,
    table: TableModel,
    partition: object,
    asked: Asked,
    *,
    sort: str | None = None,
    index: str | None = None,
) -> Page:
    """The items of one partition, of the table or an index, in the order of their sort keys."""
    value = (key_value if index is None else asked_of_index)(partition, "$.partition")
    attributes = _attributes(table, index)
    columns = _columns(table, index)
    where = [f"{columns[0]} = :partition"]
    if index is not None:
        where.append(schema.is_indexed(attributes))
    reading = _Reading(
        table.sql,
        where,
        columns[1:] or columns,
        {"partition": value if index is None else index_value(value)},
        table.projections.get(index or ""),
    )
    if sort is not None:
        bounds = _range(attributes, sort, asked.given, value, index)
        reading.where.extend(
            f"{columns[1]} {operator} {_add(reading.parameters, bound)}"
            for operator, bound in bounds
        )
        if index is not None:
            reading.where.extend(without_bytes(columns[1], bounds))
    return _page(tx, table, reading, asked, value if index is None else None)


def check_sort(table: TableModel, sort: str, index: str | None) -> frozenset[str]:
    """The ``:names`` of a key condition on the sort key of a table or index.

    Raises:
        InvalidExpression: it does not compile, or there is no sort key.
        NotFound: there is no such index.
    """
    return _compiled(_attributes(table, index), sort).values_used - {_PARTITION}


def scan(
    tx: Transaction, table: TableModel, asked: Asked, *, segment: int = 0, segments: int = 1
) -> Page:
    """The items of the whole table, or of one of its segments, in the order of their keys."""
    if not 1 <= segments <= SEGMENTS_MAX or not 0 <= segment < segments:
        raise InvalidValue(
            f"expected 1 to {SEGMENTS_MAX} segments and a segment from 0 below that,"
            f" got segment {segment} of {segments}"
        )
    reading = _Reading(table.sql, ["true"], list(table.key_columns), {})
    if segments > 1:
        reading.where.append(f"{_hash(table)} % :segments = :segment")
        reading.parameters.update(segments=segments, segment=segment)
    return _page(tx, table, reading, asked, None)


def place_of(
    table: TableModel,
    item: Mapping[str, object],
    *,
    index: str | None = None,
    is_scan: bool = False,
) -> str:
    """Where a page begins that follows an item: what `Page.next` says behind it.

    Args:
        table: the table.
        item: the item's key, and its attributes in the index.
        index: the index that is queried; None for the table itself.
        is_scan: whether the pages are those of a scan.

    Raises:
        InvalidValue: an attribute is missing, or cannot be of a key or an index.
    """
    of_index = 0 if index is None else len(table.indexes[index]) - 1
    names = (*_attributes(table, index), *table.key) if index is not None else table.key
    names = names if is_scan else names[1:] or names
    parts: list[KeyValue] = []
    for place, name in enumerate(names):
        value, at = item.get(name), f"$.{name}"
        in_index = place < of_index
        parts.append(index_value(asked_of_index(value, at)) if in_index else key_value(value, at))
    return _as_cursor(tuple(parts))


def count(tx: Transaction, table: TableModel, before: Counted | None) -> tuple[int, Counted]:
    """How many items there are, and what to give as ``before`` the next time.

    From an earlier count only what came since is looked at, in the change log, while that is kept.
    """
    last = logs.last_sequence(tx, table.changes)
    found = _count_on(tx, table, before, last) if before is not None else None
    if found is None:
        [(found,)] = tx.execute(f"SELECT count(*) FROM {table.sql}")
    counted = Counted(last, found)
    over = is_over(table)
    if over is not None:
        [(expired,)] = tx.execute(
            f"SELECT count(*) FROM {table.sql} WHERE {over}", {"now_s": tx.now_ms / 1_000}
        )
        found -= expired
    return found, counted


def _count_on(tx: Transaction, table: TableModel, before: Counted, last: int) -> int | None:
    if before.position == last:
        return before.rows
    first = tx.row(f"SELECT min(sequence) FROM {table.changes}")
    if first is None or not isinstance(first[0], int) or first[0] > before.position + 1:
        return None
    # An insert from outside may be a REPLACE, and then nothing says that it removed something.
    [(came, went, from_outside)] = tx.execute(
        f"SELECT count(*) FILTER (WHERE kind = 'insert'), count(*) FILTER (WHERE kind = 'remove'),"
        f" count(*) FILTER (WHERE kind = 'insert' AND hop IS NULL)"
        f" FROM {table.changes} WHERE sequence > ?",
        (before.position,),
    )
    return None if from_outside else before.rows + int(came) - int(went)


def _page(
    tx: Transaction,
    table: TableModel,
    reading: _Reading,
    asked: Asked,
    partition: KeyValue | None,
) -> Page:
    if not 1 <= asked.limit <= PAGE_MAX:
        raise InvalidValue(f"expected a limit from 1 to {PAGE_MAX}, got {asked.limit}")
    if asked.at is not None:
        reading, now_ms = _as_of(reading, past(tx, table, asked.at), table, partition)
    else:
        now_ms = tx.now_ms
    alive, ends = living(table, now_ms)
    reading.parameters.update(ends)
    order = ", ".join(reading.order)
    if asked.after is not None:
        cursor = [_add(reading.parameters, each) for each in _cursor(asked.after, reading.order)]
        reading.where.append(f"({order}) {'<' if asked.reverse else '>'} ({', '.join(cursor)})")
    direction = " DESC" if asked.reverse else ""
    examined = (asked.limit if asked.filter is None else EXAMINED_MAX) + 1
    sql = (
        f"SELECT item, {order} FROM {reading.source} WHERE {' AND '.join(reading.where)}{alive}"
        f" ORDER BY {', '.join(name + direction for name in reading.order)} LIMIT {examined}"
    )
    if asked.filter is None and asked.projection is None and reading.shown is None:
        return _whole(all_rows(tx, table, sql, reading.parameters), asked.limit)
    keeps, shows = _filter(asked), _shows(asked, reading.shown)
    found: list[Item] = []
    last: tuple[Any, ...] = ()
    for number, row in enumerate(rows(tx, table, sql, reading.parameters), 1):
        if len(found) == asked.limit or number == examined:
            return Page(found, _as_cursor(last))
        last = row[1:]
        item = shows[0](as_item(row[0]))
        if keeps(item):
            found.append(shows[1](item))
    return Page(found, None)


def _whole(read: list[tuple[Any, ...]], limit: int) -> Page:
    """A page of whole items, none of which is left out: what most queries ask for."""
    following = _as_cursor(read[limit - 1][1:]) if len(read) > limit else None
    return Page([as_item(row[0]) for row in read[:limit]], following)


def _as_of(
    reading: _Reading, moment: Past, table: TableModel, partition: KeyValue | None
) -> tuple[_Reading, int]:
    source, parameters = source_at(table, moment, partition=partition)
    return (
        replace(reading, source=source, parameters=reading.parameters | parameters),
        moment.at_ms,
    )


def _filter(asked: Asked) -> Callable[[Item], bool]:
    if asked.filter is None:
        return lambda _: True
    condition = compile_condition(asked.filter)
    return lambda item: condition.holds(item, asked.given)


def _shows(
    asked: Asked, shown: tuple[str, ...] | None
) -> tuple[Callable[[Item], Item], Callable[[Item], Item]]:
    """What of an item the index has, and what of that is asked for."""

    def of_index(item: Item) -> Item:
        return item if shown is None else Item({k: item[k] for k in shown if k in item})

    if asked.projection is None:
        return of_index, lambda item: item
    projection = compile_projection(asked.projection)
    return of_index, lambda item: Item(projection.project(item))


def _attributes(table: TableModel, index: str | None) -> tuple[str, ...]:
    if index is None:
        return table.key
    attributes = table.indexes.get(index)
    if attributes is None:
        has = ", ".join(table.indexes) or "none"
        raise NotFound(f"there is no index {index} on {table.ref}; it has: {has}")
    return attributes


def _columns(table: TableModel, index: str | None) -> list[str]:
    """The SQL expressions of the partition, and of the order within it."""
    if index is None:
        return list(table.key_columns)
    return [
        *(schema.attribute(name) for name in table.indexes[index]),
        *table.key_columns,
    ]


def _range(
    attributes: tuple[str, ...],
    sort: str,
    given: Mapping[str, object],
    partition: KeyValue,
    index: str | None,
) -> Range:
    found = _compiled(attributes, sort).range({**given, _PARTITION: partition})
    if found.operator is None:
        return []
    as_bound = key_value if index is None else asked_of_index
    bounds = [as_bound(each, f"$.{attributes[1]}") for each in found.bounds]
    return sort_range(found.operator, bounds, in_index=index is not None)


def _compiled(attributes: tuple[str, ...], sort: str) -> KeyCondition:
    if len(attributes) < 2:
        raise InvalidExpression(
            f"expected a table or index with a sort key for a condition on it, got {sort!r}",
            hint="Give a filter instead.",
        )
    return compile_key_condition(
        f"{sort} AND #{_PARTITION} = :{_PARTITION}",
        partition=attributes[0],
        sort=attributes[1],
        names={_PARTITION: attributes[0]},
    )


def _hash(table: TableModel) -> str:
    """A number that a key alone decides, for segments of about equal size."""
    last = [
        f"coalesce(unicode(substr({text}, -{place}, 1)), 0) * {factor}"
        for text in (f"CAST({schema.key_text(*table.key_columns)} AS TEXT)",)
        for place, factor in ((2, 1), (3, 31), (4, 961), (5, 29_791), (6, 923_521))
    ]
    return f"({' + '.join(last)})"


def _add(parameters: Parameters, value: KeyValue) -> str:
    """Give a statement another parameter; returns its mark."""
    name = f"p{len(parameters)}"
    parameters[name] = value
    return f":{name}"


def _as_cursor(parts: tuple[object, ...]) -> str:
    """A place in a query as text that needs no escaping in an address."""
    return urlsafe_b64encode(values.encode(list(parts)).encode()).decode().rstrip("=")


def _is_stored(part: object) -> bool:
    """Whether a part of a place is a value of SQL: as long and as exact as it is in the index."""
    if isinstance(part, int):
        return INTEGER_MIN <= part <= INTEGER_MAX
    return isinstance(part, str | bytes | float)


def _cursor(after: str, order: list[str]) -> list[Any]:
    found: Json = None
    try:
        padded = after + "=" * (-len(after) % 4)
        found = values.decode(b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, InvalidValue):  # not base64, or not ASCII, or no JSON
        pass
    if isinstance(found, list) and len(found) == len(order) and all(map(_is_stored, found)):
        return found
    raise InvalidValue(
        f"expected the next of an earlier page, got {after!r}",
        at="$.after",
        hint="Begin without it.",
    )
