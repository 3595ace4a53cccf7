"""What mail does within a transaction: a letter is work until it has left the house."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine import deduplication, work
from ensue.engine.backlog import depth as depth_of
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.terms import attributes_with_terms
from ensue.engine.transaction import Transaction
from ensue.resources.mail.model import MailModel, letter_of
from ensue.words import values
from ensue.words.errors import InvalidInput, TooLarge
from ensue.words.values import Json


def send(tx: Transaction, mail: MailModel, body: object, *, delay_ms: int = 0) -> str:
    """Take a letter, to be sent after the commit; returns its id."""
    text = values.encode(body)
    letter_of(mail, values.decode(text), "")
    number = work.add(tx, tx.number(mail.ref), text, delay_ms=delay_ms)
    return work.record_id(tx, number)


def deliver(
    tx: Transaction, mail: MailModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Take a batch of deliveries, those that can be addressed.

    One with an id that was taken before adds nothing.
    """
    number = tx.number(mail.ref)
    answers: list[str | Refusal] = []
    for index, delivery in enumerate(deliveries):
        try:
            letter_of(mail, values.decode(delivery.body), "", delivery.attributes)
        except (InvalidInput, TooLarge) as fault:
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


def depth(tx: Transaction, mail: MailModel) -> dict[str, Json]:
    """How many letters are to be sent."""
    found = depth_of(tx, tx.number(mail.ref))
    return {"waiting": found.waiting, "in_flight": found.leased}
