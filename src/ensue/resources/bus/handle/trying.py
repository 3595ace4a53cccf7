"""Trying patterns and events on a bus: nothing is kept, and nothing is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ensue.engine.home import Home
from ensue.engine.tailing import Tail, tail
from ensue.engine.waiting import turn
from ensue.resources.bus import store
from ensue.resources.bus.model import (
    TRIED_MAX,
    BusModel,
    Missed,
    Overlap,
    PatternTrial,
    RuleTrial,
)
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.rules.trying import Tally, compiled, event_of, shown_at_most, trial_of

READ_AT_ONCE = 50
MINUTE = 60
MISSED_SHOWN = 50


class Trying:
    """The part of a bus that tries patterns and events.

    Attributes:
        model: the bus as declared.
        rules: its rules.
    """

    model: BusModel
    rules: RuleSet
    _home: Home

    async def try_pattern(
        self, pattern: str | Mapping[str, Any] | None, *, last: int = 100, show: int = 50
    ) -> PatternTrial:
        """What a pattern would have matched of the newest events.

        Args:
            pattern: an event pattern, as an object or as JSON text; None matches everything.
            last: on how many events to try it, 1 to 1,000.
            show: of how many of them to tell, up to 200.

        Raises:
            InvalidPattern: it does not compile; says where.
        """
        tally = Tally(compiled(pattern), shown_at_most(show))
        engine = self._home.engine
        before = engine.read(lambda tx: store.depth(tx, self.model)) + 1
        left = max(1, min(last, TRIED_MAX))
        while left > 0 and before > 1:
            reading = Tail(
                self.model.ref,
                lambda tx, record: store.event_of(tx, self.model, record),
                min(left, READ_AT_ONCE),
            )
            found, before = await tail(engine, reading, after=None, wait_ms=0, before=before)
            for event in reversed(found):
                tally.take(event, self.rules)
            left -= len(found)
            await turn()
        return _told(tally, self.rules)

    async def try_event(self, event: Mapping[str, Any]) -> list[RuleTrial]:
        """What each rule would do with an event.

        Args:
            event: its ``detail-type``, its ``detail``, and what else of the envelope is to be so.

        Raises:
            InvalidValue: a part is missing, unknown, or has the wrong type; says where.
            TooLarge: it is larger than 1 MiB.
        """
        now_ms = self._home.engine.clock.now_ms()
        made = event_of(event, self.model, now_ms)
        return [
            trial_of(rule, self.model, made, now_ms, enabled=self.rules.is_enabled(rule.name))
            for rule in self.rules.all()
        ]


def _told(tally: Tally, rules: RuleSet) -> PatternTrial:
    return PatternTrial(
        looked=tally.looked,
        matched=tally.matched,
        per_minute=_per_minute(tally),
        oldest=tally.oldest,
        newest=tally.newest,
        events=tally.events,
        missed=[
            Missed(path, expected, tally.examples[path, expected], count)
            for (path, expected), count in tally.failed.most_common(MISSED_SHOWN)
        ],
        rules=[
            Overlap(rule.name, tally.rules[rule.name], tally.both[rule.name])
            for rule in rules.all()
        ],
    )


def _per_minute(tally: Tally) -> float | None:
    if tally.oldest is None or tally.newest is None:
        return None
    span = datetime.fromisoformat(tally.newest) - datetime.fromisoformat(tally.oldest)
    seconds = abs(span.total_seconds())
    return None if seconds == 0 else round(tally.matched * MINUTE / seconds, 3)
