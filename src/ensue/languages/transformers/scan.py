"""JSON text with places in it, read from left to right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from ensue.languages.transformers.pieces import joined, key_text, line_and_column, string, text_of
from ensue.languages.transformers.places import Places
from ensue.languages.transformers.program import Part, Place, Value
from ensue.words.errors import InvalidExpression
from ensue.words.values import VALUE_DEPTH_MAX, shown

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLACE = re.compile(r"<([^<>\n]*)>")
# A character of a string: what JSON escapes, what we escape, and text.
_INSIDE = re.compile(
    r'(?P<json>(?:\\u[0-9a-fA-F]{4})+|\\["\\/bfnrt])|\\(?P<angle>[<>])'
    r"|(?P<place><[^<>\n]*>)|(?P<text>[^\\<\x00-\x1f]+)"
)


class Scanner:
    """A template that is JSON, or lines of text in quotes.

    Args:
        template: its text.
        places: what may stand between angle brackets.
    """

    def __init__(self, template: str, places: Places) -> None:
        self._text = template
        self._places = places
        self._at = 0

    def document(self) -> list[Part]:
        """The parts of an object or an array, and nothing behind it.

        Raises:
            InvalidExpression: it is not JSON, or a place in it is none; says line and column.
        """
        parts = self._value(0)
        self._space()
        if self._at < len(self._text):
            self._fail("the end of the template")
        return parts

    def lines(self) -> list[Part]:
        r"""The parts of a text: strings, each on a line of its own, joined by ``\n``.

        Raises:
            InvalidExpression: something in it is no string, or a place in it is none.
        """
        parts: list[Part] = ['"']
        while True:
            parts += self._string()[1:-1]
            end = self._at
            self._space()
            if self._at == len(self._text):
                return [*parts, '"']
            if "\n" not in self._text[end : self._at]:
                self._fail("the end of the line")
            parts.append("\\n")

    def _space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _takes(self, character: str) -> bool:
        self._space()
        taken = self._text.startswith(character, self._at)
        self._at += taken
        return taken

    def _value(self, levels: int) -> list[Part]:
        self._space()
        if levels >= VALUE_DEPTH_MAX and self._text[self._at : self._at + 1] in {"{", "["}:
            message = f"expected at most {VALUE_DEPTH_MAX} levels"
            raise InvalidExpression(message, at=self._where(self._at))
        if self._takes("{"):
            return ["{", *self._members(levels + 1), "}"]
        if self._takes("["):
            return ["[", *joined(self._items(levels + 1)), "]"]
        if self._text.startswith('"', self._at):
            return self._string()
        place = _PLACE.match(self._text, self._at)
        if place:
            where = self._where(self._at)
            self._at = place.end()
            return [Value(self._places.place(place[1], where), levels)]
        found = _SCALAR.match(self._text, self._at)
        if not found:
            self._fail("a value")
        where = self._where(self._at)
        self._at = found.end()
        return [text_of(json.loads(found[0]), where)]

    def _items(self, levels: int) -> Iterator[list[Part]]:
        if self._takes("]"):
            return
        while True:
            yield self._value(levels)
            if self._takes("]"):
                return
            if not self._takes(","):
                self._fail("a comma or ]")

    def _members(self, levels: int) -> list[Part]:
        members: dict[str, list[Part]] = {}
        if self._takes("}"):
            return []
        while True:
            name = self._name()
            if not self._takes(":"):
                self._fail("a colon")
            members[name] = self._value(levels)
            if self._takes("}"):
                only = len(members) == 1
                return joined(
                    [key_text(name, only=only), *below] for name, below in members.items()
                )
            if not self._takes(","):
                self._fail("a comma or }")

    def _name(self) -> str:
        self._space()
        where = self._where(self._at)
        if self._text.startswith("<", self._at):
            self._fail("a name in quotes: a place cannot be one")
        parts = self._string()
        text = "".join(part for part in parts if isinstance(part, str))
        if any(not isinstance(part, str) for part in parts):
            raise InvalidExpression("expected a name without places", at=where)
        name: str = json.loads(text)
        return name

    def _string(self) -> list[Part]:
        found = _STRING.match(self._text, self._at)
        if found is None:
            if self._text.startswith('"', self._at):
                message = "expected the string to end on its line"
                raise InvalidExpression(message, at=self._where(self._at))
            self._fail("a string")
        start = self._at + 1
        self._at = found.end()
        return string(self._pieces(start, found.end() - 1))

    def _pieces(self, offset: int, end: int) -> Iterator[str | Place]:
        while offset < end:
            found = _INSIDE.match(self._text, offset, end)
            if found is None:
                self._fail_inside(offset)
            if found["place"]:
                yield self._places.inner(found["place"][1:-1], self._where(offset))
            else:
                yield found["text"] or found["angle"] or self._unescaped(found["json"], offset)
            offset = found.end()

    def _unescaped(self, escaped: str, offset: int) -> str:
        text: str = json.loads(f'"{escaped}"')
        text_of(text, self._where(offset))
        return text

    def _fail(self, expected: str) -> NoReturn:
        got = shown(self._text[self._at : self._at + 20]) if self._text[self._at :] else "its end"
        raise InvalidExpression(f"expected {expected}, got {got}", at=self._where(self._at))

    def _fail_inside(self, offset: int) -> NoReturn:
        got = shown(self._text[offset : offset + 20])
        hint = r"A < that is text is written \<, a backslash \\."
        message = f"expected text, an escape of JSON or <name>, got {got}"
        raise InvalidExpression(message, at=self._where(offset), hint=hint)

    def _where(self, offset: int) -> str:
        return line_and_column(self._text, offset)
