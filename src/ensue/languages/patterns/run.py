"""Program and event to matched or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ensue.languages.patterns.choices import Candidate, is_consistent
from ensue.languages.patterns.fields import FieldTree, Found, collect
from ensue.languages.patterns.predicates import Predicate, any_predicate
from ensue.languages.patterns.program import Alternative, Field, Program

Run = Callable[[Mapping[str, object]], bool]


class _Unsure:
    """Stands for a field that the short way cannot decide."""


_UNSURE = _Unsure()
_MISSING = object()
_SCALARS = frozenset({str, int, float, bool, type(None)})
_CONTAINERS = (dict, list, tuple, Mapping)

_Levels = tuple[tuple[str, tuple[str, ...]], ...]


class CompiledField:
    """A field with its test compiled, and where its values are found."""

    __slots__ = ("holds", "levels", "may_be_absent", "path", "slot")

    def __init__(self, field: Field, slot: int) -> None:
        self.path = field.path
        self.levels = _levels(field.path.split("."))
        self.slot = slot
        self.may_be_absent = field.may_be_absent
        self.holds: Predicate = any_predicate(field.value_tests)


def compile_program(program: Program) -> Run:
    """A function that says whether an event matches."""
    runs = [compile_alternative(alternative) for alternative in program.alternatives]
    if len(runs) == 1:
        return runs[0]

    def matches(event: Mapping[str, object]) -> bool:
        return any(run(event) for run in runs)

    return matches


def compile_alternative(alternative: Alternative) -> Run:
    """A function that says whether an event matches one alternative.

    Most events decide most patterns without a choice of array elements: the names of each path are
    followed straight down, and the first field that fails ends it. Where arrays of objects are on
    the way, or a key that contains a dot, all values are collected and judged in full.
    """
    fields = [CompiledField(field, slot) for slot, field in enumerate(alternative.fields)]
    matches_in_full = _in_full(fields)

    def matches(event: Mapping[str, object]) -> bool:
        for field in fields:
            value = _straight(event, field.levels)
            if value is _UNSURE:
                return matches_in_full(event)
            if value is _MISSING:
                if not field.may_be_absent:
                    return False
            elif type(value) is list:
                if not any(map(field.holds, value)):
                    return False
            elif not field.holds(value):
                return False
        return True

    return matches


def _in_full(fields: Sequence[CompiledField]) -> Run:
    tree: FieldTree | None = None

    def matches(event: Mapping[str, object]) -> bool:
        nonlocal tree
        if tree is None:
            # Most patterns never get here.
            tree = tree_of(fields)
        return holds_in_full(fields, collect(tree.root, event))

    return matches


def tree_of(fields: Sequence[CompiledField]) -> FieldTree:
    """The paths of fields, each with its slot."""
    tree = FieldTree()
    for field in fields:
        tree.add(field.path, field.slot)
    return tree


def holds_in_full(fields: Sequence[CompiledField], found: Found) -> bool:
    """Whether all fields match in one consistent choice of array elements."""
    return is_consistent([candidate_of(field, found) for field in fields])


def candidate_of(field: CompiledField, found: Found) -> Candidate:
    """Where a field's values are, and which of them fit."""
    values = found.get(field.slot, [])
    return Candidate(
        everywhere=tuple(chosen for _, chosen in values),
        fitting=tuple(chosen for value, chosen in values if field.holds(value)),
        may_be_absent=field.may_be_absent,
    )


def _levels(names: Sequence[str]) -> _Levels:
    """Each name of a path, with the longer keys that an event could have in its place."""
    return tuple(
        (name, tuple(".".join(names[start:end]) for end in range(start + 2, len(names) + 1)))
        for start, name in enumerate(names)
    )


def _straight(event: object, levels: _Levels) -> object:
    """The value of a path, or a list of values, where it needs no choice of array elements."""
    place = event
    for name, dotted in levels:
        if type(place) is not dict:
            return _UNSURE if isinstance(place, _CONTAINERS) else _MISSING
        for key in dotted:
            if key in place:
                return _UNSURE
        place = place.get(name, _MISSING)
        if place is _MISSING:
            return _MISSING
    return place if type(place) in _SCALARS else _several(place)


def _several(place: object) -> object:
    """What stands where a value was expected: values in a list are as good, objects are not."""
    if type(place) is not list:
        return _UNSURE if isinstance(place, _CONTAINERS) else place
    for item in place:
        if type(item) not in _SCALARS and isinstance(item, _CONTAINERS):
            return _UNSURE
    return place or _MISSING
