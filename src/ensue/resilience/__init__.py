"""Living with what fails: retries, breakers, bulkheads, time-outs, rate limits, idempotency.

    call ──▶ limit ──▶ bulkhead ──▶ retry ──▶ breaker ──▶ timeout ──▶ what is called

Each is declared once and used as a decorator of an ``async def``, or by hand. The README says what
each does, exactly.
"""

from ensue.resilience.breaker import Breaker, BreakerStats
from ensue.resilience.budget import RetryBudget, RetryBudgetStats
from ensue.resilience.bulkhead import Bulkhead, BulkheadStats
from ensue.resilience.faults import is_transient
from ensue.resilience.limits import (
    Admission,
    Limit,
    LimitStats,
    SlidingWindow,
    TokenBucket,
    exceeded,
)
from ensue.resilience.measured import Measured, MeasuredStats
from ensue.resilience.once import Once, OnceStats, idempotent
from ensue.resilience.retries import Retries, RetryStats, retry
from ensue.resilience.strategy import Strategy
from ensue.resilience.timeouts import Timeouts, TimeoutStats, timeout
from ensue.resilience.waits import now_ms, sleep, uptime_ms

__all__ = [
    "Admission",
    "Breaker",
    "BreakerStats",
    "Bulkhead",
    "BulkheadStats",
    "Limit",
    "LimitStats",
    "Measured",
    "MeasuredStats",
    "Once",
    "OnceStats",
    "Retries",
    "RetryBudget",
    "RetryBudgetStats",
    "RetryStats",
    "SlidingWindow",
    "Strategy",
    "TimeoutStats",
    "Timeouts",
    "TokenBucket",
    "exceeded",
    "idempotent",
    "is_transient",
    "now_ms",
    "retry",
    "sleep",
    "timeout",
    "uptime_ms",
]
