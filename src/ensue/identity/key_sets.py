"""Where the keys of an issuer are: configured here, at an address, or within this very app.

Keys at an address are fetched when they are first needed, and kept:

    fresh ─(max-age passes)─▶ stale: whoever asks first fetches, the others go on with what is there
      ▲                         │
      ├─(answered, or 304)──────┤
      └─(fetched later)── kept ◀┴─(the issuer is down: a day at most)

A key id that is not known is looked for there too, but not more than once in an interval: whoever
makes up ids makes no traffic.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import httpx
import msgspec

from ensue.engine.secrets import Secret
from ensue.identity.algorithms import PublicKey
from ensue.identity.model import Client, needs_jose
from ensue.words.errors import EnsueError, InvalidDeclaration, Unreachable

FETCH_INTERVAL_MS = 10_000
FETCH_TIMEOUT_MS = 5_000
FRESH_MS = 300_000
FRESH_MS_MAX = 86_400_000
STALE_MS_MAX = 86_400_000
KEY_SET_BYTES_MAX = 262_144

Find: TypeAlias = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""An app's own keys: from a key's id to the key, a public JSON Web Key; None for none."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,10})\"?")
_NOT_KEPT = re.compile(r"(?:^|[,\s])no-(?:store|cache)(?:$|[,\s=])")

log = logging.getLogger("ensue.identity")


class Keys(Protocol):
    """The public keys of an issuer, for tokens of some algorithms."""

    def check(self) -> None:
        """Check that keys can be had.

        Raises:
            MissingSecret: they are not where they should be.
            InvalidDeclaration: they are none.
            MissingExtra: ``ensue[jose]`` is not installed.
        """

    async def find(self, kid: str, now_ms: int, client: Client) -> PublicKey | None:
        """The key of an id; None for none.

        Raises:
            Unreachable: the keys are outside, and were never reached.
        """


@dataclass(frozen=True)
class ConfiguredKeys:
    """A key set that is configured; a file is read again when it changes."""

    given: Secret | str
    algorithms: tuple[str, ...]

    def check(self) -> None:
        """Check that they are there; see `Keys.check`."""
        with needs_jose("Bearer"):
            self.get("")

    def get(self, kid: str) -> PublicKey | None:
        """The key of an id; None for none."""
        from ensue.identity.jose import key_set  # noqa: PLC0415 - an extra

        is_place = isinstance(self.given, Secret)
        text = self.given.read() if isinstance(self.given, Secret) else self.given
        return key_set(text, self.algorithms, repr(self.given) if is_place else "keys").get(kid)

    async def find(self, kid: str, now_ms: int, client: Client) -> PublicKey | None:
        """The key of an id; None for none."""
        del now_ms, client
        return self.get(kid)


@dataclass(frozen=True)
class OwnKeys:
    """Keys of the app itself, asked for with each token: one that it takes away is gone at once."""

    ask: Find
    algorithms: tuple[str, ...]

    def check(self) -> None:
        """Check that keys can be read."""
        with needs_jose("Bearer"):
            from ensue.identity.jose import one_key  # noqa: PLC0415 - an extra
        del one_key

    async def find(self, kid: str, now_ms: int, client: Client) -> PublicKey | None:
        """The key of an id; None for none."""
        del now_ms, client
        found = await self.ask(kid)
        return None if found is None else as_key(found, kid, self.algorithms)


@dataclass
class FetchedKeys:
    """Keys at an address, which are fetched and kept.

    Attributes:
        url: where they are, over https; http only on this machine.
        algorithms: which are taken.

    Raises:
        InvalidDeclaration: it is no such address.
    """

    url: str
    algorithms: tuple[str, ...]
    _keys: Mapping[str, PublicKey] | None = None
    _tag: str | None = None
    _got_ms: int = 0
    _fresh_until_ms: int = 0
    _tried_ms: int | None = None
    _fetching: asyncio.Task[None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_address(self.url, "keys")

    def check(self) -> None:
        """Check that keys can be read; nothing is fetched yet."""
        with needs_jose("Bearer"):
            from ensue.identity.jose import fetched_key_set  # noqa: PLC0415 - an extra
        del fetched_key_set

    async def find(self, kid: str, now_ms: int, client: Client) -> PublicKey | None:
        """The key of an id; None for none.

        Raises:
            Unreachable: they were never reached, or not for too long.
        """
        known = self._known(now_ms)
        if known and kid in known and self._got_ms <= now_ms < self._fresh_until_ms:
            return known[kid]
        fetching = self._under_way()
        if fetching is None and self._may_try(now_ms):
            fetching = self._fetching = asyncio.ensure_future(self._fetch(now_ms, client))
        elif known and kid in known:
            return known[kid]
        if fetching is not None:
            # Others may wait for it too: whoever leaves does not take it away from them.
            await asyncio.shield(fetching)
            known = self._known(now_ms)
        if known is None:
            raise Unreachable(
                "expected the keys of the issuer of tokens, got no answer",
                at=self.url,
                retry_after_ms=FETCH_INTERVAL_MS,
            )
        return known.get(kid)

    def _known(self, now_ms: int) -> Mapping[str, PublicKey] | None:
        """What is kept and not too old."""
        return self._keys if now_ms < self._fresh_until_ms + STALE_MS_MAX else None

    def _under_way(self) -> asyncio.Task[None] | None:
        fetching = self._fetching
        if fetching is None or fetching.done():
            return None
        # An app that is run again, as in a test, has another loop: the old one ended in between.
        return fetching if fetching.get_loop() is asyncio.get_running_loop() else None

    def _may_try(self, now_ms: int) -> bool:
        tried_ms = self._tried_ms
        return tried_ms is None or not tried_ms <= now_ms < tried_ms + FETCH_INTERVAL_MS

    async def _fetch(self, now_ms: int, client: Client) -> None:
        self._tried_ms = now_ms
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_MS / 1_000):
                await self._take(now_ms, client())
        except (httpx.HTTPError, TimeoutError, EnsueError, RuntimeError) as fault:
            reason = str(fault) or type(fault).__name__
            log.warning("the keys at %s could not be fetched: %s", self.url, reason)

    async def _take(self, now_ms: int, client: httpx.AsyncClient) -> None:
        from ensue.identity.jose import fetched_key_set  # noqa: PLC0415 - an extra

        headers = {"accept": "application/jwk-set+json, application/json"}
        if self._tag is not None and self._keys is not None:
            headers["if-none-match"] = self._tag
        async with client.stream(
            "GET", self.url, headers=headers, follow_redirects=False
        ) as answer:
            if answer.status_code == httpx.codes.OK:
                text = await _bounded(answer)
                self._keys = fetched_key_set(text, self.algorithms, self.url)
                self._tag = answer.headers.get("etag")
            elif answer.status_code != httpx.codes.NOT_MODIFIED or self._keys is None:
                raise Unreachable(f"expected status 200, got {answer.status_code}", at=self.url)
            self._got_ms = now_ms
            self._fresh_until_ms = now_ms + fresh_ms(answer.headers)


def keys_of(given: object, algorithms: tuple[str, ...], at: str) -> Keys:
    """The keys of a declaration.

    Args:
        given: a key set, the place of one, an address, or a function of the app.
        algorithms: which are taken.
        at: where it is declared, for errors.

    Raises:
        InvalidDeclaration: it is none of these.
    """
    if isinstance(given, ConfiguredKeys | OwnKeys | FetchedKeys):
        return given
    if isinstance(given, Secret):
        return ConfiguredKeys(given, algorithms)
    if isinstance(given, Mapping):
        return ConfiguredKeys(msgspec.json.encode(given).decode(), algorithms)
    if isinstance(given, str):
        return FetchedKeys(given, algorithms)
    if callable(given):
        return OwnKeys(given, algorithms)
    raise InvalidDeclaration(
        f"expected a key set, its place, an https address, or a function, got {given!r}", at=at
    )


def as_key(given: Mapping[str, Any], kid: str, algorithms: tuple[str, ...]) -> PublicKey | None:
    """A public key of the app's own.

    Raises:
        InvalidDeclaration: it is none.
    """
    from ensue.identity.jose import one_key  # noqa: PLC0415 - an extra

    text = msgspec.json.encode({**given, "kid": kid}).decode()
    return one_key(text, algorithms, f"key {kid}")


def check_address(url: str, at: str) -> None:
    """Check that what is fetched there is from whom it says.

    Raises:
        InvalidDeclaration: it is no https address, nor http on this machine.
    """
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = httpx.URL("")
    secure = found.scheme == "https" or (found.scheme == "http" and is_loopback(found.host))
    if not (secure and found.host) or found.userinfo or found.fragment:
        raise InvalidDeclaration(
            f"expected an https address, or http on this machine, got {url!r}", at=at
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fresh_ms(headers: Mapping[str, str]) -> int:
    """For how long what was fetched is fresh (RFC 9111, 4.2), within our bounds, in ms."""
    said = headers.get("cache-control", "").lower()
    if _NOT_KEPT.search(said):
        return FETCH_INTERVAL_MS
    found = _MAX_AGE.search(said)
    if found is None:
        return FRESH_MS
    age = headers.get("age", "")
    spent_s = int(age) if age.isascii() and age.isdigit() and len(age) < 11 else 0
    return min(max(int(found[1]) - spent_s, FETCH_INTERVAL_MS // 1_000) * 1_000, FRESH_MS_MAX)


async def _bounded(answer: httpx.Response) -> str:
    found = bytearray()
    async for part in answer.aiter_bytes():
        found += part
        if len(found) > KEY_SET_BYTES_MAX:
            raise Unreachable(f"expected at most {KEY_SET_BYTES_MAX} bytes, got more")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise Unreachable("expected UTF-8") from None
