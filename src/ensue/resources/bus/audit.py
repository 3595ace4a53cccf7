"""What a bus promises of its log, checked in the store itself, whether its app runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import rules_of_archives, shapes
from ensue.engine.integrity import Known
from ensue.engine.transaction import Transaction
from ensue.resources.bus import schema
from ensue.resources.bus.model import BusModel
from ensue.words.findings import Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with the SQL of a bus."""
    there = shapes.shapes(tx.connection)
    yield from shapes.differences(_wanted(known.ref), there, str(known.ref))
    bus = BusModel(known.ref, known.ref.app)
    yield from rules_of_archives.audit(tx, known.number, bus.events, bus.archive)


@lru_cache(maxsize=256)
def _wanted(ref: Ref) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: schema.create(tx, BusModel(ref, ref.app)))
