"""Corrections: an event is never edited; a line that refers to it says what stands from then on."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import HOUR_MS, REASON_LENGTH_MAX, MeterModel
from ensue.resources.meter.rules.checking import properties_text
from ensue.resources.meter.rules.quantities import measure
from ensue.resources.meter.store import events as log
from ensue.resources.meter.store import metrics, subjects
from ensue.resources.meter.store.summing import sum_hour
from ensue.resources.meter.store.sums import Sums
from ensue.words import values
from ensue.words.errors import NotFound, NotKept
from ensue.words.units import iso


def correct(
    tx: Transaction,
    meter: MeterModel,
    subject: str,
    event_id: str,
    *,
    properties: Mapping[str, object] | None,
    reason: str | None,
) -> bool:
    """Let an event have other properties, or none count of it; returns whether that changed it."""
    values.check_name(reason, "reason", REASON_LENGTH_MAX, "$.reason")
    text = None if properties is None else properties_text(properties)
    number = subjects.number_of(tx, meter, subject)
    found = None if number is None else log.find(tx, meter, number, event_id)
    if found is None:
        raise NotFound(
            f"there is no event {values.shown(event_id)} of {values.shown(subject)}",
            at=str(meter.ref),
        )
    wanted = [each for each in meter.metrics if each.event == found.type]
    for metric in wanted if properties is not None else ():
        measure(metric, properties or {})
    whole_from_ms = metrics.whole_from_ms(tx, meter)
    if found.time_ms < whole_from_ms:
        raise NotKept(
            f"what was before {iso(whole_from_ms)} cannot be corrected any more:"
            " its events are not all kept, only their sums",
            at=str(meter.ref),
        )
    if text == found.properties:
        return False
    log.add_correction(tx, meter, found.place, text, reason)
    kept = metrics.current(tx, meter)
    for metric in wanted:
        summed = kept.get(metric.name)
        if summed is not None:
            of = Sums(metric, summed.number, found.subject)
            sum_hour(tx, meter, of, found.time_ms // HOUR_MS)
    tx.touched.add(tx.number(meter.ref))
    return True
