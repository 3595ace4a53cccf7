"""What a schema is found by: the words of its subject, its fields and its descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ensue.resources.schemas.model import SEARCH_WORDS_MAX
from ensue.words.errors import InvalidValue

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_WORDS_BYTES_MAX = 65_536


def words_of(subject: str, schema: Mapping[str, Any]) -> str:
    """The words of a version, with a space around each: whole names, and the parts of them."""
    said = [subject, *_told(schema)]
    found: dict[str, None] = {}
    for text in said:
        for name in re.split(r"[^\w]+", text):
            found[name.lower()] = None
            for part in _PART.findall(name):
                found[part.lower()] = None
    found.pop("", None)
    return f" {' '.join(found)} "[:_WORDS_BYTES_MAX]


def asked_words(text: str) -> list[str]:
    """The words that somebody looks for: each begins a word of what is found.

    Raises:
        InvalidValue: there are none, or more than sixteen.
    """
    words = [word.lower() for word in re.findall(r"\w+", text)]
    if 1 <= len(words) <= SEARCH_WORDS_MAX:
        return words
    raise InvalidValue(f"expected 1 to {SEARCH_WORDS_MAX} words, got {len(words)}", at="$.words")


def _told(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, Mapping):
        for keyword, inner in schema.items():
            if keyword in {"title", "description"} and isinstance(inner, str):
                yield inner
            elif keyword in {"properties", "$defs"} and isinstance(inner, Mapping):
                yield from inner
                yield from _told(list(inner.values()))
            elif keyword not in {"enum", "const", "default", "examples"}:
                yield from _told(inner)
    elif isinstance(schema, list):
        for each in schema:
            yield from _told(each)
