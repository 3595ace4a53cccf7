"""Replays within a transaction: what one is about, and one step of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ensue.engine import archives, lanes, logs, replays
from ensue.engine.ids import Place
from ensue.engine.logs import Record
from ensue.engine.replays import Replaying
from ensue.engine.sockets import Delivery, Source
from ensue.engine.transaction import Origin, Transaction
from ensue.resources.bus.model import (
    REPLAY_NAME,
    REPLAYS_OPEN_MAX,
    REPLAYS_SHOWN_MAX,
    SAMPLE_MAX,
    BusModel,
    Replay,
    Rule,
)
from ensue.resources.bus.rules.envelope import as_text, envelope_text
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.rules.replaying import Plan, check_targets, plan_from
from ensue.resources.bus.store.delivering import deliver_all
from ensue.resources.bus.store.keeping import keep
from ensue.resources.bus.store.reading import event_of
from ensue.resources.bus.store.sending import Outgoing, Sending
from ensue.words import values
from ensue.words.errors import Conflict, LimitExceeded, NotFound, Unfit
from ensue.words.values import Json

READ_AT_ONCE = 100
STEP_LOOKS_MAX = 1_000
STEP_BYTES_MAX = 8_388_608
FAULT_LENGTH_MAX = 1_000
STATES = ("running", "paused", "done", "cancelled")

Upcast = Callable[[dict[str, Json]], dict[str, Json]]


@dataclass(frozen=True)
class Reach:
    """A bus with all that its events can be delivered to again.

    Attributes:
        bus: the bus.
        rules: its rules.
        followers: its positioned consumers, each as a rule that delivers to it.
        upcast: makes an older event one of the present; None to leave them as they are.
    """

    bus: BusModel
    rules: RuleSet
    followers: RuleSet
    upcast: Upcast | None = None

    def outgoing(self, tx: Transaction, record: Record, name: str) -> Outgoing:
        """A record of the log as an event of the present, as a replay delivers it.

        Raises:
            Unfit: no upcaster can read it, or what came of it is no event.
        """
        if self.upcast is None:
            return self.as_kept(tx, record, name)
        event = {**self.upcast(event_of(tx, self.bus, record)), REPLAY_NAME: name}
        return _seen(event, as_text(event))

    def as_kept(self, tx: Transaction, record: Record, name: str) -> Outgoing:
        """A record of the log as it was published, in the name of a replay."""
        event = event_of(tx, self.bus, record)
        event[REPLAY_NAME] = name
        text = envelope_text(record.new or "{}", str(event["id"]))
        return _seen(event, f'{text[:-1]},"{REPLAY_NAME}":"{name}"}}')

    def park(
        self, tx: Transaction, outgoing: Outgoing, to: Collection[str] | None, fault: Unfit
    ) -> int:
        """Make an event that no upcaster can read a dead letter of each target that wanted it.

        Returns to how many rules and followers it went.

        Raises:
            Unfit: nobody wanted it as it was published, and somebody may want it as it is now.
        """
        matching = self.matching(outgoing.seen, to)
        if not matching and self._may_be_wanted(outgoing.seen, to):
            raise fault
        delivery = Delivery(outgoing.text)
        for rule in matching:
            for target in rule.targets:
                keep(tx, self.bus, Sending(rule, target, outgoing, delivery), fault)
        return len(matching)

    def _may_be_wanted(self, event: Mapping[str, Json], to: Collection[str] | None) -> bool:
        both = self.rules.maybe_matching(event)
        if to is not None:
            both += self.followers.maybe_matching(event)
        return any(to is None or rule.name in to for rule in both)

    def matching(self, event: Mapping[str, Json], to: Collection[str] | None) -> list[Rule]:
        """Those of the named that an event goes to; None for every rule that is enabled."""
        if to is None:
            return self.rules.matching(event)
        both = self.rules.matching(event) + self.followers.matching(event)
        return [rule for rule in both if rule.name in to]

    def deliver(self, tx: Transaction, outgoing: Outgoing, to: Collection[str] | None) -> int:
        """Deliver an event again; returns to how many rules and followers."""
        made = deliver_all(tx, self.bus, self.rules, [outgoing], only=to)
        if to is not None and len(self.followers):
            made += deliver_all(tx, self.bus, self.followers, [outgoing], only=to)
        return made


class Step(NamedTuple):
    """What one transaction of a replay did.

    Attributes:
        delivered: how many events it has delivered.
        is_over: whether there is nothing more to do.
    """

    delivered: int
    is_over: bool


@dataclass(frozen=True)
class Range:
    """Which part of the log a replay reads.

    Attributes:
        position: the sequence number behind which it begins.
        last: that of the last event that it reads.
        total: how many events are kept there.
    """

    position: int
    last: int
    total: int


def range_of(tx: Transaction, bus: BusModel, plan: Plan) -> Range:
    """Which part of the log a plan is about, as it is kept now."""
    source = _source(tx, bus)
    position = lanes.position_of(tx, source, plan.first)
    if plan.end.place == "sequence":
        last = min(plan.end.value, logs.last_sequence(tx, source.table))
    else:
        last = lanes.position_of(tx, source, plan.end)
    if last <= position:
        return Range(position, position, 0)
    return Range(position, last, archives.count(tx, source, position + 1, last))


def start(tx: Transaction, bus: BusModel, name: str, plan: Plan) -> Replay:
    """Enter a replay; its worker goes on with it.

    Raises:
        Conflict: there is one of this name, which may be over.
        LimitExceeded: too many are not over.
    """
    number = tx.number(bus.ref)
    if replays.open_count(tx, number) >= REPLAYS_OPEN_MAX:
        raise LimitExceeded(
            f"expected at most {REPLAYS_OPEN_MAX} replays of {bus.ref} that are not over",
            hint="Cancel one, or wait until one is done.",
        )
    found = range_of(tx, bus, plan)
    made = replays.start(
        tx,
        number,
        name,
        plan.text(),
        position=found.position,
        last=found.last,
        total=found.total,
    )
    if made is None:
        raise Conflict(
            f"there is a replay {name} of {bus.ref}",
            hint="Give this one another name: its events carry it.",
        )
    return replay_of(made)


def named(tx: Transaction, bus: BusModel, name: str) -> Replaying:
    """A replay by its name.

    Raises:
        NotFound: there is none.
    """
    found = replays.find(tx, tx.number(bus.ref), name)
    if found is None:
        raise NotFound(f"there is no replay {name} of {bus.ref}")
    return found


def newest(tx: Transaction, bus: BusModel, limit: int) -> list[Replay]:
    """The replays of a bus, newest first."""
    found = replays.newest(tx, tx.number(bus.ref), max(0, min(limit, REPLAYS_SHOWN_MAX)))
    return [replay_of(each) for each in found]


def running(tx: Transaction, bus: BusModel) -> list[Replaying]:
    """The replays of a bus that run, the oldest first."""
    return replays.running(tx, tx.number(bus.ref))


def switch(tx: Transaction, bus: BusModel, name: str, to: int) -> Replay:
    """Pause, resume or cancel a replay.

    Raises:
        NotFound: there is none of this name.
        Conflict: it is over.
    """
    found = named(tx, bus, name)
    if found.state in {replays.DONE, replays.CANCELLED}:
        raise Conflict(f"the replay {name} of {bus.ref} is {STATES[found.state]}")
    if found.state != to:
        replays.set_state(tx, found, to)
    return replay_of(named(tx, bus, name))


def advance(tx: Transaction, reach: Reach, name: str, limit: int) -> Step:
    """Deliver at most ``limit`` events of a replay, and move its position.

    Raises:
        Exception: what an upcaster, a pattern or a target raised; then nothing was done.
    """
    replaying = named(tx, reach.bus, name)
    if replaying.state != replays.RUNNING:
        return Step(0, is_over=True)
    plan = plan_from(replaying.options)
    check_targets(plan.to, reach.rules, reach.followers)
    source = _source(tx, reach.bus)
    position, looked, delivered = replaying.position, 0, 0
    for record in _records(tx, source, replaying):
        position = record.sequence
        looked += 1
        delivered += min(1, _deliver(tx, reach, replaying, record, plan))
        if delivered >= limit:
            break
    following = archives.read(tx, source, position, 1)
    if not following or following[0].sequence > replaying.last:
        position = replaying.last
    replays.move(tx, replaying, position=position, looked=looked, delivered=delivered)
    return Step(delivered, is_over=position >= replaying.last)


def _deliver(
    tx: Transaction, reach: Reach, replaying: Replaying, record: Record, plan: Plan
) -> int:
    """Deliver one event again, if the plan wants it; returns to how many rules and followers."""
    fault: Unfit | None = None
    try:
        outgoing = reach.outgoing(tx, record, replaying.name)
    except Unfit as raised:
        outgoing, fault = reach.as_kept(tx, record, replaying.name), raised
    if not plan.wants(outgoing.seen):
        return 0
    origin = Origin(f"replay {replaying.name}", Place(replaying.log, record.sequence))
    tx.begin_hop(origin)
    if fault is not None:
        return reach.park(tx, outgoing, plan.to, fault)
    return reach.deliver(tx, outgoing, plan.to)


def _seen(event: dict[str, Json], text: str) -> Outgoing:
    return Outgoing(event if values.is_plain(text) else values.as_plain(event), event, text)


def halt(tx: Transaction, bus: BusModel, name: str, fault: str) -> None:
    """Pause a replay that cannot go on, and say why."""
    found = named(tx, bus, name)
    if found.state == replays.RUNNING:
        replays.set_state(tx, found, replays.PAUSED, fault=fault[:FAULT_LENGTH_MAX])


@dataclass
class Tally:
    """What a replay would deliver, as far as it was looked.

    Attributes:
        position: up to where it was looked.
        last: up to where it is to be looked.
        looked: how many events that were.
        matching: how many of those it would deliver to somebody.
        rules: to how many rules and followers, by their names.
        targets: how many deliveries each target would get, by what it is called.
        sample: the first of the events.
    """

    position: int
    last: int
    looked: int = 0
    matching: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    sample: list[Json] = field(default_factory=list)


def look(tx: Transaction, reach: Reach, name: str, plan: Plan, tally: Tally) -> bool:
    """Count a part of what a replay would deliver; returns whether there is more."""
    source = _source(tx, reach.bus)
    found = archives.read(tx, source, tally.position, READ_AT_ONCE)
    for record in found:
        if record.sequence > tally.last:
            return False
        tally.position = record.sequence
        tally.looked += 1
        try:
            outgoing = reach.outgoing(tx, record, name)
        except Unfit:
            outgoing = reach.as_kept(tx, record, name)
        if plan.wants(outgoing.seen):
            _count(reach, plan, tally, outgoing)
    return bool(found) and tally.position < tally.last


def _count(reach: Reach, plan: Plan, tally: Tally, outgoing: Outgoing) -> None:
    rules = reach.matching(outgoing.seen, plan.to)
    if not rules:
        return
    tally.matching += 1
    if len(tally.sample) < SAMPLE_MAX:
        tally.sample.append(outgoing.event)
    for rule in rules:
        tally.rules[rule.name] += 1
        tally.targets.update(str(target.ref) for target in rule.targets)


def replay_of(found: Replaying) -> Replay:
    """A replay, for people."""
    return Replay(
        name=found.name,
        state=STATES[found.state],
        read=found.looked,
        total=found.total,
        delivered=found.delivered,
        position=found.position,
        last=found.last,
        asked=plan_from(found.options).said(),
        fault=found.fault,
        started_ms=found.started_ms,
        ended_ms=found.ended_ms,
    )


def _source(tx: Transaction, bus: BusModel) -> Source:
    return tx.facts.directory.source(bus.ref)


def _records(tx: Transaction, source: Source, replaying: Replaying) -> Iterator[Record]:
    """The next events of a replay, as many as one transaction takes, a few at a time."""
    after, looked, size = replaying.position, 0, 0
    while looked < STEP_LOOKS_MAX and size < STEP_BYTES_MAX:
        found = archives.read(tx, source, after, READ_AT_ONCE)
        for record in found:
            if record.sequence > replaying.last:
                return
            yield record
            size += len(record.new or "")
        if not found:
            return
        after, looked = found[-1].sequence, looked + len(found)
