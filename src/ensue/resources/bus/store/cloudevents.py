"""Taking CloudEvents: each once, whoever sends it how often."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ensue.engine import deduplication
from ensue.engine.ids import Place
from ensue.engine.sockets import Refusal
from ensue.engine.transaction import Transaction
from ensue.languages.cloudevents import CloudEvent, to_envelope
from ensue.resources.bus.model import CLOUDEVENT_KEEP_MS, Accepted, BusModel
from ensue.resources.bus.rules.envelope import Draft, draft
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.store.publishing import guarded, keep_all
from ensue.words.errors import EnsueError, StoreError


def publish_cloudevent(
    tx: Transaction, bus: BusModel, rules: RuleSet, event: CloudEvent
) -> Accepted:
    """Publish a CloudEvent, unless its source sent one of its id in the last day."""
    known = _known(tx, bus, event)
    if known is not None:
        return Accepted(known, is_new=False)
    [answer] = keep_all(tx, bus, rules, [guarded(tx, bus, _draft_of(tx, event))])
    assert isinstance(answer, str)  # noqa: S101 - a draft is never refused
    _note(tx, event, answer)
    return Accepted(answer, is_new=True)


def publish_cloudevents(
    tx: Transaction, bus: BusModel, rules: RuleSet, events: Sequence[CloudEvent | EnsueError]
) -> list[Accepted | Refusal]:
    """Publish CloudEvents in their order; for each what it is on the bus, or why it was refused.

    A fault in the place of an event is its refusal.
    """
    answers: list[Accepted | Refusal] = []
    for index, event in enumerate(events):
        try:
            if isinstance(event, EnsueError):
                raise event
            answers.append(publish_cloudevent(tx, bus, rules, event))
        except StoreError:
            raise
        except EnsueError as fault:
            answers.append(Refusal(index, fault.code, str(fault)))
    return answers


def _draft_of(tx: Transaction, event: CloudEvent) -> Draft:
    said = to_envelope(event)
    return draft(
        said["detail-type"],
        said["detail"],
        source=said["source"],
        resources=said["resources"],
        time=said.get("time"),
        cloudevent=said["cloudevent"],
        now_ms=tx.now_ms,
    )


def _known(tx: Transaction, bus: BusModel, event: CloudEvent) -> str | None:
    number = tx.number(bus.ref)
    sequence = deduplication.sent_before(tx, number, _id_of(event))
    return None if sequence is None else tx.facts.records.text(number, sequence)


def _note(tx: Transaction, event: CloudEvent, event_id: str) -> None:
    place = tx.facts.records.place(event_id)
    assert isinstance(place, Place)  # noqa: S101 - it was made of one
    deduplication.note(tx, place.number, _id_of(event), place.sequence, keep_ms=CLOUDEVENT_KEEP_MS)


def _id_of(event: CloudEvent) -> str:
    """What tells a CloudEvent from all others: its source and its id, which have no line ends."""
    return hashlib.sha256(f"{event.source}\n{event.id}".encode()).hexdigest()
