"""What became of an event: which rules it matched, and of each delivery what is known."""

from __future__ import annotations

from dataclasses import replace

from ensue.engine import archives, hops, work
from ensue.engine.causes import DEAD_LETTER
from ensue.engine.failures import failures
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.resources.bus.model import EXPLAINED_MAX, BusModel, Delivered, Match
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.store.keeping import DELIVERY, said_of
from ensue.resources.bus.store.reading import event_of
from ensue.words.errors import NotFound
from ensue.words.names import Ref
from ensue.words.values import Json

_STATES = {work.WAITING: "waiting", work.LEASED: "in flight", work.DONE: "done"}


def explain(tx: Transaction, bus: BusModel, rules: RuleSet, event_id: str) -> list[Match]:
    """For each rule whether it matches an event, if not, why, and what became of its deliveries.

    Raises:
        NotFound: the bus keeps no such event.
    """
    place = tx.facts.records.place(event_id)
    if place is None or place.number != tx.number(bus.ref):
        raise NotFound(f"there is no event {event_id} on {bus.ref}")
    record = archives.record(tx, tx.facts.directory.source(bus.ref), place.sequence)
    if record is None:
        raise NotFound(f"{bus.ref} does not keep the event {event_id} any more")
    said = rules.explain(event_of(tx, bus, record))
    # It was delivered by the hop that published it, and again by those of replays.
    delivered_by = [hop.id for hop in hops.hops_caused_by(tx, place, EXPLAINED_MAX)]
    delivered_by += [] if record.hop is None else [record.hop]
    pieces = [
        piece
        for hop in sorted(delivered_by)
        for piece in work.produced_by(tx, hop, EXPLAINED_MAX)
        if event_id in piece.body
    ]
    return [replace(each, deliveries=_deliveries(tx, bus, rules, each, pieces)) for each in said]


def _deliveries(
    tx: Transaction, bus: BusModel, rules: RuleSet, match: Match, pieces: list[Work]
) -> list[Delivered]:
    rule = rules.find(match.rule)
    if rule is None:
        return []
    found: list[Delivered] = []
    for target in rule.targets if match.matched else ():
        number = tx.facts.numbers.get(target.ref)
        found += [
            _delivered(tx, target.ref, piece, work.attributes_of(piece))
            for piece in pieces
            if _home(piece) == number
        ]
    ours = tx.number(bus.deliveries)
    for piece in pieces:
        attributes = work.attributes_of(piece)
        name, to, _ = said_of(attributes)
        if DELIVERY in attributes and name == rule.name and _home(piece) == ours:
            found.append(_delivered(tx, Ref(*to.split("/", 2)), piece, attributes))
    return found


def _home(piece: Work) -> int:
    """In which queue it is, or, where it is dead, was."""
    death = work.attributes_of(piece).get(DEAD_LETTER)
    home = death.get("from") if isinstance(death, dict) else None
    return home if isinstance(home, int) else piece.queue


def _delivered(tx: Transaction, target: Ref, piece: Work, attributes: dict[str, Json]) -> Delivered:
    is_dead = DEAD_LETTER in attributes and piece.state != work.DONE
    errors = failures(tx, piece.id)
    return Delivered(
        target=str(target),
        id=work.record_id(tx, piece.id),
        state="dead" if is_dead else _STATES[piece.state],
        attempts=piece.receives if not is_dead else len(errors),
        error=errors[-1][2] if errors and piece.state != work.DONE else None,
    )
