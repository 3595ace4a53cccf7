"""Rate limits: how much each key may have, and what it is told.

Two ways to count, with one answer, `Admission`:

* `SlidingWindow`: at most so many in *any* span of its length. It remembers the moment of each
  that it let in, and nothing of those that it refused: who keeps asking is let in as soon as there
  is room (MF-13), and a burst on either side of a minute's end is one burst (MF-14).
* `TokenBucket`: so many a second on average, and a burst at once. It remembers two numbers a key.

Checking and counting is one step. A key is forgotten when it has as much as a new one.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ParamSpec, Protocol, TypeVar

from ensue.engine.clock import Clock
from ensue.engine.handlers import Pace
from ensue.engine.runtime import PerRuntime, Runtime, current
from ensue.resilience.strategy import Strategy
from ensue.words.errors import InvalidDeclaration, InvalidValue, RateExceeded
from ensue.words.units import human_ms, parse_quota, rate_per_second

P = ParamSpec("P")
T = TypeVar("T")

KEYS_MAX = 100_000
LIMIT_MAX = 100_000
FORGOTTEN_MAX = 2

Key = Callable[..., str]


@dataclass(frozen=True)
class Admission:
    """Whether something may be done now, and how its key stands then.

    Attributes:
        allowed: whether it may.
        limit: how much the key may have.
        remaining: how much of that is left, this one counted.
        reset_ms: after how long all of it is there again, if no more is taken.
        retry_after_ms: after how long there is room for one; 0 when this one had room.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_ms: int
    retry_after_ms: int


@dataclass(frozen=True)
class LimitStats:
    """What a limit has decided so far.

    Attributes:
        allowed: how often it let something in.
        refused: how often it did not.
        keys: how many keys it remembers.
    """

    allowed: int = 0
    refused: int = 0
    keys: int = 0


class _Account(Protocol):
    """What one key has had."""

    def admit(self, now_ms: int, limit: int) -> Admission:
        """Count one more, if there is room."""


class _Accounts:
    """The accounts of all keys in one runtime: those that are as good as new are forgotten."""

    def __init__(self, make: Callable[[Clock], _Account], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._kept: OrderedDict[str, tuple[_Account, int]] = OrderedDict()
        self._stats = LimitStats()
        self._lock = threading.Lock()  # transactions run in a thread of their own

    def admit(self, key: str, limit: int) -> Admission:
        with self._lock:
            admission = self._admit(key, limit)
            counted = self._stats
            if admission.allowed:
                self._stats = replace(counted, allowed=counted.allowed + 1)
            else:
                self._stats = replace(counted, refused=counted.refused + 1)
            return admission

    def _admit(self, key: str, limit: int) -> Admission:
        now_ms = self._clock.now_ms()
        self._forget(now_ms, FORGOTTEN_MAX)
        found = self._kept.get(key)
        if found is None and len(self._kept) >= KEYS_MAX:
            # Nobody is let in uncounted: there is room when the next one is forgotten.
            wait_ms = self._next_ms() - now_ms
            return Admission(
                allowed=False, limit=limit, remaining=0, reset_ms=wait_ms, retry_after_ms=wait_ms
            )
        account = self._make(self._clock) if found is None else found[0]
        admission = account.admit(now_ms, limit)
        if admission.allowed:
            self._kept[key] = account, now_ms + admission.reset_ms
            self._kept.move_to_end(key)
        return admission

    def stats(self) -> LimitStats:
        with self._lock:
            self._forget(self._clock.now_ms(), len(self._kept))
            return replace(self._stats, keys=len(self._kept))

    def _next_ms(self) -> int:
        """When the one that was let in the longest ago is as good as new."""
        return next(iter(self._kept.values()))[1]

    def _forget(self, now_ms: int, most: int) -> None:
        for _ in range(most):
            if not self._kept or self._next_ms() > now_ms:
                return
            self._kept.popitem(last=False)


class Limit(Strategy):
    """A limit of how much each key may have: a `SlidingWindow` or a `TokenBucket`.

    As a decorator it raises `RateExceeded` for what has no room.

    Args:
        amount: how much a key may have.
        key: makes the key of a function's arguments; None for one key for all.
        make: makes a key's account.
    """

    def __init__(self, amount: int, key: Key | None, make: Callable[[Clock], _Account]) -> None:
        if not 1 <= amount <= LIMIT_MAX:
            raise InvalidDeclaration(
                f"expected a limit from 1 to {LIMIT_MAX}, got {amount}", at=type(self).__name__
            )
        self.amount = amount
        self._key = key
        self._accounts = PerRuntime(lambda runtime: _Accounts(make, runtime.clock))

    @property
    @abstractmethod
    def words(self) -> str:
        """What it lets a key have, for people: ``100 in 60 s``."""

    def admit(self, key: str = "") -> Admission:
        """Count one more for a key, if there is room; else nothing is counted.

        Args:
            key: who it is.
        """
        return self._accounts.of(current()).admit(key, self.amount)

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, if there is room.

        Args:
            function: what is called.
            args: its arguments; the key is made of them.
            kwargs: those by name.

        Raises:
            RateExceeded: there is none; nothing was called.
            Exception: whatever the function raises.
        """
        admission = self.admit("" if self._key is None else self._key(*args, **kwargs))
        if not admission.allowed:
            raise exceeded(admission)
        return await function(*args, **kwargs)

    def admit_in(self, runtime: Runtime, key: str, amount: int | None = None) -> Admission:
        """`admit` in a runtime; with an amount, the key may have that much."""
        return self._accounts.of(runtime).admit(key, self.amount if amount is None else amount)

    def stats(self) -> LimitStats:
        """What it has decided so far."""
        return self._accounts.of(current()).stats()


def exceeded(admission: Admission) -> RateExceeded:
    """The error of what was not let in."""
    return RateExceeded(
        admission.limit, admission.remaining, admission.reset_ms, admission.retry_after_ms
    )


class _Moments:
    """When a key was let in, as far back as the window."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._at_ms: deque[int] = deque()

    def admit(self, now_ms: int, limit: int) -> Admission:
        moments = self._at_ms
        while moments and moments[0] <= now_ms - self._window_ms:
            moments.popleft()
        allowed = len(moments) < limit
        if allowed:
            moments.append(now_ms)
        retry_ms = 0 if allowed else moments[len(moments) - limit] + self._window_ms - now_ms
        return Admission(
            allowed=allowed,
            limit=limit,
            remaining=max(0, limit - len(moments)),
            reset_ms=moments[-1] + self._window_ms - now_ms,
            retry_after_ms=retry_ms,
        )


class SlidingWindow(Limit):
    """At most so many for each key in any span of the window's length; a decorator too.

    Args:
        quota: such as ``"100/60s"`` or ``"5/s"``.
        key: makes the key of a decorated function's arguments; None for one key for all.

    Raises:
        InvalidValue: the quota is written wrong.
        InvalidDeclaration: it is more than 100,000.
    """

    def __init__(self, quota: str, *, key: Key | None = None) -> None:
        amount, self.window_ms = parse_quota(quota)
        super().__init__(amount, key, lambda _: _Moments(self.window_ms))

    @property
    def words(self) -> str:
        """What it lets a key have, for people."""
        return f"{self.amount} in any {human_ms(self.window_ms)}"

    def admit(self, key: str = "", *, amount: int | None = None) -> Admission:
        """Count one more for a key, if there is room; else nothing is counted.

        Args:
            key: who it is.
            amount: how much this key may have; None for as much as every other.

        Raises:
            InvalidValue: the amount is out of range.
        """
        return self.admit_in(current(), key, amount)

    def admit_in(self, runtime: Runtime, key: str, amount: int | None = None) -> Admission:
        """`admit` in a runtime.

        Raises:
            InvalidValue: the amount is out of range.
        """
        if amount is not None and not 1 <= amount <= LIMIT_MAX:
            raise InvalidValue(f"expected an amount from 1 to {LIMIT_MAX}, got {amount}")
        return super().admit_in(runtime, key, amount)


class _Bucket:
    """The tokens of a key."""

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self._pace = Pace(rate, clock, burst)

    def admit(self, now_ms: int, limit: int) -> Admission:
        available = self._pace.available()
        if available:
            self._pace.spend(1)
        return Admission(
            allowed=available > 0,
            limit=limit,
            remaining=max(0, available - 1),
            reset_ms=max(1, self._pace.full_ms() - now_ms),
            retry_after_ms=0 if available else self._pace.next_ms() - now_ms,
        )


class TokenBucket(Limit):
    """So many a second on average for each key, and a burst at once; a decorator too.

    Args:
        rate: such as ``"5/s"`` or ``"300/m"``.
        burst: how many at once.
        key: makes the key of a decorated function's arguments; None for one key for all.

    Raises:
        InvalidValue: the rate is written wrong.
        InvalidDeclaration: the burst is less than 1 or more than 100,000.
    """

    def __init__(self, rate: str, *, burst: int = 1, key: Key | None = None) -> None:
        self._rate = rate
        per_second = rate_per_second(rate)
        super().__init__(burst, key, lambda clock: _Bucket(per_second, burst, clock))

    @property
    def words(self) -> str:
        """What it lets a key have, for people."""
        return f"{self._rate}, and {self.amount} at once"
