"""The words of queues.

waiting ──received──▶ leased ──settled──▶ done
   ▲                     │
   └────── retried ──────┴── received too often ──▶ waiting in the dead-letter queue

What waits is due, delayed, or held behind its group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypedDict

from typing_extensions import TypeVar

from ensue.words.names import Ref
from ensue.words.shapes import Shape
from ensue.words.values import Json

Body_co = TypeVar("Body_co", default=Any, covariant=True)

MAX_RECEIVES_DEFAULT = 10
DELAY_MS_MAX = 366 * 86_400_000
GROUP_LENGTH_MAX = 128
PEEK_MAX = 1_000
SEND_BATCH_MAX = 10_000
RECEIVE_MAX = 1_000
WAIT_MS_MAX = 20_000
VISIBILITY_MS_MAX = 43_200_000
HOLDER_LENGTH_MAX = 128
LEASES_MAX = 1_000
STANDING_MAX = 1_000
HELD_KEYS_MAX = 100
PURGE_CHUNK = 1_000
REDRIVE_MAX = 10_000
REDRIVES_MAX = 1_000
CAUSES_MAX = 1_000
LETTERS_MAX = 1_000
LETTER_IDS_MAX = 1_000
DELETE_CHUNK = 1_000
RETENTION_MS_MIN = 1_000
DEAD_LETTERS = "-dlq"


@dataclass(frozen=True)
class QueueModel:
    """A queue as declared.

    Attributes:
        ref: what it is called.
        max_receives: after so many receives a message goes to the dead-letter queue.
        dead_letters: its dead-letter queue; None for a dead-letter queue itself.
        order: in which order it is received: ``priority``, ``fair``, or None for that of due times.
        deduplicate: whether a message without deduplication id gets one from its body.
        retention_ms: what has waited longer is moved to the dead-letter queue, and forgotten in a
            dead-letter queue; None for never.
        in_flight_max: how many messages may be received and not settled at once; None for no limit.
        depth_max: how many unsettled messages it takes; None for no limit.
        was: the name that it had before.
        shape: what bodies must be; None for any JSON value.
    """

    ref: Ref
    max_receives: int
    dead_letters: Ref | None
    order: str | None = None
    deduplicate: bool = False
    retention_ms: int | None = None
    in_flight_max: int | None = None
    depth_max: int | None = None
    was: str | None = None
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
        priority: 0 to 9 in a queue with priorities, higher is sooner; None elsewhere.
        tenant: whose it is, in a fair queue; None for nobody's.
    """

    id: str
    body: Body_co
    receives: int
    sent_ms: int
    group: str | None = None
    attributes: dict[str, Json] = field(default_factory=dict)
    priority: int | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Message[Json]):
    """A message that was received by hand.

    Attributes:
        handle: names this receive: settle with it, or change how long nobody else receives it.
        until_ms: until when that is, unless it is changed.
    """

    handle: str
    until_ms: int


class SendOptions(TypedDict, total=False):
    """What a message may be sent with; see `Queue.send`."""

    delay: str | float
    due_ms: int | None
    group: str | None
    attributes: dict[str, Json] | None
    deduplication_id: str | None
    priority: int
    tenant: str | None


class SentMessage(SendOptions):
    """A message of a batch: its body, and what `Queue.send` takes."""

    body: object


class QueueOptions(TypedDict, total=False):
    """How a queue is declared; see `App.queue`."""

    max_receives: int
    priorities: bool
    fair: bool
    deduplicate: str | None
    retention: str | float | None
    in_flight_max: int | None
    depth_max: int | None
    was: str | None
    dead_letter_retention: str | float | None


class RedriveOptions(TypedDict, total=False):
    """Which dead letters are moved, and how; see `Queue.redrive`."""

    cause: str | None
    ids: list[str] | None
    pattern: dict[str, Json] | None
    body: Json
    edit: str | None
    values: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class LeaseInfo:
    """A message that is in flight.

    Attributes:
        id: the message's.
        holder: who has it: the consumer, or what the receiver called itself.
        receives: how often it was received.
        taken_ms: when, the last time.
        left_ms: how long the lease still lasts; 0 when it has ended.
    """

    id: str
    holder: str
    receives: int
    taken_ms: int | None
    left_ms: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A message that is not settled, as it stands.

    Attributes:
        id: the message's.
        state: ``in flight``, ``due``, ``delayed``, ``retrying`` after it failed, ``held`` behind
            its group, or ``dead``.
        due_ms: when it may be received, or may be again; when its lease ends; None while held.
        sent_ms: when it was sent.
        taken_ms: when it was last received.
        receives: how often it was received.
        holder: who has it: the consumer, or what the receiver called itself; None for nobody.
        handle: what settles or extends it, where it was received by hand.
        error: why its last attempt failed.
        group: its message group.
        body: what was sent.
        attributes: what travels beside it.
    """

    id: str
    state: str
    due_ms: int | None
    sent_ms: int
    taken_ms: int | None
    receives: int
    holder: str | None
    handle: str | None
    error: str | None
    group: str | None
    body: Json
    attributes: dict[str, Json]


@dataclass(frozen=True, slots=True)
class StandingPage:
    """Messages by when they are due; ``next`` is given as ``after`` for those behind them."""

    messages: list[Standing]
    next: str | None


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A message group of which messages wait behind the first.

    Attributes:
        group: the group.
        waiting: how many of its messages are held, counted up to 1,000.
        since_ms: when the oldest of them was sent.
        blocked_by: the message that goes before them; None when it has just gone.
    """

    group: str
    waiting: int
    since_ms: int
    blocked_by: Standing | None


@dataclass(frozen=True, slots=True)
class DeadCause:
    """What dead letters of one queue died of, and how many did.

    Attributes:
        cause: its fingerprint: the same wherever something fails so.
        app: whose the dead-letter queue is.
        queue: the dead-letter queue.
        died_in: what they died in: kind and name; empty where that is known no more.
        error: the kind of error, such as ``KeyError``; empty where the reason names none.
        message: what it says, with ``{id}``, ``{number}`` and the like where letters differ.
        letters: how many there are.
        first_ms: when the oldest of them died.
        last_ms: when the newest did.
        example: the id of the newest.
    """

    cause: str
    app: str
    queue: str
    died_in: str
    error: str
    message: str
    letters: int
    first_ms: int
    last_ms: int
    example: str


@dataclass(frozen=True, slots=True)
class CausePage:
    """Causes, that of most letters first; ``next`` is given as ``after`` for those behind them."""

    causes: list[DeadCause]
    next: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of a dead-letter queue.

    Attributes:
        id: the message's.
        cause: the fingerprint of what it died of; None for what was sent there and did not die.
        died_in: what it died in: kind and name; None as above.
        reason: why, as it was said.
        receives: how often it was received before it died.
        died_ms: when.
        sent_ms: when it was sent.
        group: its message group.
        body: what was sent.
        attributes: what travels beside it.
        is_taken: whether somebody has received it by hand, and so nobody else may touch it.
    """

    id: str
    cause: str | None
    died_in: str | None
    reason: str | None
    receives: int
    died_ms: int | None
    sent_ms: int
    group: str | None
    body: Json
    attributes: dict[str, Json]
    is_taken: bool


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Dead letters, the last to die first; ``next`` is given as ``after`` for those before them."""

    letters: list[DeadLetter]
    next: str | None


@dataclass(frozen=True, slots=True)
class Redrive:
    """A redrive of dead letters.

    Attributes:
        id: its number.
        state: ``running``, ``done``, ``cancelled`` or ``undone``.
        moved: how many letters it has moved.
        refused: how many could not be moved, and stay.
        first_refusal: why the first of them could not; None when none was refused.
        started_ms: when it was started; what died later is not its business.
        ended_ms: when it ended; None while it runs.
    """

    id: int
    state: str
    moved: int
    refused: int
    first_refusal: str | None
    started_ms: int
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class RedrivePreview:
    """What a redrive would do.

    Attributes:
        moves: how many letters it would move.
        to: how many where, by kind and name.
        refuses: how many it could not move.
        first_refusal: why it could not move the first of them; None when there is none.
        looked_at: at how many letters it looked, 10,000 at most.
        samples: the first five letters, as they would be moved.
    """

    moves: int
    to: dict[str, int]
    refuses: int
    first_refusal: str | None
    looked_at: int
    samples: list[dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo of a redrive did.

    Attributes:
        returned: how many messages are dead letters again.
        gone: how many were in flight, settled or dead again already, and were left alone.
    """

    returned: int
    gone: int
