"""A CloudEvent in JSON as JSON Schema describes it (the format of CloudEvents 1.0.2)."""

from __future__ import annotations

from typing import Any

from ensue.languages.cloudevents.attributes import (
    INTEGER_MAX,
    INTEGER_MIN,
    NAME_LENGTH_MAX,
    SPECVERSION,
    TEXT_LENGTH_MAX,
)

_CHARACTERS = r"^[^\u0000-\u001f\u007f-\u009f]+$"
_REFERENCE = r"^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$"
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word
_TEXT: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": TEXT_LENGTH_MAX,
    "pattern": _CHARACTERS,
}


def _optional(schema: dict[str, Any], words: str) -> dict[str, Any]:
    """An attribute that may be null, which is as if it were not there."""
    return {"anyOf": [schema, {"type": "null"}], "description": words}


SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "CloudEvent",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": SPECVERSION},
        "id": {**_TEXT, "description": "Unique for its source."},
        "source": {
            **_TEXT,
            "pattern": _REFERENCE,
            "description": "Where it happened: a URI-reference.",
        },
        "type": {**_TEXT, "description": "What happened; on a bus the detail-type."},
        "subject": _optional(_TEXT, "To what it happened."),
        "time": _optional({"type": "string", "format": "date-time"}, "When it happened."),
        "datacontenttype": _optional(
            {**_TEXT, "pattern": f"^{_TOKEN}/{_TOKEN}$"}, "The media type of the data."
        ),
        "dataschema": _optional(
            {**_TEXT, "pattern": f"^[A-Za-z][A-Za-z0-9+.-]*:{_REFERENCE[1:]}"},
            "The schema of the data: an absolute URI.",
        ),
        "data": {"description": "What there is to say of it."},
        "data_base64": _optional(
            {"type": "string", "contentEncoding": "base64"}, "The data, where they are bytes."
        ),
    },
    "propertyNames": {"pattern": f"^([a-z0-9]{{1,{NAME_LENGTH_MAX}}}|data_base64)$"},
    "additionalProperties": {
        "description": "An extension.",
        "anyOf": [
            {"type": "boolean"},
            {"type": "integer", "minimum": INTEGER_MIN, "maximum": INTEGER_MAX},
            {"type": "string", "maxLength": TEXT_LENGTH_MAX, "pattern": f"{_CHARACTERS[:-2]}*$"},
            {"type": "null"},
        ],
    },
    "example": {
        "specversion": SPECVERSION,
        "id": "7",
        "source": "/shops/1",
        "type": "OrderPlaced",
        "data": {"order": "A-1"},
    },
}
