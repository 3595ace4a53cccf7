"""Executions as rows: starting one, how far it is, its end; and looking for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from ensue.engine import executions, logs, work
from ensue.engine.ids import RecordIds
from ensue.engine.transaction import Transaction
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import (
    RUNNING,
    STATUSES,
    Waiting,
    WorkflowModel,
)
from ensue.resources.workflow.store.jobs import BEGIN, Job, job_text
from ensue.words import values
from ensue.words.errors import Conflict, NotFound

_LOADED = (
    "id, workflow, name, status, definition, started_ms, redrives, redriven_ms, parent,"
    " parent_attempt, parent_form, timer, progress, warnings, paused_ms,"
    " CASE WHEN progress = '' THEN input END"
)
_LOW_BITS = (1 << 62) - 1


class Started(NamedTuple):
    """An execution that was started, now or before.

    Attributes:
        number: its number.
        name: its name.
        started_ms: when it started.
        is_new: whether it was now.
    """

    number: int
    name: str
    started_ms: int
    is_new: bool


class Change(NamedTuple):
    """A change of status: the execution's name, and its status now."""

    name: str
    status: int


class Ending(NamedTuple):
    """How an execution ended.

    Attributes:
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        output: what it came to, as JSON text; None where it did not succeed.
        error: the name of the error; None for none.
        cause: its cause; None for none.
    """

    status: int
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class Loaded(NamedTuple):
    """An execution as who runs it needs it; see `engine.executions` for the columns.

    ``given`` is its input, as JSON text, as long as it has not begun.
    """

    id: int
    workflow: int
    name: str
    status: int
    definition: int
    started_ms: int
    redrives: int
    redriven_ms: int | None
    parent: int | None
    parent_attempt: int | None
    parent_form: str | None
    timer: int | None
    progress: str
    warnings: str | None
    paused_ms: int | None = None
    given: str | None = None

    @property
    def waiting(self) -> Waiting | None:
        """Who waits for its end; None for nobody."""
        if self.parent is None:
            return None
        return Waiting(self.parent, self.parent_attempt or 0, self.parent_form or "output")


def start(
    tx: Transaction,
    workflow: WorkflowModel,
    definition: int,
    given: str,
    *,
    name: str | None = None,
    waiting: Waiting | None = None,
) -> Started:
    """Start an execution: it goes on as work of the workflow, once this has committed.

    Args:
        tx: the transaction.
        workflow: which workflow.
        definition: the number of the definition that the execution keeps to.
        given: its input, as JSON text.
        name: its name, one of its workflow; None for a new one.
        waiting: who waits for its end.

    Raises:
        InvalidName: it cannot be called so.
        Conflict: there is one of this name that was started with another input, or whose end
            somebody is to wait for who has not started it.
    """
    number = tx.number(workflow.ref)
    name = rules.name_of(name) or tx.facts.ids.new_id()
    parent = (
        (None, None, None) if waiting is None else (waiting.branch, waiting.attempt, waiting.form)
    )
    tx.execute(
        "INSERT INTO ensue_executions (workflow, name, definition, started_ms, hop, progress,"
        " input, parent, parent_attempt, parent_form) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?)"
        " ON CONFLICT (workflow, name) DO NOTHING",
        (number, name, definition, tx.now_ms, tx.hop, given, *parent),
    )
    if not tx.changed():
        if waiting is not None:
            raise Conflict(
                f"there is an execution {name} of {workflow.ref} that was not started here",
                hint="Who waits for the end of an execution starts it: use a name of its own.",
            )
        return _started_before(tx, workflow, number, name, given)
    execution = tx.inserted()
    executions.tally(tx, number, now=RUNNING)
    tell(tx, workflow, execution, Change(name, RUNNING), f'"startDate":{tx.now_ms},"input":{given}')
    work.add(tx, number, job_text(Job(BEGIN, execution)))
    return Started(execution, name, tx.now_ms, is_new=True)


def _started_before(
    tx: Transaction, workflow: WorkflowModel, number: int, name: str, given: str
) -> Started:
    found = cast(
        "tuple[int, int, str]",
        tx.row(
            "SELECT id, started_ms, input FROM ensue_executions WHERE workflow = ? AND name = ?",
            (number, name),
        ),
    )
    if found[2] != given and rules.decoded(found[2]) != rules.decoded(given):
        raise Conflict(
            f"there is an execution {name} of {workflow.ref} with another input",
            hint="A name is an idempotency key: use another one for another input.",
        )
    return Started(found[0], name, found[1], is_new=False)


def tell(
    tx: Transaction, workflow: WorkflowModel, execution: int, change: Change, more: str
) -> None:
    """Add a change of status to the workflow's log.

    Args:
        tx: the transaction.
        workflow: whose log.
        execution: which execution.
        change: its name, and its status now.
        more: what else is told, as the fields of a JSON object.
    """
    record_id = executions.record_id(tx.facts.records, execution)
    name, status = change
    logs.append(
        tx,
        workflow.table,
        STATUSES[status].lower(),
        name,
        f'{{"id":"{record_id}","name":{values.encode(name)},"status":"{STATUSES[status]}",{more}}}',
    )
    tx.touched.add(tx.number(workflow.ref))


def load(tx: Transaction, execution: int) -> Loaded | None:
    """An execution for who runs it; None when it is not kept any more."""
    found = tx.execute(
        f"SELECT {_LOADED} FROM ensue_executions WHERE id = ?", (execution,)
    ).fetchone()
    return None if found is None else Loaded._make(found)


def input_of(tx: Transaction, execution: int) -> Any:  # noqa: ANN401 - a JSON value
    """What an execution was started with."""
    found = tx.row("SELECT input FROM ensue_executions WHERE id = ?", (execution,))
    return None if found is None else rules.decoded(str(found[0]))


def save(
    tx: Transaction, execution: int, progress: str, warnings: str | None, timer: int | None
) -> None:
    """Keep how far an execution is, and the work that ends it when its time is over."""
    tx.execute(
        "UPDATE ensue_executions SET progress = ?, warnings = ?, timer = ? WHERE id = ?",
        (progress, warnings, timer, execution),
    )


def end(
    tx: Transaction, loaded: Loaded, ending: Ending, progress: str, warnings: str | None
) -> None:
    """Keep how an execution ended, and wake who waits for that."""
    tx.touched.add(end_of(loaded.workflow, loaded.name))
    tx.execute(
        "UPDATE ensue_executions SET status = ?, output = ?, error = ?, cause = ?, ended_ms = ?,"
        " progress = ?, warnings = ?, timer = NULL WHERE id = ?",
        (*ending, tx.now_ms, progress, warnings, loaded.id),
    )
    executions.tally(tx, loaded.workflow, was=loaded.status, now=ending.status)


def end_of(workflow: int, name: str) -> int:
    """What a transaction touches that ends an execution; see `Engine.listen`.

    By its name, so that one can listen before it is started. Two executions may share one: who is
    woken looks.
    """
    return -1 - (hash((workflow, name)) & _LOW_BITS)


def children(tx: Transaction, parents: Sequence[int]) -> list[int]:
    """The running executions whose end these branches wait for."""
    found: list[int] = []
    for parent in parents:
        found += [
            number
            for (number,) in tx.execute(
                "SELECT id FROM ensue_executions WHERE parent = ? AND status = 0", (parent,)
            )
        ]
    return found


def number_of(tx: Transaction, workflow: WorkflowModel, name: str) -> int:
    """The number of an execution by its name.

    Raises:
        NotFound: there is none of this name.
    """
    found = tx.row(
        "SELECT id FROM ensue_executions WHERE workflow = ? AND name = ?",
        (tx.number(workflow.ref), name),
    )
    if found is None or not isinstance(found[0], int):
        raise NotFound(
            f"there is no execution {name} of {workflow.ref}",
            hint="It may be older than what is kept.",
        )
    return found[0]


def execution_id(tx: Transaction, execution: int) -> str:
    """The record id of an execution."""
    return executions.record_id(tx.facts.records, execution)


def number_in(records: RecordIds, execution_id: str) -> int:
    """The number of the execution with a record id.

    Raises:
        NotFound: it is the id of none.
    """
    found = executions.number_of(records, execution_id)
    if found is None:
        raise NotFound(f"there is no execution {execution_id}")
    return found
