"""A cursor over the tokens of one expression: what every grammar of the language shares.

It reads document paths, placeholders and names, and keeps the bounds: nesting and operators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from ensue.languages.expressions.program import Path, Step, Value
from ensue.languages.expressions.reserved import RESERVED_WORDS
from ensue.languages.expressions.tokens import Sort, Token, tokenize
from ensue.words.errors import InvalidExpression

T = TypeVar("T")

MAX_NESTING_LEVELS = 50
MAX_OPERATORS = 300
MAX_PATH_STEPS = 100
MAX_LIST_INDEX = 2**31 - 1


class Reader:
    """Reads one text from left to right.

    Args:
        text: the expression.
        names: what each ``#name`` stands for, keyed without the ``#``.
        keywords: the words, upper case, that this grammar does not take for attributes.
        strict: take the text as narrowly as DynamoDB does: no reserved word and no leading
            underscore in a bare name, no redundant parentheses.
    """

    def __init__(
        self, text: str, *, names: Mapping[str, str], keywords: frozenset[str], strict: bool
    ) -> None:
        self._tokens = tokenize(text)
        self._position = 0
        self._names = names
        self._keywords = keywords
        self._strict = strict
        self._levels = 0
        self._operators = 0
        self._last_group = (-1, -1)
        self.names_used: set[str] = set()
        self.values_used: set[str] = set()
        self.paths: list[Path] = []

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._position]

    def take(self) -> Token:
        """Step over the next token and return it; the end is never stepped over."""
        token = self.token
        if token.sort is not Sort.END:
            self._position += 1
        return token

    def at_symbol(self, *symbols: str) -> bool:
        """Whether the next token is one of these symbols."""
        return self.token.sort is Sort.SYMBOL and self.token.text in symbols

    def take_symbol(self, symbol: str) -> bool:
        """Step over the symbol if it comes next; whether it did."""
        found = self.at_symbol(symbol)
        if found:
            self.take()
        return found

    def expect_symbol(self, symbol: str) -> None:
        """Step over the symbol, or refuse what stands there."""
        if not self.take_symbol(symbol):
            raise self.unexpected(f"'{symbol}'")

    def keyword(self) -> str | None:
        """The next token as a keyword of this grammar, upper case, or None."""
        if self.token.sort is not Sort.NAME:
            return None
        word = self.token.text.upper()
        return word if word in self._keywords else None

    def take_keyword(self, word: str) -> bool:
        """Step over the keyword if it comes next; whether it did."""
        found = self.keyword() == word
        if found:
            self.take()
        return found

    def at_function(self) -> bool:
        """Whether a function call comes next: a name and an opening parenthesis."""
        if self.token.sort is not Sort.NAME or self.keyword() is not None:
            return False
        after = self._tokens[self._position + 1]
        return after.sort is Sort.SYMBOL and after.text == "("

    def expect_end(self, expected: str) -> None:
        """Refuse anything after the expression; ``expected`` says what could have come."""
        if self.token.sort is not Sort.END:
            raise self.unexpected(expected)

    def unexpected(self, expected: str) -> InvalidExpression:
        """The error for the next token; a hint where the fault is a common one."""
        hint = None
        word = self.keyword()
        if word is not None:
            hint = f"{word} is a keyword; an attribute of that name is written as a #name."
        elif self.token.sort is Sort.INTEGER:
            hint = "Give the number as a :value."
        elif self.at_symbol("-", "+"):
            hint = "A name with a '-' or '+' in it is written as a #name."
        return InvalidExpression(
            f"expected {expected}, got {self.token.seen}",
            at=f"offset {self.token.offset}",
            hint=hint,
        )

    @contextmanager
    def level(self) -> Iterator[None]:
        """One more level of nesting, until the block is left."""
        self._levels += 1
        if self._levels > MAX_NESTING_LEVELS:
            raise InvalidExpression(
                f"expected at most {MAX_NESTING_LEVELS} levels of nesting, got more",
                at=f"offset {self.token.offset}",
            )
        yield
        self._levels -= 1

    @contextmanager
    def group(self) -> Iterator[None]:
        """The parentheses around what the block reads."""
        opened = self._position
        self.expect_symbol("(")
        with self.level():
            yield
        closed = self._position
        self.expect_symbol(")")
        if self._strict and self._last_group == (opened + 1, closed - 1):
            raise InvalidExpression(
                "expected each pair of parentheses to group something, got redundant parentheses",
                at=f"offset {self._tokens[opened].offset}",
            )
        self._last_group = (opened, closed)

    def arguments(self, read: Callable[[Reader], T]) -> Iterator[T]:
        """What ``read`` finds between parentheses, separated by commas; perhaps nothing."""
        self.expect_symbol("(")
        if self.take_symbol(")"):
            return
        yield read(self)
        while self.take_symbol(","):
            yield read(self)
        if not self.take_symbol(")"):
            raise self.unexpected("',' or ')'")

    def count_operator(self, offset: int) -> None:
        """Count one operator or function against the bound."""
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise InvalidExpression(
                f"expected at most {MAX_OPERATORS} operators and functions, got more",
                at=f"offset {offset}",
            )

    def at_path(self) -> bool:
        """Whether a document path comes next."""
        if self.token.sort is Sort.NAME_PLACEHOLDER:
            return True
        return self.token.sort is Sort.NAME and self.keyword() is None

    def path(self) -> Path:
        """A document path: names after dots, indexes in brackets."""
        offset = self.token.offset
        steps: list[Step] = [self._name()]
        while True:
            if self.take_symbol("."):
                steps.append(self._name())
            elif self.take_symbol("["):
                steps.append(self._index())
            else:
                self.paths.append(Path(tuple(steps), offset))
                return self.paths[-1]
            if len(steps) > MAX_PATH_STEPS:
                raise InvalidExpression(
                    f"expected a document path of at most {MAX_PATH_STEPS} steps, got more",
                    at=f"offset {offset}",
                )

    def value(self) -> Value:
        """A ``:value`` placeholder."""
        if self.token.sort is not Sort.VALUE_PLACEHOLDER:
            raise self.unexpected("a :value")
        token = self.take()
        self.values_used.add(token.text)
        return Value(token.text, token.offset)

    def _name(self) -> str:
        if not self.at_path():
            raise self.unexpected("an attribute name")
        token = self.take()
        if token.sort is Sort.NAME_PLACEHOLDER:
            return self._named(token)
        if self._strict:
            _check_bare_name(token)
        return token.text

    def _named(self, token: Token) -> str:
        if token.text not in self._names:
            raise InvalidExpression(
                f"expected a name for every placeholder, got none for '#{token.text}'",
                at=f"offset {token.offset}",
                hint="Give the attribute's name in `names`, keyed without the '#'.",
            )
        self.names_used.add(token.text)
        return self._names[token.text]

    def _index(self) -> int:
        if self.token.sort is not Sort.INTEGER:
            raise self.unexpected("a list index")
        token = self.take()
        index = int(token.text)
        if index > MAX_LIST_INDEX:
            raise InvalidExpression(
                f"expected a list index of at most {MAX_LIST_INDEX}, got a greater one",
                at=f"offset {token.offset}",
            )
        self.expect_symbol("]")
        return index


def _check_bare_name(token: Token) -> None:
    if token.text.upper() in RESERVED_WORDS:
        raise InvalidExpression(
            f"expected an attribute name, got the reserved word '{token.text}'",
            at=f"offset {token.offset}",
            hint="Write it as a #name.",
        )
    if token.text.startswith("_"):
        raise InvalidExpression(
            f"expected a name that begins with a letter, got '{token.text}'",
            at=f"offset {token.offset}",
            hint="Write it as a #name.",
        )
