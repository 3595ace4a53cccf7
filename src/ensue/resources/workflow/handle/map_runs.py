"""What an application sees of the map runs of a workflow, and can change while they run."""

from __future__ import annotations

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.resources.workflow import rules, store
from ensue.resources.workflow.handle.looking import Looking
from ensue.resources.workflow.model import MapRun, WorkflowModel
from ensue.resources.workflow.store import map_runs as rows
from ensue.resources.workflow.worker import MapRuns
from ensue.words.errors import Conflict, NotFound


class Children(Looking):
    """The executions that are children of map runs; the name of each begins with its map run's id.

    Args:
        home: the app.
        model: what they are executions of.
    """

    def __init__(self, home: Home, model: WorkflowModel) -> None:
        self._home = home
        self.model = model


class LookingAtMapRuns:
    """Looking at map runs; mixed into the handle.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home

    @property
    def children(self) -> Children:
        """The executions that are children of map runs: described and listed as others are.

        ``children.executions(prefix=map_run.id)`` lists those of one, in the order of their items.
        """
        return Children(self._home, self.model.children)

    async def map_runs(self, name: str) -> tuple[MapRun, ...]:
        """The map runs of an execution, the oldest first.

        Args:
            name: the execution's name.

        Raises:
            NotFound: there is no execution of this name.
        """
        return self._home.engine.read(
            lambda tx: store.map_runs_of(tx, self.model, store.number_of(tx, self.model, name))
        )

    async def describe_map_run(self, id: str) -> MapRun:  # noqa: A002 - the word for it
        """A map run by its id.

        Raises:
            NotFound: there is none of this id, or it is not kept any more.
        """
        return self._home.engine.read(lambda tx: store.describe_map_run(tx, self.model, id))

    async def update_map_run(
        self,
        id: str,  # noqa: A002 - the word for it
        *,
        max_concurrency: int | None = None,
        tolerated_failure_count: int | None = None,
        tolerated_failure_percentage: float | None = None,
    ) -> MapRun:
        """Change how many children of a map run run at once, and how many items may fail.

        More are started at once, where more may run. What runs already is not stopped when fewer
        may.

        Args:
            id: the map run's id.
            max_concurrency: at most so many run at once; 0 for no bound of its own. None for as
                before, here and below.
            tolerated_failure_count: so many items may fail.
            tolerated_failure_percentage: so much of the items may fail.

        Raises:
            NotFound: there is none of this id.
            InvalidValue: a bound is out of range.
            Conflict: it has ended.
        """
        bounds = rules.checked_map_bounds(
            max_concurrency, tolerated_failure_count, tolerated_failure_percentage
        )

        def run(tx: Transaction) -> MapRun:
            row = rows.by_uuid(tx, id)
            runs = self._running_map_runs()
            if row is None or runs is None:
                raise NotFound(f"there is no map run {id} of {self.model.ref}")
            if row.phase != rows.RUNNING:
                raise Conflict(f"the map run {id} has ended")
            runs.reconsider(tx, rows.mark(tx, row, **bounds))
            return store.describe_map_run(tx, self.model, id)

        return await self._home.engine.transact(run)

    def _running_map_runs(self) -> MapRuns | None:
        """The map runs while the app runs."""
        raise NotImplementedError
