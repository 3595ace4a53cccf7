"""What an application sees of the executions of a workflow."""

from __future__ import annotations

from datetime import datetime

from ensue.engine.home import Home
from ensue.engine.transaction import Transaction
from ensue.resources.workflow import store
from ensue.resources.workflow.model import Execution, ExecutionPage, HistoryPage, WorkflowModel
from ensue.words.units import as_ms
from ensue.words.values import Json


class Looking:
    """Looking at executions; mixed into the handle.

    Attributes:
        model: the workflow as declared.
    """

    model: WorkflowModel
    _home: Home

    async def describe(self, name: str) -> Execution:
        """An execution by its name.

        Raises:
            NotFound: there is none of this name, or it is not kept any more.
        """
        return self._home.engine.read(lambda tx: store.by_number(tx, *self.found(tx, name)))

    def found(self, tx: Transaction, name: str) -> tuple[WorkflowModel, int]:
        """What an execution is one of, and its number.

        Raises:
            NotFound: there is none of this name.
        """
        return self.model, store.number_of(tx, self.model, name)

    async def executions(
        self,
        *,
        status: str | None = None,
        since: datetime | int | str | None = None,
        until: datetime | int | str | None = None,
        prefix: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> ExecutionPage:
        """Executions: the newest first, or with a prefix in the order of their names.

        Args:
            status: only those of this status, such as ``RUNNING``.
            since: only those that started at this time or later: a time with its zone, such as
                ``2026-11-21T13:47:03Z``, or ms since 1970.
            until: only those that started before this time.
            prefix: only those whose name begins so.
            limit: how many at most, up to 1,000.
            after: the ``next`` of the page before.

        Raises:
            InvalidValue: there is no such status, time, or place to go on from.
        """
        return self._home.engine.read(
            lambda tx: store.page(
                tx,
                self.model,
                status=status,
                since_ms=None if since is None else as_ms(since, "$.since"),
                until_ms=None if until is None else as_ms(until, "$.until"),
                prefix=prefix,
                limit=limit,
                after=after,
            )
        )

    async def history(
        self, name: str, *, after: int = 0, limit: int = 100, reverse: bool = False
    ) -> HistoryPage:
        """What happened in an execution, event by event, as Step Functions shows it.

        Args:
            name: the execution's name.
            after: only events behind this id; from the end, those before it, 0 for all.
            limit: how many at most, up to 1,000.
            reverse: whether from the end.

        Raises:
            NotFound: there is no execution of this name.
        """
        return self._home.engine.read(
            lambda tx: store.history(
                tx, self.found(tx, name)[1], after=after, limit=limit, reverse=reverse
            )
        )

    async def counts(self) -> dict[str, Json]:
        """How many executions there are of each status, and tasks outside that wait or run."""
        return self._home.engine.read(
            lambda tx: store.counts(tx, self.model) | store.task_counts(tx, self.model)
        )
