"""``Idempotency-Key``: what tells a repeated request (draft-ietf-httpapi-idempotency-key-header).

The key is a text in quotes, as the draft has it, or bare, as most clients send it. It is one's own:
keys of different routes or credentials have nothing to do with each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Receive, Scope

from ensue.app.claims import Called, Once, Sealed
from ensue.app.signed import SignedRequest
from ensue.doors.http.wire import HeaderList, headers_of_request, read_bytes
from ensue.words.errors import InvalidInput, InvalidValue
from ensue.words.values import shown

IDEMPOTENCY_KEY_LENGTH_MAX = 255
HEADER = b"idempotency-key"
REPLAYED = (b"idempotent-replayed", b"true")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_SECURE = "; Secure"
_AT = "headers.idempotency-key"
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')


async def once_of(
    scope: Scope,
    receive: Receive,
    *,
    place: str,
    required: bool,
    bytes_max: int,
    carried: bytes = b"",
) -> tuple[Once | None, Receive]:
    """What tells a repetition of this request, and from where to read its body.

    Args:
        scope: the request.
        receive: where its body comes from.
        place: the app and route; the key is of this place only.
        required: whether there must be a key.
        bytes_max: how large the body may be.
        carried: what the route takes of the request's headers and cookies.

    Returns:
        None without a key; the body is still to be read in any case.

    Raises:
        InvalidValue: the key is missing, or is no key.
        BodyTooLarge: the body is too large.
    """
    headers = headers_of_request(scope)
    if HEADER not in headers:
        if required:
            raise InvalidValue(
                "expected the header Idempotency-Key, got none",
                at=_AT,
                hint="Make a UUID for each thing to do, and send it with every try of that.",
            )
        return None, receive
    key = _key([value for name, value in scope["headers"] if name == HEADER])
    body = await read_bytes(scope, receive, bytes_max)
    credential = hashlib.sha256(
        headers.get(b"authorization", b"") + b"\0" + headers.get(b"x-api-key", b"")
    )
    if carried:
        # Another visitor, who has another cookie, does not get this one's answer.
        credential.update(b"\0" + carried)
    asked = (
        scope["method"].encode(),
        scope.get("raw_path") or scope["path"].encode(),
        scope["query_string"],
        body,
    )
    fingerprint = hashlib.sha256(b"\0".join(asked))
    once = Once(f"http {place} {credential.hexdigest()[:32]}", key, fingerprint.hexdigest())
    return once, read_again(body)


def refuse_key(scope: Scope) -> None:
    """Check that a request has no key: what it says, or is answered, may not be kept under one.

    Raises:
        InvalidValue: it has one.
    """
    if HEADER in headers_of_request(scope):
        raise InvalidValue(
            "expected no Idempotency-Key where secrets are sent or shown, got one",
            at=_AT,
            hint="Leave it out; a version to expect keeps a put from being done twice.",
        )


@contextmanager
def without_what_was_got() -> Iterator[None]:
    """Say of a request that does not fit what was expected, and not what came: it may be a secret.

    What is said of its media type stays.

    Raises:
        InvalidValue: in the place of what was raised.
    """
    try:
        yield
    except InvalidInput as fault:
        if type(fault) not in {InvalidInput, InvalidValue}:
            raise
        said = fault.message.partition(", got ")[0]
        raise InvalidValue(f"{said}, got something else", at=fault.at) from None


def caller_of(signed: SignedRequest | None) -> bytes:
    """Who a request was verified to be from, beside what is in ``Authorization``; empty for nobody.

    Two who show their keys in a header of another name have nothing to do with each other either.
    """
    claims = {} if signed is None else signed.claims
    said = claims.get("hash")
    return b"" if said is None else b"\0key " + str(said).encode()


def headers_of_call(called: Called, scope: Scope) -> HeaderList:
    """The headers of an answer: its own, the id of its request, and whether it is a repetition."""
    headers = own_headers(called.sealed, scope)
    if called.request_id is not None:
        headers.append((b"x-request-id", called.request_id.encode()))
    if called.replayed:
        headers.append(REPLAYED)
    return headers


def own_headers(sealed: Sealed, scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers that the app gave an answer; cookies set over HTTPS go back over HTTPS only."""
    headers = []
    for name, value in sealed.headers:
        if name == "set-cookie" and not value.endswith(_SECURE) and _came_by_https(scope):
            value += _SECURE  # noqa: PLW2901 - the same cookie
        headers.append((name.encode("latin-1"), value.encode("latin-1")))
    return headers


def _came_by_https(scope: Scope) -> bool:
    # A client that only says so has its own cookies kept more strictly, and no others.
    said = headers_of_request(scope).get(b"x-forwarded-proto", b"")
    return scope.get("scheme") == "https" or said.lower() == b"https"


def _key(given: list[bytes]) -> str:
    if len(given) > 1:
        raise InvalidValue(f"expected one Idempotency-Key, got {len(given)}", at=_AT)
    text = given[0].decode("latin-1").strip()
    quoted = _QUOTED.fullmatch(text)
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else text
    if len(key) > IDEMPOTENCY_KEY_LENGTH_MAX or not _PRINTABLE.fullmatch(key):
        raise InvalidValue(
            f"expected a key of 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters,"
            f" got {shown(key)}",
            at=_AT,
        )
    return key


def read_again(body: bytes) -> Receive:
    """A source of a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
