"""Handlers: the application's functions, and how they are run.

A *transaction* handler (a plain ``def``) runs inside the transaction that takes its message. An
*action* handler (an ``async def``) runs outside, may await the world, and is retried.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack, get_args

from ensue.engine.clock import Clock
from ensue.engine.ids import Random
from ensue.engine.lanes import LATEST, Start
from ensue.engine.logs import Record
from ensue.engine.sockets import Terms
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work
from ensue.words.backoff import backoff_ms
from ensue.words.errors import InvalidDeclaration, InvalidValue, Unfit
from ensue.words.names import Ref
from ensue.words.units import duration_ms, rate_per_second
from ensue.words.values import Json

RETRY_BASE_MS = 1_000
RETRY_CAP_MS = 300_000
LEASE_MARGIN_MS = 5_000
BURST_MS = 100
MAX_RECEIVES_MAX = 1_000
TIMEOUT_MS_MAX = 43_200_000
CONCURRENCY_MAX = 10_000
BATCH_MAX = 10_000
WINDOW_MS_MAX = 300_000


OnFailure = Literal["hold", "park"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a handler's work is taken, bounded and retried.

    Attributes:
        max_receives: after so many receives, those not counted that the process died in, or after
            so many deaths of the process, the work goes to the dead-letter queue.
        timeout_ms: how long one run of an action may take.
        concurrency: how many actions run at once.
        batch: how many pieces a transaction handler takes into one transaction at most, and how
            many a handler of batches gets.
        rate_per_second: how many may start in a second; None for no limit.
        retry_base_ms: the first retry waits a random time up to this; it doubles each time.
        retry_cap_ms: no retry waits longer.
        window_ms: a handler of batches waits until its batch is full or its oldest is that old;
            0 for taking what is there.
        parks: whether work that failed goes aside and lets the later work of its group go on.
    """

    max_receives: int = 10
    timeout_ms: int = 30_000
    concurrency: int = 10
    batch: int = 100
    rate_per_second: float | None = None
    retry_base_ms: int = RETRY_BASE_MS
    retry_cap_ms: int = RETRY_CAP_MS
    window_ms: int = 0
    parks: bool = False

    @property
    def lease_ms(self) -> int:
        """How long work is leased: as long as a run may take, and a margin."""
        return self.timeout_ms + LEASE_MARGIN_MS

    def check(self, at: str) -> None:
        """Check that the policy can be kept.

        Raises:
            InvalidDeclaration: a bound is out of range.
        """
        bounds = (
            ("max_receives", self.max_receives, MAX_RECEIVES_MAX),
            ("timeout in ms", self.timeout_ms, TIMEOUT_MS_MAX),
            ("concurrency", self.concurrency, CONCURRENCY_MAX),
            ("batch", self.batch, BATCH_MAX),
            ("retry_base in ms", self.retry_base_ms, TIMEOUT_MS_MAX),
            ("retry_cap in ms", self.retry_cap_ms, TIMEOUT_MS_MAX),
        )
        for name, value, high in bounds:
            if not 1 <= value <= high:
                raise InvalidDeclaration(f"expected {name} from 1 to {high}, got {value}", at=at)
        if not 0 <= self.window_ms <= WINDOW_MS_MAX:
            raise InvalidDeclaration(
                f"expected a window of at most {WINDOW_MS_MAX} ms, got {self.window_ms}", at=at
            )

    def check_window(self, at: str, *, takes_batches: bool) -> None:
        """Check that a window is of something that waits for a batch.

        Raises:
            InvalidDeclaration: it takes one at a time.
        """
        if self.window_ms and not takes_batches:
            raise InvalidDeclaration(
                "expected a handler of batches for a window",
                at=at,
                hint="A handler that takes one at a time has nothing to wait for.",
            )

    def backoff_ms(self, receives: int, source: Random) -> int:
        """How long to wait before the next receive: full jitter over a doubling span."""
        return backoff_ms(self.retry_base_ms, self.retry_cap_ms, receives - 1, source.random())


class PolicyOptions(TypedDict, total=False):
    """How a handler's work is taken, bounded and retried; see `Queue.consumer`."""

    on_failure: OnFailure
    rate: str | None
    timeout: str | float
    concurrency: int
    batch: int
    retry_base: str | float
    retry_cap: str | float


class BatchOptions(PolicyOptions, total=False):
    """The same, and how long a handler of batches waits for its batch to be full."""

    window: str | float


def make_policy(max_receives: int, **options: Unpack[BatchOptions]) -> Policy:
    """A policy from the words in which apps declare it; see `Queue.consumer`.

    Raises:
        InvalidValue: the rate, a duration or ``on_failure`` is written wrong.
    """
    rate, on_failure = options.get("rate"), options.get("on_failure", "hold")
    if on_failure not in get_args(OnFailure):
        raise InvalidValue(f"expected on_failure to be hold or park, got {on_failure!r}")
    return Policy(
        max_receives=max_receives,
        timeout_ms=duration_ms(options.get("timeout", 30)),
        concurrency=options.get("concurrency", 10),
        batch=options.get("batch", 100),
        rate_per_second=None if rate is None else rate_per_second(rate),
        retry_base_ms=duration_ms(options.get("retry_base", 1)),
        retry_cap_ms=duration_ms(options.get("retry_cap", 300)),
        window_ms=duration_ms(options.get("window", 0)),
        parks=on_failure == "park",
    )


@dataclass(frozen=True)
class WorkHandler:
    """What handles the work of a queue, function or mail.

    Attributes:
        ref: the resource whose work it takes.
        dead_letters: its dead-letter queue.
        actor: the name under which its hops are recorded.
        policy: how it is taken and retried.
        transact: runs a transaction handler; None for an action.
        act: runs an action; None for a transaction handler.
        transact_batch: runs a transaction handler that takes a batch as one.
        act_batch: runs an action that takes a batch, work with its ids; answers the numbers of
            those that failed, and why.
        dead: runs in the transaction that moves work to the dead-letter queue, with the reason.
        retried: runs in the transaction that gives failed work back for another try, with why.
        stays_inside: whether its action is known to reach nothing outside.
        complete: is given what an action answered, in the transaction that settles its work, when
            that is all still this receive's. It returns which of the work it refuses, and why, or
            None; when it raises, all has failed. With it ``act_batch`` answers whatever it likes.
        halves: whether a batch of an action that failed is tried again in smaller batches, half as
            large each time, and each alone the last time.
        takes_terms: whether its work may bring terms of its own along; see `terms`.
        terms: how long work is tried that brings none along; None for the policy's bounds.
        final: the errors that no retry will mend.
        tells: what the attributes of a dead letter tell besides, given the work, why it died and
            which bound of its terms was reached.
    """

    ref: Ref
    dead_letters: Ref
    actor: str
    policy: Policy
    transact: Callable[[Transaction, Work], object] | None = None
    act: Callable[[Work, str], Awaitable[object]] | None = None
    transact_batch: Callable[[Transaction, list[Work]], object] | None = None
    act_batch: Callable[[list[Work], list[str]], Awaitable[Any]] | None = None
    dead: Callable[[Transaction, Work, str], object] | None = None
    retried: Callable[[Transaction, Work, str], object] | None = None
    stays_inside: bool = False
    complete: Callable[[Transaction, list[Work], Any], Mapping[int, str] | None] | None = None
    halves: bool = False
    takes_terms: bool = False
    terms: Terms | None = None
    final: tuple[type[Exception], ...] = (Unfit,)
    tells: Callable[[Work, str, str | None], Mapping[str, Json]] | None = None


@dataclass(frozen=True)
class LogHandler:
    """What handles the records of a log, in order.

    Attributes:
        ref: the function that it is, whose own work holds the records that failed.
        dead_letters: its dead-letter queue.
        source: the resource whose log it reads.
        actor: the name under which its hops are recorded.
        wants: whether a record concerns it.
        transact: runs a transaction handler; None when each record becomes work of ``ref``.
        as_work: a record as the body of a piece of work.
        batch: how many records it takes into one transaction at most.
        transact_many: runs a transaction handler that takes several records of one shard at once,
            instead of ``transact``.
        start: where a new reader begins.
        passes_over: whether a record is told by a snapshot already; None where none was taken.
        key: what the order of a record is kept by; None for the record's own key.
        parks: whether a record that failed lets the later ones of its key go on.
    """

    ref: Ref
    dead_letters: Ref
    source: Ref
    actor: str
    wants: Callable[[Record], bool]
    transact: Callable[[Transaction, Record], object] | None
    as_work: Callable[[Transaction, Record], str]
    batch: int
    transact_many: Callable[[Transaction, Sequence[Record]], object] | None = None
    start: Start = LATEST
    passes_over: Callable[[Transaction, Record], bool] | None = None
    key: Callable[[Record], str | None] | None = None
    parks: bool = False

    def group_of(self, record: Record) -> str | None:
        """What the order of a record is kept by; its own key where nobody can tell."""
        try:
            return record.key if self.key is None else self.key(record)
        except Exception:  # noqa: BLE001 - another program may have written what nobody can read
            return record.key


class Pace:
    """A token bucket: how many may start now, so that no more than a rate start in a second.

    Without a burst it starts empty but for one, so that a process that restarts in a loop keeps to
    the rate too.

    Args:
        rate_per_second: how many tokens a second.
        clock: tells the time.
        burst: how many may start at once; by default what the rate gives in a tenth of a second.
    """

    def __init__(self, rate_per_second: float, clock: Clock, burst: int | None = None) -> None:
        self._per_ms = rate_per_second / 1_000
        self._burst = max(1.0, self._per_ms * BURST_MS) if burst is None else float(burst)
        self._clock = clock
        self._tokens = 1.0 if burst is None else self._burst
        self._at_ms = clock.now_ms()

    def available(self) -> int:
        """How many may start now."""
        now_ms = self._clock.now_ms()
        self._tokens = min(self._burst, self._tokens + max(0, now_ms - self._at_ms) * self._per_ms)
        self._at_ms = now_ms
        return int(self._tokens + 1e-9)

    def spend(self, count: int) -> None:
        """Count as started."""
        self._tokens -= count

    def next_ms(self) -> int:
        """When the next one may start."""
        missing = max(0.0, 1 - self._tokens)
        return self._at_ms + math.ceil(missing / self._per_ms - 1e-9)

    def full_ms(self) -> int:
        """When a whole burst may start."""
        missing = max(0.0, self._burst - self._tokens)
        return self._at_ms + math.ceil(missing / self._per_ms - 1e-9)


def is_action(function: Callable[..., object], *, at: str, takes: str) -> bool:
    """Whether a function is an action, after checking that it can be called as one or as not.

    Args:
        function: the application's.
        at: its name, for the error.
        takes: what its first argument is called in words: ``message``.

    Raises:
        InvalidDeclaration: a ``def`` must take (message, tx), an ``async def`` (message).
    """
    action = inspect.iscoroutinefunction(function)
    wanted = 1 if action else 2
    try:
        inspect.signature(function).bind(*range(wanted))
    except TypeError:
        shape = f"async def {at}({takes})" if action else f"def {at}({takes}, tx)"
        raise InvalidDeclaration(
            f"expected {shape}, got {at}{inspect.signature(function)}",
            hint="A def runs inside the transaction and gets it as tx; an async def runs outside.",
        ) from None
    return action
