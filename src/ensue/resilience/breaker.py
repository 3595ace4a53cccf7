"""A circuit breaker: what fails too often is not called for a while, and then tried carefully.

    closed ──too many of the last calls failed──▶ open ──its time is over──▶ half-open
      ▲                                            ▲                          │    │
      │                                            └────── a probe failed ────┘    │
      └───────────────────────── all probes succeeded ─────────────────────────────┘

Half-open it lets exactly so many probes through. A call that was let through in one state and ends
in a later one counts for nothing: it tells how things were.

Source: M. Nygard, "Release It!", 2nd edition, chapter 5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, ParamSpec, TypeVar

from ensue.engine.clock import Clock
from ensue.engine.runtime import PerRuntime, current
from ensue.resilience.faults import Errors, is_one_of, is_refusal, is_transient
from ensue.resilience.strategy import Strategy
from ensue.resilience.waits import positive_ms
from ensue.words.errors import CircuitOpen, InvalidDeclaration

P = ParamSpec("P")
T = TypeVar("T")

SLOTS_MAX = 10
PROBES_MAX = 1_000
MIN_CALLS_MAX = 1_000_000

BreakerState = Literal["closed", "open", "half-open"]


@dataclass(frozen=True)
class BreakerStats:
    """How a breaker stands.

    Attributes:
        state: ``closed``, ``open`` or ``half-open``.
        calls: how many calls of the window have ended; 0 unless closed.
        failures: how many of these failed.
        opened: how often it has opened.
        refused: how many calls it has refused.
        retry_after_ms: after how long it lets probes through; 0 unless open.
    """

    state: BreakerState
    calls: int
    failures: int
    opened: int
    refused: int
    retry_after_ms: int


@dataclass(frozen=True)
class _Rules:
    """When a breaker opens, and closes again."""

    failure_rate: float
    min_calls: int
    window_ms: int
    open_ms: int
    probes: int


@dataclass
class _Slot:
    """What ended in a part of the window."""

    from_ms: int
    calls: int = 0
    failures: int = 0


class _Circuit:
    """The state machine of one breaker in one runtime."""

    def __init__(self, rules: _Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._state: BreakerState = "closed"
        self._era = 0  # counts its states: what ends in another era than it began in is stale
        self._slots: deque[_Slot] = deque()
        self._until_ms = 0
        self._probing = 0
        self._passed = 0
        self._opened = 0
        self._refused = 0

    def state(self) -> BreakerState:
        if self._state == "open" and self._clock.now_ms() >= self._until_ms:
            self._enter("half-open")
        return self._state

    def admit(self) -> int:
        """The era in which a call begins.

        Raises:
            CircuitOpen: it may not begin.
        """
        state = self.state()
        if state == "half-open" and self._probing + self._passed < self._rules.probes:
            self._probing += 1
        elif state != "closed":
            self._refused += 1
            wait_ms = max(0, self._until_ms - self._clock.now_ms())
            raise CircuitOpen(
                "the circuit is open: what is called failed too often",
                hint="Nothing was sent: try again later.",
                retry_after_ms=wait_ms or None,
            )
        return self._era

    def note(self, era: int, *, failed: bool | None) -> None:
        """Count how a call ended; None for one that tells nothing."""
        if era != self._era:
            return
        if self._state == "half-open":
            self._note_probe(failed)
        elif failed is not None:
            self._note_call(failed)

    def _note_probe(self, failed: bool | None) -> None:  # noqa: FBT001 - None is a third answer
        self._probing -= 1
        if failed:
            self._open()
        elif failed is False:
            self._passed += 1
            if self._passed >= self._rules.probes:
                self._enter("closed")

    def _note_call(self, failed: bool) -> None:  # noqa: FBT001 - as above
        now_ms = self._clock.now_ms()
        slot = self._slot(now_ms)
        slot.calls += 1
        if failed:
            slot.failures += 1
            calls, failures = self._ended()
            wanted = self._rules
            if calls >= wanted.min_calls and failures >= wanted.failure_rate * calls:
                self._open()

    def _slot(self, now_ms: int) -> _Slot:
        self._forget(now_ms)
        length_ms = max(1, self._rules.window_ms // SLOTS_MAX)
        if not self._slots or now_ms >= self._slots[-1].from_ms + length_ms:
            self._slots.append(_Slot(now_ms))
        return self._slots[-1]

    def _forget(self, now_ms: int) -> None:
        while self._slots and self._slots[0].from_ms <= now_ms - self._rules.window_ms:
            self._slots.popleft()

    def _ended(self) -> tuple[int, int]:
        calls = sum(slot.calls for slot in self._slots)
        return calls, sum(slot.failures for slot in self._slots)

    def _open(self) -> None:
        self._until_ms = self._clock.now_ms() + self._rules.open_ms
        self._opened += 1
        self._enter("open")

    def _enter(self, state: BreakerState) -> None:
        self._state = state
        self._era += 1
        self._slots.clear()
        self._probing = self._passed = 0

    def stats(self) -> BreakerStats:
        state, now_ms = self.state(), self._clock.now_ms()
        self._forget(now_ms)
        calls, failures = self._ended()
        left_ms = max(0, self._until_ms - now_ms) if state == "open" else 0
        return BreakerStats(state, calls, failures, self._opened, self._refused, left_ms)


class Breaker(Strategy):
    """A circuit breaker; for each thing that is called, one.

    It opens when, of the calls that ended in the last ``window``, ``min_calls`` or more, a share of
    ``failure_rate`` or more has failed. A call that is cancelled by its caller, or refused by
    another strategy within, counts for nothing; as a probe it gives its place back. Every other
    error than ``errors`` is an answer: what is called is there.

    Args:
        failure_rate: which share of failures opens it, above 0 and up to 1.
        min_calls: with fewer calls in the window it does not open.
        window: how far back it looks, such as ``"10s"``, or seconds.
        open_for: how long it refuses calls.
        probes: how many calls it lets through then; all must succeed for it to close.
        errors: which errors are failures: a function of one, a class, or several; see
            `is_transient`.

    Raises:
        InvalidDeclaration: a number is out of range.
        InvalidValue: a duration is written wrong.
    """

    def __init__(
        self,
        *,
        failure_rate: float = 0.5,
        min_calls: int = 10,
        window: str | float = "10s",
        open_for: str | float = "30s",
        probes: int = 1,
        errors: Errors = is_transient,
    ) -> None:
        at = type(self).__name__
        if not 0 < failure_rate <= 1:
            raise InvalidDeclaration(
                f"expected a failure_rate above 0 and up to 1, got {failure_rate}", at=at
            )
        if not 1 <= min_calls <= MIN_CALLS_MAX or not 1 <= probes <= PROBES_MAX:
            raise InvalidDeclaration(
                f"expected min_calls from 1 to {MIN_CALLS_MAX} and probes from 1 to {PROBES_MAX},"
                f" got {min_calls} and {probes}",
                at=at,
            )
        rules = _Rules(
            failure_rate, min_calls, positive_ms(window, at), positive_ms(open_for, at), probes
        )
        self._is_failure = is_one_of(errors, at)
        self._circuits: PerRuntime[_Circuit] = PerRuntime(
            lambda runtime: _Circuit(rules, runtime.clock)
        )

    @property
    def state(self) -> BreakerState:
        """``closed``, ``open`` or ``half-open``."""
        return self._circuits.of(current()).state()

    async def run(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a function answers, if it may be called.

        Args:
            function: what is called.
            args: its arguments.
            kwargs: those by name.

        Raises:
            CircuitOpen: it may not; nothing was called.
            Exception: whatever the function raises.
        """
        circuit = self._circuits.of(current())
        era = circuit.admit()
        failed: bool | None = None
        try:
            answer = await function(*args, **kwargs)
            failed = False
        except Exception as fault:
            failed = None if is_refusal(fault) else self._is_failure(fault)
            raise
        finally:
            circuit.note(era, failed=failed)
        return answer

    def stats(self) -> BreakerStats:
        """How it stands."""
        return self._circuits.of(current()).stats()
