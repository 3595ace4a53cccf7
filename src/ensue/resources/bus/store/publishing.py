"""Keeping events in the bus's log, and delivering them, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ensue.engine import logs
from ensue.engine.measures import PUBLISHED
from ensue.engine.notices import near, size_is_near
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import ENTRIES_MAX, EVENT_BYTES_MAX, BusModel, Entry
from ensue.resources.bus.rules.envelope import CLOUDEVENT, Draft, draft
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.store.delivering import deliver_all
from ensue.resources.bus.store.sending import Outgoing
from ensue.words import values
from ensue.words.errors import EnsueError, InvalidInput, InvalidValue, LimitExceeded, StoreError

EVENT_BYTES_NEAR = near(EVENT_BYTES_MAX)
_NAMES = {
    "detail_type": "detail_type",
    "detail-type": "detail_type",
    "detail": "detail",
    "source": "source",
    "resources": "resources",
    "time": "time",
}


def publish(  # noqa: PLR0913 - each is a part of the envelope
    tx: Transaction,
    bus: BusModel,
    rules: RuleSet,
    detail_type: str,
    detail: Mapping[str, object],
    *,
    source: str | None = None,
    resources: Sequence[str] = (),
    time: str | datetime | None = None,
) -> str:
    """Keep an event in the bus's log and deliver it to the targets of each matching rule."""
    made = draft(
        detail_type,
        detail,
        source=source or bus.source,
        resources=resources,
        time=time,
        now_ms=tx.now_ms,
    )
    if bus.guard is not None:
        bus.guard(tx, made.source, made.detail_type, made.detail)
    if made.size > EVENT_BYTES_NEAR:
        _warn(tx, bus, made)
    number = tx.number(bus.ref)
    stored = made.stored
    sequence = logs.append(tx, bus.events, "event", None, stored)
    if tx.tracer is not None:
        tx.facts.depths.count(number, PUBLISHED)
    event_id = tx.facts.records.text(number, sequence)
    tx.touched.add(number)
    if len(rules):
        deliver_all(tx, bus, rules, [_outgoing(made, event_id, stored)])
    return event_id


def publish_batch(
    tx: Transaction, bus: BusModel, rules: RuleSet, entries: Sequence[Entry]
) -> list[str | Refusal]:
    """Publish events in their order; for each its id, or why it was refused.

    Raises:
        LimitExceeded: there are more than 1,000.
    """
    if len(entries) > ENTRIES_MAX:
        raise LimitExceeded(f"expected at most {ENTRIES_MAX} events, got {len(entries)}")
    drafts: list[Draft | Refusal] = []
    for index, entry in enumerate(entries):
        try:
            drafts.append(guarded(tx, bus, _draft_of(tx, bus, entry)))
        except StoreError:
            raise
        except EnsueError as fault:
            drafts.append(Refusal(index, fault.code, str(fault)))
    return keep_all(tx, bus, rules, drafts)


def take(
    tx: Transaction, bus: BusModel, rules: RuleSet, deliveries: Iterable[Delivery]
) -> list[str | Refusal]:
    """Publish what others deliver to the bus: the events among it."""
    drafts: list[Draft | Refusal] = []
    for index, each in enumerate(deliveries):
        try:
            drafts.append(guarded(tx, bus, _draft_of_body(tx, bus, each.body)))
        except StoreError:
            raise
        except EnsueError as fault:
            drafts.append(Refusal(index, fault.code, str(fault)))
    return keep_all(tx, bus, rules, drafts)


def guarded(tx: Transaction, bus: BusModel, made: Draft) -> Draft:
    """An event that the registry of schemas lets pass, where the bus has one."""
    if bus.guard is not None:
        bus.guard(tx, made.source, made.detail_type, made.detail)
    return made


def keep_all(
    tx: Transaction, bus: BusModel, rules: RuleSet, drafts: Sequence[Draft | Refusal]
) -> list[str | Refusal]:
    """Keep the events among these in the log, in their order, and deliver them; answers ids."""
    good = [each for each in drafts if not isinstance(each, Refusal)]
    if not good:
        return [each for each in drafts if isinstance(each, Refusal)]
    number, text = tx.number(bus.ref), tx.facts.records.text
    stored = [each.stored for each in good]
    first = logs.append_many(tx, bus.events, "event", stored)
    if tx.tracer is not None:
        tx.facts.depths.count(number, PUBLISHED, len(stored))
    tx.touched.add(number)
    ids = [text(number, first + place) for place in range(len(good))]
    for each in good:
        if each.size > EVENT_BYTES_NEAR:
            _warn(tx, bus, each)
    if len(rules):
        deliver_all(tx, bus, rules, list(map(_outgoing, good, ids, stored)))
    given = iter(ids)
    return [each if isinstance(each, Refusal) else next(given) for each in drafts]


def _outgoing(made: Draft, event_id: str, stored: str) -> Outgoing:
    event = made.event(event_id)
    seen = event if values.is_plain(stored) else values.as_plain(event)
    return Outgoing(seen, event, made.text(event_id))


def _draft_of(tx: Transaction, bus: BusModel, entry: Entry) -> Draft:
    given: object = entry
    if not isinstance(given, Mapping):
        raise InvalidInput(f"expected an object, got {values.shown(given)}")
    parts: dict[str, object] = {}
    for name, value in given.items():
        known = _NAMES.get(name)
        if known is None or known in parts:
            wanted = "detail_type, detail, source, resources or time"
            raise InvalidInput(f"expected {wanted}, each once, got {name!r}")
        parts[known] = value
    return draft(
        parts.get("detail_type"),
        parts.get("detail"),
        source=parts.get("source") or bus.source,
        resources=parts.get("resources") or (),
        time=parts.get("time"),
        now_ms=tx.now_ms,
    )


def _draft_of_body(tx: Transaction, bus: BusModel, body: str) -> Draft:
    said = values.decode(body)
    if not isinstance(said, dict) or not {"detail-type", "detail"} <= said.keys():
        raise InvalidValue(
            f"expected an event, an object with detail-type and detail, got {values.shown(said)}",
            at="$",
            hint="Give the target an input transformer that makes one.",
        )
    return draft(
        said["detail-type"],
        said["detail"],
        source=said.get("source") or bus.source,
        resources=said.get("resources") or (),
        time=said.get("time"),
        cloudevent=said.get(CLOUDEVENT),
        now_ms=tx.now_ms,
    )


def _warn(tx: Transaction, bus: BusModel, made: Draft) -> None:
    warning = size_is_near("an event", made.size, EVENT_BYTES_MAX, str(bus.ref))
    tx.facts.notices.note(tx.now_ms, warning)
