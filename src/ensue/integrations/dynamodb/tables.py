"""The table that a request names, and its items as DynamoDB has them: found, put and removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from ensue.engine.transaction import Transaction
from ensue.integrations.dynamodb.attributes import decoded_item
from ensue.integrations.faults import Fault, invalid
from ensue.integrations.names import Resources, last_part
from ensue.resources import table as table_kind
from ensue.resources.table import Table
from ensue.words.errors import InvalidInput, TooLarge
from ensue.words.values import Item, Json

T = TypeVar("T")

TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]+\Z")
_NAME_LENGTHS = range(1, 256)


def table_of(resources: Resources, name: Json) -> Table[Item]:
    """The table that a request names, by its name or its ARN.

    Raises:
        Fault: the name is none, or there is no such table.
    """
    said = name if isinstance(name, str) else ""
    if said.startswith("arn:"):
        said = last_part(said)
    if not TABLE_NAME.match(said):
        raise invalid(
            f"1 validation error detected: Value '{said}' at 'tableName' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )
    if len(said) not in _NAME_LENGTHS:
        raise invalid(
            f"1 validation error detected: Value '{said}' at 'tableName' failed to satisfy"
            " constraint: Member must have length less than or equal to 255"
        )
    found = resources.find("table", said)
    if not isinstance(found, Table):
        raise Fault("ResourceNotFoundException", "Requested resource not found")
    return found


def needed(arguments: Mapping[str, Json], name: str) -> Json:
    """A parameter that must be there.

    Raises:
        Fault: it is not.
    """
    found = arguments.get(name)
    if found is None:
        raise invalid(
            f"1 validation error detected: Value null at '{name[0].lower()}{name[1:]}' failed to"
            " satisfy constraint: Member must not be null"
        )
    return found


def key_of(table: Table[Item], given: Json) -> dict[str, Json]:
    """The key that a request gives.

    Raises:
        Fault: it is not the table's.
    """
    key = decoded_item(given, "Key")
    if set(key) != set(table.model.key):
        raise invalid("The provided key element does not match the schema")
    ours(lambda: table.model.key_of(key))
    return key


def found(tx: Transaction, table: Table[Item], key: Mapping[str, Json]) -> Item | None:
    """The item with a key; None when there is none."""
    return table_kind.get(tx, table.model, tuple(key[name] for name in table.model.key))


def stored(tx: Transaction, table: Table[Item], item: Mapping[str, object]) -> None:
    """Store an item whole.

    Raises:
        Fault: it is none of the table's, or too large.
    """
    for name in table.model.key:
        if name not in item:
            raise invalid(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
    ours(lambda: table_kind.put(tx, table.model, item))


def removed(tx: Transaction, table: Table[Item], key: Mapping[str, Json]) -> None:
    """Remove the item with a key, if there is one."""
    table_kind.delete(tx, table.model, tuple(key[name] for name in table.model.key))


def refused() -> Fault:
    """The condition of a write is false."""
    return Fault("ConditionalCheckFailedException", "The conditional request failed")


def ours(run: Callable[[], T]) -> T:
    """What a function of ours returns; what it refuses as DynamoDB says it.

    Raises:
        Fault: it refuses.
    """
    try:
        return run()
    except TooLarge:
        raise invalid("Item size has exceeded the maximum allowed size") from None
    except InvalidInput as fault:
        raise invalid(f"One or more parameter values were invalid: {fault}") from None
