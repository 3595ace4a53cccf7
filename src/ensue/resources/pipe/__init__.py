"""The pipe: takes events from a source to a target."""

from __future__ import annotations

from ensue.resources.pipe.handle import Pipe
from ensue.resources.pipe.model import (
    DEAD_LETTERS,
    DIRECT_BATCH,
    Enrichment,
    Feed,
    Filter,
    PipeModel,
    PipeOptions,
    Seen,
)
from ensue.resources.pipe.operations import OPERATIONS, status
from ensue.resources.pipe.rules import start_of, wanted
from ensue.words.kinds import Kind

__all__ = [
    "DEAD_LETTERS",
    "DIRECT_BATCH",
    "KIND",
    "Enrichment",
    "Feed",
    "Filter",
    "Pipe",
    "PipeModel",
    "PipeOptions",
    "Seen",
    "start_of",
    "wanted",
]

KIND = Kind(
    name="pipe",
    plural="pipes",
    summary="Takes events from a source to a target.",
    aws="EventBridge Pipes",
    operations=OPERATIONS,
    status=status,
    wiring=Pipe.wiring,
)
