"""What a destination does within a transaction: a delivery is work until it has been answered."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine import deduplication, failures, work
from ensue.engine.backlog import depth as depth_of
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.terms import attributes_with_terms
from ensue.engine.transaction import Transaction
from ensue.engine.work import HELD_MS, LEASED, Work
from ensue.resources.destination.model import PEEK_MAX, DestinationModel, Waiting
from ensue.resources.destination.rules import Plan
from ensue.words import values
from ensue.words.errors import InvalidInput
from ensue.words.values import Json

GROUP_LENGTH_MAX = 128


def send(
    tx: Transaction,
    destination: DestinationModel,
    plan: Plan,
    body: object,
    *,
    delay_ms: int = 0,
    group: str | None = None,
) -> str:
    """Take a body, to be sent after the commit; returns its id.

    Raises:
        InvalidValue: it has no JSON form, or not what the URL or a header needs.
        TooLarge: it is larger than 1 MiB.
    """
    values.check_name(group, "group", GROUP_LENGTH_MAX, "$.group")
    delivery = Delivery(values.encode(body), group=group, delay_ms=delay_ms)
    plan.check(delivery.body)
    return work.record_id(tx, _take(tx, tx.number(destination.ref), delivery))


def deliver(
    tx: Transaction, destination: DestinationModel, plan: Plan, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries, those that have what the URL and the headers need.

    One with an id that was taken before adds nothing.
    """
    number = tx.number(destination.ref)
    answers: list[str | Refusal] = []
    for index, delivery in enumerate(deliveries):
        try:
            plan.check(delivery.body)
        except InvalidInput as fault:
            answers.append(Refusal(index, fault.code, str(fault)))
            continue
        answers.append(work.record_id(tx, _take(tx, number, delivery)))
    return answers


def _take(tx: Transaction, number: int, delivery: Delivery) -> int:
    return deduplication.add_once(
        tx,
        number,
        delivery.deduplication_id,
        lambda: work.add(
            tx,
            number,
            delivery.body,
            delay_ms=delivery.delay_ms,
            group=delivery.group,
            attributes=attributes_with_terms(delivery),
        ),
    )


def depth(tx: Transaction, destination: DestinationModel) -> dict[str, Json]:
    """How much is to be sent."""
    found = depth_of(tx, tx.number(destination.ref))
    return {
        "waiting": found.waiting,
        "delayed": found.delayed,
        "held": found.held,
        "in_flight": found.leased,
    }


def peek(tx: Transaction, destination: DestinationModel, limit: int) -> list[Waiting]:
    """What is not answered yet, longest due first, each with why its last try failed."""
    found = work.peek(tx, tx.number(destination.ref), max(0, min(limit, PEEK_MAX)))
    return [_waiting(tx, piece) for piece in found]


def _waiting(tx: Transaction, piece: Work) -> Waiting:
    failed = failures.failures(tx, piece.id)
    is_due = piece.due_ms != HELD_MS and piece.state != LEASED
    return Waiting(
        id=work.record_id(tx, piece.id),
        body=values.decode(piece.body),
        group=piece.group,
        receives=piece.receives,
        due_ms=piece.due_ms if is_due else None,
        sent_ms=piece.sent_ms,
        error=failed[-1][2] if failed else None,
    )
