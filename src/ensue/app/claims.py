"""What tells a repeated request: the caller's key, and the nonce of a signature.

    (nothing) ──begin──▶ held ──end: a success──▶ kept ──its time is over──▶ (nothing)
                          └──end: anything else, or free──▶ (nothing)

Under a key the same request is done once and answered alike. A signed request whose copies are
refused is taken once: a copy is an error, unless it repeats the key too and is answered by that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from ensue.app.signed import Nonce
from ensue.engine import idempotency
from ensue.engine.transaction import Transaction
from ensue.words.errors import Replayed

IDEMPOTENCY_KEEP_MS = 86_400_000


class Sealed(msgspec.Struct, frozen=True):
    """An answer as it will be sent.

    Attributes:
        status: the HTTP status.
        body: its bytes; empty for none.
        headers: further headers.
    """

    status: int
    body: bytes
    headers: list[tuple[str, str]] = []

    @property
    def is_success(self) -> bool:
        """Whether it says that what was asked was done."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Once:
    """What tells a repeated request.

    Attributes:
        scope: the route and the caller.
        key: the caller's name for what it wants done once.
        fingerprint: the same text for the same request.
    """

    scope: str
    key: str
    fingerprint: str

    @property
    def call_key(self) -> str:
        """The key of what is called outside on its behalf: of no other caller, and no secret."""
        return hashlib.sha256(f"{self.scope}\0{self.key}".encode()).hexdigest()[:32]


class Called(msgspec.Struct, frozen=True):
    """What a call came to.

    Attributes:
        sealed: the answer.
        request_id: the id under which all that it caused can be found; None when it wrote nothing.
        replayed: whether it is the answer of an earlier call.
    """

    sealed: Sealed
    request_id: str | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Claim:
    """What one request claims: its key, its nonce, or both.

    Attributes:
        once: its key.
        nonce: the nonce of its signature.
    """

    once: Once | None = None
    nonce: Nonce | None = None

    @classmethod
    def of(cls, once: Once | None, nonce: Nonce | None = None) -> Claim | None:
        """The claim of a request; None when it makes none."""
        return None if once is None and nonce is None else cls(once, nonce)

    def begin(self, tx: Transaction) -> Called | None:
        """The answer that is kept under the key; None for a new request, held from now on.

        Raises:
            TokenReused: the key stands for another request.
            TokenInFlight: the same is being done at this moment.
            Replayed: the request is a copy of one that was taken.
        """
        if self.once is not None:
            once = self.once
            kept = idempotency.begin(
                tx, once.scope, once.key, once.fingerprint, hold_ms=IDEMPOTENCY_KEEP_MS
            )
            if kept is not None:
                found = msgspec.json.decode(kept, type=Called)
                return msgspec.structs.replace(found, replayed=True)
        if self.nonce is not None and _begin(tx, self.nonce) is not None:
            raise Replayed(
                "expected a new request, got a copy of one that was taken",
                at="headers",
                hint="Sign each request anew.",
            )
        return None

    def end(self, tx: Transaction, called: Called) -> None:
        """Keep a success; let anything else be sent again."""
        if not called.sealed.is_success:
            self.free(tx)
            return
        if self.once is not None:
            kept = msgspec.json.encode(called).decode()
            idempotency.finish(tx, self.once.scope, self.once.key, kept)
        if self.nonce is not None:
            keep_ms = _left_ms(tx, self.nonce)
            idempotency.finish(tx, self.nonce.scope, self.nonce.text, "", keep_ms=keep_ms)

    def free(self, tx: Transaction) -> None:
        """Let go of what is held: it may be sent again."""
        if self.once is not None:
            idempotency.free(tx, self.once.scope, self.once.key)
        if self.nonce is not None:
            idempotency.free(tx, self.nonce.scope, self.nonce.text)


def _begin(tx: Transaction, nonce: Nonce) -> str | None:
    return idempotency.begin(tx, nonce.scope, nonce.text, "", hold_ms=_left_ms(tx, nonce))


def _left_ms(tx: Transaction, nonce: Nonce) -> int:
    """For how long a copy would still pass for new."""
    return max(1, nonce.until_ms - tx.now_ms)
