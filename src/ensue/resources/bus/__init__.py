"""The bus: events in a log, delivered by rules."""

from __future__ import annotations

from ensue.resources.bus.audit import audit
from ensue.resources.bus.handle import Bus
from ensue.resources.bus.model import (
    Accepted,
    ArchiveState,
    Entry,
    Event,
    Guard,
    Match,
    Replay,
    ReplayPreview,
    Rule,
    Schemas,
)
from ensue.resources.bus.operations import OPERATIONS, status, wiring
from ensue.resources.bus.rules.envelope import envelope_text
from ensue.resources.bus.rules.grouping import group_of, parse_group
from ensue.resources.bus.rules.matching import may_match
from ensue.resources.bus.store import publish, publish_batch
from ensue.resources.bus.store.sending import text_for
from ensue.words.kinds import Kind

__all__ = [
    "KIND",
    "Accepted",
    "ArchiveState",
    "Bus",
    "Entry",
    "Event",
    "Guard",
    "Match",
    "Replay",
    "ReplayPreview",
    "Rule",
    "Schemas",
    "envelope_text",
    "group_of",
    "may_match",
    "parse_group",
    "publish",
    "publish_batch",
    "text_for",
]

KIND = Kind(
    name="bus",
    plural="buses",
    summary="Events in a log, delivered by rules.",
    aws="EventBridge",
    operations=OPERATIONS,
    status=status,
    audit=audit,
    wiring=wiring,
)
