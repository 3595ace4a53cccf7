"""What schedules do with nobody asking: they fire when they are due, each moment once.

A firing, its delivery to the target and the schedule's next moment commit together. What a target
refuses is kept as work of the group, tried again, and ends in the group's dead-letter queue. Later
firings of the same message group wait behind it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from ensue.engine import work
from ensue.engine.engine import Engine
from ensue.engine.ids import Place
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work
from ensue.resources.schedule import rules, store
from ensue.resources.schedule.model import ACTIVE, COMPLETED, FIRINGS_MAX, Entry, GroupModel
from ensue.words import values
from ensue.words.errors import EnsueError, InvalidInput, StoreError
from ensue.words.findings import WARNING, Finding
from ensue.words.names import Ref
from ensue.words.values import Json

SHOWN_MAX = 10
AHEAD_MS = 250
AHEAD_CHUNK = 50
AHEAD_MAX = 2_000


class Fired(NamedTuple):
    """What one look at the schedules did.

    Attributes:
        next_ms: when to look again; None for never.
        left_out: the names of those whose missed firings were left out.
    """

    next_ms: int | None
    left_out: list[str]


class Scheduler:
    """Fires the schedules of a group.

    Args:
        engine: where they are.
        group: the group.
    """

    def __init__(self, engine: Engine, group: GroupModel) -> None:
        self.name = str(group.ref)
        self.listens = frozenset([engine.number(group.ref)])
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._group = group
        self._next_ms: int | None = None
        self._ahead: deque[Entry] = deque()
        self._ahead_of_ms = 0

    def due_ms(self) -> int | None:
        """When the next schedule comes to its moment."""
        return self._next_ms

    def next_firing(self) -> tuple[int, str] | None:
        """When a schedule fires next, and which; None when none is active."""
        return self._engine.read(lambda tx: store.next_firing(tx, self._group))

    async def step(self) -> bool:
        """Fire what is due, as much as fits one transaction; returns whether there may be more."""
        engine, group = self._engine, self._group
        next_ms = engine.read(lambda tx: store.next_fire_ms(tx, group))
        if next_ms is None or next_ms > engine.clock.now_ms():
            self._next_ms = self._look_ahead(next_ms)
            return False
        limit = min(FIRINGS_MAX, engine.take_at_most)
        fired = await engine.transact(lambda tx: fire_due(tx, group, limit), Origin(self.name))
        self._next_ms = self._look_ahead(fired.next_ms)
        if fired.left_out:
            names = ", ".join(fired.left_out[:SHOWN_MAX])
            missed = Finding(
                "missed.firings",
                str(group.ref),
                f"firings that were missed are left out of {len(fired.left_out)} schedules, such as"
                f" {names}",
                f"Fire what is needed by hand; `ensue list {group.ref.name}` shows all.",
                WARNING,
            )
            engine.facts.notices.note(engine.clock.now_ms(), missed)
        return fired.next_ms is not None and fired.next_ms <= engine.clock.now_ms()

    def _look_ahead(self, next_ms: int | None) -> int | None:
        """Walk the calendars of what is due soon, so that its moment is not spent on them.

        Returns when to go on. A timetable keeps its last answer, which is what is asked for then.
        """
        now_ms = self._engine.clock.now_ms()
        if next_ms is None or next_ms <= now_ms:
            return next_ms
        if now_ms < next_ms - AHEAD_MS:
            return next_ms - AHEAD_MS
        if self._ahead_of_ms != next_ms:
            self._ahead_of_ms = next_ms
            self._ahead.extend(
                self._engine.read(lambda tx: store.due_at(tx, self._group, next_ms, AHEAD_MAX))
            )
        # A few at a time: others on the event loop have their turn in between.
        for _ in range(min(AHEAD_CHUNK, len(self._ahead))):
            entry = self._ahead.popleft()
            rules.due_after(entry.plan, entry.anchor_ms, entry.due_ms or 0)
        return min(now_ms + 1, next_ms) if self._ahead else next_ms

    async def drain(self, grace_ms: int) -> None:
        """Nothing is under way between steps."""
        del grace_ms


def fire_due(tx: Transaction, group: GroupModel, limit: int) -> Fired:
    """Fire what has come to its moment, the earliest first, and set each on its next one.

    A firing, its delivery and the next moment commit together.
    """
    ready = store.due(tx, group, limit)
    after: list[Entry] = []
    left_out: list[str] = []
    for entry in ready:
        decision = rules.decide(entry.plan, entry.anchor_ms, entry.due_ms or 0, tx.now_ms)
        if decision.fire:
            _fire(tx, group, entry)
        if rules.is_missed(entry.plan, entry.due_ms or 0, tx.now_ms):
            store.note_missed(tx, group, entry, decision)
        if decision.left_out:
            left_out.append(entry.name)
        after.append(_after(tx, entry, decision))
    store.save_fired(tx, group, after)
    next_ms = tx.now_ms if len(ready) == limit else store.next_fire_ms(tx, group)
    return Fired(next_ms, left_out)


def fire_now(tx: Transaction, group: GroupModel, name: str) -> str:
    """Fire a schedule out of turn, whatever its state; returns the firing's id."""
    entry = store.get(tx, group, name)
    firing_id = f"{store.entry_id(tx, group, entry)}/{tx.facts.ids.new_id()}"
    _deliver(tx, _delivery_of(entry, firing_id, tx.now_ms), entry.plan.target)
    return firing_id


def redeliver(tx: Transaction, piece: Work) -> None:
    """Deliver a firing again that was refused, and kept as work.

    Raises:
        EnsueError: it is refused again.
    """
    said = values.decode(piece.body)
    kept = said if isinstance(said, dict) else {}
    app, kind, name = (str(part) for part in _list(kept.get("target"), 3))
    attributes = kept.get("attributes")
    group, firing_id = kept.get("group"), kept.get("id")
    delivery = Delivery(
        values.encode(kept.get("body")),
        group=group if isinstance(group, str) else None,
        attributes=attributes if isinstance(attributes, dict) else {},
        deduplication_id=str(firing_id),
    )
    _deliver(tx, delivery, Ref(app, kind, name))


def _fire(tx: Transaction, group: GroupModel, entry: Entry) -> None:
    """Deliver a firing as a hop of its own; what is refused is kept as work of the group."""
    number, due_ms = tx.number(group.ref), entry.due_ms or 0
    delivery = _delivery_of(entry, f"{store.entry_id(tx, group, entry)}/{due_ms}", due_ms)
    origin = Origin(entry.name, Place(number, entry.id))
    line = _line(delivery, entry.plan.target)
    if line is None or not _waits(tx, number, line):
        try:
            tx.nested(origin, lambda: _deliver(tx, delivery, entry.plan.target))
        except StoreError:
            raise
        except Exception:  # noqa: BLE001, S110 - whatever it was: the next try records it
            pass
        else:
            return
    tx.nested(origin, lambda: _keep(tx, number, delivery, entry.plan.target, line))


def _line(delivery: Delivery, target: Ref) -> str | None:
    """In which line a firing stands that waits: that of its message group at its target."""
    return None if delivery.group is None else f"{'/'.join(target)}/{delivery.group}"


def _waits(tx: Transaction, number: int, line: str) -> bool:
    """Whether an earlier firing of a line has not been taken yet."""
    is_any = tx.facts.depths.live(number).unsettled
    return bool(is_any) and work.first_of_group(tx, number, line) is not None


def _keep(tx: Transaction, number: int, delivery: Delivery, target: Ref, line: str | None) -> None:
    said = values.encode({
        "id": delivery.deduplication_id,
        "target": list(target),
        "group": delivery.group,
        "attributes": dict(delivery.attributes),
    })
    work.add(tx, number, f'{said[:-1]},"body":{delivery.body}}}', group=line)


def _delivery_of(entry: Entry, firing_id: str, due_ms: int) -> Delivery:
    plan = entry.plan
    if not plan.raw:
        body = rules.envelope(plan, entry.name, firing_id, due_ms)
        return Delivery(body, group=plan.grp, deduplication_id=firing_id)
    return Delivery(
        plan.body,
        group=plan.grp,
        attributes={"schedule": entry.name, "firing": firing_id, "due_ms": due_ms},
        deduplication_id=firing_id,
    )


def _deliver(tx: Transaction, delivery: Delivery, target: Ref) -> None:
    for answer in tx.facts.directory.target(target).deliver(tx, [delivery]):
        if isinstance(answer, Refusal):
            raise InvalidInput(f"{target} refused the firing: {answer.message}")


def _after(tx: Transaction, entry: Entry, decision: rules.Decision) -> Entry:
    """An entry when its moment has passed."""
    due_ms = decision.next_ms
    return entry._replace(
        state=COMPLETED if due_ms is None else ACTIVE,
        due_ms=due_ms,
        fire_ms=store.fire_ms(tx, entry.plan, due_ms),
        last_ms=entry.due_ms if decision.fire else entry.last_ms,
        fired=entry.fired + decision.fire,
        left_out=entry.left_out + decision.left_out,
    )


def _list(said: Json, length: int) -> list[Json]:
    if isinstance(said, list) and len(said) == length:
        return said
    raise EnsueError("expected a firing that was kept")
