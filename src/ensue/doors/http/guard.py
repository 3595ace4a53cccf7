"""Who may call: those with the key, or a token of the issuer that is trusted; where neither is
asked for, only this machine, and no other site's pages.

A server on a loopback address is still reached by every page that the user's browser shows. Two
things keep such pages out: the Host header must name this machine (a page that points a name of its
own at 127.0.0.1, DNS rebinding, sends that name), and a write must not come from another origin.
"""

from __future__ import annotations

import hmac
import re

from starlette.types import Scope

from ensue.doors.http.statuses import CrossSite, status_of
from ensue.doors.http.tokens import SAFE, Role, Tokens
from ensue.doors.http.wire import Headers
from ensue.words.errors import EnsueError, Forbidden, NotPermitted

HOSTS_REMEMBERED_MAX = 100
HEALTH = "/_ensue/health"

_LOOPBACK_HOST = re.compile(
    r"(localhost\.?|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII
)


class Guard:
    """Checks each request before anything is done for it.

    Args:
        key: what a request must show; None when none is needed.
        loopback: whether only this machine can connect.
        tokens: what checks tokens, which will do as well as the key; None for nothing.

    Raises:
        NotPermitted: others can connect and there is neither key nor issuer, or the key is empty.
    """

    def __init__(self, key: str | None, *, loopback: bool, tokens: Tokens | None = None) -> None:
        if key is not None and not key.strip():
            raise NotPermitted(
                "expected a key, got nothing but white space",
                hint="Give one with --key or ENSUE_KEY, or leave it out on 127.0.0.1.",
            )
        if key is None and tokens is None and not loopback:
            raise NotPermitted(
                "expected a key for an address that other machines can reach",
                hint="Give one with --key or ENSUE_KEY, or bind 127.0.0.1.",
            )
        # As headers are: without white space around it.
        self._key = None if key is None else key.encode().strip()
        self._tokens = tokens
        self._asks = key is not None or tokens is not None
        self._good_hosts: set[bytes] = set()

    def check(self, scope: Scope, headers: Headers, *, shared: bool = False) -> None:
        """Check a request.

        Args:
            scope: the request.
            headers: its headers.
            shared: whether what it asks for is also for pages of the site that it comes from.

        Raises:
            NotPermitted: it shows no key, or a wrong one.
            CrossSite: it comes from another site, or uses a foreign name of this machine.
        """
        if self._asks:
            self._check_key(scope, headers)
            return
        self.check_name(headers)
        if b"origin" in headers and scope["method"] not in SAFE and not shared:
            _check_origin(headers[b"origin"], headers[b"host"])

    def check_name(self, headers: Headers) -> None:
        """Check that a request uses a name of this machine, where no key tells who may call.

        Raises:
            CrossSite: it uses a foreign one.
        """
        host = headers.get(b"host", b"")
        if not self._asks and host not in self._good_hosts:
            self._check_host(host)

    async def weigh(
        self, scope: Scope, headers: Headers, denied: NotPermitted
    ) -> NotPermitted | None:
        """Look at the token of a request that was denied without one.

        Args:
            scope: the request.
            headers: its headers.
            denied: why it was.

        Returns:
            Why it is denied; None when its token admits it.

        Raises:
            Unreachable: the issuer's keys could not be fetched.
        """
        if self._tokens is None:
            return denied
        try:
            return None if await self._tokens.admit(scope, headers) else denied
        except Forbidden as refusal:
            return refusal

    @property
    def asks(self) -> bool:
        """Whether requests have to show a key or a token."""
        return self._asks

    async def role_of(self, credential: str) -> Role | None:
        """What somebody may who shows this: everything with the key, as its role says with a token.

        Raises:
            Unreachable: the issuer's keys could not be fetched.
        """
        given = credential.encode("latin-1", "replace")
        if self._key is not None and hmac.compare_digest(given, self._key):
            return "operator"
        return None if self._tokens is None else await self._tokens.role_of(f"Bearer {credential}")

    @staticmethod
    def status_of(error: EnsueError) -> int:
        """The HTTP status of an error."""
        return status_of(error)

    def _check_key(self, scope: Scope, headers: Headers) -> None:
        given = headers.get(b"x-api-key")
        if given is None:
            scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
            given = token.strip() if scheme.lower() == b"bearer" else None
        key = self._key
        if key is not None and given is not None and hmac.compare_digest(given, key):
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path == HEALTH and scope["method"] in SAFE:
            return
        got = "none" if given is None else "another"
        if self._tokens is None:
            raise NotPermitted(
                f"expected the key, got {got}",
                at="headers.authorization",
                hint="Send `Authorization: Bearer KEY`; the key is that of --key or ENSUE_KEY.",
            )
        raise NotPermitted(
            f"expected a token{' or the key' * (key is not None)}, got {got}",
            at="headers.authorization",
            hint="Send `Authorization: Bearer TOKEN`; its issuer is that of --issuer.",
        )

    def _check_host(self, host: bytes) -> None:
        text = host.decode("latin-1")
        if not _LOOPBACK_HOST.fullmatch(text):
            raise CrossSite(
                f"expected a Host that names this machine, such as localhost, got {text[:100]!r}",
                at="headers.host",
                hint="To serve under other names, set a key with --key or ENSUE_KEY.",
            )
        if len(self._good_hosts) < HOSTS_REMEMBERED_MAX:
            self._good_hosts.add(host)


def _check_origin(origin: bytes, host: bytes) -> None:
    _, _, authority = origin.partition(b"://")
    if authority.lower() != host.lower():
        raise foreign(origin)


def foreign(origin: bytes) -> CrossSite:
    """What to say to a page of a site that may not call."""
    return CrossSite(
        f"expected a request of this site, got one of {origin.decode('latin-1')[:100]!r}",
        at="headers.origin",
        hint="The app says which sites' pages may call a route: app.cors(), or its option cors=.",
    )
