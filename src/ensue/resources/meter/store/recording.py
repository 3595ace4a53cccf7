"""What records: a batch of events, checked one by one, stored once, and counted into the sums."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import (
    EVENTS_MAX,
    MeterEvent,
    MeterModel,
    Metric,
    Recorded,
    RefusedEvent,
)
from ensue.resources.meter.rules.checking import UNUSABLE, properties_text, refusal, refused
from ensue.resources.meter.rules.quantities import measure
from ensue.resources.meter.rules.tallies import Standing, tally
from ensue.resources.meter.store import events as log
from ensue.resources.meter.store import metrics, subjects, sums
from ensue.words.errors import LimitExceeded


def record(tx: Transaction, meter: MeterModel, events: Sequence[MeterEvent]) -> Recorded:
    """Record the events of a batch that are right and new, whatever the others are."""
    outcomes = record_each(tx, meter, events)
    return Recorded(
        accepted=sum(isinstance(each, int) for each in outcomes),
        duplicates=outcomes.count(None),
        refused=[each for each in outcomes if isinstance(each, RefusedEvent)],
    )


def record_each(
    tx: Transaction, meter: MeterModel, events: Sequence[MeterEvent]
) -> list[int | RefusedEvent | None]:
    """For each event its place in the log, None for a duplicate, or why it was refused."""
    if len(events) > EVENTS_MAX:
        raise LimitExceeded(
            f"expected at most {EVENTS_MAX} events in a batch, got {len(events)}",
            at=str(meter.ref),
            hint="Record several batches.",
        )
    outcomes: list[int | RefusedEvent | None] = [None] * len(events)
    texts = _checked(tx, meter, events, outcomes)
    if not texts:
        return outcomes
    numbers = subjects.enter(tx, meter, (events[index].subject for index in texts))
    wanted: dict[tuple[int, str], int] = {}
    for index in texts:
        wanted.setdefault((numbers[events[index].subject], events[index].id), index)
    lines = [
        (key[0], each.id, each.type, each.time_ms, texts[index], each.subject)
        for key, index in wanted.items()
        for each in (events[index],)
    ]
    places = log.add(tx, meter, lines)
    if places:
        for key, place in places.items():
            outcomes[wanted[key]] = place
        _count(tx, meter, [(key[0], events[wanted[key]], at) for key, at in places.items()])
        tx.touched.add(tx.number(meter.ref))
    return outcomes


def _checked(
    tx: Transaction,
    meter: MeterModel,
    events: Sequence[MeterEvent],
    outcomes: list[int | RefusedEvent | None],
) -> dict[int, str]:
    """The properties of the events that are right, as JSON, by their index in the batch."""
    kept_from_ms = metrics.whole_from_ms(tx, meter)
    by_type = _by_type(meter)
    texts: dict[int, str] = {}
    for index, event in enumerate(events):
        found = refusal(meter, event, index, now_ms=tx.now_ms, kept_from_ms=kept_from_ms)
        if found is not None:
            outcomes[index] = found
            continue
        try:
            texts[index] = properties_text(event.properties)
            for metric in by_type.get(event.type, ()):
                measure(metric, event.properties)
        except UNUSABLE as fault:
            texts.pop(index, None)
            outcomes[index] = refused(index, event, "invalid", str(fault))
    return texts


def _count(
    tx: Transaction, meter: MeterModel, recorded: Sequence[tuple[int, MeterEvent, int]]
) -> None:
    """Count events into the sums of the metrics that want them."""
    kept = metrics.current(tx, meter)
    sorted_out: dict[str, dict[int, list[Standing]]] = {}
    for subject, event, place in recorded:
        of_type = sorted_out.setdefault(event.type, {})
        standing = Standing(place, place, event.time_ms, event.properties)
        of_type.setdefault(subject, []).append(standing)
    for event_type, of_subjects in sorted_out.items():
        for metric in _by_type(meter).get(event_type, ()):
            summed = kept.get(metric.name)
            if summed is None:  # its sums are built from the log, where these events are too
                continue
            tallies = {subject: tally(metric, each) for subject, each in of_subjects.items()}
            sums.add_all(tx, meter, metric, summed.number, tallies)


def _by_type(meter: MeterModel) -> dict[str, list[Metric]]:
    found: dict[str, list[Metric]] = {}
    for metric in meter.metrics:
        found.setdefault(metric.event, []).append(metric)
    return found
