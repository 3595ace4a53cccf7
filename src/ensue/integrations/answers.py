"""What surrounds the answers of optimised integrations: the metadata that Step Functions adds.

A definition sees ``SdkHttpMetadata`` and ``SdkResponseMetadata`` in the result of a task; so they
are there, of the form and with the ids and times that fit, though no HTTP is spoken.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

import msgspec

from ensue.words import values
from ensue.words.values import Json

REQUEST_ID: Final = "x-amzn-RequestId"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wire:
    """What the answers of a service look like on the wire.

    Attributes:
        content_type: their media type.
        connection: how the service writes the header Connection.
        before: its headers that come before the id of the request.
        has_checksum: whether there is a CRC-32 of the body.
        envelope: how many bytes of XML are around the values of an answer; None for JSON.
    """

    content_type: str
    connection: str = "connection"
    before: tuple[tuple[str, str], ...] = ()
    has_checksum: bool = False
    envelope: int | None = None

    def metadata(self, answer: dict[str, Json], request_id: str, now_ms: int) -> dict[str, Json]:
        """What is added to an answer."""
        body = msgspec.json.encode(values.as_plain(answer))
        headers: dict[str, Json] = {
            **dict(self.before),
            REQUEST_ID: request_id,
            self.connection: "keep-alive",
            **({"x-amz-crc32": str(zlib.crc32(body))} if self.has_checksum else {}),
            "Content-Length": str(self._length(body, answer, request_id)),
            "Date": http_date(now_ms),
            "Content-Type": self.content_type,
        }
        return _metadata(headers, request_id)

    def _length(self, body: bytes, answer: dict[str, Json], request_id: str) -> int:
        if self.envelope is None:
            return len(body)
        said = [str(value) for value in (*answer.values(), request_id)]
        return self.envelope + sum(map(len, said))


def _metadata(headers: dict[str, Json], request_id: str) -> dict[str, Json]:
    every: dict[str, Json] = {name: [value] for name, value in headers.items()}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": every,
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }


def http_date(at_ms: int) -> str:
    """A time as HTTP writes it: ``Sat, 21 Nov 2026 21:42:46 GMT``."""
    return format_datetime(_EPOCH + timedelta(milliseconds=at_ms // 1_000 * 1_000), usegmt=True)


def iso_date(at_ms: int) -> str:
    """A time as SDK integrations write it: ``2026-11-21T21:42:46.123Z``."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1_000:03d}Z"


def seconds_date(at_ms: int) -> str:
    """A time without parts of seconds, as S3 keeps it: ``2026-11-21T21:42:46Z``."""
    return f"{_EPOCH + timedelta(milliseconds=at_ms):%Y-%m-%dT%H:%M:%SZ}"
