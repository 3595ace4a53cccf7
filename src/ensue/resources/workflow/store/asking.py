"""Looking for what waits until somebody outside gives a token back or sends an event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec

from ensue.engine import executions
from ensue.engine.transaction import Transaction
from ensue.languages.states.branches import Branch
from ensue.languages.states.events import Event
from ensue.resources.workflow import rules
from ensue.resources.workflow.model import Approval, Asking, WorkflowModel
from ensue.resources.workflow.store import histories
from ensue.resources.workflow.store.definitions import text_of
from ensue.resources.workflow.store.executions import load
from ensue.resources.workflow.store.tracing import until_ms
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.values import Json

STATES_MAX = 100
WAITING_MAX = 1_000
EVENTS_BEFORE_MAX = 200
HIDDEN: Final = "••••••••"
TITLE_LENGTH_MAX = 200
LOOKED_UP_MAX = 10_000

# Tokens are UUIDs.
_TOKEN: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

HUMAN: Final = "human"  # what a function's step calls that asks somebody

_WAITS: Final = (
    "SELECT b.id, b.asked, b.timer, b.body, t.token FROM ensue_branches b"
    " LEFT JOIN ensue_task_tokens t ON t.branch = b.id WHERE"
)

_branch_of: Final = msgspec.json.Decoder(Branch).decode

Forms = Mapping[str, Mapping[str, Any]]


class Wait(NamedTuple):
    """A branch that waits for somebody.

    Attributes:
        row: the key of its row.
        workflow: the number of its workflow.
        timer: the work that tells it that its time is over; None for none.
        branch: the branch.
        token: its token; None where it waits for an event.
    """

    row: int
    workflow: int
    timer: int | None
    branch: Branch
    token: str | None

    @property
    def id(self) -> str:
        """The id by which it is answered."""
        return f"{self.row}-{self.branch.attempt}"


class After(NamedTuple):
    """The place of a wait in the list: its workflow, its state, the key of its row."""

    workflow: int
    state: str
    row: int


def states(tx: Transaction, workflow: int) -> list[Asking]:
    """The states at which executions of a workflow wait for somebody, and how many do."""
    found: list[Asking] = []
    state = ""
    while len(found) < STATES_MAX:
        row = tx.row(
            "SELECT state FROM ensue_branches WHERE asked = ? AND state > ? ORDER BY state LIMIT 1",
            (workflow, state),
        )
        if row is None:
            break
        state = str(row[0])
        [(count,)] = tx.rows(
            "SELECT count(*) FROM (SELECT 1 FROM ensue_branches WHERE asked = ? AND state = ?"
            " LIMIT ?)",
            (workflow, state, WAITING_MAX),
        )
        found.append(Asking(state, int(str(count))))
    return found


def page(
    tx: Transaction, workflow: int, state: str | None, after: After | None, limit: int
) -> list[Wait]:
    """What waits for somebody, state by state; in each that of the oldest executions first.

    Args:
        tx: the transaction.
        workflow: the number of the workflow.
        state: only what waits at this state; None for all.
        after: behind which place.
        limit: how many at most.
    """
    before, row = ("", 0) if after is None else (after.state, after.row)
    if state is None:
        found = tx.rows(
            f"{_WAITS} b.asked = ? AND (b.state, b.id) > (?, ?) ORDER BY b.state, b.id LIMIT ?",
            (workflow, before, row, limit),
        )
    else:
        found = tx.rows(
            f"{_WAITS} b.asked = ? AND b.state = ? AND b.id > ? ORDER BY b.id LIMIT ?",
            (workflow, state, row, limit),
        )
    return [_wait(each) for each in found]


def by_id(tx: Transaction, workflows: Sequence[int], wait_id: str) -> Wait:
    """The wait with an id.

    Raises:
        NotFound: nothing waits under this id, any more or ever.
        InvalidValue: it is no id of a wait.
    """
    row, _, attempt = wait_id.partition("-")
    if not (row.isdecimal() and attempt.isdecimal() and len(wait_id) <= 40):
        raise InvalidValue(f"expected the id of an approval, got {wait_id!r}", at="$.id")
    found = tx.rows(f"{_WAITS} b.id = ? AND b.asked IS NOT NULL", (int(row),))
    waits = [_wait(each) for each in found]
    for each in waits:
        if each.workflow in workflows and each.branch.attempt == int(attempt):
            return each
    raise NotFound(
        f"nothing waits under the id {wait_id}",
        hint="It was answered, its time is over, or its execution has ended.",
    )


def claim(tx: Transaction, row: int) -> int | None:
    """Ask nobody any more to answer the wait of a branch, by the key of its row: it is answered.

    Returns the work that tells the branch that its time is over; None for none.
    """
    found = tx.row("UPDATE ensue_branches SET asked = NULL WHERE id = ? RETURNING timer", (row,))
    return found[0] if found and isinstance(found[0], int) else None


def shown(tx: Transaction, model: WorkflowModel, wait: Wait, forms: Forms) -> Approval | None:
    """A wait as it is shown; None where its execution is not kept any more.

    Args:
        tx: the transaction.
        model: the workflow.
        wait: what waits.
        forms: the JSON Schemas of answers that are declared, by the names of states.
    """
    execution = executions.within(wait.row).execution
    loaded = load(tx, execution)
    if loaded is None:
        return None
    branch = wait.branch
    events = _events(tx, execution, branch)
    entered = _input(next((each for each in events if each.id == branch.entered), None))
    asked = next((each for each in reversed(events) if each.type.endswith("Scheduled")), None)
    given, form, title = None, forms.get(branch.state), ""
    if wait.token is not None:
        details = {} if asked is None else asked.details
        given = details.get("parameters", details.get("input"))
        title = _comment(tx, loaded.definition, branch)
    if isinstance(entered, dict) and asked is not None and asked.details.get("resource") == HUMAN:
        given, form = entered.get("data"), cast("Mapping[str, Any] | None", entered.get("form"))
        title = str(entered.get("title") or "")
    return Approval(
        id=wait.id,
        workflow=model.ref.name,
        execution=loaded.name,
        state=branch.state,
        kind="event" if wait.token is None else "token",
        title=title[:TITLE_LENGTH_MAX] or branch.state,
        called="" if asked is None or wait.token is None else _called(asked),
        since_ms=asked.at_ms if asked is not None else branch.entered_ms,
        until_ms=until_ms(tx, wait.timer),
        data=hidden(tx, given),
        form=form,
    )


def hidden(tx: Transaction, value: Json) -> Json:
    """A value in which each token is hidden that somebody waits for; also within texts."""
    known: dict[str, bool] = {}

    def is_token(text: str) -> bool:
        if text not in known:
            known[text] = len(known) >= LOOKED_UP_MAX or (
                tx.row("SELECT 1 FROM ensue_task_tokens WHERE token = ?", (text,)) is not None
            )
        return known[text]

    def hide(found: re.Match[str]) -> str:
        return HIDDEN if is_token(found[0]) else found[0]

    def of(each: Json) -> Json:
        if isinstance(each, str):
            return _TOKEN.sub(hide, each)
        if isinstance(each, dict):
            return {_TOKEN.sub(hide, name): of(inner) for name, inner in each.items()}
        return [of(inner) for inner in each] if isinstance(each, list | tuple) else each

    return of(value)


def _wait(row: Sequence[object]) -> Wait:
    key, workflow, timer, body, token = cast("tuple[Any, ...]", row)
    return Wait(key, workflow, timer, _branch_of(body), token)


def _events(tx: Transaction, execution: int, branch: Branch) -> list[Event]:
    """The last events of a branch, from the entry of its state on, in their order."""
    found = histories.read(
        tx, execution, after=branch.previous + 1, limit=EVENTS_BEFORE_MAX, reverse=True
    )
    events = [each for each in reversed(found) if each.branch == branch.id]
    if branch.entered and all(each.id != branch.entered for each in events):
        events = histories.read(tx, execution, after=branch.entered - 1, limit=1) + events
    return events


def _input(event: Event | None) -> Json:
    return None if event is None else event.details.get("input")


def _called(event: Event) -> str:
    resource, service = str(event.details.get("resource", "")), event.details.get("resourceType")
    return f"{service}:{resource}" if service else resource


def _comment(tx: Transaction, definition: int, branch: Branch) -> str:
    """What the definition says of a state, for people; empty for nothing."""
    at: Any = rules.decoded(text_of(tx, definition))
    for step in branch.scope.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(at, list):
            at = at[int(name)] if name.isdecimal() and int(name) < len(at) else None
        else:
            at = at.get(name) if isinstance(at, dict) else None
    states = at.get("States") if isinstance(at, dict) else None
    state = states.get(branch.state) if isinstance(states, dict) else None
    return str(state.get("Comment") or "") if isinstance(state, dict) else ""
