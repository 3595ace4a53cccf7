"""The metrics whose sums are in the store: one number for each time that they were made anew."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine import logs
from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import FUTURE_MS_MAX, HOUR_MS, MeterModel, Metric
from ensue.words import values

BUILDING, CURRENT, LEAVING = 0, 1, 2


class Summed(NamedTuple):
    """A metric whose sums are, or will be, in the store.

    Attributes:
        number: what stands for it in the sums.
        name: the metric's.
        summed: what its sums depend on, as JSON.
        state: ``BUILDING``, ``CURRENT`` or ``LEAVING``.
        position: of one that is building: how far in the log it has come.
        copied: the last subject whose sums of before the log were copied; None when that is done.
        from_ms: before that its sums are not known.
    """

    number: int
    name: str
    summed: str
    state: int
    position: int
    copied: int | None
    from_ms: int


_COLUMNS = "number, name, summed, state, position, copied, from_ms"


def all_summed(tx: Transaction, meter: MeterModel) -> list[Summed]:
    """All of them, oldest first."""
    return [
        Summed(*row)
        for row in tx.execute(f"SELECT {_COLUMNS} FROM {meter.sql}__metrics ORDER BY number")
    ]


def current(tx: Transaction, meter: MeterModel) -> dict[str, Summed]:
    """Those that are kept as events arrive, by name."""
    return {each.name: each for each in all_summed(tx, meter) if each.state == CURRENT}


def current_of(tx: Transaction, meter: MeterModel, name: str) -> Summed | None:
    """The one of a metric that is kept as events arrive; None while it is built."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM {meter.sql}__metrics WHERE name = ? AND state = ?", (name, CURRENT)
    ).fetchone()
    return None if found is None else Summed(*found)


def add(tx: Transaction, meter: MeterModel, metric: Metric, state: int) -> int:
    """Enter a metric; returns its number."""
    tx.execute(
        f"INSERT INTO {meter.sql}__metrics (name, summed, state) VALUES (?, ?, ?)",
        (metric.name, values.encode(metric.summed()), state),
    )
    return tx.inserted()


def declare(tx: Transaction, meter: MeterModel) -> None:
    """Let the metrics be those that are declared; where there is a log, sums are built from it."""
    there = {(each.name, each.summed) for each in all_summed(tx, meter) if each.state != LEAVING}
    wanted = {(each.name, values.encode(each.summed())): each for each in meter.metrics}
    for name, summed in there - set(wanted):
        tx.execute(
            f"UPDATE {meter.sql}__metrics SET state = ? WHERE name = ? AND summed = ?",
            (LEAVING, name, summed),
        )
    state = BUILDING if logs.last_sequence(tx, meter.sql) else CURRENT
    for key, metric in wanted.items():
        if key not in there:
            add(tx, meter, metric, state)


def whole_from_ms(tx: Transaction, meter: MeterModel) -> int:
    """From when on the log has all that was recorded: a full hour; 0 for the beginning.

    What was recorded up to a moment may have times of up to a day later.
    """
    _, before_ms = logs.kept_from(tx, tx.number(meter.ref), meter.sql)
    return 0 if before_ms == 0 else -(-(before_ms + FUTURE_MS_MAX) // HOUR_MS) * HOUR_MS
