"""Several items at once: transactWriteItems, transactGetItems, batchGetItem and batchWriteItem.

Source: DynamoDB API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ensue.engine.transaction import Transaction
from ensue.integrations.dynamodb.attributes import encoded_item
from ensue.integrations.dynamodb.expressions import Placeholders
from ensue.integrations.dynamodb.items import CAPACITY, change, delete, demand, get_item, put
from ensue.integrations.dynamodb.tables import found, key_of, needed, table_of
from ensue.integrations.faults import Fault, invalid
from ensue.integrations.names import Resources
from ensue.integrations.parameters import LIST, OBJECT, Parameters
from ensue.integrations.service import Asked
from ensue.words import values
from ensue.words.values import Json

TRANSACTION_MAX = 100
GET_BATCH_MAX = 100
WRITE_BATCH_MAX = 25

TRANSACT_WRITE: Final = Parameters(
    required={"TransactItems": LIST}, passed_over=CAPACITY | {"ClientRequestToken"}
)
TRANSACT_GET: Final = Parameters(required={"TransactItems": LIST}, passed_over=CAPACITY)
BATCH: Final = Parameters(required={"RequestItems": OBJECT}, passed_over=CAPACITY)


def transact_write_items(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Write several items, all of them or none.

    The task's own transaction is the transaction: what comes before a write that fails is undone
    with the task.
    """
    reasons: list[str] = []
    written: set[tuple[str, str]] = set()
    for action, given in _each(asked.arguments, ("Put", "Update", "Delete", "ConditionCheck")):
        _check_once(asked.resources, given, written)
        try:
            _WRITES[action](tx, asked.resources, given)
        except Fault as fault:
            if fault.code != "ConditionalCheckFailedException":
                raise
            reasons.append("ConditionalCheckFailed")
        else:
            reasons.append("None")
    if any(reason != "None" for reason in reasons):
        raise Fault(
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons"
            f" [{', '.join(reasons)}]",
        )
    return {}


def transact_get_items(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Several items as they are at one moment."""
    responses: list[Json] = [
        get_item(tx, Asked(asked.resources, dict(given), asked.call, asked.now_ms))
        for _, given in _each(asked.arguments, ("Get",))
    ]
    return {"Responses": responses}


def batch_get_item(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Items of several tables, by their keys; those that are not there are left out."""
    responses: dict[str, Json] = {}
    read = 0
    for name, wanted in _tables(asked.arguments).items():
        if not isinstance(wanted, dict):
            raise invalid(f"RequestItems.{name} must be an object with Keys")
        table = table_of(asked.resources, name)
        placeholders = Placeholders(wanted)
        projection = placeholders.projection(wanted.get("ProjectionExpression"))
        placeholders.check()
        keys = wanted.get("Keys")
        if not isinstance(keys, list):
            raise invalid(f"RequestItems.{name}.Keys must be a list")
        read += len(keys)
        if read > GET_BATCH_MAX:
            raise invalid("Too many items requested for the BatchGetItem call")
        items = [found(tx, table, key_of(table, key)) for key in keys]
        shown = [
            each if projection is None else projection.project(each)
            for each in items
            if each is not None
        ]
        responses[name] = [encoded_item(each) for each in shown]  # type: ignore[arg-type] # parts of items
    return {"Responses": responses, "UnprocessedKeys": {}}


def batch_write_item(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Store and remove items of several tables; here all of them or, when one is refused, none."""
    written = 0
    for name, requests in _tables(asked.arguments).items():
        for request in requests if isinstance(requests, list) else [None]:
            written += 1
            if written > WRITE_BATCH_MAX:
                raise invalid("Too many items requested for the BatchWriteItem call")
            match request:
                case {"PutRequest": {"Item": item}}:
                    put(tx, asked.resources, {"TableName": name, "Item": item})
                case {"DeleteRequest": {"Key": key}}:
                    delete(tx, asked.resources, {"TableName": name, "Key": key})
                case _:
                    raise invalid(
                        "Supplied RequestItems must be PutRequests or DeleteRequests, in a list"
                    )
    return {"UnprocessedItems": {}}


def _check_once(
    resources: Resources, given: Mapping[str, Json], written: set[tuple[str, str]]
) -> None:
    """Check that no other part of the transaction is about the same item.

    Raises:
        Fault: one is.
    """
    table = table_of(resources, needed(given, "TableName"))
    item = given.get("Key", given.get("Item"))
    parts = item if isinstance(item, dict) else {}
    place = (str(table.ref), values.encode([parts.get(name) for name in table.model.key]))
    if place in written:
        raise invalid("Transaction request cannot include multiple operations on one item")
    written.add(place)


def _put(tx: Transaction, resources: Resources, given: Mapping[str, Json]) -> None:
    put(tx, resources, given)


def _update(tx: Transaction, resources: Resources, given: Mapping[str, Json]) -> None:
    needed(given, "UpdateExpression")
    change(tx, resources, given)


def _delete(tx: Transaction, resources: Resources, given: Mapping[str, Json]) -> None:
    delete(tx, resources, given)


def _check(tx: Transaction, resources: Resources, given: Mapping[str, Json]) -> None:
    table = table_of(resources, needed(given, "TableName"))
    placeholders = Placeholders(given)
    condition = placeholders.condition(needed(given, "ConditionExpression"))
    placeholders.check()
    demand(condition, found(tx, table, key_of(table, needed(given, "Key"))), placeholders)


_WRITES: Final[Mapping[str, Callable[[Transaction, Resources, Mapping[str, Json]], None]]] = {
    "Put": _put,
    "Update": _update,
    "Delete": _delete,
    "ConditionCheck": _check,
}


def _each(
    arguments: Mapping[str, Json], actions: tuple[str, ...]
) -> list[tuple[str, dict[str, Json]]]:
    """The parts of a transaction: what each does, and its parameters."""
    parts = needed(arguments, "TransactItems")
    if not isinstance(parts, list) or not 1 <= len(parts) <= TRANSACTION_MAX:
        raise invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint:"
            f" Member must have length less than or equal to {TRANSACTION_MAX}"
        )
    each = []
    for part in parts:
        if not isinstance(part, dict) or len(part) != 1 or next(iter(part)) not in actions:
            raise invalid(f"TransactItems can only contain one of {', '.join(actions)}")
        [(action, given)] = part.items()
        if not isinstance(given, dict):
            raise invalid(f"TransactItems: {action} must be an object")
        each.append((action, given))
    return each


def _tables(arguments: Mapping[str, Json]) -> dict[str, Json]:
    wanted = needed(arguments, "RequestItems")
    if not isinstance(wanted, dict) or not wanted:
        raise invalid("The requestItems parameter is required and must not be empty")
    return wanted
