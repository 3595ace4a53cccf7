"""What is likely wrong, the likeliest cause first, from what the platform knows anyway.

It builds on the warnings (`engine.gauges`) and adds what a person would look for next: who fails,
of what, since when; what waits behind it; what grows. One look is one snapshot, and bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ensue.engine import causes
from ensue.engine.consumer import Consumer
from ensue.engine.engine import Engine
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.transaction import Transaction
from ensue.engine.trying import BEHIND_MAX
from ensue.observe.diagnosis.failing import Failing, failing, is_breaker, named, outside_of
from ensue.observe.diagnosis.fault import Fault, warning
from ensue.observe.traffic import Traffic
from ensue.words.findings import ERROR, WARNING, Finding
from ensue.words.names import Ref
from ensue.words.units import human_ms, iso

QUEUES_MAX = 50
CAUSES_MAX = 20
GROWS_FROM = 100
GROWTH_MS = 60_000
AHEAD_MS = 60_000
# What is told here in more detail.
_TOLD_BETTER = frozenset({"dead.letters"})


def diagnose(engine: Engine, traffic: Traffic, warnings: Sequence[Finding]) -> list[Fault]:
    """The likely faults, the likeliest cause first.

    Args:
        engine: what runs.
        traffic: what goes through it.
        warnings: what runs short or waits for somebody.

    Raises:
        StoreError: the store cannot serve.
    """
    look = Look(engine, traffic)
    found = [*engine.read(look.at), *look.growing()]
    failing = {each.ref for each in found if each.rule in {"handler.fails", "outside.refuses"}}
    refs = {str(ref): ref for ref in engine.refs_by_number().values()}
    for each in warnings:
        ref = refs.get(each.where)
        is_symptom = each.rule == "overdue.work" and ref in failing
        if each.rule not in _TOLD_BETTER and not is_symptom:
            found.append(_with_count(engine, Fault.of(each, ref, _command(each, ref))))
    return sorted(found, key=lambda fault: fault.rank)


def _command(found: Finding, ref: Ref | None) -> str | None:
    """The command that a warning's hint names."""
    if found.rule == "paused" and ref is not None:
        return f"ensue resume {named(ref)}"
    said = found.hint.split("`")
    return said[1] if len(said) > 1 and said[1].startswith("ensue ") else None


def _with_count(engine: Engine, fault: Fault) -> Fault:
    """What is paused, with how much waits for it: where nothing does it is only told."""
    if fault.rule != "paused" or fault.ref is None:
        return fault
    number = engine.number(fault.ref)
    waiting = engine.facts.depths.committed(number).unsettled
    severity = ERROR if waiting else WARNING
    since_ms = engine.facts.paused.get(number)
    return replace(fault, count=waiting, severity=severity, since_ms=since_ms)


class Look:
    """One look at a store."""

    def __init__(self, engine: Engine, traffic: Traffic) -> None:
        self._engine = engine
        self._traffic = traffic
        self._refs = engine.refs_by_number()
        self._depths = engine.facts.depths

    def at(self, tx: Transaction) -> list[Fault]:
        """What one snapshot tells."""
        return [
            *self._failing(tx),
            *self._dead(tx),
            *self._raised(tx),
            *self._ahead(tx),
        ]

    def growing(self) -> Iterator[Fault]:
        """Backlogs that grow faster than they are worked off."""
        for number in self._busiest():
            ref, waiting = self._refs[number], self._depths.committed(number).unsettled
            if waiting < GROWS_FROM or number in self._engine.facts.paused:
                continue
            flow = self._traffic.flow(ref, GROWTH_MS)
            by = flow.in_per_s - flow.out_per_s
            if by * GROWTH_MS / 1_000 < waiting / 10:
                continue
            doubles = human_ms(waiting / by * 1_000)
            yield replace(
                warning(
                    "backlog.grows",
                    ref,
                    f"{waiting:,} wait, and {by:,.0f} a second more come than are done: twice as"
                    f" many in {doubles}",
                    "Give its consumer more concurrency or batch, or a higher rate.",
                ),
                count=waiting,
                command=f"ensue describe {named(ref)}",
            )

    def _busiest(self) -> list[int]:
        """The consumed queues in which most waits."""
        found = [
            number
            for worker in self._engine.workers
            if isinstance(worker, Consumer)
            for number in worker.listens
            if self._depths.committed(number).unsettled
        ]
        found.sort(key=lambda number: -self._depths.committed(number).unsettled)
        return found[:QUEUES_MAX]

    def _failing(self, tx: Transaction) -> Iterator[Fault]:
        letters = _letters_of(self._engine)
        for number in self._busiest():
            found = failing(tx, number, self._depths.committed(number))
            if found is not None:
                yield self._failure(number, found, letters.get(number))
                if found.group is not None:
                    yield self._held(number, found)

    def _failure(self, number: int, found: Failing, letters: int | None) -> Fault:
        ref = self._refs[number]
        dead = 0 if letters is None else self._depths.committed(letters).unsettled
        redrive = f"ensue dlq redrive {self._refs[letters].name}" if letters and dead else None
        piece = self._engine.records.text(WORK_NUMBER, found.sample)
        since = iso(found.first_ms)[11:16]
        many = "1 message waits" if found.waiting == 1 else f"{found.waiting:,} messages wait"
        outside = outside_of(found.error)
        if outside is not None:
            rule, (where, does) = "outside.refuses", outside
            what = f"{where} {does} since {since}: {many}"
            hint = "Start that service, or mend the way to it; what waits is tried again by itself."
        elif is_breaker(found.error):
            rule = "breaker.open"
            what = f"a breaker is open since {since}: {many}"
            hint = "Look why the calls behind it fail: it lets some through again by itself."
        else:
            rule = "handler.fails"
            kind = found.error.partition(":")[0]
            share = "all" if found.of == found.looked_at else f"{found.of} of {found.looked_at}"
            what = f"{share} that were tried again fail with {kind} since {since}: {many}"
            hint = "Mend the handler and run it again; what waits is tried again by itself."
        if redrive is not None:
            hint = f"{hint} Then `{redrive}`: {dead:,} have died of it or before."
        return Fault(
            rule,
            ERROR,
            str(ref),
            what,
            hint,
            command=redrive or f"ensue why {piece}",
            error=found.error,
            ref=ref,
            since_ms=found.first_ms,
            count=found.waiting,
            id=piece,
        )

    def _held(self, number: int, found: Failing) -> Fault:
        ref = self._refs[number]
        piece = self._engine.records.text(WORK_NUMBER, found.sample)
        more = "" if found.behind < BEHIND_MAX else " or more"
        return Fault(
            "held.key",
            WARNING,
            str(ref),
            f"a message that fails holds back {found.behind:,}{more} of its group",
            "It ends as a dead letter by itself, and they go on; or take it out.",
            command=f"ensue withdraw {ref.name} {piece}",
            error=found.error,
            ref=ref,
            since_ms=found.first_ms,
            count=found.behind,
            id=piece,
        )

    def _dead(self, tx: Transaction) -> Iterator[Fault]:
        for cause in causes.of_all(tx, CAUSES_MAX):
            ref, home = self._refs.get(cause.queue), self._refs.get(cause.home)
            if ref is None or cause.queue not in self._engine.declared:
                continue
            span = causes.span(tx, cause.number)
            came = "a queue that is gone" if home is None else str(home)
            kind = cause.error or "one cause"
            many = "1 message" if cause.letters == 1 else f"{cause.letters:,} messages"
            yield Fault(
                "dead.letters",
                WARNING,
                str(ref),
                f"{many} of {came} died of {kind}",
                "Mend the cause, then let them be tried again.",
                command=f"ensue dlq redrive {ref.name}",
                error=f"{cause.error}: {cause.message}" if cause.message else cause.error,
                ref=ref,
                since_ms=None if span is None else span.first_ms,
                count=cause.letters,
                id=None if span is None else self._engine.records.text(WORK_NUMBER, span.newest),
            )

    def _raised(self, tx: Transaction) -> Iterator[Fault]:
        for number, reason, since_ms in tx.execute(
            "SELECT number, reason, since_ms FROM ensue_alarms WHERE state = 'ALARM'"
        ):
            ref = self._refs.get(number)
            if ref is not None and number in self._engine.declared:
                yield replace(
                    warning(
                        "alarm.raised", ref, "the alarm is raised", "Look at what it measures."
                    ),
                    severity=ERROR,
                    command=f"ensue state {ref.name}",
                    error=reason,
                    since_ms=since_ms,
                )

    def _ahead(self, tx: Transaction) -> Iterator[Fault]:
        newest = tx.row("SELECT at_ms FROM ensue_hops ORDER BY id DESC LIMIT 1")
        ahead_ms = int(str(newest[0])) - tx.now_ms if newest else 0
        if ahead_ms > AHEAD_MS:
            yield Fault(
                "store.ahead",
                ERROR,
                "the clock",
                f"the store has been written {human_ms(ahead_ms)} in what is the future now",
                "The machine's clock was set back: set it right; schedules wait until then.",
            )


def _letters_of(engine: Engine) -> dict[int, int]:
    """The dead-letter queue of each consumer."""
    return {
        number: engine.number(worker.dead_letters)
        for worker in engine.workers
        if isinstance(worker, Consumer)
        for number in worker.listens
    }
