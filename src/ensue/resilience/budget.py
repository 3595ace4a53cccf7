"""A budget of retries: who depends on something that is down does not make it worse.

    success ──▶ + ratio, up to the reserve
    retry   ──▶ - 1; none left: the failure stands

However many calls there are, there are never more retries than the reserve and ``ratio`` of the
successes. So what is down altogether gets no retries but the reserve, and what fails in part no
more than that share on top.

Source: AWS Builders' Library, "Timeouts, retries, and backoff with jitter" (token bucket); Finagle.
"""

from __future__ import annotations

from dataclasses import dataclass

from ensue.engine.runtime import PerRuntime, current
from ensue.words.errors import InvalidDeclaration

WHOLE = 1_000_000  # a token in its smallest parts, so that sums of shares are exact
RESERVE_MAX = 1_000_000


@dataclass(frozen=True)
class RetryBudgetStats:
    """How a budget stands.

    Attributes:
        tokens: how many retries there may be now.
        spent: how many there were.
        refused: how many were wanted when there was none.
    """

    tokens: float
    spent: int
    refused: int


@dataclass
class _Purse:
    """What a budget holds."""

    parts: int
    spent: int = 0
    refused: int = 0


class RetryBudget:
    """How many retries all that share it may make; for each thing that is called, one budget.

    Args:
        ratio: how much of a retry each success adds, such as 0.1 for a tenth.
        reserve: how many retries it holds at first and at most.

    Raises:
        InvalidDeclaration: a number is out of range.
    """

    def __init__(self, ratio: float = 0.1, reserve: int = 10) -> None:
        if not 0 <= ratio <= 1:
            raise InvalidDeclaration(f"expected a ratio from 0 to 1, got {ratio}", at="RetryBudget")
        if not 0 <= reserve <= RESERVE_MAX:
            raise InvalidDeclaration(
                f"expected a reserve from 0 to {RESERVE_MAX}, got {reserve}", at="RetryBudget"
            )
        self._share = round(ratio * WHOLE)
        self._most = reserve * WHOLE
        self._purses = PerRuntime(lambda _: _Purse(self._most))

    def add(self) -> None:
        """Count a success."""
        purse = self._purses.of(current())
        purse.parts = min(self._most, purse.parts + self._share)

    def take(self) -> bool:
        """Take a retry; returns whether there was one left."""
        purse = self._purses.of(current())
        if purse.parts < WHOLE:
            purse.refused += 1
            return False
        purse.parts -= WHOLE
        purse.spent += 1
        return True

    def stats(self) -> RetryBudgetStats:
        """How it stands."""
        purse = self._purses.of(current())
        return RetryBudgetStats(purse.parts / WHOLE, purse.spent, purse.refused)
