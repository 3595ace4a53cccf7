"""The three sockets through which resources meet, and the directory where they are looked up.

* A *Target* takes deliveries within the caller's transaction.
* A *Source* is a log that is read from a position.
* A *Callable* is called and answers.

A bus rule, a pipe, a schedule and a workflow task name another resource; the directory gives its
socket, or a named error when there is none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from ensue.words.errors import InvalidDeclaration, NotFound
from ensue.words.names import Ref
from ensue.words.values import Json

TX = TypeVar("TX")
TX_contra = TypeVar("TX_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a delivery is tried, and where it ends when it cannot be made.

    Attributes:
        retries: how often it is tried again.
        max_age_ms: it is not tried again when it is older.
        dead_letters: the queue that it goes to then; None for the one of whoever tries.
    """

    retries: int
    max_age_ms: int
    dead_letters: Ref | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to deliver.

    Attributes:
        body: what to deliver, as JSON text, so that many targets share one encoding.
        group: deliveries of one group keep their order, and a failing one holds back its own
            group only.
        delay_ms: how long to wait before it is due.
        attributes: what travels beside the body.
        deduplication_id: a target that keeps such ids takes a second delivery with the same one
            as taken already, for as long as it keeps them.
        terms: how a target that works outside, such as mail, retries this one; None for its own
            terms.
    """

    body: str
    group: str | None = None
    delay_ms: int = 0
    attributes: Mapping[str, Json] = field(default_factory=dict)
    deduplication_id: str | None = None
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery of a batch that the target did not take.

    Attributes:
        index: its place in the batch.
        code: the error's stable code.
        message: what is wrong, and where.
    """

    index: int
    code: str
    message: str


class Target(Protocol[TX_contra]):
    """Takes deliveries within the caller's transaction, of whatever type that is."""

    def deliver(self, tx: TX_contra, /, deliveries: Sequence[Delivery]) -> Sequence[str | Refusal]:
        """Take a batch: for each delivery the id it got, or why it was refused."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Items that are there, as records of kind ``snapshot``.

    Attributes:
        records: the items, in the order of their keys.
        last: the last key, as two SQL values, 0 for the second where there is one only; None when
            there are no more items.
    """

    records: Sequence[Any]
    last: tuple[Any, Any] | None


@dataclass(frozen=True, slots=True)
class Archive:
    """Which records of a log are kept longer than its others.

    Attributes:
        name: its name, one of its log.
        keep_ms: how long, from when they were made; None for ever.
        wants: whether a record is one of them.
    """

    name: str
    keep_ms: int | None
    wants: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Source:
    """A log to read from.

    Attributes:
        number: the resource's number.
        table: the SQL table that holds the log.
        keep_ms: how long its records are kept, when all have read them; None for as long as what
            is over is kept.
        sharded: whether its records are in shards.
        keep_bytes: of a log in shards: how many bytes of records are kept; None for any.
        snapshot: reads what is there behind a key, as records; None where there are no items.
        archive: the SQL table with the archived records; None where there are none.
        archives: its archives, as declared.
    """

    number: int
    table: str
    keep_ms: int | None = None
    sharded: bool = False
    keep_bytes: int | None = None
    snapshot: Callable[[Any, Any, int], Chunk] | None = None
    archive: str | None = None
    archives: tuple[Archive, ...] = ()


Call = Callable[[Json], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of a metric: a figure for a time that is over.

    Attributes:
        metric: the metric's name.
        of: the resource whose it is, or the name of a route; None for all of an app.
        app: the app whose it is.
        statistic: ``sum``, ``average``, ``max``, ``min``, ``count``, ``p50``, ``p95`` or ``p99``.
        start_ms: the first ms.
        end_ms: the first ms behind it.
        subject: of a meter's metric: whose usage.
    """

    metric: str
    of: Ref | str | None
    app: str
    statistic: str
    start_ms: int
    end_ms: int
    subject: str | None = None


Measure = Callable[[Reading], "float | None"]


class Directory(Generic[TX]):
    """Which resource has which socket."""

    def __init__(self) -> None:
        self._targets: dict[Ref, Target[TX]] = {}
        self._sources: dict[Ref, Source] = {}
        self._callables: dict[Ref, Call] = {}
        self._inside: dict[Ref, Callable[[TX, Json], Json]] = {}
        self._measures: dict[Ref, Measure] = {}
        self._any_measure: Measure | None = None
        self._known: set[Ref] = set()
        self._sure: set[Ref] = set()
        self._onward: dict[Ref, tuple[Ref, ...]] = {}
        self._letters: set[Ref] = set()

    def add(
        self,
        ref: Ref,
        *,
        target: Target[TX] | None = None,
        source: Source | None = None,
        call: Call | None = None,
        is_sure: bool = False,
        onward: Sequence[Ref] = (),
        letters: Iterable[Ref] = (),
    ) -> None:
        """Enter a resource and the sockets it has.

        Args:
            ref: the resource.
            target: takes deliveries.
            source: its log.
            call: calls it.
            is_sure: whether the target raises nothing but what the store raises: what it does not
                take it refuses, before it writes.
            onward: to what the target delivers, in the same transaction, what it takes.
            letters: the queues to which what it could not deliver goes.
        """
        self._letters.update(letters)
        self._known.add(ref)
        if is_sure:
            self._sure.add(ref)
        if onward:
            self._onward[ref] = tuple(dict.fromkeys(onward))
        if target is not None:
            self._targets[ref] = target
        if source is not None:
            self._sources[ref] = source
        if call is not None:
            self._callables[ref] = call

    def add_inside(self, ref: Ref, call: Callable[[TX, Json], Json]) -> None:
        """Enter what calls a resource within the caller's transaction."""
        self._inside[ref] = call

    def add_measure(self, measure: Measure, ref: Ref | None = None) -> None:
        """Enter what measures a resource, outside of any transaction.

        Args:
            measure: answers readings; on the event loop only.
            ref: the resource; None for all those that do not measure themselves.
        """
        if ref is None:
            self._any_measure = measure
        else:
            self._measures[ref] = measure

    def measured(self, reading: Reading) -> float | None:
        """What a metric was at a time; None where nothing was measured.

        Raises:
            NotFound: there is no such metric, or nobody measures it.
            InvalidInput: it cannot be asked for so.
        """
        own = self._measures.get(reading.of) if isinstance(reading.of, Ref) else None
        measure = own or self._any_measure
        if measure is None:
            raise NotFound(f"nobody measures {reading.metric} of {reading.of}")
        return measure(reading)

    def target(self, ref: Ref) -> Target[TX]:
        """The Target of a resource.

        Raises:
            NotFound: there is no such resource.
            InvalidDeclaration: nothing can be delivered to it.
        """
        found = self._targets.get(ref)
        if found is None:
            raise self._missing(ref, "takes deliveries")
        return found

    def is_sure(self, ref: Ref) -> bool:
        """Whether the Target of a resource raises nothing but what the store raises."""
        return ref in self._sure

    def gets_letters(self, ref: Ref) -> bool:
        """Whether what others could not deliver goes to a queue because they name it."""
        return ref in self._letters

    def check_circles(self) -> None:
        """Check that nothing is delivered to itself, by way of others, in one transaction.

        Raises:
            InvalidDeclaration: something is; says by what way.
        """
        clear: set[Ref] = set()
        for ref in self._onward:
            self._walk(ref, [], clear)

    def _walk(self, ref: Ref, path: list[Ref], clear: set[Ref]) -> None:
        if ref in path:
            circle = " ─▶ ".join(map(str, [*path[path.index(ref) :], ref]))
            raise InvalidDeclaration(
                f"expected no circle of deliveries, got {circle}",
                hint="Let a function or a queue's consumer pass it on: its work is a transaction"
                " of its own.",
            )
        if ref not in clear:
            for after in self._onward.get(ref, ()):
                self._walk(after, [*path, ref], clear)
            clear.add(ref)

    def source(self, ref: Ref) -> Source:
        """The Source of a resource.

        Raises:
            NotFound: there is no such resource.
            InvalidDeclaration: it has no log to read.
        """
        found = self._sources.get(ref)
        if found is None:
            raise self._missing(ref, "can be read from")
        return found

    def sources(self) -> list[Source]:
        """All logs."""
        return list(self._sources.values())

    def callable(self, ref: Ref) -> Call:
        """The Callable of a resource.

        Raises:
            NotFound: there is no such resource.
            InvalidDeclaration: it cannot be called.
        """
        found = self._callables.get(ref)
        if found is None:
            raise self._missing(ref, "can be called")
        return found

    def inside(self, ref: Ref) -> Callable[[TX, Json], Json] | None:
        """What calls a resource within the caller's transaction; None where nothing does."""
        return self._inside.get(ref)

    def has(self, ref: Ref) -> Sequence[str]:
        """The sockets that a resource has: ``target``, ``source``, ``callable``."""
        sockets: dict[str, Mapping[Ref, object]] = {
            "target": self._targets,
            "source": self._sources,
            "callable": self._callables,
        }
        return [name for name, entered in sockets.items() if ref in entered]

    def _missing(self, ref: Ref, does: str) -> NotFound | InvalidDeclaration:
        if ref not in self._known:
            return NotFound(f"there is no {ref}", hint="Declare it in the app before it is named.")
        return InvalidDeclaration(f"expected a resource that {does}, got {ref}")
