"""Distributed Maps: what a map run does, what its children get, and what they come to."""

from ensue.languages.states.maps.batches import Batcher
from ensue.languages.states.maps.plan import (
    Batching,
    Entry,
    MapPlan,
    Reading,
    Writing,
    entries,
)
from ensue.languages.states.maps.results import ChildResult

__all__ = [
    "Batcher",
    "Batching",
    "ChildResult",
    "Entry",
    "MapPlan",
    "Reading",
    "Writing",
    "entries",
]
