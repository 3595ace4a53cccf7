"""Which failures time may mend, and how long those who answered so ask to wait.

| | tried again |
|---|---|
| `Unreachable`, `TimedOut`; `LimitExceeded`, `RateExceeded` of what is called | yes |
| `TooLarge`, `Rejected`, every other `EnsueError` | no |
| `Overloaded`, `CircuitOpen`: a refusal of our own | no |
| httpx: no connection, no answer, a connection that broke | yes |
| httpx: an answer with 408, 425, 429, 500 and above, or 409 with `Retry-After` | yes |
| httpx: every other answer; a URL or request that cannot be sent | no |
| `ConnectionError`, `TimeoutError` | yes |
| every other exception | no |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import httpx

from ensue.resilience.answers import Meaning, meaning_of, retry_after_ms
from ensue.words.errors import (
    CircuitOpen,
    InvalidDeclaration,
    LimitExceeded,
    Overloaded,
    TooLarge,
    Unreachable,
)

Errors: TypeAlias = "Callable[[Exception], bool] | type[Exception] | Sequence[type[Exception]]"
"""Which errors: a function of one, a class, or several."""

_NEVER = (TooLarge, Overloaded, CircuitOpen, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_OURS = (Unreachable, LimitExceeded)
_BROKEN = (httpx.TransportError, ConnectionError, TimeoutError)


def is_transient(fault: Exception) -> bool:
    """Whether time may mend a failure: what failed may be tried again; see the table above."""
    if isinstance(fault, httpx.HTTPStatusError):
        says_when = "retry-after" in fault.response.headers
        return meaning_of(fault.response.status_code, says_when=says_when) is Meaning.LATER
    return isinstance(fault, (*_OURS, *_BROKEN)) and not isinstance(fault, _NEVER)


def is_refusal(fault: BaseException) -> bool:
    """Whether we refused it ourselves: it tells nothing of what would have been called."""
    return isinstance(fault, Overloaded | CircuitOpen)


def asked_ms(fault: Exception, now_ms: int) -> int:
    """How long whoever answered asks to wait, by ``Retry-After`` or in our words; 0 for no time.

    Args:
        fault: what was raised.
        now_ms: what time it is.
    """
    if isinstance(fault, httpx.HTTPStatusError):
        return retry_after_ms(fault.response.headers.get("retry-after"), now_ms)
    if isinstance(fault, _OURS):
        return fault.retry_after_ms or 0
    return 0


def is_one_of(errors: Errors, at: str) -> Callable[[Exception], bool]:
    """Whether an error is one of these.

    Raises:
        InvalidDeclaration: they are no errors.
    """
    if isinstance(errors, type | Sequence):
        given: tuple[object, ...] = (errors,) if isinstance(errors, type) else tuple(errors)
        kinds = tuple(
            each for each in given if isinstance(each, type) and issubclass(each, Exception)
        )
        if kinds and len(kinds) == len(given):
            return lambda fault: isinstance(fault, kinds)
    elif callable(errors):
        return errors
    raise InvalidDeclaration(
        f"expected classes of errors, or a function of one, got {errors!r}", at=at
    )
