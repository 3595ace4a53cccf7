"""Conditions on other alarms: ``payments-dead or not (api-errors and quiet)``.

    either = both, {"or", both}
    both   = one, {"and", one}
    one    = "not", one | "(", either, ")" | name

A name is true while the alarm of that name is in ALARM.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ensue.words.errors import InvalidDeclaration

WHEN_LENGTH_MAX = 1_024
WHEN_DEPTH_MAX = 50
_TOKEN = re.compile(r"\s*([()]|[a-z][a-z0-9_-]*)")

Test = Callable[[frozenset[str]], bool]


@dataclass(frozen=True, slots=True)
class Combined:
    """A condition that was read.

    Attributes:
        names: the alarms that it names, in that order.
        is_true: whether it is, given the names of those that are in ALARM.
    """

    names: tuple[str, ...]
    is_true: Test


def parse_when(written: str, at: str) -> Combined:
    """Read a condition on other alarms.

    Raises:
        InvalidDeclaration: it is none; says where.
    """
    if len(written) > WHEN_LENGTH_MAX:
        raise InvalidDeclaration(f"expected at most {WHEN_LENGTH_MAX} characters", at=at)
    reader = _Reader(at, *_tokens(written, at))
    test = reader.either(0)
    reader.expect_end()
    return Combined(tuple(dict.fromkeys(reader.names)), test)


def _tokens(written: str, at: str) -> tuple[list[str], list[int]]:
    tokens: list[str] = []
    places: list[int] = []
    text, place = written.rstrip(), 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise InvalidDeclaration(
                f"expected a name, and, or, not or a parenthesis, got {text[place]!r}",
                at=f"{at}, offset {place}",
            )
        tokens.append(found[1])
        places.append(found.start(1))
        place = found.end()
    return tokens, [*places, len(text)]


@dataclass
class _Reader:
    at: str
    tokens: list[str]
    places: list[int]
    names: list[str] = field(default_factory=list)
    next: int = 0

    def either(self, depth: int) -> Test:
        tests = [self.both(depth)]
        while self._takes("or"):
            tests.append(self.both(depth))
        return lambda raised: any(test(raised) for test in tests)

    def both(self, depth: int) -> Test:
        tests = [self.one(depth)]
        while self._takes("and"):
            tests.append(self.one(depth))
        return lambda raised: all(test(raised) for test in tests)

    def one(self, depth: int) -> Test:
        if depth > WHEN_DEPTH_MAX:
            raise self._wrong(f"at most {WHEN_DEPTH_MAX} levels")
        if self._takes("not"):
            test = self.one(depth + 1)
            return lambda raised: not test(raised)
        if self._takes("("):
            inner = self.either(depth + 1)
            if not self._takes(")"):
                raise self._wrong("a closing parenthesis")
            return inner
        name = self.tokens[self.next] if self.next < len(self.tokens) else ""
        if name in {"", "(", ")", "and", "or"}:
            raise self._wrong("the name of an alarm")
        self.next += 1
        self.names.append(name)
        return lambda raised: name in raised

    def expect_end(self) -> None:
        if self.next < len(self.tokens):
            raise self._wrong("and, or, or the end")

    def _takes(self, word: str) -> bool:
        is_next = self.next < len(self.tokens) and self.tokens[self.next] == word
        self.next += is_next
        return is_next

    def _wrong(self, wanted: str) -> InvalidDeclaration:
        got = repr(self.tokens[self.next]) if self.next < len(self.tokens) else "the end"
        return InvalidDeclaration(
            f"expected {wanted}, got {got}", at=f"{self.at}, offset {self.places[self.next]}"
        )
