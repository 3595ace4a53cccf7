"""Doing a thing once: who asks again under the same key gets the first answer.

    (nothing) ──call──▶ in flight ──success──▶ kept ──its time is over──▶ (nothing)
                          └──failure, cancellation, or the death of the process──▶ (nothing)

In an app the keys are rows of its store, so that they outlive the process; outside of any app they
are in memory. Only successes are kept, and from the first call on for as long as was said (RR-7).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar, cast

from ensue.engine import idempotency
from ensue.engine.clock import Clock
from ensue.engine.runtime import PerRuntime, Runtime, current
from ensue.engine.transaction import Transaction
from ensue.resilience.strategy import Strategy
from ensue.resilience.waits import positive_ms
from ensue.words import values
from ensue.words.errors import LimitExceeded, TokenInFlight, TokenReused

P = ParamSpec("P")
T = TypeVar("T")

REMEMBERED_MAX = 100_000


@dataclass
class OnceStats:
    """What became of calls that are done once.

    Attributes:
        calls: how many there were with a key.
        repeated: how many of them got an earlier answer.
        in_flight: how many came while the same was being done.
    """

    calls: int = 0
    repeated: int = 0
    in_flight: int = 0


@dataclass
class _Kept:
    """What is known of a key.

    Attributes:
        fingerprint: what it stands for.
        until_ms: when it is forgotten.
        answer: what was answered; None while it is in flight.
    """

    fingerprint: str
    until_ms: int
    answer: str | None = None


class _Memory:
    """Keys in memory, for code that runs outside of any app."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def begin(self, key: str, fingerprint: str, hold_ms: int) -> str | None:
        now_ms = self._clock.now_ms()
        self._forget(now_ms)
        found = self._kept.get(key)
        if found is None or found.until_ms <= now_ms:
            if found is None and len(self._kept) >= REMEMBERED_MAX:
                raise LimitExceeded(
                    f"expected at most {REMEMBERED_MAX} idempotency keys in memory",
                    hint="In an app they are rows of its store.",
                )
            self._kept.pop(key, None)
            self._kept[key] = _Kept(fingerprint, now_ms + hold_ms)
            return None
        if found.fingerprint != fingerprint:
            raise TokenReused("expected a new key for other arguments", at=key)
        if found.answer is None:
            raise TokenInFlight("the call with this key is still being done", at=key)
        return found.answer

    def end(self, key: str, answer: str) -> None:
        self._kept[key].answer = answer

    def free(self, key: str) -> None:
        self._kept.pop(key, None)

    def _forget(self, now_ms: int) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].until_ms > now_ms:
                return
            del self._kept[oldest]


@dataclass(frozen=True)
class _Claim:
    """A key, claimed in the store, or in memory where there is no transaction."""

    scope: str
    key: str
    fingerprint: str
    keep_ms: int
    memory: _Memory

    def begin(self, tx: Transaction | None) -> str | None:
        if tx is None:
            return self.memory.begin(self.key, self.fingerprint, self.keep_ms)
        return idempotency.begin(tx, self.scope, self.key, self.fingerprint, hold_ms=self.keep_ms)

    def end(self, tx: Transaction | None, answer: str) -> None:
        if tx is None:
            self.memory.end(self.key, answer)
        else:
            idempotency.finish(tx, self.scope, self.key, answer)

    def free(self, tx: Transaction | None) -> None:
        if tx is None:
            self.memory.free(self.key)
        else:
            idempotency.free(tx, self.scope, self.key)


class Once(Strategy):
    """Does a thing once; made by `idempotent`.

    Args:
        key_of: makes the key of a function and its arguments.
        keep_ms: for how long an answer is kept.
    """

    def __init__(
        self, key_of: Callable[[Callable[..., Any], Any, Any], str | None], keep_ms: int
    ) -> None:
        self._key_of = key_of
        self._keep_ms = keep_ms
        self._memories = PerRuntime(lambda runtime: _Memory(runtime.clock))
        self._stats = PerRuntime(lambda _: OnceStats())

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answered under the key of these arguments, now or before.

        The answer comes as the value that it is kept as: a tuple as a list.

        Args:
            function: what is called.
            args: its arguments, which must be values.
            kwargs: those by name.

        Raises:
            TokenInFlight: the same is being done at this moment.
            TokenReused: the key stands for other arguments.
            InvalidValue: an argument or the answer is no value, or the key is too long.
            LimitExceeded: outside of any app: there are 100,000 keys in memory.
            Exception: whatever the function raises.
        """
        key = self._key_of(function, args, kwargs)
        if key is None:
            return await function(*args, **kwargs)
        runtime = current()
        stats = self._stats.of(runtime)
        stats.calls += 1
        name = f"{function.__module__}.{getattr(function, '__qualname__', '')}"
        claim = _Claim(
            f"once {name}",
            key,
            idempotency.fingerprint(function, [list(args), kwargs]),
            self._keep_ms,
            self._memories.of(runtime),
        )
        done: list[bool] = []

        async def call() -> str:
            done.append(True)
            return values.encode(await function(*args, **kwargs))

        try:
            text = await idempotency.once_outside(_transact(runtime), claim, call, name)
        except TokenInFlight:
            stats.in_flight += not done
            raise
        stats.repeated += not done
        return cast(T, values.decode(text))

    def stats(self) -> OnceStats:
        """What became of the calls so far."""
        return replace(self._stats.of(current()))


def _transact(runtime: Runtime) -> Callable[[Callable[[Any], Any]], Awaitable[Any]]:
    if runtime.transact is not None:
        return runtime.transact

    async def at_once(run: Callable[[None], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        return run(None)

    return at_once


def idempotent(key: str | Callable[..., str | None], *, keep: str | float = "24h") -> Once:
    """Do what an async function does once for each key, to a success.

    Args:
        key: the name of the argument that is the key, or a function of the arguments; for a key
            that is None nothing is remembered.
        keep: for how long an answer is kept, from the first call on.

    Raises:
        InvalidDeclaration: it is kept for less than 1 ms.
        InvalidValue: the duration is written wrong.
    """
    keep_ms = positive_ms(keep, "idempotent")

    def key_of(function: Callable[..., Any], args: Any, kwargs: Any) -> str | None:  # noqa: ANN401
        if not isinstance(key, str):
            return key(*args, **kwargs)
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        found = bound.arguments[key]
        return None if found is None else str(found)

    return Once(key_of, keep_ms)
