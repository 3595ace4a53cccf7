"""Delivering events to the targets of the rules that they match."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ensue.engine.measures import matched_by
from ensue.engine.sockets import Delivery, Refusal
from ensue.engine.transaction import Transaction, as_raised
from ensue.resources.bus.model import BusModel
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.store.keeping import keep, lined_up, refused
from ensue.resources.bus.store.sending import Outgoing, Sending, sending
from ensue.words.errors import EnsueError, StoreError
from ensue.words.names import Ref


def deliver_all(
    tx: Transaction,
    bus: BusModel,
    rules: RuleSet,
    events: Sequence[Outgoing],
    *,
    only: Collection[str] | None = None,
) -> int:
    """Deliver events to the targets of the rules that they match, each target's in one batch.

    What a target does not take becomes work of the bus's deliveries.

    Args:
        tx: the transaction.
        bus: the bus.
        rules: its rules.
        events: events that it keeps, in their order.
        only: the names of the rules that deliver; None for every rule that is enabled.

    Returns:
        How many times a rule matched.
    """
    hits: dict[str, int] = {}
    sendings: dict[Ref, list[Sending]] = {}
    for outgoing in events:
        matching = rules.matching(outgoing.seen)
        if only is not None:
            matching = [rule for rule in matching if rule.name in only]
        if not matching:
            continue
        shared = Delivery(outgoing.text)
        for rule in matching:
            hits[rule.name] = hits.get(rule.name, 0) + 1
            for target in rule.targets:
                if target.is_plain:
                    made = Sending(rule, target, outgoing, shared)
                else:
                    made = sending(bus, rule, target, outgoing, tx.now_ms)
                sendings.setdefault(target.ref, []).append(made)
    for ref, batch in sendings.items():
        _deliver_to(tx, bus, ref, batch)
    for name, times in hits.items():
        tx.facts.depths.count(tx.number(bus.ref), matched_by(name), times)
    return sum(hits.values())


def _deliver_to(tx: Transaction, bus: BusModel, ref: Ref, batch: Sequence[Sending]) -> None:
    """Deliver to a target what it takes of a batch, and keep the rest.

    Where a refusal would hold back others of the batch, or the target may raise after it has
    written, the batch is taken as a whole, or its deliveries one by one.
    """
    lines = any(each.target.lines_up for each in batch)
    if any(each.fault is not None for each in batch):
        if lines and len(batch) > 1:
            _deliver_singly(tx, bus, ref, batch)
            return
        batch = _made(tx, bus, batch)
    if lines:
        batch = [each for each in batch if not lined_up(tx, bus, each)]
    if not batch:
        return
    as_whole = not tx.facts.directory.is_sure(ref) or (lines and len(batch) > 1)
    if not as_whole:
        for index, fault in _refusals(tx, ref, batch):
            keep(tx, bus, batch[index], fault)
        return
    try:
        tx.whole(lambda: _deliver_whole(tx, ref, batch))
    except Exception as raised:
        said = as_raised(raised, str(ref))
        if isinstance(said, StoreError) or not isinstance(said, Exception):
            raise
        if len(batch) == 1:
            keep(tx, bus, batch[0], said)
            return
        _deliver_singly(tx, bus, ref, batch)


def _made(tx: Transaction, bus: BusModel, batch: Sequence[Sending]) -> list[Sending]:
    """What of a batch could be made; the rest is kept."""
    for each in batch:
        if each.fault is not None:
            keep(tx, bus, each, each.fault)
    return [each for each in batch if each.fault is None]


def _deliver_singly(tx: Transaction, bus: BusModel, ref: Ref, batch: Sequence[Sending]) -> None:
    for each in batch:
        _deliver_to(tx, bus, ref, [each])


def _deliver_whole(tx: Transaction, ref: Ref, batch: Sequence[Sending]) -> None:
    for _, fault in _refusals(tx, ref, batch):
        raise fault


def _refusals(tx: Transaction, ref: Ref, batch: Sequence[Sending]) -> list[tuple[int, EnsueError]]:
    """Deliver a batch; what was refused, by its place, and why."""
    answers = tx.facts.directory.target(ref).deliver(tx, [each.delivery for each in batch])
    return [
        (answer.index, refused(answer, ref)) for answer in answers if isinstance(answer, Refusal)
    ]
