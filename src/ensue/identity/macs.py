"""Signatures by a shared secret: HMAC (RFC 2104), in whatever form the sender has for it."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, get_args

from ensue.engine.secrets import Secret
from ensue.identity.model import (
    METHOD,
    PATH,
    TOLERANCE_MS,
    Headers,
    Proof,
    check_age,
    header,
    matching,
    refused,
    secrets_of,
    time_ms,
    tolerance_ms,
)
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json

NONCE_LENGTH_MAX = 128

Algorithm = Literal["sha256", "sha384", "sha512", "sha1"]
Encoding = Literal["hex", "base64"]
Unit = Literal["s", "ms"]

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_PLACE = re.compile(r"\{([a-z]+)\}")
_NONCE = re.compile(rf"[A-Za-z0-9_-]{{1,{NONCE_LENGTH_MAX}}}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What stands beside a time stamp or a nonce must not be able to be a part of it.
_APART = re.compile(r"[^A-Za-z0-9_-]")
# A path has everything but white space.
_SPACE = re.compile(r"\s")
_MS_PER_UNIT = {"s": 1_000, "ms": 1}
_LINE = ("method", "path")


@dataclass(frozen=True)
class Hmac:
    """Requests that are signed with an HMAC of their body.

    ```python
    Hmac(Secret.env("GITHUB"), header="X-Hub-Signature-256", prefix="sha256=")
    Hmac(Secret.env("SHOPIFY"), header="X-Shopify-Hmac-Sha256", encoding="base64")
    Hmac(
        Secret.env("SLACK"),
        header="X-Slack-Signature",
        prefix="v0=",
        timestamp_header="X-Slack-Request-Timestamp",
        content="v0:{timestamp}:{body}",
    )
    ```

    Args:
        secret: where the secret is kept; several while one takes the place of another.
        header: which header has the signature.
        algorithm: ``sha256``, ``sha384``, ``sha512``, or, for old senders, ``sha1``.
        encoding: how the signature is written: ``hex`` or ``base64``.
        prefix: what stands before it in its header.
        timestamp_header: which header says when it was signed; None for none.
        timestamp_unit: of that time: ``s`` or ``ms`` since 1970.
        nonce_header: which header has a text that no other request has, of 1 to 128 letters,
            digits, ``_`` and ``-``; None for none.
        content: what is signed, with ``{body}``, ``{timestamp}`` and ``{nonce}``; by default those
            that there are, with full stops between them, the body last. With ``{method}`` and
            ``{path}``, which has the query too, a signature is good for that request only, such as
            ``"{timestamp}.{nonce}.{method} {path}\\n{body}"``.
        tolerance: how old, or how far ahead, the time may be.
        refuse_replays: whether a copy of a request that was taken is refused. Needs a time stamp:
            the nonce, or the signature where there is none, is remembered as long as it is good.

    Raises:
        InvalidDeclaration: it could not verify anything, or what it takes would not be signed.
    """

    secret: Secret | Sequence[Secret]
    _: KW_ONLY
    header: str
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""
    timestamp_header: str | None = None
    timestamp_unit: Unit = "s"
    nonce_header: str | None = None
    content: str | None = None
    tolerance: str | float = TOLERANCE_MS / 1_000
    refuse_replays: bool = False
    _secrets: tuple[Secret, ...] = field(init=False, repr=False)
    _tolerance_ms: int = field(init=False, repr=False)
    _written: str = field(init=False, repr=False)
    _content: list[tuple[str, bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        at = f"Hmac({self.header})"
        for name in (self.header, self.timestamp_header, self.nonce_header):
            if name is not None and not _HEADER.fullmatch(name):
                raise InvalidDeclaration(f"expected the name of a header, got {name!r}", at=at)
        _check_among("algorithm", self.algorithm, get_args(Algorithm), at)
        _check_among("encoding", self.encoding, get_args(Encoding), at)
        _check_among("timestamp_unit", self.timestamp_unit, get_args(Unit), at)
        if self.refuse_replays and self.timestamp_header is None:
            raise InvalidDeclaration(
                "expected a timestamp_header to refuse replays by",
                at=at,
                hint="Without a time a signature is good for ever, and so would be its memory.",
            )
        places = [("timestamp", self.timestamp_header), ("nonce", self.nonce_header)]
        there = [*(name for name, header in places if header is not None), "body"]
        written = self.content or ".".join(f"{{{name}}}" for name in there)
        object.__setattr__(self, "_secrets", secrets_of(self.secret, at))
        object.__setattr__(self, "_tolerance_ms", tolerance_ms(self.tolerance, at))
        object.__setattr__(self, "_written", written)
        object.__setattr__(self, "_content", _content(written, there, at))

    @property
    def scheme(self) -> str:
        """What it is called."""
        return f"hmac-{self.algorithm}"

    @property
    def refuses_replays(self) -> bool:
        """Whether a copy of a request that was taken is refused."""
        return self.refuse_replays

    def check(self) -> None:
        """Check that the secrets are there.

        Raises:
            MissingSecret: one is not.
        """
        for each in self._secrets:
            each.read()

    def verify(self, headers: Headers, body: bytes, now_ms: int) -> Proof:
        """Verify a request.

        Raises:
            NotVerified: a header is missing or malformed, it is too old, or nobody who has a secret
                signed it.
        """
        given = self._given(header(headers, self.header))
        line = (headers.get(METHOD, ""), headers.get(PATH, ""))
        values = {"body": body, **_line(line)}
        signed_ms = nonce = None
        if self.timestamp_header is not None:
            text = header(headers, self.timestamp_header)
            signed_ms = time_ms(text, _MS_PER_UNIT[self.timestamp_unit])
            values["timestamp"] = text.encode()
        if self.nonce_header is not None:
            nonce = header(headers, self.nonce_header)
            if not _NONCE.fullmatch(nonce):
                raise refused(f"the header {self.nonce_header} is no nonce")
            values["nonce"] = nonce.encode()
        content = b"".join(values.get(name, text) for name, text in self._content)
        secrets = {hmac.digest(secret, content, self.algorithm): secret for secret in self._read()}
        found = matching(secrets, [given])
        if found is None:
            raise refused(f"the signature is by none of the {len(self._secrets)} secrets")
        if signed_ms is None:
            return Proof(self.scheme)
        check_age(signed_ms, now_ms, self._tolerance_ms)
        # Another sender, whose secret is another one, may use the same nonce.
        own = found if nonce is None else hmac.digest(secrets[found], nonce.encode(), "sha256")
        return Proof(
            self.scheme,
            signed_ms=signed_ms,
            id=nonce,
            nonce=own.hex() if self.refuse_replays else None,
            until_ms=signed_ms + self._tolerance_ms + 1,
        )

    @property
    def signs_in(self) -> tuple[str, ...]:
        """The names of the headers that it signs in."""
        names = (self.header, self.timestamp_header, self.nonce_header)
        return tuple(name for name in names if name is not None)

    def sign(
        self, body: bytes, *, message: str, nonce: str, now_ms: int, line: tuple[str, str]
    ) -> dict[str, str]:
        """Sign a request by the first of the secrets, for `Destination`.

        Raises:
            MissingSecret: it is not there.
        """
        del message
        made, values = {}, {"body": body, **_line(line)}
        if self.timestamp_header is not None:
            made[self.timestamp_header] = str(now_ms // _MS_PER_UNIT[self.timestamp_unit])
            values["timestamp"] = made[self.timestamp_header].encode()
        if self.nonce_header is not None:
            made[self.nonce_header] = nonce
            values["nonce"] = nonce.encode()
        content = b"".join(values.get(name, text) for name, text in self._content)
        digest = hmac.digest(self._secrets[0].read().encode(), content, self.algorithm)
        written = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        return made | {self.header: self.prefix + written}

    def described(self) -> dict[str, dict[str, Json]]:
        """The scheme as OpenAPI describes it."""
        signed = f"HMAC-{self.algorithm.upper()} of `{self._written}`"
        described: dict[str, Json] = {
            "type": "apiKey",
            "in": "header",
            "name": self.header,
            "description": f"`{self.prefix}<{self.encoding}>` of {signed}.",
        }
        return {f"{self.scheme}-{self.header}": described}

    def _given(self, text: str) -> bytes:
        if not text.startswith(self.prefix):
            raise refused(f"the header {self.header} does not begin with {self.prefix!r}")
        return decoded(text[len(self.prefix) :].strip(), self.encoding)

    def _read(self) -> Iterator[bytes]:
        for each in self._secrets:
            yield each.read().encode()


def _content(written: str, there: Sequence[str], at: str) -> list[tuple[str, bytes]]:
    """What is signed: names of places, and the text between them under no name.

    Raises:
        InvalidDeclaration: a place is missing, or one could run into another.
    """
    pieces = _PLACE.split(written)
    texts, names = pieces[::2], pieces[1::2]
    line = sorted(set(names).intersection(_LINE))
    if sorted(names) != sorted([*there, *line]):
        raise InvalidDeclaration(
            f"expected {', '.join(f'{{{name}}}' for name in there)} in the content, each once,"
            f" got {written!r}",
            at=at,
            hint="What is not signed may be anybody's.",
        )
    if not all(text and _APART.match(text[0]) and _APART.match(text[-1]) for text in texts[1:-1]):
        raise InvalidDeclaration(
            f"expected places that are apart, such as by a full stop, got {written!r}",
            at=at,
            hint="Otherwise a part of one could pass for a part of the other.",
        )
    around = [*zip(texts, names, strict=False), *zip(texts[1:], names, strict=True)]
    if not all(_SPACE.search(text) for text, name in around if name == "path" and text):
        raise InvalidDeclaration(
            f"expected white space around {{path}}, got {written!r}",
            at=at,
            hint="A path may have any other sign in it, and could pass for what is beside it.",
        )
    parts = [("", texts[0].encode())]
    for name, text in zip(names, texts[1:], strict=True):
        parts += [(name, b""), ("", text.encode())]
    return parts


def _line(line: tuple[str, str]) -> dict[str, bytes]:
    return {name: text.encode("latin-1") for name, text in zip(_LINE, line, strict=True)}


def _check_among(name: str, given: object, known: Sequence[str], at: str) -> None:
    if given not in known:
        raise InvalidDeclaration(
            f"expected as {name} one of {', '.join(known)}, got {given!r}", at=at
        )


def decoded(text: str, encoding: Encoding) -> bytes:
    """The bytes of a signature.

    Raises:
        NotVerified: it is not written so.
    """
    if encoding == "hex":
        if not _HEX.fullmatch(text):
            raise refused("the signature is no hex")
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused("the signature is no base64") from None


def digest_sha256(secret: bytes, content: bytes) -> bytes:
    """The HMAC-SHA256 of a content."""
    return hmac.digest(secret, content, "sha256")
