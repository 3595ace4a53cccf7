"""Executions that go on from their history: redriven ones, and forks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from ensue.engine.transaction import Transaction
from ensue.languages.states import resuming
from ensue.languages.states.events import Event
from ensue.languages.states.execution import Progress
from ensue.languages.states.resuming import FORKED, REDRIVEN, Changed
from ensue.resources.workflow import store
from ensue.resources.workflow.routine import record
from ensue.resources.workflow.store import Loaded, Point, histories
from ensue.resources.workflow.worker.runner import Advance
from ensue.resources.workflow.worker.setting import Setting


class Revival(Protocol):
    """What sets the executions of a workflow going again, whatever language it is written in."""

    def redrive(self, tx: Transaction, loaded: Loaded) -> None:
        """Set an execution going again, that runs again since."""

    def point(self, events: Sequence[Event], at: int | str, change: Changed) -> Point:
        """Where a fork leaves its origin.

        Args:
            events: the origin's history.
            at: the id of an event, or the name of a state or step.
            change: what is other there.

        Raises:
            NotFound: there is no such place.
        """

    def fork(  # noqa: PLR0917 - all that is known of both
        self,
        tx: Transaction,
        loaded: Loaded,
        events: Sequence[Event],
        point: Point,
        change: Changed,
        origin: str,
    ) -> None:
        """Let a fork go on, which has the past of its origin.

        Args:
            tx: the transaction.
            loaded: the fork.
            events: the origin's history.
            point: where it leaves that.
            change: what is other there.
            origin: the origin's record id.
        """


class MachineRevival:
    """Sets executions of a state machine going again.

    Args:
        setting: what the workflow has.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def redrive(self, tx: Transaction, loaded: Loaded) -> None:
        """Every line of control that did not come to its end goes on with its state."""
        events = histories.all_of(tx, loaded.id)
        Advance(self._setting, tx, loaded, origin=tx.origin).redrive(events)

    def point(self, events: Sequence[Event], at: int | str, change: Changed) -> Point:
        """At the entry of a state."""
        del change
        entry = resuming.fork_point(events, at)
        return Point(entry.id, [event for event in events if event.id < entry.id])

    def fork(  # noqa: PLR0917 - as `Revival`
        self,
        tx: Transaction,
        loaded: Loaded,
        events: Sequence[Event],
        point: Point,
        change: Changed,
        origin: str,
    ) -> None:
        """The state is entered with its data, or other data."""
        past = [event for event in events if event.id <= point.event]
        under_way = Advance(self._setting, tx, loaded, origin=tx.origin)
        under_way.fork(past, past[-1], change, origin)


class FunctionRevival:
    """Sets executions of an async function going again: by a replay of the record that counts."""

    def redrive(self, tx: Transaction, loaded: Loaded) -> None:
        """The step that failed is asked for again, and all that was waited for."""
        events = histories.all_of(tx, loaded.id)
        cut = record.redrive_point(events)
        details: dict[str, object] = {"redriveCount": loaded.redrives, record.CUT_AT: cut}
        _tell(tx, loaded, REDRIVEN, details)

    def point(self, events: Sequence[Event], at: int | str, change: Changed) -> Point:
        """Before a step. Variables of a change are results of steps before it, by their names."""
        last = record.fork_point(events, at)
        results = change.variables or {}
        past = record.edited(
            [event for event in events if event.id <= last],
            lambda step: (step in results, results.get(step)),
            (change.has_input, change.input),
        )
        return Point(last + 1, past)

    def fork(  # noqa: PLR0917 - as `Revival`
        self,
        tx: Transaction,
        loaded: Loaded,
        events: Sequence[Event],
        point: Point,
        change: Changed,
        origin: str,
    ) -> None:
        """All that was waited for is asked for again."""
        del events, point, change
        _tell(tx, loaded, FORKED, {"origin": origin})


def _tell(tx: Transaction, loaded: Loaded, kind: str, details: dict[str, object]) -> None:
    """Add an event to a history that nothing else is added to in this transaction."""
    progress = msgspec.json.decode(loaded.progress or "{}", type=Progress)
    event = progress.next_event
    histories.add(tx, loaded.id, [Event(kind, event, event - 1, tx.now_ms, details)])
    progress.next_event += 1
    text = msgspec.json.encode(progress).decode()
    store.save(tx, loaded.id, text, loaded.warnings, loaded.timer)
