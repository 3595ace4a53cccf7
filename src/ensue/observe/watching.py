"""Watching several logs at once: what comes, and of much a sample that says that it is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensue.engine import tailing
from ensue.engine.engine import Engine
from ensue.engine.logs import Record
from ensue.engine.transaction import Transaction
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.values import Json

LOOKS_AT_ONCE = 200
SENT_AT_ONCE = 50
IDLE_S = 15.0


@dataclass(frozen=True)
class Watched:
    """A log that is watched.

    Attributes:
        ref: what has it.
        show: a record and its id as the JSON text of what people see of it.
    """

    ref: Ref
    show: Callable[[Record, str], str]


@dataclass(frozen=True)
class Came:
    """What came to a log since somebody looked.

    Attributes:
        ref: what has the log.
        before: the position up to which was looked before.
        position: that up to which is looked now.
        came: how many records came.
        looked: how many of them were looked at: the newest, where there are many.
        matched: how many of these are wanted.
        shown: the newest of those, oldest first.
    """

    ref: Ref
    before: int
    position: int
    came: int
    looked: int
    matched: int
    shown: list[dict[str, Any]]


class Watch:
    """A watch over logs: `next` waits until something came.

    It costs what is looked at: of each log at most 200 records at once, or 50 where all are wanted.
    Whoever asks again at once makes it look again at once, so whoever shows it pauses in between.

    Args:
        engine: where the logs are.
        logs: which.
        wants: whether what a record shows is wanted; None for all.
        after: from which positions on; a log that is not there begins at its end.
    """

    def __init__(
        self,
        engine: Engine,
        logs: Sequence[Watched],
        wants: Callable[[Mapping[str, Json]], bool] | None,
        after: Mapping[Ref, int],
    ) -> None:
        self._engine = engine
        self._logs = logs
        self._wants = wants
        self.positions = {
            each.ref: after[each.ref] if each.ref in after else self._end_of(each.ref)
            for each in logs
        }

    async def batches(self) -> AsyncIterator[list[Came]]:
        """What came, whenever something has; nothing after 15 seconds in which nothing came."""
        numbers = [self._engine.number(each.ref) for each in self._logs]
        woken = [self._engine.listen(number) for number in numbers]
        try:
            while True:
                for each in woken:
                    each.clear()
                found = self.look()
                if found:
                    yield found
                elif not await _any(woken):
                    yield []
        finally:
            for number, each in zip(numbers, woken, strict=True):
                self._engine.unlisten(number, each)

    def look(self) -> list[Came]:
        """What has come to each log since the last look; nothing of a log to which nothing has."""
        return [came for each in self._logs if (came := self._look(each)) is not None]

    def _look(self, log: Watched) -> Came | None:
        before = self.positions[log.ref]

        def read(tx: Transaction) -> Came | None:
            source = tx.facts.directory.source(log.ref)
            position = tailing.end_of(tx, source)
            came = position - before
            if came <= 0:
                return None
            at_once = SENT_AT_ONCE if self._wants is None else LOOKS_AT_ONCE
            records = tailing.read_before(tx, source, position + 1, min(came, at_once))
            number = tx.number(log.ref)
            shown = [
                _shown(log.show(record, tx.facts.records.text(number, record.sequence)))
                for record in records
                if record.sequence > before
            ]
            wanted = [each for each in shown if self._wants is None or self._wants(each)]
            return Came(
                log.ref,
                before,
                position,
                came,
                came if self._wants is None else len(shown),
                came if self._wants is None else len(wanted),
                wanted[-SENT_AT_ONCE:],
            )

        found = self._engine.read(read)
        if found is not None:
            self.positions[log.ref] = found.position
        return found

    def _end_of(self, ref: Ref) -> int:
        return self._engine.read(lambda tx: tailing.end_of(tx, tx.facts.directory.source(ref)))


def _shown(text: str) -> dict[str, Any]:
    found = values.as_json(values.decode(text))
    return found if isinstance(found, dict) else {}


async def _any(woken: Sequence[asyncio.Event]) -> bool:
    """Wait until one of the events is set; False where none is in time."""
    waiting = [asyncio.ensure_future(each.wait()) for each in woken]
    try:
        done, _ = await asyncio.wait(waiting, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
    return bool(done)
