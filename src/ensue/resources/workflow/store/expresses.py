"""Express executions: a start is a piece of work, an outcome is a row."""

from __future__ import annotations

from typing import cast

from ensue.engine import deduplication, executions, work
from ensue.engine.transaction import Transaction
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import WorkflowModel
from ensue.resources.workflow.store.executions import Ending, Started
from ensue.resources.workflow.store.jobs import Express, express_of, express_text
from ensue.resources.workflow.store.versions import Chosen
from ensue.words.errors import Conflict


def start_express(
    tx: Transaction,
    workflow: WorkflowModel,
    chosen: Chosen,
    given: str,
    *,
    name: str | None = None,
) -> Started:
    """Start an express execution: it runs once this has committed.

    A name is an idempotency key for five minutes.

    Args:
        tx: the transaction.
        workflow: which workflow.
        chosen: the definition that it keeps to.
        given: its input, as JSON text.
        name: its name; None for a new one.

    Returns:
        What was started: its number is that of the piece of work.

    Raises:
        InvalidName: it cannot be called so.
        Conflict: there was one of this name with another input.
    """
    number = tx.number(workflow.ref)
    named = rules.name_of(name) or tx.facts.ids.new_id()
    if name is not None:
        before = deduplication.sent_before(tx, number, name)
        piece = None if before is None else work.piece(tx, before)
        if piece is not None:
            express = express_of(piece.body)
            if express.input != rules.decoded(given):
                raise Conflict(
                    f"there was an execution {name} of {workflow.ref} with another input",
                    hint="A name is an idempotency key: use another one for another input.",
                )
            return Started(piece.id, named, express.started_ms, is_new=False)
    body = express_text(Express(named, tx.now_ms, rules.decoded(given), *chosen))
    added = work.add(tx, number, body)
    if name is not None:
        deduplication.note(tx, number, name, added)
    return Started(added, named, tx.now_ms, is_new=True)


def keep_outcome(
    tx: Transaction, workflow: WorkflowModel, definition: int, express: Express, ending: Ending
) -> int:
    """Keep how an express execution ended; returns its number.

    One that ran twice is one row, and so is a later one of the same name: the row is the last's.
    """
    number = tx.number(workflow.ref)
    before = tx.row(
        "SELECT id, status FROM ensue_executions WHERE workflow = ? AND name = ?",
        (number, express.name),
    )
    tx.execute(
        "INSERT INTO ensue_executions (workflow, name, definition, started_ms, hop, progress,"
        " input, status, output, error, cause, ended_ms, version, alias)"
        " VALUES (?, ?, ?, ?, ?, '{}', ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (workflow, name) DO UPDATE SET definition = excluded.definition,"
        " started_ms = excluded.started_ms, hop = excluded.hop, input = excluded.input,"
        " status = excluded.status, output = excluded.output, error = excluded.error,"
        " cause = excluded.cause, ended_ms = excluded.ended_ms, version = excluded.version,"
        " alias = excluded.alias",
        (
            number,
            express.name,
            definition,
            express.started_ms,
            tx.hop,
            rules.encoded(express.input, "input"),
            *ending,
            tx.now_ms,
            express.version,
            express.alias,
        ),
    )
    if before is None:
        executions.tally(tx, number, now=ending.status)
        return tx.inserted()
    execution, was = cast("tuple[int, int]", before)
    executions.tally(tx, number, was=was, now=ending.status)
    return execution
