"""A table of wildcards: of many, only those are tried that a value has a piece of."""

from __future__ import annotations

from collections.abc import Callable

from ensue.languages.patterns.program import Wildcard
from ensue.languages.patterns.wildcards import wildcard_test

_Tried = dict[Wildcard, tuple[int, Callable[[str], bool]]]
"""Wildcards to try, with their bits and their test."""


class WildcardTable:
    """Wildcards by a literal piece that they need: of their start, of their end, or from inside.

    A value finds the wildcards whose piece it has, and tries these only. So a wildcard is put under
    the piece that the fewest others have; one from inside is looked for all along a value, so it
    has to be better than the ends are.
    """

    _INSIDE = 4
    _FEW = 4
    _SIZES = (64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1, 0)

    def __init__(self) -> None:
        self._starts: dict[int, dict[str, _Tried]] = {}
        self._ends: dict[int, dict[str, _Tried]] = {}
        self._insides: dict[str, _Tried] = {}
        self._groups: dict[Wildcard, tuple[dict[str, _Tried], str]] = {}

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, bit: int, test: Wildcard) -> None:
        """Set the bit for the strings that match."""
        if test not in self._groups:
            group, piece = self._groups[test] = self._rarest(test)
            group.setdefault(piece, {})[test] = 0, wildcard_test(test.parts)
        group, piece = self._groups[test]
        bits, holds = group[piece][test]
        group[piece][test] = bits | bit, holds

    def remove(self, bit: int, test: Wildcard) -> None:
        """Undo ``add``."""
        group, piece = self._groups[test]
        bits, holds = group[piece][test]
        group[piece][test] = bits & ~bit, holds
        if bits == bit:
            del self._groups[test], group[piece][test]
            if not group[piece]:
                del group[piece]

    def find(self, value: object) -> int:
        """The bits of the wildcards that match a string."""
        if not isinstance(value, str):
            return 0
        found = 0
        for tried in self._tried(value):
            for bits, holds in tried.values():
                if holds(value):
                    found |= bits
        return found

    def _tried(self, value: str) -> list[_Tried]:
        size = len(value)
        groups = [
            group[piece]
            for length, group in self._starts.items()
            if (piece := value[:length]) in group
        ]
        groups += [
            group[piece]
            for length, group in self._ends.items()
            if length <= size and (piece := value[size - length :]) in group
        ]
        insides = self._insides
        if len(insides) <= size:
            groups += [tried for piece, tried in insides.items() if piece in value]
        else:
            length = self._INSIDE
            pieces = {value[start : start + length] for start in range(size - length + 1)}
            groups += [insides[piece] for piece in pieces if piece in insides]
        return groups

    def _rarest(self, test: Wildcard) -> tuple[dict[str, _Tried], str]:
        start, end = test.parts[0], test.parts[-1]
        ends = [
            (self._starts.setdefault(size, {}), start[:size])
            for size in self._SIZES
            if size <= len(start)
        ][:1]
        ends += [
            (self._ends.setdefault(size, {}), end[len(end) - size :])
            for size in self._SIZES
            if 0 < size <= len(end)
        ][:1]
        rarest = min(ends, key=_tried_under)
        if _tried_under(rarest) < self._FEW and rarest[1]:
            return rarest
        length = self._INSIDE
        insides = [
            (self._insides, part[at : at + length])
            for part in test.parts
            for at in range(len(part) - length + 1)
        ]
        return min([rarest, *insides], key=lambda each: (not each[1], _tried_under(each)))


def _tried_under(place: tuple[dict[str, _Tried], str]) -> int:
    group, piece = place
    return len(group.get(piece, ()))
