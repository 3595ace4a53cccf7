"""The inputs of children, made of items as they come: ItemSelector, then ItemBatcher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ensue.languages.states.environment import Facts
from ensue.languages.states.map_runs.batches import Batcher
from ensue.languages.states.map_runs.children import child_input
from ensue.languages.states.map_runs.plan import Entry, MapPlan
from ensue.languages.states.program import Map
from ensue.words.values import Json


class ChildMaker:
    """Makes inputs of items.

    Args:
        state: the Map.
        plan: the map run.
        facts: time and chance.
        held: the items of a batch that an earlier one held.
    """

    def __init__(self, state: Map, plan: MapPlan, facts: Facts, held: Sequence[Json] = ()) -> None:
        self._state = state
        self._plan = plan
        self._facts = facts
        self._batcher = None if plan.batching is None else Batcher(plan.batching, held)

    @property
    def held(self) -> list[Json]:
        """The items of the batch that is not full."""
        return [] if self._batcher is None else self._batcher.held

    def make(self, items: Iterable[Entry], *, is_last: bool) -> list[tuple[Json, int]]:
        """The inputs of the children that are whole now, and how many items are in each.

        Args:
            items: the next items.
            is_last: whether there are no more.

        Raises:
            DataError: ItemSelector does not apply.
        """
        given = (child_input(self._state, self._plan, each, self._facts) for each in items)
        if self._batcher is None:
            return [(value, 1) for value in given]
        made = self._batcher.add(given)
        return made + self._batcher.rest() if is_last else made
