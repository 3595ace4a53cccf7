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
from ensue.identity.model import Headers, Proof, header, matching, secrets_of
from ensue.words.errors import InvalidDeclaration, NotVerified
from ensue.words.values import Json

HASH, REVOKED, EXPIRES = "hash", "revoked_ms", "expires_ms"

_CHALLENGE = "ApiKey"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


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
        cookie: which cookie may have it instead, for pages in a browser. Browsers send cookies with
            requests of other sites too: only for routes that change nothing.
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
        cookie: str | None = None,
        scheme: str = "api-key",
    ) -> None:
        for name in (header, cookie):
            if name is not None and not _TOKEN.fullmatch(name):
                raise InvalidDeclaration(
                    f"expected the name of a header or cookie, got {name!r}", at="ApiKeys"
                )
        self.scheme = scheme
        self._header = header
        self._cookie = cookie
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
        digest = self.hash(self._shown(headers))
        if self._table is not None:
            return Proof(self.scheme, claims=self._good(self._table.look(digest), digest, now_ms))
        fixed = (self.hash(each.read()).encode() for each in self._fixed)
        if matching(fixed, [digest.encode()]) is None:
            raise self._refused("the key is unknown")
        return Proof(self.scheme)

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        by_header: dict[str, Json] = {"type": "apiKey", "in": "header", "name": self._header}
        if self._cookie is None:
            return {self.scheme: by_header}
        by_cookie: dict[str, Json] = {"type": "apiKey", "in": "cookie", "name": self._cookie}
        return {self.scheme: by_header, f"{self.scheme}-cookie": by_cookie}

    def _shown(self, headers: Headers) -> str:
        """The key that a request shows.

        Raises:
            NotVerified: it shows none.
        """
        if self._cookie is not None and self._header.lower() not in headers:
            for each in headers.get("cookie", "").split(";"):
                name, _, value = each.strip().partition("=")
                if name == self._cookie and value:
                    return value
        try:
            return header(headers, self._header)
        except NotVerified as fault:
            raise self._refused(fault.reason, missing=fault.missing) from None

    def _good(self, row: Mapping[str, Any] | None, digest: str, now_ms: int) -> Mapping[str, Any]:
        """The row of a key that is good now.

        Raises:
            NotVerified: it is not.
        """
        if row is None or not hmac.compare_digest(str(row[HASH]), digest):
            raise self._refused("the key is unknown")
        if row.get(REVOKED) is not None:
            raise self._refused("the key was revoked")
        expires_ms = row.get(EXPIRES)
        if expires_ms is not None and now_ms >= expires_ms:
            raise self._refused("the key has expired")
        return row

    def _refused(self, reason: str, *, missing: bool = False) -> NotVerified:
        told = f"expected a key in the header {self._header}" if missing else "expected a good key"
        at = f"headers.{self._header}"
        return NotVerified(told, at=at, reason=reason, challenge=_CHALLENGE, missing=missing)
