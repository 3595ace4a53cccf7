"""Array consistency: one choice of array elements that satisfies all fields of an alternative.

Two fields may not be matched in different elements of the same array. The fields are taken in
order, and after each of them the choices that satisfy the fields so far are kept, reduced to the
arrays that a later field can still conflict with. Because a path's fields lie next to each other,
that keeps few choices even for long arrays, where trying all combinations would multiply them.

A field that may be absent is absent for a choice when it has no value in the chosen elements. Only
elements chosen by fields before it count: that is what the reference implementation does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ensue.languages.patterns.fields import Chosen


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field's values: where all are, where the fitting ones are, and whether none is as good."""

    everywhere: tuple[Chosen, ...]
    fitting: tuple[Chosen, ...]
    may_be_absent: bool


def is_consistent(candidates: Sequence[Candidate]) -> bool:
    """Whether one choice of array elements satisfies every field."""
    later = [_arrays(candidate.everywhere) for candidate in candidates]
    choices: set[Chosen] = {()}
    for number, candidate in enumerate(candidates):
        needed = frozenset().union(*later[number + 1 :])
        choices = _after(candidate, choices, needed)
        if not choices:
            return False
    return True


def _after(candidate: Candidate, choices: set[Chosen], needed: frozenset[int]) -> set[Chosen]:
    made = _arrays(choices)
    relevant = needed | made
    fitting = _Elements({_reduced(chosen, relevant) for chosen in candidate.fitting})
    following = {
        _reduced(joined, needed) for choice in choices for joined in fitting.joined_with(choice)
    }
    if candidate.may_be_absent:
        present = _Elements({_reduced(chosen, made) for chosen in candidate.everywhere})
        following |= {_reduced(choice, needed) for choice in choices if not present.allow(choice)}
    return following


def _arrays(choices: Iterable[Chosen]) -> frozenset[int]:
    return frozenset(array for chosen in choices for array, _ in chosen)


def _reduced(chosen: Chosen, arrays: frozenset[int]) -> Chosen:
    return tuple(pair for pair in chosen if pair[0] in arrays)


class _Elements:
    """Ways to values, as a tree by array and index, so that joining follows only what agrees."""

    __slots__ = ("arrays", "is_end")

    def __init__(self, ways: Iterable[Chosen] = ()) -> None:
        self.is_end = False
        self.arrays: dict[int, dict[int, _Elements]] = {}
        for way in ways:
            place = self
            for array, index in way:
                place = place.arrays.setdefault(array, {}).setdefault(index, _Elements())
            place.is_end = True

    def allow(self, choice: Chosen) -> bool:
        """Whether a way agrees with the choice."""
        return next(self.joined_with(choice), None) is not None

    def joined_with(self, choice: Chosen) -> Iterator[Chosen]:
        """The choice extended by each way that agrees with it."""
        return _joined(self, choice, dict(choice))


def _joined(place: _Elements, choice: Chosen, indexes: dict[int, int]) -> Iterator[Chosen]:
    if place.is_end:
        yield choice
    for array, elements in place.arrays.items():
        index = indexes.get(array)
        if index is None:
            for other, following in elements.items():
                yield from _joined(following, (*choice, (array, other)), indexes)
        elif index in elements:
            yield from _joined(elements[index], choice, indexes)
