"""Text to tokens: the smallest words of an expression, each with the offset where it starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from ensue.words.errors import InvalidExpression

MAX_EXPRESSION_BYTES = 4096
MAX_PLACEHOLDER_CHARS = 255


class Sort(Enum):
    """What a token is; the value is how an error names it."""

    NAME = "a name"
    NAME_PLACEHOLDER = "a #name"
    VALUE_PLACEHOLDER = "a :value"
    INTEGER = "an integer"
    SYMBOL = "a symbol"
    END = "the end of the expression"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` of a placeholder comes without its ``#`` or ``:``."""

    sort: Sort
    text: str
    offset: int

    @property
    def seen(self) -> str:
        """The token as an error shows it."""
        if self.sort is Sort.END:
            return str(self.sort.value)
        mark = {Sort.NAME_PLACEHOLDER: "#", Sort.VALUE_PLACEHOLDER: ":"}.get(self.sort, "")
        return f"'{mark}{self.text}'"


_TOKEN = re.compile(
    r"""
      (?P<NAME> [A-Za-z_][A-Za-z0-9_]* )
    | \# (?P<NAME_PLACEHOLDER> [A-Za-z0-9_]+ )
    | :  (?P<VALUE_PLACEHOLDER> [A-Za-z0-9_]+ )
    | (?P<INTEGER> [0-9]+ )
    | (?P<SYMBOL> <> | <= | >= | [=<>()\[\],.+-] )
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"[ \t\r\n\f\v]*")


def tokenize(text: str) -> list[Token]:
    """Split ``text`` into tokens; the last one is always ``Sort.END``.

    Raises:
        InvalidExpression: the text is empty, too long, or holds a character of no token.
    """
    _check_size(text)
    tokens: list[Token] = []
    here = _after_space(text, 0)
    while here < len(text):
        match = _TOKEN.match(text, here)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, here)
        token = Token(Sort[match.lastgroup], match[match.lastgroup], here)
        if len(token.text) > MAX_PLACEHOLDER_CHARS and token.sort is not Sort.INTEGER:
            raise InvalidExpression(
                f"expected a name of at most {MAX_PLACEHOLDER_CHARS} characters,"
                f" got {len(token.text)}",
                at=f"offset {here}",
            )
        tokens.append(token)
        here = _after_space(text, match.end())
    if not tokens:
        raise InvalidExpression("expected an expression, got an empty text", at="offset 0")
    tokens.append(Token(Sort.END, "", len(text)))
    return tokens


def _check_size(text: str) -> None:
    # The cheap bound comes first, so that a huge text is not encoded to be measured.
    if len(text) > MAX_EXPRESSION_BYTES or len(_encoded(text)) > MAX_EXPRESSION_BYTES:
        raise InvalidExpression(
            f"expected an expression of at most {MAX_EXPRESSION_BYTES} bytes, got a longer one",
            at=f"offset {MAX_EXPRESSION_BYTES}",
        )


def _encoded(text: str) -> bytes:
    # A lone surrogate cannot be encoded; it is refused below, with its offset.
    return text.encode("utf-8", "surrogatepass")


def _after_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return offset if match is None else match.end()


def _unreadable(text: str, offset: int) -> InvalidExpression:
    character = text[offset]
    hint = None
    if character in "\"'":
        hint = "Give the text as a :value."
    elif character in "#:":
        hint = f"After '{character}' comes a name of letters, digits and '_'."
    elif character.isalpha():
        hint = "Give a name with other letters than a to z as a #name."
    return InvalidExpression(
        f"expected a name, a placeholder or an operator, got {character!r}",
        at=f"offset {offset}",
        hint=hint,
    )
