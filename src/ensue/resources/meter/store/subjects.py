"""Subjects: each has a number, which stands for it in the indexes and the sums."""

from __future__ import annotations

from collections.abc import Iterable

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import MeterModel
from ensue.words import values


def number_of(tx: Transaction, meter: MeterModel, subject: str) -> int | None:
    """The number of a subject; None where nothing of it was ever recorded."""
    found = tx.row(f"SELECT number FROM {meter.sql}__subjects WHERE subject = ?", (subject,))
    return int(str(found[0])) if found else None


def enter(tx: Transaction, meter: MeterModel, subjects: Iterable[str]) -> dict[str, int]:
    """The numbers of subjects; those that are new get one."""
    wanted = list(dict.fromkeys(subjects))
    found = _numbers(tx, meter, wanted)
    new = [(each,) for each in wanted if each not in found]
    if new:
        tx.connection.executemany(f"INSERT INTO {meter.sql}__subjects (subject) VALUES (?)", new)
        found |= _numbers(tx, meter, [each for (each,) in new])
    return found


def _numbers(tx: Transaction, meter: MeterModel, subjects: list[str]) -> dict[str, int]:
    if len(subjects) == 1:
        number = number_of(tx, meter, subjects[0])
        return {} if number is None else {subjects[0]: number}
    return dict(
        tx.execute(
            f"SELECT s.subject, s.number FROM json_each(?) j"
            f" CROSS JOIN {meter.sql}__subjects s ON s.subject = j.value",
            (values.encode(subjects),),
        )
    )


def numbered(tx: Transaction, meter: MeterModel) -> list[tuple[int, str]]:
    """All subjects with their numbers."""
    return [
        (int(number), str(subject))
        for number, subject in tx.execute(f"SELECT number, subject FROM {meter.sql}__subjects")
    ]
