"""What a topic does within a transaction: keep a message and fan it out, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ensue.engine import logs, measures
from ensue.engine.logs import Record
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.topic.model import (
    DEDUPLICATION_ID_LENGTH_MAX,
    GROUP_LENGTH_MAX,
    PUBLISHED,
    Subscription,
    TopicModel,
)
from ensue.resources.topic.rules import Subscriptions
from ensue.words import values
from ensue.words.errors import InvalidInput
from ensue.words.values import Json


class Published(NamedTuple):
    """A message on its way.

    Attributes:
        body: what was published, as given.
        text: the same as JSON text.
        attributes: what travels beside it.
        group: its message group.
        deduplication_id: by which targets that keep such ids know it again.
        delay_ms: how long each delivery waits before it is due.
    """

    body: object
    text: str
    attributes: Mapping[str, Json]
    group: str | None = None
    deduplication_id: str | None = None
    delay_ms: int = 0


def publish(
    tx: Transaction,
    topic: TopicModel,
    subscriptions: Subscriptions,
    body: object,
    *,
    attributes: Mapping[str, Json] | None = None,
    group: str | None = None,
    deduplication_id: str | None = None,
) -> str:
    """Keep a message in the topic's log and deliver it to each subscription that it matches."""
    values.check_name(group, "group", GROUP_LENGTH_MAX, "$.group")
    values.check_name(
        deduplication_id, "deduplication id", DEDUPLICATION_ID_LENGTH_MAX, "$.deduplication_id"
    )
    message = Published(body, values.encode(body), dict(attributes or {}), group, deduplication_id)
    return _fan_out(tx, topic, subscriptions, message)


def deliver(
    tx: Transaction,
    topic: TopicModel,
    subscriptions: Subscriptions,
    deliveries: Sequence[Delivery],
) -> list[str | Refusal]:
    """Take a batch of deliveries: each is published, or refused as a whole."""
    answers: list[str | Refusal] = []
    for index, each in enumerate(deliveries):
        body = values.decode(each.body) if subscriptions.look_at_bodies else None
        message = Published(
            body, each.body, each.attributes, each.group, each.deduplication_id, each.delay_ms
        )
        answers.append(_deliver_one(tx, topic, subscriptions, message, index))
    return answers


def _deliver_one(
    tx: Transaction,
    topic: TopicModel,
    subscriptions: Subscriptions,
    message: Published,
    index: int,
) -> str | Refusal:
    try:
        return tx.whole(lambda: _fan_out(tx, topic, subscriptions, message))
    except InvalidInput as fault:
        return Refusal(index, fault.code, str(fault))


def _fan_out(
    tx: Transaction, topic: TopicModel, subscriptions: Subscriptions, message: Published
) -> str:
    number = tx.number(topic.ref)
    attributes = values.encode(message.attributes)
    kept = f'"body":{message.text},"attributes":{attributes}'
    if message.group is not None:
        kept += f',"group":{values.encode(message.group)}'
    sequence = logs.append(tx, topic.log, PUBLISHED, message.group, f"{{{kept}}}")
    tx.touched.add(number)
    if tx.tracer is not None:
        tx.facts.depths.count(number, measures.PUBLISHED)
    message_id = tx.facts.records.text(number, sequence)
    matching = subscriptions.matching(message.body, message.attributes)
    if matching:
        envelope = (
            f'{{"id":"{message_id}","topic":"{topic.ref.name}","sent_ms":{tx.now_ms},{kept}}}'
        )
        for subscription in matching:
            _deliver_to(tx, subscription, message, envelope)
    return message_id


def _deliver_to(
    tx: Transaction, subscription: Subscription, message: Published, envelope: str
) -> None:
    delivery = Delivery(
        message.text if subscription.raw else envelope,
        group=message.group,
        delay_ms=message.delay_ms,
        attributes=message.attributes if subscription.raw else {},
        deduplication_id=message.deduplication_id,
    )
    for answer in tx.facts.directory.target(subscription.target).deliver(tx, [delivery]):
        if isinstance(answer, Refusal):
            raise InvalidInput(
                f"{subscription.target} refused the message: {answer.message}",
                hint="Nobody got it. A filter keeps away what a subscriber cannot take.",
            )


def message_of(tx: Transaction, topic: TopicModel, record: Record) -> dict[str, Json]:
    """A record of the topic's log as a message with its id."""
    message_id = tx.facts.records.text(tx.number(topic.ref), record.sequence)
    stored = values.decode(record.new or "{}")
    said: dict[str, Json] = {"id": message_id, "topic": topic.ref.name, "sent_ms": record.at_ms}
    return said | (stored if isinstance(stored, dict) else {})


def message(tx: Transaction, topic: TopicModel, sequence: int) -> dict[str, Json] | None:
    """One message by its sequence number; None when it is not kept any more, or never was."""
    found = logs.record(tx, topic.log, sequence)
    return None if found is None else message_of(tx, topic, found)


def count(tx: Transaction, topic: TopicModel) -> int:
    """How many messages were ever published."""
    return logs.last_sequence(tx, topic.log)
