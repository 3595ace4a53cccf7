"""What a bus does within a transaction: keep an event and deliver it, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ensue.engine import logs
from ensue.engine.logs import Record
from ensue.engine.notices import near, size_is_near
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import (
    ACCOUNT,
    EVENT_BYTES_MAX,
    REGION,
    TAIL_MAX,
    BusModel,
    check_word,
    iso,
)
from ensue.resources.bus.rules import RuleSet
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue, TooLarge
from ensue.words.values import Json

EVENT_BYTES_NEAR = near(EVENT_BYTES_MAX)


def publish(
    tx: Transaction,
    bus: BusModel,
    rules: RuleSet,
    detail_type: str,
    detail: Mapping[str, object],
    *,
    source: str | None = None,
    resources: Sequence[str] = (),
) -> str:
    """Keep an event in the bus's log and deliver it to the targets of each matching rule."""
    event: dict[str, Json] = {
        "detail-type": check_word(detail_type, "$.detail-type"),
        "source": check_word(source or bus.source, "$.source"),
        "time": iso(tx.now_ms),
        "resources": _resources(resources),
        "detail": _detail(detail),
    }
    text = values.encode(event)
    if len(text) > EVENT_BYTES_NEAR:
        _check_size(tx, bus, len(text))
    number = tx.number(bus.ref)
    sequence = logs.append(tx, bus.events, "event", None, text)
    event_id = tx.facts.records.text(number, sequence)
    tx.touched.add(number)
    if len(rules):
        _deliver(tx, rules, envelope(event, event_id), is_plain=values.is_plain(text))
    return event_id


def _check_size(tx: Transaction, bus: BusModel, size: int) -> None:
    if size > EVENT_BYTES_MAX:
        raise TooLarge(f"expected an event of at most {EVENT_BYTES_MAX} bytes, got {size}")
    tx.facts.notices.note(tx.now_ms, size_is_near("an event", size, EVENT_BYTES_MAX, str(bus.ref)))


def _deliver(tx: Transaction, rules: RuleSet, event: dict[str, Json], *, is_plain: bool) -> None:
    matching = rules.matching(event if is_plain else values.as_plain(event))
    if not matching:
        return
    delivery = Delivery(values.encode(event))
    for rule in matching:
        for target in rule.targets:
            for answer in tx.facts.directory.target(target).deliver(tx, [delivery]):
                if isinstance(answer, Refusal):
                    raise InvalidInput(
                        f"{target} refused the event: {answer.message}", at=rule.name
                    )


def _resources(resources: Sequence[str]) -> Json:
    if isinstance(resources, str) or not all(isinstance(each, str) for each in resources):
        raise InvalidValue(
            f"expected a list of strings, got {values.shown(resources)}", at="$.resources"
        )
    return list(resources)


def _detail(detail: Mapping[str, object]) -> Json:
    if not isinstance(detail, dict | Mapping):
        raise InvalidValue(f"expected an object, got {values.shown(detail)}", at="$.detail")
    return dict(detail)  # type: ignore[arg-type] # encoding the event checks it


def envelope(event: Mapping[str, Json], event_id: str) -> dict[str, Json]:
    """An event in EventBridge's envelope, as patterns, targets and handlers see it."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": event["detail-type"],
        "source": event["source"],
        "account": ACCOUNT,
        "time": event["time"],
        "region": REGION,
        "resources": event["resources"],
        "detail": event["detail"],
    }


def tail(tx: Transaction, bus: BusModel, after: int | None, limit: int) -> tuple[list[Json], int]:
    """Events behind a position, or the newest; and the position behind the last of them."""
    bounded = max(0, min(limit, TAIL_MAX))
    if after is None:
        found = logs.read_last(tx, bus.events, bounded)
    else:
        found = logs.read(tx, bus.events, after, bounded)
    position = found[-1].sequence if found else after or logs.last_sequence(tx, bus.events)
    return [event_of(tx, bus, record) for record in found], position


def event_of(tx: Transaction, bus: BusModel, record: Record) -> dict[str, Json]:
    """A record of the bus's log as an event in its envelope."""
    stored = values.decode(record.new or "{}")
    event_id = tx.facts.records.text(tx.number(bus.ref), record.sequence)
    return envelope(stored, event_id) if isinstance(stored, dict) else {}


def event(tx: Transaction, bus: BusModel, sequence: int) -> dict[str, Json] | None:
    """One event by its sequence number; None when it is not kept any more, or never was."""
    found = logs.record(tx, bus.events, sequence)
    return None if found is None else event_of(tx, bus, found)


def depth(tx: Transaction, bus: BusModel) -> int:
    """The sequence number of the newest event."""
    return logs.last_sequence(tx, bus.events)
