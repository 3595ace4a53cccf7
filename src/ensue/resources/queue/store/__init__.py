"""What a queue does within a transaction."""

from ensue.resources.queue.store.looking import (
    depth,
    forget,
    held,
    last_message,
    leases,
    message,
    peek,
    purge,
    standing,
)
from ensue.resources.queue.store.receiving import (
    Asked,
    Found,
    change_visibility,
    receive,
    settle,
    settle_batch,
)
from ensue.resources.queue.store.sending import deliver, send, send_batch, withdraw

__all__ = [
    "Asked",
    "Found",
    "change_visibility",
    "deliver",
    "depth",
    "forget",
    "held",
    "last_message",
    "leases",
    "message",
    "peek",
    "purge",
    "receive",
    "send",
    "send_batch",
    "settle",
    "settle_batch",
    "standing",
    "withdraw",
]
