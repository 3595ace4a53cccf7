"""What the status of an answer means: taken, to be tried again, or refused for good."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from enum import Enum

RETRY_AFTER_MS_MAX = 3_600_000
RETRIED = frozenset({408, 425, 429})
CONFLICT = 409


class Meaning(Enum):
    """What an answer means for what was sent."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


def meaning_of(status: int, *, says_when: bool) -> Meaning:
    """What a status means.

    A conflict that says when to come back is the same request, still being done: that is how
    servers answer an idempotency key that is in flight (draft-ietf-httpapi-idempotency-key-header).

    Args:
        status: of the answer.
        says_when: whether it has a Retry-After.
    """
    if 200 <= status < 300:
        return Meaning.TAKEN
    if status >= 500 or status in RETRIED or (status == CONFLICT and says_when):
        return Meaning.LATER
    return Meaning.NEVER


def retry_after_ms(given: str | None, now_ms: int) -> int:
    """How long a Retry-After asks to wait (RFC 9110 section 10.2.3), an hour at most; 0 for none.

    Args:
        given: the header: seconds, or a date.
        now_ms: the time.
    """
    if given is None:
        return 0
    text = given.strip()
    if text.isascii() and text.isdigit():
        wait_ms = int(text[:12]) * 1_000
    else:
        try:
            wait_ms = round(parsedate_to_datetime(text).timestamp() * 1_000) - now_ms
        except (ValueError, OverflowError):
            return 0
    return max(0, min(wait_ms, RETRY_AFTER_MS_MAX))
