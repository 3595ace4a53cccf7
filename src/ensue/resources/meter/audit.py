"""What a meter promises of its sums, checked in the store itself, whether its app runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from ensue.engine import logs, shapes
from ensue.engine.integrity import REPORT, Known
from ensue.engine.transaction import Transaction
from ensue.resources.meter import schema, store
from ensue.resources.meter.model import HOUR_MS, MeterModel, Metric
from ensue.resources.meter.rules.tallies import tally_lines
from ensue.resources.meter.store.sums import Sums
from ensue.words.findings import Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a meter: its schema, its lines, or sums that are not those of its log."""
    meter = MeterModel.from_declared(known.ref, known.declared)
    if meter is None:
        return
    there = shapes.shapes(tx.connection)
    wrong = list(shapes.differences(_wanted(known.ref), there, str(known.ref)))
    yield from wrong
    if any(finding.rule == "schema.table" for finding in wrong):
        return
    yield from _lines(tx, meter)
    kept = store.current(tx, meter)
    for metric in meter.metrics:
        summed = kept.get(metric.name)
        if summed is not None:
            from_hour = max(store.whole_from(tx, meter, known.number), summed.from_ms) // HOUR_MS
            yield from _sums(tx, meter, metric, summed.number, from_hour)


@lru_cache(maxsize=256)
def _wanted(ref: Ref) -> dict[str, shapes.Shape]:
    """What the meter's SQL looks like where it is made now."""
    meter = MeterModel(ref, (Metric("any", "any", "COUNT"),), 1, 0)

    def build(tx: Transaction) -> None:
        schema.create(tx, meter)
        logs.create(tx, meter.sql)

    return shapes.made_by(build)


def _lines(tx: Transaction, meter: MeterModel) -> Iterator[Finding]:
    """Each line has a subject that there is, and a correction is of its event's subject."""
    for sequence, key in tx.execute(
        f"SELECT e.sequence, e.key FROM {meter.sql} e LEFT JOIN {meter.sql}__subjects s"
        " ON s.number = e.subject WHERE s.subject IS NOT e.key"
    ):
        said = f"the line is of {key}, but its number is another's"
        yield Finding("meter.subject", f"{meter.sql} {sequence}", said, REPORT)
    for (sequence,) in tx.execute(
        f"SELECT c.sequence FROM {meter.sql} c CROSS JOIN {meter.sql} e ON e.sequence = c.corrects"
        " WHERE c.corrects IS NOT NULL AND ((c.subject, c.type, c.id, c.time_ms)"
        " IS NOT (e.subject, e.type, e.id, e.time_ms) OR e.corrects IS NOT NULL)"
    ):
        said = "the correction is of another subject, type, id or time than its event"
        yield Finding("meter.correction", f"{meter.sql} {sequence}", said, REPORT)


def _sums(
    tx: Transaction, meter: MeterModel, metric: Metric, number: int, from_hour: int
) -> Iterator[Finding]:
    """The sums of each subject are those of its events, hour by hour."""
    for subject, name in store.numbered(tx, meter):
        of = Sums(metric, number, subject)
        left = set(store.hours_of(tx, meter, of, from_hour))
        for hour, lines in groupby(
            store.lines_from(tx, meter, of, from_hour), lambda line: line.time_ms // HOUR_MS
        ):
            left.discard(hour)
            wanted = tally_lines(metric, list(lines))
            found = store.of_hour(tx, meter, of, hour)
            for cell in wanted.keys() | found.keys():
                if cell not in wanted or cell not in found or found[cell] != wanted[cell]:
                    yield _drifted(meter, metric, f"{name} in hour {hour} {cell.group}".strip())
        for hour in sorted(left):
            yield _drifted(meter, metric, f"{name} in hour {hour}")


def _drifted(meter: MeterModel, metric: Metric, of: str) -> Finding:
    return Finding(
        "meter.sums",
        f"{meter.sql}__sums",
        f"the sum of {metric.name} of {of} is not that of the events in the log",
        f"`ensue meter rebuild --metric {metric.name}` sums it anew.",
    )
