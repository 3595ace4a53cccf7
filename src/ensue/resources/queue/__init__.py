"""The queue: work that waits for one consumer."""

from __future__ import annotations

from ensue.resources.queue.handle import Queue
from ensue.resources.queue.model import (
    Message,
    QueueOptions,
    Received,
    Redrive,
    SendOptions,
    SentMessage,
)
from ensue.resources.queue.operations import KIND
from ensue.resources.queue.store import send

__all__ = [
    "KIND",
    "Message",
    "Queue",
    "QueueOptions",
    "Received",
    "Redrive",
    "SendOptions",
    "SentMessage",
    "send",
]
