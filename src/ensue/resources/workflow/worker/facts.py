"""What a run is told of the world: time, chance, and the execution that it is of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ensue.engine.ids import Random
from ensue.engine.transaction import Transaction
from ensue.languages.states.execution import ExecutionFacts
from ensue.resources.workflow import store
from ensue.resources.workflow.model import ACCOUNT, WorkflowModel

ROLE = f"arn:aws:iam::{ACCOUNT}:role/ensue"


class RunFacts:
    """Time and chance (see `languages.states.environment.Facts`).

    Args:
        now_ms: the time, that of the transaction.
        source: the engine's randomness.
    """

    __slots__ = ("_source", "now_ms")

    def __init__(self, now_ms: int, source: Random) -> None:
        self.now_ms = now_ms
        self._source = source

    def new_uuid(self) -> str:
        """Another UUID, version 4."""
        return str(UUID(int=self._source.getrandbits(128), version=4))

    def random(self) -> float:
        """Another number of at least 0 and less than 1."""
        return self._source.random()


class StoredFacts(ExecutionFacts):
    """What the context object tells of an execution that is a row; its input is read if need be.

    Args:
        tx: the transaction.
        workflow: whose execution it is.
        loaded: the execution.
    """

    __slots__ = ("_execution", "_input", "_is_read", "_tx")

    def __init__(self, tx: Transaction, workflow: WorkflowModel, loaded: store.Loaded) -> None:
        super().__init__(
            id=workflow.execution_arn(loaded.name),
            name=loaded.name,
            started_ms=loaded.started_ms,
            role=ROLE,
            machine_id=workflow.arn,
            machine_name=workflow.ref.name,
            redrives=loaded.redrives,
            redriven_ms=loaded.redriven_ms,
        )
        self._tx = tx
        self._execution = loaded.id
        self._is_read = False

    def _read(self) -> Any:  # noqa: ANN401 - a JSON value
        if not self._is_read:
            self._input, self._is_read = store.input_of(self._tx, self._execution), True
        return self._input

    def _give(self, given: Any) -> None:  # noqa: ANN401 - a JSON value
        self._input, self._is_read = given, True

    input = property(_read, _give, doc="What the execution was started with.")
