"""Distributed Maps: what a map run does, what its children get, and what they come to."""

from ensue.languages.states.map_runs.batches import Batcher
from ensue.languages.states.map_runs.plan import (
    Batching,
    Entry,
    MapPlan,
    Reading,
    Writing,
    entries,
    exceeds,
)
from ensue.languages.states.map_runs.results import ChildResult

__all__ = [
    "Batcher",
    "Batching",
    "ChildResult",
    "Entry",
    "MapPlan",
    "Reading",
    "Writing",
    "entries",
    "exceeds",
]
