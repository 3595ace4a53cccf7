"""Idempotency: the answer that was given under a token, kept so that a repetition gets it again.

    (nothing) ──begin──▶ held ──finish──▶ kept ──its time is over──▶ (nothing)
                          └──free, or its time is over──▶ (nothing)

A token is of a *scope*, such as the app and the door it came through, and stands for one
*fingerprint*: what was asked. Where all is done in one transaction, ``begin``, the work and
``finish`` go into that one: who fails has freed the token, and nobody ever sees it held. Where the
work goes on outside, ``begin`` commits first, and a failure is told by ``free``. Only successes are
kept.

A token that a process held when it died is free at the next start: what it did outside may be done
again. What it did in the store is done with ``finish`` in one commit, or not at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar, cast

from ensue.engine.transaction import Transaction
from ensue.words import values
from ensue.words.errors import Conflict, EnsueError, InvalidValue, TokenInFlight, TokenReused

T = TypeVar("T")

TOKEN_LENGTH_MAX = 255
RUN_KEEP_MS = 86_400_000

log = logging.getLogger("ensue.engine")


class Claiming(Protocol[T]):
    """What is claimed by one who wants something done once."""

    def begin(self, tx: Any, /) -> T | None:  # noqa: ANN401 - a transaction, or nothing in memory
        """The answer that is kept; None for what is new, which is held from now on."""

    def end(self, tx: Any, answer: T, /) -> None:  # noqa: ANN401 - as above
        """Keep the answer, if it is one to keep; else let go."""

    def free(self, tx: Any, /) -> None:  # noqa: ANN401 - as above
        """Let go of what is held."""


async def once_outside(
    transact: Callable[[Callable[[Any], Any]], Awaitable[Any]],
    claim: Claiming[T],
    run: Callable[[], Awaitable[T]],
    who: str,
) -> T:
    """The answer of something that is done outside of transactions, at most once to a success.

    The claim is durable before, and the answer after. Who fails, or is cancelled, lets go.

    Args:
        transact: runs a function in a transaction.
        claim: what is claimed.
        run: does it.
        who: for the log.

    Raises:
        TokenReused: the token stands for another fingerprint.
        TokenInFlight: the same is being done at this moment.
        Exception: whatever ``run`` raises.
    """
    claimed: list[bool] = []

    def begin_it(tx: Any) -> T | None:  # noqa: ANN401 - as above
        kept = claim.begin(tx)
        claimed.extend([True] * (kept is None))
        return kept

    def free_it(tx: Any) -> None:  # noqa: ANN401 - as above
        if claimed:
            claim.free(tx)

    try:
        kept: T | None = await transact(begin_it)
        if kept is not None:
            return kept
        answer = await run()
    except BaseException as fault:
        # A claim goes on although who waits for it is cancelled; this comes after it.
        if claimed or isinstance(fault, asyncio.CancelledError):
            # A store that has closed meanwhile frees it when it is opened again.
            with suppress(EnsueError):
                await transact(free_it)
        raise
    try:
        await transact(lambda tx: claim.end(tx, answer))
    except EnsueError:
        # It has been done: whoever asked is told so, whatever becomes of repetitions.
        log.exception("%s: what tells repetitions of it could not be kept", who)
    return answer


def begin(tx: Transaction, scope: str, token: str, fingerprint: str, *, hold_ms: int) -> str | None:
    """The answer that is kept under a token, or None for a new token, which is held from now on.

    Args:
        tx: where to look.
        scope: whose token it is; tokens of two scopes are two tokens.
        token: the caller's name for what it wants done once, 1 to 255 characters.
        fingerprint: what it wants done; the same text for the same thing.
        hold_ms: after this time it is free again, if neither `finish` nor `free` is called.

    Raises:
        InvalidValue: the token is empty or too long.
        TokenReused: the token stands for another fingerprint.
        TokenInFlight: the same is being done at this moment.
    """
    if not 1 <= len(token) <= TOKEN_LENGTH_MAX:
        raise InvalidValue(
            f"expected a token of 1 to {TOKEN_LENGTH_MAX} characters, got {len(token)}"
        )
    found = tx.row(
        "SELECT fingerprint, answer FROM ensue_tokens"
        " WHERE scope = ? AND token = ? AND until_ms > ?",
        (scope, token, tx.now_ms),
    )
    if found is None:
        tx.execute(
            "INSERT INTO ensue_tokens (scope, token, fingerprint, until_ms) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (scope, token) DO UPDATE SET fingerprint = excluded.fingerprint,"
            " answer = NULL, until_ms = excluded.until_ms",
            (scope, token, fingerprint, tx.now_ms + hold_ms),
        )
        return None
    if found[0] != fingerprint:
        raise TokenReused(
            "expected a new token for another request, got one that stands for an earlier one",
            at=token,
            hint="Make a token for each thing to do, and keep it for the retries of that.",
        )
    if found[1] is None:
        raise TokenInFlight(
            "the request with this token is still being done",
            at=token,
            hint="Try again later, with the same token.",
        )
    return str(found[1])


def once(tx: Transaction, scope: str, token: str, fingerprint: str, run: Callable[[], T]) -> T:
    """The answer of a function that is run once under a token, within one transaction.

    The answer is kept for a day, and comes as the value that it is kept as.

    Raises:
        InvalidValue: the answer is no value, or the token is empty or too long.
        TokenReused: the token stands for another fingerprint.
        Exception: whatever ``run`` raises.
    """
    text = begin(tx, scope, token, fingerprint, hold_ms=RUN_KEEP_MS)
    if text is None:
        text = values.encode(run())
        finish(tx, scope, token, text, keep_ms=RUN_KEEP_MS)
    return cast(T, values.decode(text))


def fingerprint(function: Callable[..., object], arguments: Sequence[object]) -> str:
    """What stands for a function and its arguments: the same for the same.

    Raises:
        InvalidValue: an argument is no value; says which.
    """
    name = getattr(function, "__qualname__", type(function).__qualname__)
    module = getattr(function, "__module__", "")
    asked = values.encode([f"{module}.{name}", *arguments])
    return hashlib.sha256(asked.encode()).hexdigest()


def finish(
    tx: Transaction, scope: str, token: str, answer: str, *, keep_ms: int | None = None
) -> None:
    """Keep the answer of a token that is held: for ``keep_ms`` from now, or as long as it is held.

    Raises:
        Conflict: the token is not held any more: its time was over, and it may be another's.
    """
    tx.execute(
        "UPDATE ensue_tokens SET answer = ?, until_ms = coalesce(?, until_ms)"
        " WHERE scope = ? AND token = ? AND answer IS NULL",
        (answer, None if keep_ms is None else tx.now_ms + keep_ms, scope, token),
    )
    if not tx.changed():
        raise Conflict("expected a token that is held, got one that is not", at=token)


def free(tx: Transaction, scope: str, token: str) -> None:
    """Let go of a token that is held: what was to be done has failed and may be tried again."""
    tx.execute(
        "DELETE FROM ensue_tokens WHERE scope = ? AND token = ? AND answer IS NULL",
        (scope, token),
    )


def free_all(tx: Transaction) -> None:
    """Let go of all that are held: for the start of the only process that holds any."""
    tx.execute("DELETE FROM ensue_tokens WHERE answer IS NULL")


def forget(tx: Transaction, limit: int) -> int:
    """Forget at most ``limit`` tokens whose time is over; returns how many."""
    tx.execute(
        "DELETE FROM ensue_tokens WHERE (scope, token) IN"
        " (SELECT scope, token FROM ensue_tokens WHERE until_ms <= ? ORDER BY until_ms LIMIT ?)",
        (tx.now_ms, limit),
    )
    return tx.changed()
