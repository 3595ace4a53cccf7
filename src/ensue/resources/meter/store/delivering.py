"""Deliveries: each body is an event that is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import EVENTS_MAX, MeterEvent, MeterModel, RefusedEvent
from ensue.resources.meter.store import events as log
from ensue.resources.meter.store import subjects
from ensue.resources.meter.store.recording import record_each
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue
from ensue.words.units import as_ms


def deliver(
    tx: Transaction, meter: MeterModel, deliveries: Sequence[Delivery]
) -> list[str | Refusal]:
    """Record the events that bodies are; one that was recorded before has the id of then."""
    found: list[str | Refusal] = []
    for first in range(0, len(deliveries), EVENTS_MAX):
        found += _deliver(tx, meter, deliveries[first : first + EVENTS_MAX], first)
    return found


def _deliver(
    tx: Transaction, meter: MeterModel, deliveries: Sequence[Delivery], first: int
) -> list[str | Refusal]:
    answers: dict[int, str | Refusal] = {}
    events: dict[int, MeterEvent] = {}
    for index, each in enumerate(deliveries):
        try:
            events[index] = _event(tx, each)
        except InvalidInput as fault:
            answers[index] = Refusal(first + index, fault.code, str(fault))
    outcomes = record_each(tx, meter, list(events.values()))
    number = tx.number(meter.ref)
    for (index, event), outcome in zip(events.items(), outcomes, strict=True):
        if isinstance(outcome, RefusedEvent):
            answers[index] = Refusal(first + index, InvalidValue.code, outcome.reason)
        else:
            place = _place(tx, meter, event) if outcome is None else outcome
            answers[index] = tx.facts.records.text(number, place)
    return [answers[index] for index in range(len(deliveries))]


def _event(tx: Transaction, delivery: Delivery) -> MeterEvent:
    """The event that a body is.

    Raises:
        InvalidInput: it is none, or is to be delivered later.
    """
    if delivery.delay_ms:
        raise InvalidInput("expected no delay: a meter has none")
    said = values.decode(delivery.body)
    if not isinstance(said, dict):
        raise InvalidValue(f"expected an event of a meter, got {values.shown(said)}", at="$")
    surplus = sorted(set(said) - {"id", "subject", "type", "time_ms", "time", "properties"})
    if surplus:
        raise InvalidValue(
            f"expected an event of a meter, got {values.shown(surplus[0])} too",
            at="$",
            hint="Give it id, subject, type, time_ms or time, and properties.",
        )
    time = said.get("time_ms", said.get("time", tx.now_ms))
    event_id = said.get("id", delivery.deduplication_id)
    given: Any = (event_id, said.get("subject"), said.get("type"))  # looked at when it is recorded
    properties: Any = said.get("properties", {})
    at: Any = time
    return MeterEvent(given[0], given[1], given[2], as_ms(at, "$.time"), properties)


def _place(tx: Transaction, meter: MeterModel, event: MeterEvent) -> int:
    """Where an event is that was recorded before."""
    number = subjects.number_of(tx, meter, event.subject)
    found = None if number is None else log.find(tx, meter, number, event.id)
    return 0 if found is None else found.place
