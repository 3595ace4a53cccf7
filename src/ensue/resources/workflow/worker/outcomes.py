"""The work of an express workflow: its executions, and what is kept of them."""

from __future__ import annotations

from typing import Final

import msgspec

from ensue.engine.engine import Engine
from ensue.engine.handlers import WorkHandler
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.languages.states.execution import Outcome
from ensue.resources.workflow import store
from ensue.resources.workflow.model import (
    DEATHS_MAX,
    EXPRESS_MS_MAX,
    STATUSES,
    SUCCEEDED,
    Execution,
)
from ensue.resources.workflow.store import Ending, Express, express_of, histories
from ensue.resources.workflow.worker import ends
from ensue.resources.workflow.worker.calls import DIED
from ensue.resources.workflow.worker.express import ExpressRun, Ran
from ensue.resources.workflow.worker.setting import Setting

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class ExpressWork:
    """Runs the executions of an express workflow.

    Args:
        engine: the engine.
        setting: what the workflow has.
    """

    def __init__(self, engine: Engine, setting: Setting) -> None:
        self._engine = engine
        self._setting = setting

    def handler(self) -> WorkHandler:
        """The handler of the workflow's own work: starts of executions."""
        model = self._setting.model
        return WorkHandler(
            ref=model.ref,
            dead_letters=model.dead_letters,
            actor=model.ref.name,
            policy=model.policy,
            act=self._act,
            complete=self._complete,
            dead=self._dead,
        )

    async def run(self, express: Express, execution_id: str, most_ms: int = EXPRESS_MS_MAX) -> Ran:
        """Run an execution now.

        Args:
            express: the execution.
            execution_id: its id.
            most_ms: how long it may take.
        """
        setting = self._setting
        definition = express.definition or setting.definition
        if definition == setting.definition:
            machine = setting.machines.present(definition)
        else:
            machine = self._engine.read(lambda tx: setting.machines.of(tx, definition))
        run = ExpressRun(self._engine, setting, machine, express, execution_id, most_ms=most_ms)
        return await run.run()

    async def _act(self, piece: Work, work_id: str) -> Ran:
        if piece.crashes >= DEATHS_MAX:
            said = f"the process died {piece.crashes} times while it ran"
            return Ran(Outcome("FAILED", None, DIED, said), [])
        return await self.run(express_of(piece.body), work_id)

    def _complete(self, tx: Transaction, pieces: list[Work], ran: Ran) -> None:
        """Keep what came of an execution, in the transaction that settles its work."""
        [piece] = pieces
        self._keep(tx, piece, ran)

    def _dead(self, tx: Transaction, piece: Work, reason: str) -> None:
        self._keep(tx, piece, Ran(Outcome("FAILED", None, DIED, reason), []))

    def _keep(self, tx: Transaction, piece: Work, ran: Ran) -> None:
        model, express = self._setting.model, express_of(piece.body)
        ending = ending_of(ran.outcome)
        definition = express.definition or self._setting.definition
        execution = store.keep_outcome(tx, model, definition, express, ending)
        is_kept = model.log == "ALL" or (model.log == "ERROR" and ending.status != SUCCEEDED)
        histories.forget(tx, execution)
        if is_kept and ran.events:
            histories.add(tx, execution, ran.events)
        loaded = store.load(tx, execution)
        if loaded is not None:
            ends.tell(tx, model, None, loaded, ending)


def ending_of(outcome: Outcome) -> Ending:
    """An outcome as it is kept."""
    has_output = outcome.status == "SUCCEEDED"
    output = _encode(outcome.output).decode() if has_output else None
    return Ending(STATUSES.index(outcome.status), output, outcome.error, outcome.cause)


def shown_run(
    setting: Setting, express: Express, execution_id: str, ran: Ran, ended_ms: int
) -> Execution:
    """An express execution that left no row, as it is shown."""
    outcome = ran.outcome
    return Execution(
        id=execution_id,
        arn=f"{setting.model.execution_arn(express.name)}:{execution_id}",
        workflow=setting.model.ref.name,
        name=express.name,
        status=outcome.status,
        input=express.input,
        output=outcome.output,
        error=outcome.error,
        cause=outcome.cause,
        started_ms=express.started_ms,
        ended_ms=ended_ms,
        definition=express.definition or setting.definition,
        version=express.version,
        alias=express.alias,
    )
