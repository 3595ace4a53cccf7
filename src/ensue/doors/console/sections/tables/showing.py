"""Items as pages show them: each value with its type, nested ones to be folded open."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ensue.doors.console.visit import Visit, plain
from ensue.words import values
from ensue.words.errors import InvalidValue
from ensue.words.values import Json

TEXT_MAX = 80
COLUMNS_MAX = 8


def as_json(value: object) -> Any:  # noqa: ANN401 - JSON
    """A stored value as JSON that loses nothing: bytes and sets as they are kept."""
    return json.loads(values.encode(value))


def item_json(item: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """An item as JSON; a row of another database that cannot be kept as it is sent."""
    try:
        return as_json(dict(item))
    except InvalidValue:
        return plain(dict(item))


def cell(value: object) -> dict[str, Any]:
    """A value as a cell of a table: its type, a short text, and what is folded, if anything."""
    kind, text = _told(value)
    folded = as_json(value) if kind in {"object", "list"} and value else None
    return {"kind": kind, "text": text, "folded": folded}


def cells(item: Mapping[str, Any], columns: Sequence[str]) -> list[dict[str, Any] | None]:
    """An item as the cells of these columns; None where it has none."""
    return [cell(item[name]) if name in item else None for name in columns]


def columns_of(items: Iterable[Mapping[str, Any]], first: Sequence[str]) -> list[str]:
    """The attributes of some items, those that are named first."""
    return list(dict.fromkeys([*first, *(name for item in items for name in item)]))


def key_text(parts: Sequence[Any]) -> str:
    """A key as text for an address: JSON, in letters that need no escaping."""
    said = parts[0] if len(parts) == 1 else list(parts)
    return urlsafe_b64encode(values.encode(said).encode()).decode().rstrip("=")


def key_of(text: str) -> Any:  # noqa: ANN401 - a key of one value or of two
    """The key that a text stands for: as `key_text` writes it, or JSON, or the text itself.

    Raises:
        InvalidValue: it is none of these.
    """
    if text[:1] in {'"', "[", "{"}:
        return _as_key(values.decode(text))
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        if key_text(_parts(values.decode(found))) == text:
            return _as_key(values.decode(found))
    except (ValueError, InvalidValue):
        pass
    return text


def shown_key(parts: Sequence[Any]) -> str:
    """A key as people read it."""
    return " / ".join(_told(part)[1] for part in parts)


def shown(visit: Visit, item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it may be shown."""
    found = visit.payload(dict(item)) if visit.masked else item
    return dict(found) if isinstance(found, Mapping) else {}


def _as_key(found: Json) -> Any:  # noqa: ANN401 - as above
    return tuple(found) if isinstance(found, list) else found


def _parts(found: Json) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _told(value: object) -> tuple[str, str]:
    """The type of a value in a word, and the value as a short text."""
    for kind, of, text in _KINDS:
        if isinstance(value, of):
            return kind, text(value)
    kind = "list" if isinstance(value, list | tuple) else "object"
    return kind, _cut(values.shown(value, TEXT_MAX + 1))


def _cut(text: str, length: int = TEXT_MAX) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _set_text(value: Any) -> str:  # noqa: ANN401 - a set of texts, numbers or bytes
    inside = ", ".join(_told(each)[1] for each in sorted(value))
    return _cut(f"{{{inside}}}")


def _bytes_text(value: bytes) -> str:
    return f"{_cut(value.hex(), 40)} ({len(value)} bytes)"


_KINDS: tuple[tuple[str, Any, Callable[[Any], str]], ...] = (
    ("null", type(None), lambda _: "null"),
    ("bool", bool, lambda value: str(value).lower()),
    ("number", int | float | Decimal, str),
    ("text", str, _cut),
    ("bytes", bytes, _bytes_text),
    ("set", set | frozenset, _set_text),
    ("text", date, lambda value: value.isoformat()),
)
