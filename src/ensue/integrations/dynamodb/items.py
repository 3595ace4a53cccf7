"""One item: getItem, putItem, updateItem and deleteItem.

Source: DynamoDB API reference, GetItem, PutItem, UpdateItem and DeleteItem.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ensue.engine.transaction import Transaction
from ensue.integrations.dynamodb.attributes import decoded_item, encoded_item
from ensue.integrations.dynamodb.expressions import Placeholders, worded
from ensue.integrations.dynamodb.tables import (
    found,
    key_of,
    needed,
    refused,
    removed,
    stored,
    table_of,
)
from ensue.integrations.faults import invalid
from ensue.integrations.names import Resources
from ensue.integrations.parameters import FLAG, OBJECT, TEXT, Parameters
from ensue.integrations.service import Asked
from ensue.languages.expressions import Condition, Update, compile_projection
from ensue.resources.table import Table
from ensue.words.values import Item, Json

OLD: Final = "it is of DynamoDB's API before expressions; write an expression"
LEGACY: Final = dict.fromkeys(
    ("AttributesToGet", "AttributeUpdates", "ConditionalOperator", "Expected"), OLD
)
CONDITION: Final = {
    "ConditionExpression": TEXT,
    "ExpressionAttributeNames": OBJECT,
    "ExpressionAttributeValues": OBJECT,
}
CAPACITY: Final = frozenset({"ReturnConsumedCapacity", "ReturnItemCollectionMetrics"})

GET: Final = Parameters(
    required={"TableName": TEXT, "Key": OBJECT},
    optional={
        "ProjectionExpression": TEXT,
        "ExpressionAttributeNames": OBJECT,
        "ConsistentRead": FLAG,
    },
    passed_over=CAPACITY,
    lacking=LEGACY,
)
PUT: Final = Parameters(
    required={"TableName": TEXT, "Item": OBJECT},
    optional=CONDITION | {"ReturnValues": TEXT, "ReturnValuesOnConditionCheckFailure": TEXT},
    passed_over=CAPACITY,
    lacking=LEGACY,
)
DELETE: Final = Parameters(
    required={"TableName": TEXT, "Key": OBJECT},
    optional=CONDITION | {"ReturnValues": TEXT, "ReturnValuesOnConditionCheckFailure": TEXT},
    passed_over=CAPACITY,
    lacking=LEGACY,
)
UPDATE: Final = Parameters(
    required={"TableName": TEXT, "Key": OBJECT},
    optional=CONDITION
    | {
        "UpdateExpression": TEXT,
        "ReturnValues": TEXT,
        "ReturnValuesOnConditionCheckFailure": TEXT,
    },
    passed_over=CAPACITY,
    lacking=LEGACY,
)


def get_item(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """The item with a key, or the attributes of it that are wanted; no ``Item`` for none."""
    given = asked.arguments
    table = table_of(asked.resources, needed(given, "TableName"))
    placeholders = Placeholders(given)
    projection = placeholders.projection(given.get("ProjectionExpression"))
    placeholders.check()
    item = found(tx, table, key_of(table, needed(given, "Key")))
    if item is None:
        return {}
    shown = item if projection is None else projection.project(item)
    return {"Item": encoded_item(shown)}  # type: ignore[arg-type] # parts of an item


def put_item(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Store an item whole, if the condition holds of the one that is there."""
    given = asked.arguments
    before, _ = put(tx, asked.resources, given)
    return _replaced(before, given)


def delete_item(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Remove an item, if the condition holds of it."""
    given = asked.arguments
    return _replaced(delete(tx, asked.resources, given), given)


def update_item(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Change an item, or make it where there is none, if the condition holds of it."""
    given = asked.arguments
    before, after, update = change(tx, asked.resources, given)
    match given.get("ReturnValues", "NONE"):
        case "NONE":
            return {}
        case "ALL_OLD":
            return _attributes(before)
        case "ALL_NEW":
            return _attributes(after)
        case "UPDATED_OLD":
            return _attributes(_changed(before, update))
        case "UPDATED_NEW":
            return _attributes(_changed(after, update))
    raise invalid(
        "1 validation error detected: Value at 'returnValues' failed to satisfy constraint: Member"
        " must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    )


def put(
    tx: Transaction, resources: Resources, given: Mapping[str, Json]
) -> tuple[Item | None, Table[Item]]:
    """Store an item whole; returns the one that was there.

    Raises:
        Fault: the condition is false, or DynamoDB would refuse it.
    """
    item = decoded_item(needed(given, "Item"), "Item")
    table = table_of(resources, needed(given, "TableName"))
    placeholders = Placeholders(given)
    condition = placeholders.condition(given.get("ConditionExpression"))
    placeholders.check()
    if any(name not in item for name in table.model.key):
        stored(tx, table, item)  # says which
    before = found(tx, table, item)
    demand(condition, before, placeholders)
    stored(tx, table, item)
    return before, table


def delete(tx: Transaction, resources: Resources, given: Mapping[str, Json]) -> Item | None:
    """Remove an item; returns it.

    Raises:
        Fault: the condition is false, or DynamoDB would refuse it.
    """
    table = table_of(resources, needed(given, "TableName"))
    placeholders = Placeholders(given)
    condition = placeholders.condition(given.get("ConditionExpression"))
    placeholders.check()
    key = key_of(table, needed(given, "Key"))
    before = found(tx, table, key)
    demand(condition, before, placeholders)
    if before is not None:
        removed(tx, table, key)
    return before


def change(
    tx: Transaction, resources: Resources, given: Mapping[str, Json]
) -> tuple[Item | None, Item, Update | None]:
    """Change an item; returns it before and after, and the update.

    Raises:
        Fault: the condition is false, or DynamoDB would refuse it.
    """
    table = table_of(resources, needed(given, "TableName"))
    placeholders = Placeholders(given)
    update = placeholders.update(given.get("UpdateExpression"))
    condition = placeholders.condition(given.get("ConditionExpression"))
    placeholders.check()
    key = key_of(table, needed(given, "Key"))
    _check_leaves_key(table, update)
    before = found(tx, table, key)
    demand(condition, before, placeholders)
    used = {} if update is None else _used(placeholders, update.values_used)
    after = Item(before or {})
    if update is not None:
        after = Item(worded("UpdateExpression", lambda: update.apply(before, used)))
    after |= key
    stored(tx, table, after)
    return before, after, update


def demand(condition: Condition | None, item: Item | None, placeholders: Placeholders) -> None:
    """Check that a condition holds.

    Raises:
        Fault: it does not.
    """
    if condition is None:
        return
    used = _used(placeholders, condition.values_used)
    if not worded("ConditionExpression", lambda: condition.holds(item, used)):
        raise refused()


def _used(placeholders: Placeholders, names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in placeholders.values.items() if name in names}


def _check_leaves_key(table: Table[Item], update: Update | None) -> None:
    for path in () if update is None else update.paths:
        if path[0] in table.model.key:
            raise invalid(
                f"One or more parameter values were invalid: Cannot update attribute {path[0]}."
                " This attribute is part of the key"
            )


def _replaced(before: Item | None, given: Mapping[str, Json]) -> dict[str, Json]:
    """What a put or delete answers, by the ReturnValues that it was given."""
    match given.get("ReturnValues", "NONE"):
        case "NONE":
            return {}
        case "ALL_OLD":
            return _attributes(before)
    raise invalid("Return values set to invalid value")


def _attributes(item: Mapping[str, Json] | None) -> dict[str, Json]:
    return {"Attributes": encoded_item(item)} if item else {}


def _changed(item: Item | None, update: Update | None) -> dict[str, Json]:
    """The part of an item that an update is about."""
    if item is None or update is None:
        return {}
    names: dict[str, str] = {}
    texts = []
    for path in update.paths:
        text = ""
        for step in path:
            if isinstance(step, int):
                text += f"[{step}]"
                continue
            names[f"n{len(names)}"] = step
            text += f"{'.' if text else ''}#n{len(names) - 1}"
        texts.append(text)
    projection = compile_projection(", ".join(texts), names=names)
    return projection.project(item)  # type: ignore[return-value] # parts of an item
