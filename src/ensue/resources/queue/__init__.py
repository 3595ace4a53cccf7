"""The queue: work that waits for one consumer."""

from __future__ import annotations

from ensue.resources.queue.handle import Queue
from ensue.resources.queue.model import (
    CausePage,
    DeadCause,
    Message,
    QueueOptions,
    Received,
    Redrive,
    SendOptions,
    SentMessage,
)
from ensue.resources.queue.operations import KIND
from ensue.resources.queue.store import send
from ensue.resources.queue.store.letters import of_all as causes_of_all

__all__ = [
    "KIND",
    "CausePage",
    "DeadCause",
    "Message",
    "Queue",
    "QueueOptions",
    "Received",
    "Redrive",
    "SendOptions",
    "SentMessage",
    "causes_of_all",
    "send",
]
