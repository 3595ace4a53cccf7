"""Sending messages, within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from ensue.engine import adding, deduplication, delays, withdrawals, work
from ensue.engine.causes import DEAD_LETTER
from ensue.engine.deduplication import DEDUPLICATION_ID_LENGTH_MAX
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.engine.turns import NO_TURN, Turn
from ensue.resources.queue import rules
from ensue.resources.queue.model import SEND_BATCH_MAX, QueueModel, SendOptions, SentMessage
from ensue.words import values
from ensue.words.errors import (
    EnsueError,
    InvalidInput,
    InvalidValue,
    LimitExceeded,
    StoreError,
    TooLarge,
)
from ensue.words.shapes import Shape
from ensue.words.values import Json

_NAMES = frozenset({*SentMessage.__required_keys__, *SentMessage.__optional_keys__})


def send(tx: Transaction, queue: QueueModel, body: object, **options: Unpack[SendOptions]) -> str:
    """Send a message; returns its id."""
    number = tx.number(queue.ref)
    if not options:
        return _add(tx, queue, number, _text(queue, body))
    group, attributes = options.get("group"), options.get("attributes")
    deduplication_id = options.get("deduplication_id")
    priority, tenant = options.get("priority", 0), options.get("tenant")
    rules.check_name(group, "group")
    if attributes is not None and not isinstance(attributes, Mapping):
        raise InvalidValue(
            f"expected an object of attributes, got {values.shown(attributes)}", at="$.attributes"
        )
    if attributes and DEAD_LETTER in attributes:
        raise InvalidValue(
            f"expected attributes without {DEAD_LETTER}, which tells where a dead letter"
            " comes from",
            at="$.attributes",
        )
    due_ms = options.get("due_ms")
    delay_ms = delays.delay_ms(tx, options.get("delay", 0), due_ms)
    if due_ms is None:
        rules.check_delay(delay_ms)
    if deduplication_id is not None:
        rules.check_name(deduplication_id, "deduplication id", DEDUPLICATION_ID_LENGTH_MAX)
    turn = NO_TURN
    if priority or tenant is not None:
        rules.check_turn(queue, priority, tenant)
        turn = Turn(priority, tenant)
    return _add(
        tx,
        queue,
        number,
        _text(queue, body),
        delay_ms=delay_ms,
        group=group,
        attributes=attributes,
        deduplication_id=deduplication_id,
        turn=turn,
    )


def withdraw(tx: Transaction, queue: QueueModel, message_id: str) -> bool:
    """Take a message back that nobody has received; returns whether there was one."""
    return withdrawals.take_back(tx, tx.number(queue.ref), message_id)


def _text(queue: QueueModel, body: object) -> str:
    return values.encode(body if queue.shape is None else queue.shape.plain(body))


def deliver(
    tx: Transaction, queue: QueueModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries, already encoded; what does not fit the queue's type is refused.

    Raises:
        LimitExceeded: the queue is as deep as it may be; who delivers waits, and tries again.
    """
    number = tx.number(queue.ref)
    if len(deliveries) > 1 and _are_plain(queue, deliveries):
        first = adding.add_plain(tx, number, [each.body for each in deliveries])
        return [work.record_id(tx, first + place) for place in range(len(deliveries))]
    if queue.shape is None:
        return [_take(tx, queue, number, each) for each in deliveries]
    fitted = [_fitted(queue.shape, index, each) for index, each in enumerate(deliveries)]
    return [
        each if isinstance(each, Refusal) else _take(tx, queue, number, each) for each in fitted
    ]


def _are_plain(queue: QueueModel, deliveries: Sequence[Delivery]) -> bool:
    """Whether there is nothing to look at in a queue or its deliveries but their bodies."""
    if (queue.shape, queue.order, queue.depth_max) != (None, None, None) or queue.deduplicate:
        return False
    return all(
        each.group is None
        and not each.delay_ms
        and not each.attributes
        and each.deduplication_id is None
        for each in deliveries
    )


def _take(tx: Transaction, queue: QueueModel, number: int, delivery: Delivery) -> str:
    return _add(
        tx,
        queue,
        number,
        delivery.body,
        delay_ms=delivery.delay_ms,
        group=delivery.group,
        attributes=delivery.attributes,
        deduplication_id=delivery.deduplication_id,
    )


def _fitted(shape: Shape[Any], index: int, delivery: Delivery) -> Delivery | Refusal:
    """A delivery as the queue's type writes it."""
    try:
        body = values.encode(shape.plain(values.decode(delivery.body)))
    except (InvalidInput, TooLarge) as fault:
        return Refusal(index, fault.code, str(fault))
    return replace(delivery, body=body)


def _add(  # noqa: PLR0913 - each is a part of the message
    tx: Transaction,
    queue: QueueModel,
    number: int,
    text: str,
    *,
    delay_ms: int = 0,
    group: str | None = None,
    attributes: Mapping[str, Json] | None = None,
    deduplication_id: str | None = None,
    turn: Turn = NO_TURN,
) -> str:
    if deduplication_id is None and queue.deduplicate:
        deduplication_id = deduplication.content_id(text)
    if deduplication_id is not None:
        before = deduplication.sent_before(tx, number, deduplication_id)
        if before is not None:
            return work.record_id(tx, before)
    if queue.depth_max is not None and tx.facts.depths.live(number).unsettled >= queue.depth_max:
        raise LimitExceeded(
            f"expected at most {queue.depth_max} messages",
            at=str(queue.ref),
            hint="Send again later: its consumer has to catch up first.",
        )
    added = work.add(
        tx,
        number,
        text,
        delay_ms=delay_ms,
        group=group,
        attributes=values.encode(attributes) if attributes else None,
        turn=turn,
    )
    if deduplication_id is not None:
        deduplication.note(tx, number, deduplication_id, added)
    return work.record_id(tx, added)


def send_batch(
    tx: Transaction, queue: QueueModel, messages: Sequence[SentMessage], *, whole: bool
) -> list[str | Refusal]:
    """Send messages; for each its id, or why it was refused.

    Args:
        tx: the transaction.
        queue: where to.
        messages: what to send.
        whole: raise what is wrong with the first bad one, instead of refusing it alone.
    """
    if len(messages) > SEND_BATCH_MAX:
        raise LimitExceeded(
            f"expected at most {SEND_BATCH_MAX} messages in a batch, got {len(messages)}"
        )
    answers: list[str | Refusal] = []
    for index, message in enumerate(messages):
        try:
            answers.append(_send_one(tx, queue, message))
        except StoreError:
            raise
        except EnsueError as fault:
            if whole:
                fault.at = f"$[{index}]{(fault.at or '').removeprefix('$')}"
                raise
            answers.append(Refusal(index, fault.code, str(fault)))
    return answers


def _send_one(tx: Transaction, queue: QueueModel, message: SentMessage) -> str:
    given: object = message
    if not isinstance(given, Mapping) or "body" not in given:
        raise InvalidInput(f"expected an object with a body, got {values.shown(message)}")
    unknown = sorted(set(message) - _NAMES)
    if unknown:
        raise InvalidInput(f"expected one of {', '.join(sorted(_NAMES))}, got {unknown[0]!r}")
    options = {name: value for name, value in message.items() if name != "body"}
    return send(tx, queue, message["body"], **options)  # type: ignore[arg-type] # just looked at
