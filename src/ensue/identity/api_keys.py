"""API keys: a text that whoever calls shows in a header, kept here only as its SHA-256.

    X-API-Key: mf_6f1e...  ──▶ SHA-256 ──▶ the row under it ──▶ Proof(claims=the row)

A key is random and long, so its digest can be kept as it is: there is nothing to guess, and what
is stolen from the store opens nothing. How long a look-up takes says something of digests at most.
It is looked up anew for each request, on what is committed: a key is revoked at once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ensue.engine.secrets import Secret
from ensue.identity.model import Headers, Proof, header, matching, refused, secrets_of
from ensue.words.errors import InvalidDeclaration, NotVerified
from ensue.words.values import Json

HASH, REVOKED, EXPIRES = "hash", "revoked_ms", "expires_ms"

_CHALLENGE = "ApiKey"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class KeyTable(Protocol):
    """What keys are looked up in, by their digests; a `Table` is one."""

    def look(self, key: object, /) -> Mapping[str, Any] | None:
        """The row of a digest, as it is committed now; None for none."""


class ApiKeys:
    """Requests that show a key in a header.

    ```python
    keys = app.table("keys", key="hash")


    @app.get("/usage", verify=ApiKeys(keys))
    def usage(signed: SignedRequest, tx: ReadTx) -> Usage:
        customer = signed.claims["customer"]
    ```

    A key is made with ``key = tx.new_key("mf_")`` and kept with ``tx.put(keys, {"hash":
    ApiKeys.hash(key), "customer": "acme"})``. It is good until its row is gone, or has a
    ``revoked_ms``, or an ``expires_ms`` that has come. `Proof.claims` is the row.

    Args:
        keys: a table whose key attribute is ``hash``; or the places of keys that are fixed, several
            while one takes the place of another. Those claim nothing.
        header: which header has the key.
        scheme: what it is called, in logs and descriptions.

    Raises:
        InvalidDeclaration: the header has no such name, or there are no keys.
    """

    refuses_replays = False

    def __init__(
        self,
        keys: KeyTable | Secret | Sequence[Secret],
        *,
        header: str = "X-API-Key",
        scheme: str = "api-key",
    ) -> None:
        if not _HEADER.fullmatch(header):
            raise InvalidDeclaration(f"expected the name of a header, got {header!r}", at="ApiKeys")
        self.scheme = scheme
        self._header = header
        self._table: KeyTable | None = None
        self._fixed: tuple[Secret, ...] = ()
        if isinstance(keys, Secret | Sequence):
            self._fixed = secrets_of(keys, "ApiKeys")
        else:
            self._table = keys

    def __repr__(self) -> str:
        return f"ApiKeys(header={self._header!r})"

    @staticmethod
    def hash(key: str) -> str:
        """What is kept of a key: the hexadecimal digits of its SHA-256."""
        return hashlib.sha256(key.encode()).hexdigest()

    def check(self) -> None:
        """Check that the fixed keys are there.

        Raises:
            MissingSecret: one is not.
        """
        for each in self._fixed:
            each.read()

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Raises:
            NotVerified: it shows no key, or one that is unknown, revoked or expired.
        """
        del body
        try:
            key = header(headers, self._header)
        except NotVerified as fault:
            raise refused(fault.reason, challenge=_CHALLENGE, missing=fault.missing) from None
        digest = self.hash(key)
        if self._table is not None:
            return Proof(self.scheme, claims=_good(self._table.look(digest), digest, now_ms))
        fixed = (self.hash(each.read()).encode() for each in self._fixed)
        if matching(fixed, [digest.encode()]) is None:
            raise refused("the key is unknown", challenge=_CHALLENGE)
        return Proof(self.scheme)

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        return {self.scheme: {"type": "apiKey", "in": "header", "name": self._header}}


def _good(row: Mapping[str, Any] | None, digest: str, now_ms: int) -> Mapping[str, Any]:
    """The row of a key that is good now.

    Raises:
        NotVerified: it is not.
    """
    if row is None or not hmac.compare_digest(str(row[HASH]), digest):
        raise refused("the key is unknown", challenge=_CHALLENGE)
    if row.get(REVOKED) is not None:
        raise refused("the key was revoked", challenge=_CHALLENGE)
    expires_ms = row.get(EXPIRES)
    if expires_ms is not None and now_ms >= expires_ms:
        raise refused("the key has expired", challenge=_CHALLENGE)
    return row
