"""The alarms of an app, as declared."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ensue.app.measured import Measured
from ensue.engine.home import Resource
from ensue.observe.readings import usual_statistic
from ensue.resources import alarm as alarm_kind
from ensue.resources.alarm import (
    Alarm,
    AlarmModel,
    Combination,
    Condition,
    Missing,
    State,
    Statistic,
)
from ensue.resources.queue import Queue
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref, check_name
from ensue.words.units import duration_ms


class Alarmed(Measured):
    """What an app declares its alarms with."""

    def alarm(  # noqa: PLR0913 - each is a part of the condition, or says who is told
        self,
        name: str,
        *,
        metric: str | None = None,
        of: Resource | str | None = None,
        threshold: str | None = None,
        statistic: Statistic | None = None,
        period: str | float = "5m",
        periods: int = 1,
        out_of: int | None = None,
        missing: Missing = "ok",
        subject: str | None = None,
        when: str | None = None,
        to: Resource | Sequence[Resource] = (),
        on: Collection[State] = ("ALARM", "OK"),
        description: str = "",
    ) -> Alarm:
        """Declare an alarm: a condition that is judged at the end of each period, and who is told.

        It is on a metric, or with ``when`` on other alarms. Changes of its state are told in the
        transaction that makes them, as events in the words of CloudWatch.

        Args:
            name: its name.
            metric: which metric: ``depth``, ``oldest_age``, ``failed``, ``errors``,
                ``request_duration``, ...; of a meter one that it declares.
            of: the resource whose it is, the name of a route such as ``"POST /orders"``, or of a
                rule such as ``"events/pack"``; None for the whole app.
            threshold: when it is breached: ``">= 1"``, ``"> 30s"``, ``"< 0.95"``.
            statistic: what of the metric over a period: ``sum``, ``average``, ``max``, ``min``,
                ``count``, ``p50``, ``p95`` or ``p99``. By default the sum of what is counted, the
                most of how much there is, the p95 of what takes time; a meter's metric has its own.
            period: how long a period is: whole multiples of 5 seconds, an hour at most.
            periods: in how many periods the threshold must be breached.
            out_of: among how many of the newest periods that is; ``periods`` by default.
            missing: what a period counts as in which nothing was measured: ``ok``, ``breaching``,
                ``ignore`` for as before, ``insufficient`` for that nobody knows.
            subject: of a meter's metric: whose usage.
            when: instead of a metric: a condition on alarms declared before, such as
                ``"payments-dead or not (quiet and nightly-ran)"``; a name is true in ALARM.
            to: who is told: queues, topics, buses, mail, functions, destinations, workflows.
            on: which states are told.
            description: what it is about, for people.

        Raises:
            InvalidName: the name breaks the naming rule.
            InvalidValue: the period is no duration.
            InvalidDeclaration: the name is taken, a part is missing, wrong or out of range, or
                ``when`` names an alarm that is not declared.
        """
        ref = Ref(self.name, "alarm", check_name(name, "alarm"))
        at = str(ref)
        condition: Condition | Combination
        if when is not None:
            if metric is not None or of is not None or threshold is not None:
                raise InvalidDeclaration("expected a metric, or other alarms, got both", at=at)
            condition = self._combination(when, at)
        elif metric is None or threshold is None:
            raise InvalidDeclaration("expected a metric and a threshold, or when=", at=at)
        else:
            comparison, number = alarm_kind.parse_threshold(threshold, at)
            condition = Condition(
                metric=metric,
                of=of if isinstance(of, str | None) else of.ref,
                subject=subject,
                statistic=statistic or usual_statistic(metric),
                comparison=comparison,
                threshold=number,
                period_ms=duration_ms(period),
                periods=periods,
                out_of=periods if out_of is None else out_of,
                missing=missing,
            )
        told = to if isinstance(to, Sequence) else [to]
        model = AlarmModel(
            ref,
            condition,
            to=tuple(each.ref for each in told),
            on=frozenset(on),
            description=description,
        )
        self._add_letters()
        return self._add(Alarm(self.home, model))

    def alarms(
        self,
        *,
        to: Resource | Sequence[Resource],
        late: str = "> 5m",
        period: str | float = "5m",
    ) -> list[Alarm]:
        """Declare the usual alarms on what has been declared so far.

        * ``<queue>-filled`` of each dead-letter queue: something is in it.
        * ``<queue>-late`` of each other queue: its oldest message could have been taken long ago.
        * ``requests-failed``: a request was answered with a status from 500 on.

        Args:
            to: who is told.
            late: how long a message may wait, as a threshold.
            period: how long a period is.

        Raises:
            InvalidDeclaration: an alarm of such a name is declared already.
        """
        made: list[Alarm] = []
        for queue in [each for each in self.resources.values() if isinstance(each, Queue)]:
            is_dead = queue.model.dead_letters is None
            made.append(
                self.alarm(
                    f"{queue.ref.name}-{'filled' if is_dead else 'late'}",
                    metric="depth" if is_dead else "oldest_age",
                    of=queue,
                    threshold=">= 1" if is_dead else late,
                    period=period,
                    to=to,
                )
            )
        failed = "requests-failed"
        made.append(self.alarm(failed, metric="errors", threshold=">= 1", period=period, to=to))
        return made

    def _combination(self, when: str, at: str) -> Combination:
        parsed = alarm_kind.parse_when(when, at)
        children = tuple(Ref(self.name, "alarm", name) for name in parsed.names)
        for child in children:
            if child not in self.resources:
                raise InvalidDeclaration(
                    f"expected an alarm that is declared before, got {child.name!r}", at=at
                )
        return Combination(when, children, parsed.is_true)

    def _add_letters(self) -> None:
        """Declare the queue for what targets of alarms refuse for good, with the first alarm."""
        letters = Queue(self.home, alarm_kind.DEAD_LETTERS, is_dead_letters=True)
        there = self.resources.get(letters.ref)
        # A queue or function called alarms shares its dead-letter queue with them.
        if not (isinstance(there, Queue) and there.model.dead_letters is None):
            self._add(letters)
            self._lent.add(letters.ref)
