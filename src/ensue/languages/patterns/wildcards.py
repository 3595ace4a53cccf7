"""The wildcard operator: its syntax, its matching and the measure of its complexity."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

MAX_SIMULTANEOUS_PREFIXES = 10
"""How many beginnings of a field's wildcards one value may match at the same time."""

_MAX_EXAMINED_STATES = 2_000


class WildcardSyntaxError(Exception):
    """A wildcard does not read; the message says why and where in the text."""


def split_wildcard(text: str) -> tuple[str, ...]:
    r"""The literal parts of a wildcard, between its asterisks; ``\*`` and ``\\`` are literal.

    Raises:
        WildcardSyntaxError: two asterisks in a row, or a backslash before anything else.
    """
    parts = [""]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "*":
            if text.startswith("**", position):
                raise WildcardSyntaxError(f"consecutive wildcard characters at position {position}")
            parts.append("")
        elif character == "\\":
            position += 1
            escaped = text[position : position + 1]
            if escaped not in {"*", "\\"}:
                raise WildcardSyntaxError(f"invalid escape character at position {position - 1}")
            parts[-1] += escaped
        else:
            parts[-1] += character
        position += 1
    return tuple(parts)


def wildcard_test(parts: Sequence[str]) -> Callable[[str], bool]:
    """A function that says whether a string is made of the parts, with anything between them."""
    if len(parts) == 1:
        return parts[0].__eq__
    first, *middle, last = parts
    shortest = sum(map(len, parts))

    def matches(value: str) -> bool:
        if len(value) < shortest or not (value.startswith(first) and value.endswith(last)):
            return False
        start, end = len(first), len(value) - len(last)
        for part in middle:
            found = value.find(part, start, end)
            if found < 0:
                return False
            start = found + len(part)
        return True

    return matches


def is_too_complex(wildcards: Iterable[Sequence[str]]) -> bool:
    """Whether some value could match too many beginnings of a field's wildcards at once.

    That number is what an automaton has to carry along for each character. The states that the
    wildcards can be in together are examined; a state is a set of (wildcard, characters matched),
    counted from the first asterisk on, where beginnings start to overlap.
    """
    lines = list(wildcards)
    if sum(map(_most_overlapping, lines)) <= MAX_SIMULTANEOUS_PREFIXES:
        return False
    tokens = [_tokens(parts) for parts in lines]
    alphabet = sorted({token for line in tokens for token in line if token is not None})
    start = _settle({(number, 0) for number in range(len(tokens))}, tokens)
    seen = {start}
    waiting = deque([start])
    while waiting and len(seen) < _MAX_EXAMINED_STATES:
        state = waiting.popleft()
        if _overlapping(state, tokens) > MAX_SIMULTANEOUS_PREFIXES:
            return True
        for character in alphabet:
            following = _settle(_advance(state, tokens, character), tokens)
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return False


_State = frozenset[tuple[int, int]]


def _most_overlapping(parts: Sequence[str]) -> int:
    """At most so many beginnings of one wildcard overlap: cheap to say, and mostly enough."""
    return sum(2 + _most_borders(part) for part in parts[1:])


def _most_borders(part: str) -> int:
    """How many beginnings of a literal part can end at the same character.

    A beginning ends where a longer one ends when it is a border of it, so this counts along chains
    of borders.
    """
    borders = [0] * len(part)
    chain = [1] * len(part)
    for end in range(1, len(part)):
        border = borders[end - 1]
        while border and part[border] != part[end]:
            border = borders[border - 1]
        borders[end] = border + (part[border] == part[end])
        if borders[end]:
            chain[end] += chain[borders[end] - 1]
    return max(chain, default=0)


def _tokens(parts: Sequence[str]) -> list[str | None]:
    line: list[str | None] = []
    for number, part in enumerate(parts):
        line += [None] * (number > 0)
        line += part
    return line


def _advance(
    state: _State, tokens: Sequence[Sequence[str | None]], character: str
) -> set[tuple[int, int]]:
    following = set()
    for number, position in state:
        line = tokens[number]
        if position < len(line):
            token = line[position]
            if token is None:
                following.add((number, position))
            elif token == character:
                following.add((number, position + 1))
    return following


def _settle(state: set[tuple[int, int]], tokens: Sequence[Sequence[str | None]]) -> _State:
    """Add the places after an asterisk, which may stand for nothing."""
    behind = {
        (number, position + 1)
        for number, position in state
        if position < len(tokens[number]) and tokens[number][position] is None
    }
    return frozenset(state | behind)


def _overlapping(state: _State, tokens: Sequence[Sequence[str | None]]) -> int:
    return sum(
        1
        for number, position in state
        if position
        and None in tokens[number][:position]
        and _is_unfinished(tokens[number], position)
    )


def _is_unfinished(line: Sequence[str | None], position: int) -> bool:
    return position < len(line) or line[-1] is None
