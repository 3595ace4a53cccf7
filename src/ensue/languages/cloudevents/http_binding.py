"""Events in HTTP: which mode a message is in, and the binary mode, an attribute to a header."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from ensue.languages.cloudevents.attributes import (
    CONTEXT,
    REQUIRED,
    SPECVERSION,
    Extension,
    is_json,
    is_text,
    kind_of,
)
from ensue.languages.cloudevents.event import NO_DATA, CloudEvent
from ensue.languages.cloudevents.json_format import BATCH, STRUCTURED
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.shapes.faults import repeated_key
from ensue.words.values import Json

PREFIX = "ce-"
JSON = "application/json"

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder().decode
_ESCAPED = re.compile(r"\\(.)")
_PLAIN = frozenset(chr(code) for code in range(0x21, 0x7F)) - {'"', "%"}
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Mode(Enum):
    """How a message holds events."""

    STRUCTURED = "structured"
    BATCH = "batch"
    BINARY = "binary"


def mode_of(content_type: str | None) -> Mode:
    """The mode of a message with this content type.

    Raises:
        InvalidValue: it is of an event format that we do not know.
    """
    kind = kind_of(content_type or "")
    if kind == STRUCTURED:
        return Mode.STRUCTURED
    if kind == BATCH:
        return Mode.BATCH
    if kind.startswith("application/cloudevents"):
        raise InvalidValue(
            f"expected {STRUCTURED} or {BATCH}, got {values.shown(kind)}",
            at="headers.content-type",
        )
    return Mode.BINARY


def decode_binary(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    """The event of a message in the binary mode.

    Args:
        headers: name and value of each, as they came; of other headers nothing is taken.
        body: the data.

    Raises:
        InvalidValue: it is no event; says which header, or where in the data.
    """
    said: dict[str, Any] = {}
    content_type: str | None = None
    for given, value in headers:
        name = given.lower()
        if name == "content-type":
            content_type = value
        elif name.startswith(PREFIX):
            attribute = name.removeprefix(PREFIX)
            at = f"headers.{name}"
            if attribute in said or attribute == "datacontenttype":
                raise InvalidValue(f"expected no second {attribute}", at=at)
            said[attribute] = _decoded(value, at)
    for name in REQUIRED:
        if name not in said:
            raise InvalidValue(f"expected the header {PREFIX}{name}", at=f"headers.{PREFIX}{name}")
    if said.pop("specversion") != SPECVERSION:
        raise InvalidValue(f"expected version {SPECVERSION}", at=f"headers.{PREFIX}specversion")
    own = {name: said.pop(name) for name in CONTEXT if name in said}
    try:
        return CloudEvent(
            **own,
            datacontenttype=content_type,
            extensions=said,
            data=_data_of(content_type, body),
        )
    except InvalidValue as fault:
        raise InvalidValue(fault.message, at=_in_headers(fault.at), hint=fault.hint) from None


def encode_binary(event: CloudEvent) -> tuple[dict[str, str], bytes]:
    """An event in the binary mode: the headers and the body of a message."""
    headers = {f"{PREFIX}specversion": SPECVERSION}
    for name, value in event.attributes.items():
        if name != "datacontenttype":
            headers[PREFIX + name] = _encoded(_canonical(value))
    content_type = event.datacontenttype
    if content_type is None and event.data is not NO_DATA and not isinstance(event.data, bytes):
        content_type = JSON
    if content_type is not None:
        headers["content-type"] = content_type
    return headers, _body_of(event)


def _canonical(value: Extension) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _encoded(text: str) -> str:
    """A text as the value of a header: percent-encoded, as section 3.1.3.2 says."""
    return "".join(
        each if each in _PLAIN else "".join(f"%{byte:02X}" for byte in each.encode())
        for each in text
    )


def _decoded(value: str, at: str) -> str:
    """The text of a header's value: without quotes, then percent-decoded once."""
    text = value.strip(" \t")
    if not text.isascii() or not text.isprintable():
        raise InvalidValue("expected printable ASCII, all else percent-encoded", at=at)
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])
    if _BAD_PERCENT.search(text):
        raise InvalidValue("expected two hexadecimal digits behind each %", at=at)
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise InvalidValue("expected percent-encoded UTF-8", at=at) from None


def _data_of(content_type: str | None, body: bytes) -> Any:  # noqa: ANN401 - any value
    if not body:
        return NO_DATA
    if content_type is not None and is_json(content_type):
        return _json(body)
    if is_text(content_type):
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body
    return body


def _json(body: bytes) -> Json:
    try:
        found: Json = _decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise InvalidValue(f"expected JSON: {fault}", at="$.data") from None
    repeated = repeated_key(body)
    if repeated is not None:
        raise InvalidValue(repeated.message, at=f"$.data{(repeated.at or '$')[1:]}")
    values.check_wire(found, "$.data")
    return found


def _body_of(event: CloudEvent) -> bytes:
    if event.data is NO_DATA:
        return b""
    if isinstance(event.data, bytes):
        return event.data
    if isinstance(event.data, str) and not is_json(event.datacontenttype):
        return event.data.encode()
    return _encode(values.as_json(event.data))


def _in_headers(at: str | None) -> str | None:
    """Where an attribute stands in this mode."""
    if at is None or at == "$.data" or at.startswith(("$.data.", "$.data[")):
        return at
    if at == "$":
        return "headers"
    name = at.removeprefix("$.")
    return "headers.content-type" if name == "datacontenttype" else f"headers.{PREFIX}{name}"
