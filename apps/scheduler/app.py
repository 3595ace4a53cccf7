"""Scheduled actions: what users want done at a moment, or again and again, on time and once.

POST /actions ─(signed)─▶ actions ─▶ due, a queue: a message waits for its millisecond ─▶ fulfil
PUT, DELETE until 2 minutes before  ▶ due-outside, the same for what calls others ─────▶ call
a run, its log, the next run's message and the webhook that tells of it are one transaction
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec

from apps.scheduler.actions import (
    MINUTE_MS,
    Action,
    Actions,
    Asked,
    Counts,
    Many,
    Moment,
    Over,
    Status,
    brief,
    check_size,
    check_timing,
    following_ms,
)
from apps.scheduler.fulfilments import INSIDE, OUTSIDE, app, check_fulfilment, hook
from ensue import (
    Answer,
    Conflict,
    Firing,
    Hmac,
    InvalidInput,
    Message,
    Meta,
    NotFound,
    Queue,
    ReadTx,
    Secret,
    Tx,
)

LOCK_MS = 2 * MINUTE_MS
MISSED_MS = MINUTE_MS
KEPT_S = 14 * 86_400
MAX_RETRY = 5
REASON_LENGTH_MAX = 500
PAGE = 500
OVER = "status = :completed OR status = :failed OR status = :nothing"
OVER_STATES = {"completed": "COMPLETED", "failed": "FAILED", "nothing": "NO_ACTION"}
BULK = 100
WEBHOOKS = os.environ.get("SCHEDULER_WEBHOOKS", "http://127.0.0.1:8081/webhooks")

# A signature is good for one method and path, once, for five minutes.
signed = Hmac(
    Secret.env("SCHEDULER_SECRET", demo="scheduler-demo"),
    header="X-Signature",
    timestamp_header="X-Timestamp",
    nonce_header="X-Nonce",
    content="{timestamp}.{nonce}.{method} {path}\n{body}",
    refuse_replays=True,
)

actions = app.table(
    "actions",
    key="id",
    of=Action,
    indexes={"by-status": ("status", "executionTime")},
    ttl="ttl",
)
due = app.queue("due", max_receives=MAX_RETRY + 1)
due_outside = app.queue("due-outside", max_receives=MAX_RETRY + 1)
webhooks = app.destination(
    "webhooks", url=WEBHOOKS if WEBHOOKS != "off" else "http://off.invalid", sign=hook
)


def queue_of(action: Action) -> Queue[Any]:
    """Where its runs wait."""
    return due_outside if action.action in OUTSIDE else due


# What is due


@due.consumer(retry_base="1s", retry_cap="2m")
def fulfil(message: Message, tx: Tx) -> None:
    """Run an action once: what it does, its log and its next run commit together (ES-12, ES-13)."""
    action = taken(message, tx)
    if action is not None:
        done(action, INSIDE[action.action](action, tx), tx)


@due_outside.consumer(retry_base="1s", retry_cap="2m", concurrency=50)
async def call(message: Message) -> None:
    """Run an action outside, at least once, under one idempotency key for all tries of a run."""
    action = await app.run(taken, message)
    if action is not None:
        answer = await OUTSIDE[action.action].call(
            {"run": action.run, **action.data}, key=action.run
        )
        await app.run(answered, message, answer)


def taken(message: Message, tx: Tx) -> Action | None:
    """The action whose run this message is, in progress from now on; None where it is none.

    A message that is not the action's own any more runs nothing, so no run happens twice (ES-9).
    """
    action = own(message, tx)
    if action is None or action.status not in {"PENDING", "IN_PROGRESS", "FAILED"}:
        return None
    if action.action not in INSIDE and action.action not in OUTSIDE:
        action.log("NO_ACTION", tx.now_ms)  # somebody changed the row by hand
        tx.put(actions, action)
        return None
    if action.status != "IN_PROGRESS":
        action.log("IN_PROGRESS", tx.now_ms)
        if action.action in OUTSIDE:
            tx.put(actions, action)
    return action


def answered(message: Message, answer: object, tx: Tx) -> None:
    """Take what the outside answered, unless that was done."""
    action = own(message, tx)
    if action is not None and action.status == "IN_PROGRESS":
        done(action, answer, tx)


def own(message: Message, tx: Tx) -> Action | None:
    """The action that waits for this very message."""
    action = tx.get(actions, message.body)
    return action if action is not None and action.message == message.id else None


def done(action: Action, notes: object, tx: Tx) -> None:
    """Complete a run: the action is over, or due again (ES-12, ES-13)."""
    run, notes = action.run, brief(notes)
    action.executions += 1
    action.retryCount = 0
    following = None
    if action.repeat:
        action.executionRemainder = (action.executionRemainder or 1) - 1
        response = {"executionTime": action.executionTime, "response": notes}
        action.keep("executionResponses", response)
        following = following_ms(action) if action.executionRemainder else None
    else:
        action.metadata = {**action.metadata, "notes": notes}
    if following is None:
        action.ttl = tx.now_ms // 1_000 + KEPT_S
        action.log("COMPLETED", tx.now_ms)
    else:
        action.executionTime = following
        action.log("PENDING", tx.now_ms)
        action.message = send(action, tx)
    tx.put(actions, action)
    tell("action.executed", run, action, tx)


def send(action: Action, tx: Tx) -> str:
    """Send the message of the next run, to be received in the millisecond in which it is due."""
    return tx.send(queue_of(action), action.id, due_ms=action.executionTime)


@due.on_retry
@due_outside.on_retry
def retried(message: Message, reason: str, tx: Tx) -> None:
    """Note that a try failed; the platform's backoff decides when the next is (ES-11)."""
    action = own(message, tx)
    if action is not None:
        action.retryCount += 1
        action.metadata = {**action.metadata, "retryReason": reason[:REASON_LENGTH_MAX]}
        action.log("IN_PROGRESS", tx.now_ms, reason=reason[:REASON_LENGTH_MAX])
        tx.put(actions, action)
        tell("action.retried", action.run, action, tx)


@due.on_dead_letter
@due_outside.on_dead_letter
def failed(message: Message, reason: str, tx: Tx) -> None:
    """Give up after MAX_RETRY retries, until somebody asks for another (ES-10)."""
    action = own(message, tx)
    if action is not None:
        action.log("FAILED", tx.now_ms, reason=reason[:REASON_LENGTH_MAX])
        tx.put(actions, action)
        tell("action.failed", action.run, action, tx)


def tell(event: str, run: str, action: Action, tx: Tx) -> None:
    """Send a webhook, as Standard Webhooks has it, in the transaction of what it tells."""
    if WEBHOOKS != "off":
        data = {"id": action.id, "run": run, "action": action.action, "status": action.status}
        more = {"retryCount": action.retryCount, "executionRemainder": action.executionRemainder}
        tx.send(webhooks, {"type": event, "timestamp": tx.now_ms, "data": {**data, **more}})


@app.schedule("rate(1 minute)")
def missed(firing: Firing, tx: Tx) -> None:
    """Find what is pending, was due and has no message: a row that came by another way (ES-18)."""
    del firing
    late = tx.query(
        actions,
        "PENDING",
        index="by-status",
        sort="executionTime < :t",
        t=tx.now_ms - MISSED_MS,
        limit=PAGE,
    )
    for action in late.items:
        if not tx.is_pending(queue_of(action), action.message):
            action.message = send(action, tx)
            action.log("PENDING", tx.now_ms, reason="it was missed")
            tx.put(actions, action)


# The API (ES-16)


class Unfulfillable(InvalidInput):
    """An action that is written well, and could not be done, or not so."""

    code = "unfulfillable"


UNFULFILLABLE = {422: "It could not be done, or not so; says what is missing."}
MISSING = {404: "There is no such action."}
LOCKED = MISSING | {409: "It is locked, or not in a status for that."}


@app.on_error(Unfulfillable)
def unfulfillable(fault: Unfulfillable) -> Answer:
    """Say what an action lacks, as all errors are said."""
    told = {"code": fault.code, "message": fault.message, "at": fault.at}
    return Answer({"error": told}, status=422)


@app.post("/actions", status=201, verify=signed, statuses=UNFULFILLABLE)
def create(body: Asked, tx: Tx) -> Action:
    """Schedule an action, for now or later (ES-1, ES-6, ES-7)."""
    return stored(Action(tx.new_id(), "", {}, 0, createdAt=tx.now_ms), body, tx)


@app.put("/actions/{id}", verify=signed, statuses=LOCKED | UNFULFILLABLE)
def change(id: str, body: Asked, tx: Tx) -> Action:  # noqa: A002 - the path's own word
    """Change an action, until two minutes before it is due (ES-4)."""
    action = unlocked(id, tx)
    tx.withdraw(queue_of(action), action.message)
    return stored(action, body, tx)


def stored(action: Action, asked: Asked, tx: Tx) -> Action:
    """Store an action as it is asked for, and send the message of its first run."""
    try:
        check_size(asked)
        check_timing(asked)
        check_fulfilment(asked, tx)
    except InvalidInput as fault:
        raise Unfulfillable(fault.message, at=fault.at, hint=fault.hint) from None
    said = msgspec.to_builtins(asked)
    log = action.metadata.get("log", [])
    for name, value in said.items():
        setattr(action, name, value)
    action.metadata = {**asked.metadata, "log": log}
    action.firstExecutionTime, action.executions = asked.executionTime, 0
    action.log("PENDING", tx.now_ms)
    action.message = send(action, tx)
    tx.put(actions, action)
    return action


@app.delete("/actions/{id}", verify=signed, statuses=LOCKED)
def delete(id: str, tx: Tx) -> None:  # noqa: A002 - the path's own word
    """Delete an action that is over, or is not due within two minutes (ES-4)."""
    action = found(id, tx)
    if action.status in {"PENDING", "IN_PROGRESS"}:
        unlocked(id, tx)
    forget(action, tx)


def forget(action: Action, tx: Tx) -> None:
    """Delete an action with the message that it waits for, or that is a dead letter."""
    queue = queue_of(action)
    for each in (queue, queue.dead_letters):
        if each is not None:
            tx.withdraw(each, action.message)
    tx.delete(actions, action.id)


def unlocked(id: str, tx: Tx) -> Action:  # noqa: A002 - as above
    """An action that may be changed.

    Raises:
        NotFound: there is none.
        Conflict: it is due within two minutes, runs, or is over.
    """
    action = found(id, tx)
    if action.status != "PENDING" or action.executionTime - tx.now_ms <= LOCK_MS:
        raise Conflict(
            f"the action {id} is locked: it is {action.status}, due at {action.executionTime}",
            hint="It can be changed until two minutes before it is due.",
        )
    return action


def found(id: str, tx: ReadTx) -> Action:  # noqa: A002 - as above
    """An action.

    Raises:
        NotFound: there is none.
    """
    action = tx.get(actions, id)
    if action is None:
        raise NotFound(f"there is no action {id}")
    return action


@app.get("/actions", verify=signed)
def show_all(
    tx: ReadTx,
    status: Status | None = None,
    page: str | None = None,
    limit: Annotated[int, Meta(ge=1, le=PAGE)] = 50,
) -> Actions:
    """Actions, those of one status in the order in which they are due."""
    if status is None:
        listed = tx.scan(actions, after=page, limit=limit)
    else:
        listed = tx.query(actions, status, index="by-status", after=page, limit=limit)
    return Actions(listed.items, listed.next)


@app.get("/actions/counts", verify=signed)
async def counts() -> Counts:
    """How many actions are in each status."""
    return Counts(**await actions.counts("by-status"))


@app.get("/actions/{id}", verify=signed, statuses=MISSING)
def show(id: str, tx: ReadTx) -> Action:  # noqa: A002 - the path's own word
    """One action."""
    return found(id, tx)


@app.post("/actions/{id}/retry", verify=signed, statuses=LOCKED)
def retry(id: str, tx: Tx) -> Action:  # noqa: A002 - the path's own word
    """Try a failed action again now, with all its retries (ES-11)."""
    action = found(id, tx)
    if action.status != "FAILED":
        raise Conflict(f"expected an action that has failed, {id} is {action.status}")
    return again(action, tx)


def again(action: Action, tx: Tx) -> Action:
    """Send a failed action's message anew; its dead letter is taken back."""
    letters_of = queue_of(action).dead_letters
    if letters_of is not None:
        tx.withdraw(letters_of, action.message)
    action.retryCount = 0
    action.message = send(action, tx)
    action.log("PENDING", tx.now_ms, reason="it was asked for again")
    tx.put(actions, action)
    return action


@app.action(actions, title="Retry", where="status = :failed", failed="FAILED")
def retry_here(action: Action, tx: Tx) -> None:
    """Try it again now, with all its retries."""
    again(action, tx)


@app.action(actions, name="delete-old", title="Delete", where=OVER, **OVER_STATES)
def delete_here(action: Action, tx: Tx) -> None:
    """Delete it, for it is over."""
    forget(action, tx)


@app.post("/actions/retry", verify=signed)
def retry_all(tx: Tx) -> Many:
    """Try failed actions again, 100 of them."""
    listed = tx.query(actions, "FAILED", index="by-status", limit=BULK)
    for action in listed.items:
        again(action, tx)
    return Many(len(listed.items), listed.next is not None)


@app.delete("/actions", verify=signed)
def delete_old(before: Moment, tx: Tx, status: Over = "COMPLETED") -> Many:
    """Delete actions of a status that were due before a moment and are over, 100 of them."""
    listed = tx.query(
        actions, status, index="by-status", sort="executionTime < :t", t=before, limit=BULK
    )
    for action in listed.items:
        forget(action, tx)
    return Many(len(listed.items), listed.next is not None)
