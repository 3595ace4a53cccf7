"""The words of pipes: what is read, what becomes of it on the way, and where it goes.

source ─▶ filter ─▶ batch ─▶ enrichment ─▶ input ─▶ target
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, TypedDict

from ensue.engine.handlers import OnFailure, Policy
from ensue.engine.home import Resource
from ensue.engine.ids import Place
from ensue.engine.lanes import LATEST, Start
from ensue.engine.logs import Record
from ensue.engine.sockets import Terms
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.languages.transformers import Input
from ensue.words.names import Ref
from ensue.words.values import Json

DEAD_LETTERS = "-dlq"
DIRECT_BATCH = 100
ACCOUNT, REGION = "000000000000", "local"

Filter: TypeAlias = Mapping[str, Json] | str


class PipeOptions(TypedDict, total=False):
    """How a pipe reads, batches, retries and delivers; see `App.pipe`."""

    start: str | int
    batch: int
    window: str | float
    group: str
    retries: int
    max_age: str | float
    dead_letters: Resource
    on_failure: OnFailure
    rate: str
    concurrency: int
    timeout: str | float
    retry_base: str | float
    retry_cap: str | float
    was: str


@dataclass(frozen=True)
class Feed:
    """What a pipe reads, and how it shows each piece as an event.

    Exactly one of ``of_record`` and ``of_work`` is there.

    Attributes:
        source: the resource.
        key: by what the order of an event is kept.
        of_record: a record of the source's log, and its id, as the JSON text of an event. It never
            fails, whatever another program has written into the record.
        of_work: a piece of a queue's work, and its id, as the JSON text of an event.
    """

    source: Ref
    key: Callable[[Json], str | None]
    of_record: Callable[[Record, str], str] | None = None
    of_work: Callable[[Work, str], str] | None = None


@dataclass(frozen=True)
class Enrichment:
    """What is asked on the way, and answers with what goes on.

    Attributes:
        ref: what it is called.
        inside: asks within the pipe's own transaction; None where it is asked outside.
        input: what it gets of each event; None for the event as it is.
    """

    ref: Ref
    inside: Callable[[Transaction, Json], Json] | None = None
    input: Input | None = None


@dataclass(frozen=True)
class Wanted:
    """Which events a pipe takes.

    Attributes:
        said: the event pattern, or the condition expression.
        holds: whether an event, given as JSON text, is one of them.
        reasons: what of such an event keeps it away; nothing where it is taken.
    """

    said: Filter
    holds: Callable[[str], bool]
    reasons: Callable[[str], list[str]]


@dataclass(frozen=True)
class PipeModel:
    """A pipe as declared.

    Attributes:
        ref: what it is called.
        feed: what it reads.
        target: where it delivers.
        dead_letters: the queue for what it could not deliver.
        policy: how it takes, batches and retries.
        wants: which events it takes; None for all.
        enrichment: what is asked on the way; None for nothing.
        input: what the target gets of each event; None for the event as it is.
        group: the path to what the order is kept by at the target; None for the source's own key.
        terms: how a target that works outside retries; None for its own terms.
        max_age_ms: what failed is not tried again when it is older; None where the source decides.
        start: where a new pipe begins.
        snapshot: whether a new pipe begins with what is there.
        parks: whether what fails lets the later events of its key go on.
        in_batches: whether the enrichment gets several events at once, as a list.
        paced: whether a rate is declared.
        was: the name that it had before; None for none.
        said: what is declared beside, for people.
    """

    ref: Ref
    feed: Feed
    target: Ref
    dead_letters: Ref
    policy: Policy
    wants: Wanted | None = None
    enrichment: Enrichment | None = None
    input: Input | None = None
    group: Input | None = None
    terms: Terms | None = None
    max_age_ms: int | None = None
    start: Start = LATEST
    snapshot: bool = False
    parks: bool = False
    in_batches: bool = False
    paced: bool = False
    was: str | None = None
    said: Mapping[str, Json] = field(default_factory=dict)

    @property
    def asks_outside(self) -> bool:
        """Whether its enrichment is an action."""
        return self.enrichment is not None and self.enrichment.inside is None

    @property
    def from_queue(self) -> bool:
        """Whether it takes the messages of a queue, and does not follow a log."""
        return self.feed.of_work is not None

    @property
    def passes_all(self) -> bool:
        """Whether it takes everything, and nothing on the way can keep anything back."""
        return self.wants is None and self.enrichment is None

    @property
    def is_direct(self) -> bool:
        """Whether records are delivered in the transaction that reads them."""
        return not (self.from_queue or self.asks_outside or self.paced)

    @cached_property
    def names(self) -> Mapping[str, Json]:
        """What the pipe and its parts are called, in the words of EventBridge."""
        said: dict[str, Json] = {
            "aws.pipes.pipe-arn": _arn(self.ref),
            "aws.pipes.pipe-name": self.ref.name,
            "aws.pipes.source-arn": _arn(self.feed.source),
            "aws.pipes.target-arn": _arn(self.target),
        }
        if self.enrichment is not None:
            said["aws.pipes.enrichment-arn"] = _arn(self.enrichment.ref)
        return said

    @property
    def taken_from(self) -> Ref:
        """Whose work, or whose place in a log, it takes."""
        return self.feed.source if self.from_queue else self.ref


class Event(NamedTuple):
    """An event on its way.

    Attributes:
        value: what it says.
        text: the same as JSON; None where nobody has written it yet.
        key: by what its order is kept; None for nothing.
        cause: the record or message that it comes from.
    """

    value: Json
    text: str | None
    key: str | None
    cause: Place


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pipe makes of a record of its source.

    Attributes:
        event: the record as the filter sees it.
        matched: whether the pipe takes it.
        reasons: what keeps it away.
    """

    event: Any
    matched: bool
    reasons: list[str]


def _arn(ref: Ref) -> str:
    """The full name of a resource, of the shape that EventBridge's have."""
    service = "aws:pipes" if ref.kind == "pipe" else f"ensue:{ref.kind}"
    return f"arn:{service}:{REGION}:{ACCOUNT}:{ref.kind}/{ref.name}"
