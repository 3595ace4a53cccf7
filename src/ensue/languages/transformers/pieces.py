"""Pieces of JSON text that programs are put together from."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ensue.languages.transformers.program import Inner, Part, Place
from ensue.words import tagged, values
from ensue.words.errors import InvalidExpression, InvalidInput


def text_of(value: object, at: str) -> str:
    """A value of a template as JSON text.

    Raises:
        InvalidExpression: it has no JSON form.
    """
    try:
        return values.encode(value)
    except InvalidInput as fault:
        raise InvalidExpression(fault.message, at=at, hint=fault.hint) from None


def key_text(name: str, *, only: bool) -> str:
    """The name of a member with its colon.

    Args:
        name: the name.
        only: whether its object has no other. Bytes and sets are kept as such objects, and an
            object that only looks like one of them is kept under another name.
    """
    if only:
        [name] = tagged.tag({name: None})  # type: ignore[misc]  # an object stays an object
    return f"{json.dumps(name, ensure_ascii=False)}:"


def string(pieces: Iterable[str | Place]) -> list[Part]:
    """A JSON string of text and places."""
    inside = [
        json.dumps(piece, ensure_ascii=False)[1:-1] if isinstance(piece, str) else Inner(piece)
        for piece in pieces
    ]
    return ['"', *inside, '"']


def joined(items: Iterable[list[Part]]) -> list[Part]:
    """Items with commas between them."""
    parts: list[Part] = []
    for number, each in enumerate(items):
        parts += [",", *each] if number else each
    return parts


def merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts in which text stands alone between holes."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, str) and isinstance(last, str):
            found[-1] = last + part
        else:
            found.append(part)
    return tuple(found)


def line_and_column(text: str, offset: int) -> str:
    """Where an offset of a text is."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1} column {offset - before.rfind(chr(10))}"
