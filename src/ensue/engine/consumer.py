"""What consumers share: whose work they take, at which pace, and what becomes of failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ensue.engine import work
from ensue.engine.engine import Engine
from ensue.engine.handlers import Pace, WorkHandler
from ensue.engine.ids import WORK_NUMBER, Place
from ensue.engine.measures import PROCESS, RECEIVED, WAIT
from ensue.engine.parking import park
from ensue.engine.sockets import Terms
from ensue.engine.terms import next_try, terms_of, with_attributes
from ensue.engine.timings import bucket_of
from ensue.engine.traced import expect_work
from ensue.engine.transaction import Origin, Transaction
from ensue.engine.work import Work
from ensue.words.errors import StoreError
from ensue.words.names import Ref

log = logging.getLogger("ensue.engine")


def error_text(fault: BaseException) -> str:
    """An exception as it is recorded: its type, what it says, and where a call went that failed."""
    said, where = str(fault), _called(fault)
    if where is not None and where not in said:
        said = f"{said}, at {where}" if said else f"at {where}"
    return f"{type(fault).__name__}: {said}" if said else type(fault).__name__


def _called(fault: BaseException) -> str | None:
    """The server that a call went to which an HTTP client could not make; None for others."""
    request = getattr(fault, "_request", None)  # httpx's own name raises where there is none
    url = getattr(request, "url", None)
    host = getattr(url, "host", "")
    if not host:
        return None
    port = getattr(url, "port", None)
    return f"{getattr(url, 'scheme', 'http')}://{host}{f':{port}' if port else ''}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run of an action ended.

    Attributes:
        pieces: what it was run for.
        failed: the numbers of those that failed, and why.
        is_final: whether no retry will mend that.
        answer: what it returned.
        wait_ms: how long the next try waits at least.
    """

    pieces: list[Work]
    failed: Mapping[int, str]
    is_final: bool = False
    answer: Any = None
    wait_ms: int = 0

    @property
    def done(self) -> list[Work]:
        """Those that did not fail."""
        if not self.failed:
            return self.pieces
        return [piece for piece in self.pieces if piece.id not in self.failed]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one transaction of a consumer found.

    Attributes:
        pieces: the work that was taken.
        next_due_ms: when the next work is due, as far as is known.
        careful: work that is to be taken alone, because it was there at a crash.
    """

    pieces: list[Work]
    next_due_ms: int | None
    careful: Work | None = None


class Consumer:
    """What both share: whose work they take, at which pace, and what becomes of failures."""

    def __init__(self, engine: Engine, handler: WorkHandler) -> None:
        self.name = handler.actor
        self.woken = asyncio.Event()
        self.woken.set()
        self._engine = engine
        self._handler = handler
        self._policy = handler.policy
        self._queue = engine.number(handler.ref)
        self._dead_letters = engine.number(handler.dead_letters)
        self.listens = frozenset([self._queue])
        rate = handler.policy.rate_per_second
        self._pace = None if rate is None else Pace(rate, engine.clock)
        self._next_due_ms: int | None = None
        self._paused = engine.facts.paused
        self._measures = measures = engine.facts.measures
        self._steady_ns = measures.steady_ns
        self._took = measures.timing(self._queue, PROCESS)
        self._takes_batches = bool(handler.transact_batch or handler.act_batch)
        self._wait = measures.timing(self._queue, WAIT)

    @property
    def dead_letters(self) -> Ref:
        """The queue to which what it cannot handle goes."""
        return self._handler.dead_letters

    @property
    def is_paused(self) -> bool:
        """Whether it is to take nothing for now."""
        return self._queue in self._paused

    def due_ms(self) -> int | None:
        """When to look again if nothing wakes it; None for never."""
        return self._next_due_ms

    def _allowed(self, wanted: int) -> int:
        """How many may start now. When the pace allows none, the next look is when it does."""
        if self.is_paused:
            wanted = 0
        if wanted == 0:
            self._next_due_ms = None  # an action that ends makes room, or it is resumed: both wake
        if self._pace is None or wanted == 0:
            return wanted
        allowed = min(wanted, self._pace.available())
        if allowed == 0:
            self._next_due_ms = self._pace.next_ms()
        return allowed

    def _note(self, taken: Taken, asked: int) -> None:
        """Count what was taken against the pace, and note when to look again."""
        self._next_due_ms = taken.next_due_ms
        if self._pace is not None:
            self._pace.spend(len(taken.pieces))
            if len(taken.pieces) == asked:
                self._next_due_ms = self._pace.next_ms()

    def _waited(self, tx: Transaction, taken: list[Work], *, counts: bool = True) -> None:
        """Note how long work was due before it was taken, in the order of its due times.

        What a commit takes was mostly due at nearly the same time: then the ends say it all.

        Args:
            tx: the transaction.
            taken: the work as it was found.
            counts: whether it is received by this, too.
        """
        if tx.tracer is not None:
            expect_work(tx, tx.tracer, taken, together=self._takes_batches)
        if counts:
            tx.facts.depths.count(self._queue, RECEIVED, len(taken))
        wait, now_ms = self._wait, tx.now_ms
        longest_ns = (now_ms - taken[0].due_ms) * 1_000_000
        shortest_ns = (now_ms - taken[-1].due_ms) * 1_000_000
        if bucket_of(longest_ns) == bucket_of(shortest_ns):
            wait.observe((longest_ns + shortest_ns) // 2, len(taken))
        else:
            for piece in taken:
                wait.observe((now_ms - piece.due_ms) * 1_000_000)

    def _is_final(self, fault: BaseException) -> bool:
        """Whether no retry will mend a failure."""
        return isinstance(fault, self._handler.final)

    def _terms(self, piece: Work) -> Terms | None:
        """How long a piece of work is tried: by its own terms, the handler's, or the policy."""
        own = terms_of(piece) if self._handler.takes_terms else None
        return own or self._handler.terms

    def _fail(
        self,
        tx: Transaction,
        piece: Work,
        error: str,
        *,
        is_final: bool = False,
        wait_ms: int = 0,
    ) -> None:
        """Give failed work back for another try, or move it to the dead-letter queue."""
        then = next_try(tx, piece, self._terms(piece), self._policy, is_final=is_final)
        if then.delay_ms is not None:
            delay_ms = max(then.delay_ms, wait_ms)
            if not work.retry(tx, piece, error, delay_ms):
                return
            if self._policy.parks:
                park(tx, piece)
            if self._handler.retried is not None:
                tell(tx, f"{self.name} retried", self._handler.retried, piece, error)
        else:
            self._bury(tx, piece, error, then.spent)

    def _bury(self, tx: Transaction, piece: Work, error: str, spent: str | None = None) -> None:
        handler = self._handler
        terms = self._terms(piece)
        queue = self._dead_letters
        if terms is not None and terms.dead_letters is not None:
            named = tx.facts.numbers.get(terms.dead_letters, queue)
            # In a queue that the app has no more nobody would find it.
            queue = named if named in self._engine.declared else queue
        if handler.tells is not None:
            piece = with_attributes(piece, handler.tells(piece, error, spent))
        if work.bury(tx, piece, error, queue) and handler.dead is not None:
            tell(tx, f"{self.name} dead", handler.dead, piece, error)

    def _is_worn_out(self, piece: Work) -> str | None:
        """Why work is not to be received once more; None when it may be."""
        if piece.crashes >= self._policy.max_receives:
            return f"the process died {piece.crashes} times while it was handled"
        terms = self._terms(piece)
        most = self._policy.max_receives if terms is None else terms.retries + 1
        if piece.receives - piece.crashes >= most:
            return f"received {piece.receives} times without being settled"
        return None


def tell(
    tx: Transaction,
    actor: str,
    told: Callable[[Transaction, Work, str], object],
    piece: Work,
    error: str,
) -> None:
    """Run what the application does when work failed, or moved to its dead-letter queue."""
    try:
        tx.nested(
            Origin(actor, Place(WORK_NUMBER, piece.id), piece.receives),
            lambda: told(tx, piece, error),
        )
    except StoreError:
        raise
    except Exception:
        # The work is safe where it is now, whatever the application makes of it.
        log.exception("%s: the handler failed", actor)
