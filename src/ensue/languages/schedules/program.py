"""Schedule expressions, read: one moment, an interval, or a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class At:
    """One moment: what the clock on the wall shows then."""

    wall: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """Again and again after the same time, in ms."""

    every_ms: int


@dataclass(frozen=True, slots=True)
class Cron:
    """What the clock on the wall and the calendar show.

    Attributes:
        walk: minutes, hours, days, months and weekdays as `cronsim` reads them.
        years: the years, rising.
        near: the day to whose nearest weekday it is bound; None for none.
    """

    walk: str
    years: tuple[int, ...]
    near: int | None = None


Program: TypeAlias = At | Rate | Cron
