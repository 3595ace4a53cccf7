"""Sums that are made anew from the log: of an hour that was corrected, and of a whole metric.

A metric is summed while all else goes on, a bounded part of the log at a time, into sums of a
number of its own. Whoever reads or records has the sums that were there, until the new ones have
come to the end of the log: in that transaction they take their place.
"""

from __future__ import annotations

from ensue.engine import lanes, logs
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import HOUR_MS, MeterModel, Metric
from ensue.resources.meter.rules.tallies import Line, stand, tally, tally_lines
from ensue.resources.meter.rules.windows import Span
from ensue.resources.meter.store import events as log
from ensue.resources.meter.store import metrics, sums
from ensue.resources.meter.store.metrics import BUILDING, CURRENT, LEAVING, Summed
from ensue.resources.meter.store.sums import Sums

LINES = 2_000
ROWS = 2_000


def declare(tx: Transaction, meter: MeterModel) -> None:
    """Let the metrics that are summed be those that are declared."""
    wanted = {(each.name, metrics.text_of(each)): each for each in meter.metrics}
    there = {
        (each.name, each.summed): each
        for each in metrics.all_summed(tx, meter)
        if each.state != LEAVING
    }
    for key, summed in there.items():
        if key not in wanted:
            metrics.leave(tx, meter, summed)
    is_empty = logs.last_sequence(tx, meter.sql) == 0
    for key, metric in wanted.items():
        if key not in there:
            (metrics.add if is_empty else metrics.build)(tx, meter, metric)
    _hold(tx, meter)


def rebuild(tx: Transaction, meter: MeterModel, names: list[str]) -> list[str]:
    """Begin to sum metrics anew; returns their names. One that is being summed goes on."""
    wanted = [meter.metric(name) for name in names] or list(meter.metrics)
    building = {each.name for each in metrics.all_summed(tx, meter) if each.state == BUILDING}
    for metric in wanted:
        if metric.name not in building:
            metrics.build(tx, meter, metric)
    _hold(tx, meter)
    return [metric.name for metric in wanted]


def sum_hour(
    tx: Transaction, meter: MeterModel, of: Sums, hour: int, *, up_to: int | None = None
) -> None:
    """Sum an hour anew from the log, as far as a place in it."""
    span = Span(hour * HOUR_MS, (hour + 1) * HOUR_MS - 1)
    found = log.lines(tx, meter, log.Sought(of.subject, of.metric.event, span, up_to))
    sums.forget_hour(tx, meter, of, hour)
    sums.add(tx, meter, of, tally_lines(of.metric, found))


def step(tx: Transaction, meter: MeterModel) -> bool:
    """Do a bounded part of what is to be summed or forgotten; returns whether there was any."""
    found = metrics.all_summed(tx, meter)
    for each in found:
        if each.state == BUILDING:
            _build(tx, meter, each)
            return True
    for each in found:
        if each.state == LEAVING:
            metrics.forget(tx, meter, each.number, ROWS)
            return True
    return False


def _build(tx: Transaction, meter: MeterModel, summed: Summed) -> None:
    metric = meter.metric(summed.name)
    if summed.copied is not None:
        metrics.note(tx, meter, _copy(tx, meter, metric, summed))
        return
    first, _ = logs.kept_from(tx, tx.number(meter.ref), meter.sql)
    after = max(summed.position, first - 1)
    last = logs.last_sequence(tx, meter.sql)
    end = min(after + LINES, last)
    _sum_lines(tx, meter, metric, summed, (after, end))
    if end < last:
        metrics.note(tx, meter, summed._replace(position=end))
        return
    before = metrics.current_of(tx, meter, summed.name)
    from_ms = summed.from_ms
    if before is not None:
        metrics.leave(tx, meter, before)
        if before.summed == summed.summed:
            from_ms = before.from_ms
    metrics.note(tx, meter, summed._replace(state=CURRENT, position=end, from_ms=from_ms))
    _hold(tx, meter)


def _sum_lines(
    tx: Transaction, meter: MeterModel, metric: Metric, summed: Summed, part: tuple[int, int]
) -> None:
    """Count a part of the log in; hours with corrections are summed anew as far as its end."""
    events: dict[int, list[Line]] = {}
    corrected: dict[tuple[int, int], None] = {}
    for subject, sequence, corrects, time_ms, properties in tx.execute(
        f"SELECT subject, sequence, corrects, time_ms, properties FROM {meter.sql}"
        " WHERE sequence > ? AND sequence <= ? AND type = ? AND time_ms >= ?",
        (*part, metric.event, summed.from_ms),
    ):
        if corrects is None:
            line = Line(sequence, None, time_ms, log.as_properties(properties))
            events.setdefault(subject, []).append(line)
        else:
            corrected[subject, time_ms // HOUR_MS] = None
    tallies = {subject: tally(metric, stand(lines)) for subject, lines in events.items()}
    sums.add_all(tx, meter, metric, summed.number, tallies)
    for subject, hour in corrected:
        sum_hour(tx, meter, Sums(metric, summed.number, subject), hour, up_to=part[1])


def _copy(tx: Transaction, meter: MeterModel, metric: Metric, summed: Summed) -> Summed:
    """Copy sums of before the log is whole, subject by subject; they change no more."""
    before = metrics.current_of(tx, meter, metric.name)
    copied, subject = 0, summed.copied
    while before is not None and copied < ROWS:
        found = tx.row(
            f"SELECT number FROM {meter.sql}__subjects WHERE number > ? ORDER BY number LIMIT 1",
            (subject,),
        )
        if found is None:
            return summed._replace(copied=None)
        subject = int(str(found[0]))
        for grouping in range(len(metric.groups) + 1):
            within = (before.number, subject, grouping, 0, summed.from_ms // HOUR_MS)
            copied += 1 + sums.copy(tx, meter, within, summed.number)
    return summed._replace(copied=None if before is None else subject)


def _hold(tx: Transaction, meter: MeterModel) -> None:
    """Let nothing of the log be forgotten while a metric is summed from it."""
    number = tx.number(meter.ref)
    if any(each.state == BUILDING for each in metrics.all_summed(tx, meter)):
        lanes.move(tx, Source(number, meter.sql), number, 0, 0)
    else:
        lanes.leave(tx, number)
