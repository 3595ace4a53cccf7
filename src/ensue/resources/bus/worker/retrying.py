"""What a bus does with nobody asking: deliveries that were not taken are made again."""

from __future__ import annotations

from ensue.engine.handlers import WorkHandler
from ensue.resources.bus.model import BusModel
from ensue.resources.bus.rules.matching import RuleSet
from ensue.resources.bus.store import keeping


def retrying(bus: BusModel, rules: RuleSet) -> WorkHandler:
    """What handles the kept deliveries of all rules of a bus, each by its target's terms."""
    return WorkHandler(
        ref=bus.deliveries,
        dead_letters=bus.dead_letters,
        actor=f"{bus.ref.name} deliveries",
        policy=keeping.POLICY,
        transact=lambda tx, piece: keeping.retry(tx, bus, rules, piece),
        takes_terms=True,
        final=keeping.FINAL,
        tells=lambda piece, error, spent: keeping.tells(bus, piece, error, spent),
    )
