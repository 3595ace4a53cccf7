"""A CloudEvent: what its producer says of it, and its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal

from ensue.languages.cloudevents.attributes import (
    Extension,
    check_extension,
    check_media_type,
    check_name,
    check_text,
    check_time,
    check_uri,
    check_uri_reference,
    is_json,
)
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.values import Json


class NoData(Enum):
    """That an event has no data, which is not the same as the data null."""

    NO_DATA = "no data"


NO_DATA: Final[Literal[NoData.NO_DATA]] = NoData.NO_DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudEvent:
    """An event of CloudEvents 1.0.

    Attributes:
        id: what identifies it among those of its source.
        source: where it happened: a URI-reference.
        type: what happened.
        data: a JSON value, text of another media type, or bytes; `NO_DATA` for none.
        subject: what it happened to.
        time: when, as RFC 3339 has it.
        datacontenttype: the media type of the data; JSON by default.
        dataschema: the schema of the data: an absolute URI.
        extensions: further attributes by name: booleans, integers of 32 bits, texts.

    Raises:
        InvalidValue: an attribute or the data cannot be; says where.
    """

    id: str
    source: str
    type: str
    data: Json | Literal[NoData.NO_DATA] = NO_DATA
    subject: str | None = None
    time: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    extensions: Mapping[str, Extension] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_text(self.id, "$.id")
        check_uri_reference(self.source, "$.source")
        check_text(self.type, "$.type")
        if self.subject is not None:
            check_text(self.subject, "$.subject")
        if self.time is not None:
            check_time(self.time, "$.time")
        if self.datacontenttype is not None:
            check_media_type(self.datacontenttype, "$.datacontenttype")
        if self.dataschema is not None:
            check_uri(self.dataschema, "$.dataschema")
        for name, value in self.extensions.items():
            check_extension(value, f"$.{check_name(name, '$')}")
        self._check_data()

    def _check_data(self) -> None:
        if self.data is NO_DATA or isinstance(self.data, str | bytes):
            return
        if not is_json(self.datacontenttype):
            raise InvalidValue(
                f"expected text or bytes for {self.datacontenttype}, got {values.shown(self.data)}",
                at="$.data",
            )
        values.check(self.data, "$.data")

    @property
    def attributes(self) -> dict[str, Extension]:
        """All attributes that it has, by name, but ``specversion``."""
        own = {
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time,
            "datacontenttype": self.datacontenttype,
            "dataschema": self.dataschema,
        }
        said = {name: value for name, value in own.items() if value is not None}
        return {**said, **self.extensions}
