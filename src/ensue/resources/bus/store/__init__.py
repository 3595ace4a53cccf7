"""What a bus does within a transaction: publishing, delivering, reading."""

from __future__ import annotations

from ensue.resources.bus.store.cloudevents import publish_cloudevent, publish_cloudevents
from ensue.resources.bus.store.explaining import explain
from ensue.resources.bus.store.publishing import publish, publish_batch, take
from ensue.resources.bus.store.reading import depth, event, event_of, figures
from ensue.resources.bus.store.switching import recall, switch

__all__ = [
    "depth",
    "event",
    "event_of",
    "explain",
    "figures",
    "publish",
    "publish_batch",
    "publish_cloudevent",
    "publish_cloudevents",
    "recall",
    "switch",
    "take",
]
