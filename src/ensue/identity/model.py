"""The words of verification: what a verifier is, and what it finds."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard

import httpx

from ensue.engine.secrets import Secret
from ensue.words.errors import InvalidDeclaration, MissingExtra, NotVerified
from ensue.words.units import duration_ms
from ensue.words.values import Json

SECRETS_MAX = 8
SIGNATURES_MAX = 16
SIGNATURE_LENGTH_MAX = 4_096
TOLERANCE_MS = 300_000
NOT_SIGNED = "the request is not signed as it must be"

Headers = Mapping[str, str]
"""The headers of a request by lower-case name, and its line by the names below."""

# No header is called so; HTTP/2 has its pseudo-headers by these names (RFC 9113 section 8.3).
METHOD, PATH = ":method", ":path"

Client = Callable[[], httpx.AsyncClient]
"""Gives the HTTP client for what is asked of the outside; one is made when it is first needed."""

_SECONDS = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True)
class Proof:
    """What the verification of a request has shown.

    Attributes:
        scheme: how it was signed, such as ``stripe``.
        claims: what the signature says beyond the body; of a token, what it claims.
        signed_ms: when it was signed, where the scheme tells.
        id: the sender's id of the message, the same for each try of it, where the scheme has one.
        nonce: what is the same only for a copy of this very request; None where copies are taken.
        until_ms: how long a copy would pass for new: until then the nonce is remembered.
    """

    scheme: str
    claims: Mapping[str, Any] = field(default_factory=dict)
    signed_ms: int | None = None
    id: str | None = None
    nonce: str | None = None
    until_ms: int = 0


class Verifier(Protocol):
    """Verifies the requests of one sender."""

    @property
    def scheme(self) -> str:
        """What it is called, in logs and descriptions."""

    @property
    def refuses_replays(self) -> bool:
        """Whether a copy of a request that was taken is refused."""

    def check(self) -> None:
        """Check that it can verify: its secrets are there, and are what they should be.

        Raises:
            MissingSecret: a secret is not where it should be.
            InvalidDeclaration: a secret or key is not of its form.
            MissingExtra: what it verifies with is not installed.
        """

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Args:
            headers: by lower-case name.
            body: as it came, byte for byte.
            now_ms: what time it is.

        Raises:
            NotVerified: it is not signed as it must be.
        """

    def described(self) -> dict[str, dict[str, Json]]:
        """The schemes by name, as OpenAPI describes them; none where it has no words for them."""


class Signer(Protocol):
    """Signs requests, so that who receives them can verify them by the same declaration."""

    @property
    def scheme(self) -> str:
        """What it is called, in listings."""

    @property
    def signs_in(self) -> tuple[str, ...]:
        """The names of the headers that it signs in."""

    def sign(
        self, body: bytes, *, message: str, nonce: str, now_ms: int, line: tuple[str, str]
    ) -> dict[str, str]:
        """Sign a request.

        Args:
            body: as it is sent, byte for byte.
            message: the id of what is sent, the same at each try.
            nonce: a text of letters, digits and hyphens that no other try has.
            now_ms: what time it is.
            line: its method, and its path with the query.

        Returns:
            The headers to send it with.

        Raises:
            MissingSecret: a secret is not where it should be.
            InvalidDeclaration: a secret is not of its form, or cannot sign.
            MissingExtra: what it signs with is not installed.
        """


class Finding(Verifier, Protocol):
    """A verifier that first has to find what it verifies with, such as keys at their issuer."""

    async def find(self, headers: Headers, now_ms: int, client: Client) -> Verifier:
        """The verifier of one request, which has found what it needs.

        Args:
            headers: of the request, by lower-case name; nobody has verified them.
            now_ms: what time it is.
            client: makes the client with which the outside is reached; closed by others.

        Raises:
            Unreachable: what is needed is outside, and could not be reached.
        """


async def found_for(verifier: Verifier, headers: Headers, now_ms: int, client: Client) -> Verifier:
    """The verifier of one request: itself, unless it has to find something first.

    Raises:
        Unreachable: what is needed is outside, and could not be reached.
    """
    if not finds(verifier):
        return verifier
    return await verifier.find(headers, now_ms, client)


def finds(verifier: Verifier) -> TypeGuard[Finding]:
    """Whether a verifier has to find something for each request."""
    return callable(getattr(verifier, "find", None))


def statuses_of(verifier: Verifier) -> Mapping[int, str]:
    """The statuses with which a verifier's refusals are answered, and what they mean."""
    told: Mapping[int, str] = getattr(verifier, "statuses", {401: NOT_SIGNED})
    return told


def secrets_of(given: Secret | Sequence[Secret], at: str) -> tuple[Secret, ...]:
    """The secrets of a declaration: one, or several while one takes the place of another.

    Raises:
        InvalidDeclaration: it names none, too many, or a text.
    """
    found = (given,) if isinstance(given, Secret) else tuple(given)
    if not all(isinstance(each, Secret) for each in found):
        raise InvalidDeclaration(
            "expected the place of a secret, got something else",
            at=at,
            hint='Name it by Secret.env("NAME") or Secret.file(path); its text is never declared.',
        )
    if not 1 <= len(found) <= SECRETS_MAX:
        raise InvalidDeclaration(f"expected 1 to {SECRETS_MAX} secrets, got {len(found)}", at=at)
    return found


def tolerance_ms(given: str | float, at: str) -> int:
    """How old a request may be, in ms.

    Raises:
        InvalidDeclaration: it is no time.
        InvalidValue: the duration is written wrong.
    """
    found = duration_ms(given)
    if found < 1:
        raise InvalidDeclaration("expected a tolerance of 1 ms or more", at=at)
    return found


def refused(reason: str, *, challenge: str = "Signature", missing: bool = False) -> NotVerified:
    """The refusal of a request: the reason is for the log, the message for the sender."""
    return NotVerified(
        "expected a request that is signed as this route asks",
        at="headers",
        reason=reason,
        challenge=challenge,
        missing=missing,
    )


@contextmanager
def needs_jose(at: str) -> Iterator[None]:
    """What is done here needs the libraries of ``ensue[jose]``.

    Raises:
        MissingExtra: they are not installed.
    """
    try:
        yield
    except ImportError:
        raise MissingExtra(
            "expected the libraries joserfc and cryptography",
            at=at,
            hint='pip install "ensue[jose]"',
        ) from None


def header(headers: Headers, name: str) -> str:
    """A header that a signature needs.

    Raises:
        NotVerified: it is not there, or too long.
    """
    found = headers.get(name.lower(), "")
    if not found:
        raise refused(f"there is no header {name}", missing=True)
    if len(found) > SIGNATURE_LENGTH_MAX:
        raise refused(f"the header {name} is longer than {SIGNATURE_LENGTH_MAX} characters")
    return found


def time_ms(text: str, ms_per_unit: int = 1_000) -> int:
    """The time of a time stamp, in ms.

    Raises:
        NotVerified: it is no whole number.
    """
    if not _SECONDS.fullmatch(text):
        raise refused("the time stamp is no whole number")
    return int(text) * ms_per_unit


def check_age(signed_ms: int, now_ms: int, allowed_ms: int) -> None:
    """Check that a request was signed now, give or take the tolerance.

    Raises:
        NotVerified: it is too old, or from the time to come.
    """
    if now_ms - signed_ms > allowed_ms:
        raise refused(f"it was signed {now_ms - signed_ms} ms ago, more than {allowed_ms}")
    if signed_ms - now_ms > allowed_ms:
        raise refused(f"it was signed {signed_ms - now_ms} ms from now, more than {allowed_ms}")


def copied_by(content: bytes) -> str:
    """What tells a copy of a request by what of it is signed.

    A signature would not do: of one that was signed by several secrets a copy may show another.
    """
    return hashlib.sha256(content).hexdigest()


def matching(expected: Iterable[bytes], signatures: Sequence[bytes]) -> bytes | None:
    """The expected signature that was given; each pair is compared in constant time."""
    found = None
    for each in expected:
        for given in signatures:
            if hmac.compare_digest(each, given):
                found = each
    return found
