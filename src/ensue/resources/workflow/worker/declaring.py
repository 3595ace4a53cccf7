"""A workflow is entered in the store: what earlier starts left must be able to go on under it."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.declarations import declared_before, rename
from ensue.engine.engine import Engine
from ensue.engine.transaction import Transaction
from ensue.resources.workflow import store
from ensue.resources.workflow.model import EXPRESS, WorkflowModel
from ensue.words import values
from ensue.words.errors import InvalidDeclaration

HINT = "Let them end or stop them as it was declared before, or declare this under another name."


class Entered(NamedTuple):
    """By which numbers the store knows a workflow.

    Attributes:
        queue: its queue.
        tasks: the queue of its tasks outside.
        definition: its present definition.
    """

    queue: int
    tasks: int
    definition: int


def enter(engine: Engine, tx: Transaction, model: WorkflowModel, definition: str) -> Entered:
    """Enter a workflow, its log and its definition.

    Raises:
        InvalidDeclaration: executions are under way that cannot go on as it is declared now.
    """
    if model.was is not None:
        rename(tx, model.ref._replace(name=model.was), model.ref)
        rename(tx, model.tasks._replace(name=model.was), model.tasks)
    before = declared_before(tx, model.ref)
    said = values.encode({"type": model.type, "keep_ms": model.keep_ms})
    number = engine.declare(tx, model.ref, said, sql_table=model.table)
    tasks = engine.declare(tx, model.tasks, values.encode({"workflow": model.ref.name}))
    engine.add_log(tx, number, model.table)
    engine.keeps_executions[number] = model.keep_ms
    if before is not None:
        _check_type(tx, model, number, before.get("type"))
        _check_form(tx, model, number, definition)
    return Entered(number, tasks, store.keep_definition(tx, number, definition))


def _check_type(tx: Transaction, model: WorkflowModel, number: int, before: object) -> None:
    """What was started in memory is no row to go on with, and the other way round."""
    if before == model.type:
        return
    if before == EXPRESS:
        asked = "SELECT 1 FROM ensue_work WHERE queue = ? AND state < 2 LIMIT 1"
    else:
        asked = "SELECT 1 FROM ensue_executions WHERE workflow = ? AND status = 0 LIMIT 1"
    if tx.row(asked, (number,)) is not None:
        raise InvalidDeclaration(
            f"expected the type {before}: executions are under way",
            at=str(model.ref),
            hint=HINT,
        )


def _check_form(tx: Transaction, model: WorkflowModel, number: int, definition: str) -> None:
    """A state machine does not go on as a function, nor a function as a state machine."""
    if store.is_running_another_form(tx, number, definition):
        raise InvalidDeclaration(
            "executions are under way of a state machine, and this is a function, or the other"
            " way round",
            at=str(model.ref),
            hint=HINT,
        )
