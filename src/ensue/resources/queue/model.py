"""The words of queues.

waiting ──received──▶ leased ──settled──▶ done
   ▲                     │
   └────── retried ──────┴── received too often ──▶ waiting in the dead-letter queue
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ensue.words.names import Ref
from ensue.words.values import Json

MAX_RECEIVES_DEFAULT = 10
DELAY_MS_MAX = 366 * 86_400_000
GROUP_LENGTH_MAX = 128
PEEK_MAX = 1_000
REDRIVE_MAX = 10_000
DEAD_LETTERS = "-dlq"


@dataclass(frozen=True)
class QueueModel:
    """A queue as declared.

    Attributes:
        ref: what it is called.
        max_receives: after so many receives a message goes to the dead-letter queue.
        dead_letters: its dead-letter queue; None for a dead-letter queue itself.
    """

    ref: Ref
    max_receives: int
    dead_letters: Ref | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a consumer gets it.

    Attributes:
        id: the same at every receive: use it as the idempotency key towards the outside.
        body: what was sent.
        receives: how often it was received before, and now: 1 for the first time.
        sent_ms: when it was sent.
        group: its message group; None for none.
        attributes: what travels beside the body.
    """

    id: str
    body: Json
    receives: int
    sent_ms: int
    group: str | None = None
    attributes: dict[str, Json] = field(default_factory=dict)
