"""Many items: query and scan, a page at a time.

A page ends after ``Limit`` items were looked at, as in DynamoDB, whatever the filter keeps of them.

Source: DynamoDB API reference, Query and Scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ensue.engine.transaction import Transaction
from ensue.integrations.dynamodb.attributes import decoded_item, encoded_item
from ensue.integrations.dynamodb.expressions import Placeholders, worded
from ensue.integrations.dynamodb.items import CAPACITY, LEGACY, OLD
from ensue.integrations.dynamodb.tables import needed, ours, table_of
from ensue.integrations.faults import invalid
from ensue.integrations.parameters import FLAG, NUMBER, OBJECT, TEXT, Parameters
from ensue.integrations.service import Asked
from ensue.languages.expressions import Condition, KeyRange, Projection
from ensue.resources import table as table_kind
from ensue.resources.table import Page, Table
from ensue.words import values
from ensue.words.values import Item, Json

PAGE_ITEMS_MAX = 1_000
COUNT = "COUNT"

_SHOWN: Final = {
    "FilterExpression": TEXT,
    "ProjectionExpression": TEXT,
    "ExpressionAttributeNames": OBJECT,
    "ExpressionAttributeValues": OBJECT,
    "Limit": NUMBER,
    "ExclusiveStartKey": OBJECT,
    "Select": TEXT,
    "ConsistentRead": FLAG,
}
_LACKING: Final = LEGACY | dict.fromkeys(("KeyConditions", "QueryFilter", "ScanFilter"), OLD)
QUERY: Final = Parameters(
    required={"TableName": TEXT},
    optional=_SHOWN | {"IndexName": TEXT, "KeyConditionExpression": TEXT, "ScanIndexForward": FLAG},
    passed_over=CAPACITY,
    lacking=_LACKING,
)
SCAN: Final = Parameters(
    required={"TableName": TEXT},
    optional=_SHOWN | {"Segment": NUMBER, "TotalSegments": NUMBER},
    passed_over=CAPACITY,
    lacking=_LACKING | {"IndexName": "scan the table; a query names an index"},
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of a page is shown."""

    kept: Condition | None
    values: Mapping[str, object]
    projection: Projection | None
    counts_only: bool

    def answer(self, page: Page, last: dict[str, Json] | None) -> dict[str, Json]:
        kept, used = self.kept, self.values
        items = [
            item
            for item in page.items
            if kept is None or worded("FilterExpression", lambda item=item: kept.holds(item, used))  # type: ignore[misc]
        ]
        answer: dict[str, Json] = {"Count": len(items), "ScannedCount": len(page.items)}
        if not self.counts_only:
            project = self.projection
            shown = items if project is None else [project.project(item) for item in items]
            answer = {"Items": [encoded_item(item) for item in shown], **answer}  # type: ignore[arg-type] # parts of items
        return answer if last is None else answer | {"LastEvaluatedKey": last}


def query(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """The items of one partition, of a table or an index, in the order of their sort keys."""
    given = asked.arguments
    table = table_of(asked.resources, needed(given, "TableName"))
    index = _index(table, given.get("IndexName"))
    attributes = table.model.key if index is None else table.model.indexes[index]
    placeholders = Placeholders(given)
    condition = placeholders.keys(given.get("KeyConditionExpression"), attributes)
    shown = _shown(given, placeholders)
    if condition is None:
        raise invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the"
            " request."
        )
    keys = worded(
        "KeyConditionExpression", lambda: condition.range(_of(placeholders, condition.values_used))
    )
    sort, bounds = _sort(attributes, keys)
    page_asked = table_kind.Asked(
        _limit(given),
        _after(table, given, index=index),
        reverse=given.get("ScanIndexForward") is False,
        given=bounds,
    )
    page = ours(
        lambda: table_kind.query(
            tx, table.model, keys.partition, page_asked, sort=sort, index=index
        )
    )
    return shown.answer(page, _last(table, page, index))


def scan(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """The items of a whole table, or of one of its segments."""
    given = asked.arguments
    table = table_of(asked.resources, needed(given, "TableName"))
    placeholders = Placeholders(given)
    shown = _shown(given, placeholders)
    segment, segments = given.get("Segment", 0), given.get("TotalSegments", 1)
    page_asked = table_kind.Asked(_limit(given), _after(table, given, is_scan=True))
    page = ours(
        lambda: table_kind.scan(
            tx, table.model, page_asked, segment=_whole(segment), segments=_whole(segments)
        )
    )
    return shown.answer(page, _last(table, page, None))


def _shown(given: Mapping[str, Json], placeholders: Placeholders) -> _Shown:
    kept = placeholders.condition(given.get("FilterExpression"), "FilterExpression")
    projection = placeholders.projection(given.get("ProjectionExpression"))
    placeholders.check()
    used = {} if kept is None else _of(placeholders, kept.values_used)
    return _Shown(kept, used, projection, given.get("Select") == COUNT)


def _of(placeholders: Placeholders, names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in placeholders.values.items() if name in names}


def _index(table: Table[Item], name: Json) -> str | None:
    if name is None:
        return None
    for index in table.model.indexes:
        if index == name:
            return index
    raise invalid(f"The table does not have the specified index: {values.shown(name)}")


def _sort(attributes: tuple[str, ...], keys: KeyRange) -> tuple[str | None, dict[str, object]]:
    """A condition on the sort key as our tables take it, and its values."""
    bounds: dict[str, object] = {f"b{place}": each for place, each in enumerate(keys.bounds)}
    match keys.operator:
        case None:
            return None, {}
        case "BETWEEN":
            return f"{attributes[1]} BETWEEN :b0 AND :b1", bounds
        case "begins_with":
            return f"begins_with({attributes[1]}, :b0)", bounds
        case operator:
            return f"{attributes[1]} {operator} :b0", bounds


def _limit(given: Mapping[str, Json]) -> int:
    limit = given.get("Limit", PAGE_ITEMS_MAX)
    if not isinstance(limit, int) or limit < 1:
        raise invalid(
            f"1 validation error detected: Value '{values.shown(limit)}' at 'limit' failed to"
            " satisfy constraint: Member must have value greater than or equal to 1"
        )
    return min(limit, PAGE_ITEMS_MAX)


def _whole(number: Json) -> int:
    if not isinstance(number, int):
        raise invalid("Segment and TotalSegments must be integers")
    return number


def _after(
    table: Table[Item],
    given: Mapping[str, Json],
    *,
    index: str | None = None,
    is_scan: bool = False,
) -> str | None:
    start = given.get("ExclusiveStartKey")
    if start is None:
        return None
    key = decoded_item(start, "ExclusiveStartKey")
    if set(key) != {*table.model.key, *table.model.indexes.get(index or "", ())}:
        raise invalid("The provided starting key is invalid")
    return ours(lambda: table_kind.place_of(table.model, key, index=index, is_scan=is_scan))


def _last(table: Table[Item], page: Page, index: str | None) -> dict[str, Json] | None:
    """The key of the last item that was looked at; None when there are no more."""
    if page.next is None:
        return None
    names = dict.fromkeys((*table.model.indexes.get(index or "", ()), *table.model.key))
    return encoded_item({name: page.items[-1][name] for name in names})
