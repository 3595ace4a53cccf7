"""What workflows promise, checked in the store itself, whether their app runs or not."""

from __future__ import annotations

from collections.abc import Iterator

from ensue.engine import logs, shapes
from ensue.engine.executions import NUMBERS_WITHIN_MAX
from ensue.engine.integrity import FINDINGS_MAX, Known
from ensue.engine.map_runs import NUMBER_BITS
from ensue.engine.transaction import Transaction
from ensue.resources.workflow.model import EXPRESS, RUNNING, TASKS
from ensue.words.findings import Finding
from ensue.words.names import Ref

STUCK = "Stop it: ensue stop. Keep a copy of the file and report it."
ODD = "Keep a copy of the file and report it."


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a workflow: its log, or an execution that nothing will let go on."""
    there = shapes.shapes(tx.connection)
    if known.sql_table is not None:
        table = known.sql_table
        wanted = shapes.made_by(lambda tx: logs.create(tx, table))
        yield from shapes.differences(wanted, there, str(known.ref))
    if "ensue_executions" not in there or known.declared.get("type") == EXPRESS:
        return
    if _is_first(tx, known):  # these rows are of all workflows
        yield from _branches(tx)
        yield from _tokens(tx)
        yield from _histories(tx)
    yield from _stuck(tx, known)
    yield from _endings(tx, known)
    yield from _whole(tx, known)
    yield from _map_runs(tx, known)


def _is_first(tx: Transaction, known: Known) -> bool:
    """Whether no workflow of the store has a lower number."""
    found = tx.row(
        "SELECT min(number) FROM ensue_resources WHERE kind = ? AND declared NOT LIKE ?",
        (known.ref.kind, f'%"{EXPRESS}"%'),
    )
    return found == (known.number,)


def _stuck(tx: Transaction, known: Known) -> Iterator[Finding]:
    """A running execution has work that lets it go on, or waits for a token, an event, another one.

    One that is paused, or that its code does not fit any more, need not have any.
    """
    tasks = tx.row(
        "SELECT number FROM ensue_resources WHERE (app, kind, name) = (?, ?, ?)",
        Ref(known.ref.app, TASKS, known.ref.name),
    )
    for number, name in tx.execute(
        "SELECT id, name FROM ensue_executions WHERE workflow = ?1 AND status = ?2"
        " AND id NOT IN (SELECT coalesce(json_extract(body, '$[1]'), 0) FROM ensue_work"
        "  WHERE queue = ?1 AND state < 2 AND json_valid(body)"
        "  AND json_extract(body, '$[0]') <> 'over')"
        " AND id NOT IN (SELECT coalesce(json_extract(body, '$[0]'), 0) FROM ensue_work"
        "  WHERE queue = ?3 AND state < 2 AND json_valid(body))"
        " AND paused_ms IS NULL AND id NOT IN (SELECT execution FROM ensue_held_jobs)"
        " AND id NOT IN (SELECT id / ?4 FROM ensue_branches"
        "  WHERE json_valid(body) AND json_extract(body, '$.waits') = 'event')"
        " AND id NOT IN (SELECT branch / ?4 FROM ensue_task_tokens)"
        " AND id NOT IN (SELECT parent / ?4 FROM ensue_executions"
        "  WHERE parent IS NOT NULL AND status = ?2)"
        " AND id NOT IN (SELECT execution FROM ensue_map_runs WHERE phase < 3)"
        " AND paused_ms IS NULL LIMIT ?5",
        (known.number, RUNNING, tasks[0] if tasks else None, NUMBERS_WITHIN_MAX, FINDINGS_MAX),
    ):
        yield Finding(
            "workflow.stuck",
            f"ensue_executions {number}",
            f"the execution {name} of {known.ref.name} runs, and nothing will let it go on",
            STUCK,
        )


def _branches(tx: Transaction) -> Iterator[Finding]:
    """A branch is one of a running execution."""
    for number, state in tx.execute(
        "SELECT id, state FROM ensue_branches b WHERE NOT EXISTS (SELECT 1 FROM ensue_executions"
        " WHERE id = b.id / ?1 AND status = ?2) LIMIT ?3",
        (NUMBERS_WITHIN_MAX, RUNNING, FINDINGS_MAX),
    ):
        yield Finding(
            "workflow.branch",
            f"ensue_branches {number}",
            f"a branch in state {state} is of no execution that runs",
            ODD,
        )


def _tokens(tx: Transaction) -> Iterator[Finding]:
    """Somebody waits for each token."""
    for (number,) in tx.execute(
        "SELECT branch FROM ensue_task_tokens t WHERE NOT EXISTS"
        " (SELECT 1 FROM ensue_branches WHERE id = t.branch) LIMIT ?",
        (FINDINGS_MAX,),
    ):
        yield Finding(
            "workflow.token",
            f"ensue_task_tokens, branch {number}",
            "nobody waits for a token that is kept",
            ODD,
        )


def _endings(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What has ended has a time of its end, and what runs has none."""
    for number, status, ended_ms in tx.execute(
        "SELECT id, status, ended_ms FROM ensue_executions WHERE workflow = ?"
        " AND (status NOT BETWEEN 0 AND 4 OR (status = 0) <> (ended_ms IS NULL)) LIMIT ?",
        (known.number, FINDINGS_MAX),
    ):
        yield Finding(
            "workflow.end",
            f"ensue_executions {number}",
            f"its status is {status}, and its end {ended_ms}",
            ODD,
        )


def _histories(tx: Transaction) -> Iterator[Finding]:
    """A history is that of an execution that is kept."""
    for (number,) in tx.execute(
        "SELECT DISTINCT h.id / ?1 FROM ensue_histories h WHERE NOT EXISTS"
        " (SELECT 1 FROM ensue_executions WHERE id = h.id / ?1) LIMIT ?2",
        (NUMBERS_WITHIN_MAX, FINDINGS_MAX),
    ):
        yield Finding(
            "workflow.history",
            f"ensue_histories of {number}",
            "a history is of no execution",
            ODD,
        )


def _whole(tx: Transaction, known: Known) -> Iterator[Finding]:
    """A history begins with its start, has no gap, and ends with its end."""
    for number, first, many, kind, last in tx.execute(
        "SELECT execution, first, many, kind, last FROM ("
        " SELECT h.id / ?1 AS execution, h.id % ?1 AS first, json_array_length(events) AS many,"
        "  json_extract(events, '$[0][0]') AS kind, json_extract(events, '$[#-1][0]') AS last,"
        "  lead(h.id % ?1) OVER (PARTITION BY h.id / ?1 ORDER BY h.id) AS following,"
        "  json_extract(nullif(progress, ''), '$.next_event') AS next, status"
        " FROM ensue_histories h JOIN ensue_executions e ON e.id = h.id / ?1"
        " WHERE e.workflow = ?2 AND json_valid(events))"
        " WHERE (first = 1) <> (kind = 'ExecutionStarted')"
        "  OR coalesce(following, next, first + many) <> first + many"
        "  OR (following IS NULL AND status > 0 AND last NOT IN ('ExecutionSucceeded',"
        "   'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted')) LIMIT ?3",
        (NUMBERS_WITHIN_MAX, known.number, FINDINGS_MAX),
    ):
        yield Finding(
            "workflow.history_whole",
            f"ensue_histories of {number}",
            f"{many} events from {first} on, {kind} to {last}: before or after it is a gap",
            ODD,
        )


def _map_runs(tx: Transaction, known: Known) -> Iterator[Finding]:
    """A map run that goes on has the children that it counts, and some that will end."""
    for number, uuid in tx.execute(
        "SELECT id, uuid FROM ensue_map_runs r WHERE workflow = ?1 AND phase = 0"
        " AND (started - ended <> (SELECT COUNT(*) FROM ensue_map_children c"
        "  WHERE c.id >= r.id << ?2 AND c.id < (r.id + 1) << ?2 AND c.status = 0)"
        " OR (started = ended AND is_read AND children = ended)) LIMIT ?3",
        (known.number, NUMBER_BITS, FINDINGS_MAX),
    ):
        yield Finding(
            "workflow.map_run",
            f"ensue_map_runs {number}",
            f"the map run {uuid} of {known.ref.name} counts other children than it has",
            ODD,
        )
