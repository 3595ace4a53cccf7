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


def is_behind(tx: Transaction, meter: MeterModel) -> bool:
    """Whether any is to be summed from the log, or to be forgotten."""
    sql = f"SELECT 1 FROM {meter.sql}__metrics WHERE state <> ?"
    return tx.row(sql, (CURRENT,)) is not None


def current(tx: Transaction, meter: MeterModel) -> dict[str, Summed]:
    """Those that are kept as events arrive, by name."""
    return {each.name: each for each in all_summed(tx, meter) if each.state == CURRENT}


def current_of(tx: Transaction, meter: MeterModel, name: str) -> Summed | None:
    """The one of a metric that is kept as events arrive; None while it is built."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM {meter.sql}__metrics WHERE name = ? AND state = ?", (name, CURRENT)
    ).fetchone()
    return None if found is None else Summed(*found)


def add(tx: Transaction, meter: MeterModel, metric: Metric) -> None:
    """Enter a metric that is kept as events arrive from now on, as there are none yet."""
    tx.execute(
        f"INSERT INTO {meter.sql}__metrics (name, summed, state) VALUES (?, ?, ?)",
        (metric.name, text_of(metric), CURRENT),
    )


def build(tx: Transaction, meter: MeterModel, metric: Metric) -> None:
    """Enter a metric that is to be summed from the log.

    The sums of before the log is whole are copied, where they are of the same metric.
    """
    now = current_of(tx, meter, metric.name)
    from_ms = whole_from_ms(tx, meter)
    copied = 0 if from_ms and now is not None and now.summed == text_of(metric) else None
    tx.execute(
        f"INSERT INTO {meter.sql}__metrics (name, summed, state, copied, from_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        (metric.name, text_of(metric), BUILDING, copied, from_ms),
    )


def leave(tx: Transaction, meter: MeterModel, summed: Summed) -> None:
    """Let the sums of a metric go."""
    tx.execute(
        f"UPDATE {meter.sql}__metrics SET state = ? WHERE number = ?", (LEAVING, summed.number)
    )


def note(tx: Transaction, meter: MeterModel, summed: Summed) -> None:
    """Note how far a metric has come that is built."""
    tx.execute(
        f"UPDATE {meter.sql}__metrics SET state = ?, position = ?, copied = ?, from_ms = ?"
        " WHERE number = ?",
        (summed.state, summed.position, summed.copied, summed.from_ms, summed.number),
    )


def forget(tx: Transaction, meter: MeterModel, number: int, limit: int) -> bool:
    """Forget at most so many sums of a metric, and it with the last; returns whether it is gone."""
    for table, key in (
        ("values", "metric, subject, grouping, hour, grp, value"),
        ("sums", "metric, subject, grouping, hour, grp"),
    ):
        tx.execute(
            f"DELETE FROM {meter.sql}__{table} WHERE ({key}) IN"
            f" (SELECT {key} FROM {meter.sql}__{table} WHERE metric = ? LIMIT ?)",
            (number, limit),
        )
        if tx.changed():
            return False
    tx.execute(f"DELETE FROM {meter.sql}__metrics WHERE number = ?", (number,))
    return True


def text_of(metric: Metric) -> str:
    """What the sums of a metric depend on, as it is stored."""
    return values.encode(metric.summed())


def whole_from_ms(tx: Transaction, meter: MeterModel) -> int:
    """From when on the log has all that was recorded: a full hour; 0 for the beginning."""
    return whole_from(tx, meter, tx.number(meter.ref))


def whole_from(tx: Transaction, meter: MeterModel, number: int) -> int:
    """The same, of a meter of this number.

    What was recorded up to a moment may have times of up to a day later.
    """
    _, before_ms = logs.kept_from(tx, number, meter.sql)
    return 0 if before_ms <= 0 else -(-(before_ms + FUTURE_MS_MAX) // HOUR_MS) * HOUR_MS
