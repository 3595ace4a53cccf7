"""A text that is read from left to right."""

from __future__ import annotations

import re

from ensue.words.errors import InvalidExpression
from ensue.words.values import shown

_SPACE = re.compile(r"\s*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Reader:
    """Where a text is read.

    Args:
        text: the text.
        at: where it is written, for errors.
        offset: where reading begins.
    """

    def __init__(self, text: str, at: str, offset: int = 0) -> None:
        self.text = text
        self.offset = offset
        self._at = at

    @property
    def at(self) -> str:
        """The place, for an error."""
        return f"{self._at}, offset {self.offset}"

    @property
    def is_at_end(self) -> bool:
        """Whether everything is read."""
        return self.offset >= len(self.text)

    def fault(self, expected: str) -> InvalidExpression:
        """That something else is here."""
        rest = self.text[self.offset :]
        got = shown(rest) if rest else "the end"
        return InvalidExpression(f"expected {expected}, got {got}", at=self.at)

    def skip(self) -> None:
        """Pass over blanks."""
        found = _SPACE.match(self.text, self.offset)
        self.offset = found.end() if found else self.offset

    def is_before(self, *symbols: str) -> bool:
        """Whether one of the symbols is next."""
        return self.text.startswith(symbols, self.offset)

    def takes(self, symbol: str) -> bool:
        """Whether the symbol is next; it is read then."""
        if not self.text.startswith(symbol, self.offset):
            return False
        self.offset += len(symbol)
        return True

    def takes_symbol(self, symbol: str) -> bool:
        """Whether the symbol is next, behind blanks; it is read then."""
        self.skip()
        return self.takes(symbol)

    def expect(self, symbol: str) -> None:
        """Read the symbol.

        Raises:
            InvalidExpression: it is not next.
        """
        if not self.takes(symbol):
            raise self.fault(shown(symbol))

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern finds here; it is read then."""
        found = pattern.match(self.text, self.offset)
        if found is not None:
            self.offset = found.end()
        return found

    def quoted(self) -> str:
        """A text in single or double quotes, its backslashes resolved.

        Raises:
            InvalidExpression: there is none, or it does not end.
        """
        if not self.is_before("'", '"'):
            raise self.fault("a text in quotes")
        quote = self.text[self.offset]
        start, offset = self.offset, self.offset + 1
        parts: list[str] = []
        while offset < len(self.text):
            char = self.text[offset]
            if char == quote:
                self.offset = offset + 1
                return "".join(parts)
            if char == "\\" and offset + 1 < len(self.text):
                offset += 1
                char = self.text[offset]
                char = _ESCAPES.get(char, char)
            parts.append(char)
            offset += 1
        self.offset = start
        raise self.fault("a text that ends with its quote")
