"""The words of queues.

waiting ──received──▶ leased ──settled──▶ done
   ▲                     │
   └────── retried ──────┴── received too often ──▶ waiting in the dead-letter queue
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic

from typing_extensions import TypeVar

from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.values import Json

Body_co = TypeVar("Body_co", default=Json, covariant=True)

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
        shape: what bodies must be; None for any JSON value.
    """

    ref: Ref
    max_receives: int
    dead_letters: Ref | None
    shape: Shape[Any] | None = None


@dataclass(frozen=True, slots=True)
class Message(Generic[Body_co]):
    """A message as a consumer gets it.

    Attributes:
        id: the same at every receive: use it as the idempotency key towards the outside.
        body: what was sent, of the type that the consumer names: ``Message[Payment]``.
        receives: how often it was received before, and now: 1 for the first time.
        sent_ms: when it was sent.
        group: its message group; None for none.
        attributes: what travels beside the body.
    """

    id: str
    body: Body_co
    receives: int
    sent_ms: int
    group: str | None = None
    attributes: dict[str, Json] = field(default_factory=dict)
