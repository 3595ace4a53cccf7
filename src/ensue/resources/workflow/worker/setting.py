"""What the executions of a workflow have in common while its app runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from ensue.engine.transaction import Origin, Transaction
from ensue.languages.states.execution import Outcome
from ensue.languages.states.signals import Signal
from ensue.resources.workflow.model import Integrations, WorkflowModel
from ensue.resources.workflow.store import Loaded
from ensue.resources.workflow.worker.machines import Machines
from ensue.resources.workflow.worker.map_runs import MapRuns
from ensue.resources.workflow.worker.notices import Notices


class UnderWay(Protocol):
    """One execution within one transaction, whatever language it is written in."""

    def begin(self) -> None:
        """Start the execution."""

    def signal(self, branch_id: int, attempt: int, signal: Signal, *, keeps: bool = False) -> bool:
        """Tell a branch what it waits for; returns whether it still did.

        Args:
            branch_id: the branch.
            attempt: what it waited for.
            signal: what happened.
            keeps: whether what works outside may end its work.
        """

    def stop(self, outcome: Outcome) -> None:
        """End the execution from outside."""

    def go(self) -> None:
        """Go on as far as it can, and keep where it stands."""


class Make(Protocol):
    """Makes what lets an execution go on."""

    def __call__(
        self,
        setting: Setting,
        tx: Transaction,
        loaded: Loaded,
        *,
        origin: Origin,
        settled: Collection[int] = (),
        alone: bool = False,
        poison: str | None = None,
    ) -> UnderWay:
        """What lets an execution go on, within a transaction.

        Args:
            setting: what its workflow has.
            tx: the transaction.
            loaded: the execution.
            origin: what this handles: the cause of all that its tasks do.
            settled: the work that this transaction settles itself.
            alone: whether at most one task inside is done: the process died when there were more.
            poison: why the first task inside is not done again; None to do it.
        """


@dataclass(frozen=True, slots=True)
class Setting:
    """What the executions of a workflow have in common while its app runs.

    Attributes:
        model: the workflow as declared.
        queue: the number of its queue.
        tasks: the number of the queue of its tasks outside.
        definition: the number of its present definition.
        machines: its machines.
        integrations: what its tasks call.
        notices: who waits for the end of something.
        make: makes what lets one of its executions go on.
        map_runs: its map runs; None where it has no distributed Map.
    """

    model: WorkflowModel
    queue: int
    tasks: int
    definition: int
    machines: Machines
    integrations: Integrations
    notices: Notices
    make: Make
    map_runs: MapRuns | None = None
