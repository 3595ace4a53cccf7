"""What an app offers to be done to items, done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ensue.engine.transaction import Transaction
from ensue.languages.expressions import compile_condition
from ensue.resources.table.model import ACTED_MAX, ItemAction, TableModel
from ensue.resources.table.store.items import get
from ensue.words.errors import Conflict, LimitExceeded, NotFound
from ensue.words.values import Item, shown


class Typed(Protocol):
    """A table that gives items as its type."""

    @property
    def model(self) -> TableModel:
        """The table as declared."""

    def typed(self, found: Item | None) -> Any:  # noqa: ANN401 - whatever the app declared
        """An item as the table's type."""


def act(tx: Transaction, table: Typed, action: ItemAction, key: object) -> object:
    """Do it to the item with this key; returns what the app's function does."""
    item = get(tx, table.model, key)
    if item is None:
        raise NotFound(f"there is no item with the key {shown(key)}", at=str(table.model.ref))
    if not can_act(action, item):
        raise Conflict(
            f"expected an item for which {action.where}, the one with the key {shown(key)} is not",
            at=f"{table.model.ref}, {action.name}",
        )
    return action.run(tx, table.typed(item))


def act_all(tx: Transaction, table: Typed, action: ItemAction, keys: Sequence[object]) -> int:
    """Do it to each of these items that it can be done to; returns to how many."""
    if len(keys) > ACTED_MAX:
        raise LimitExceeded(f"expected at most {ACTED_MAX} keys, got {len(keys)}")
    done = 0
    for key in keys:
        item = get(tx, table.model, key)
        if item is not None and can_act(action, item):
            action.run(tx, table.typed(item))
            done += 1
    return done


def can_act(action: ItemAction, item: Item) -> bool:
    """Whether it can be done to an item."""
    return action.where is None or compile_condition(action.where).holds(item, action.given)
