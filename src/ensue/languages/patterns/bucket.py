"""Rules that are candidates for the same events, and which of them accept an event's values.

A few rules are checked one by one. Of many, every field is looked up once, and the bit sets that
come back are intersected: the cost is in the number of fields, hardly in the number of rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from ensue.languages.patterns.index import FieldIndex, Finder
from ensue.languages.patterns.predicates import Predicate, any_predicate
from ensue.languages.patterns.program import Alternative, Field
from ensue.languages.patterns.run import Run, compile_alternative

Values = dict[int, object]
"""The values of an event by slot; a list holds several values of one field."""

MAX_CHECKED_RULES = 24
"""Up to so many rules, checking each is faster than looking all up."""

_MANY = 64
_MISSING = object()


class Candidate:
    """One alternative of a rule, as a bucket holds it.

    Attributes:
        order: the place of the rule among all that were added.
        alternative: the whole alternative.
        fields: what is left to check of it, by slot, where the bucket has not checked it already.
        checks: the same, compiled: slot, test, and whether no value is as good.
    """

    __slots__ = ("_run", "alternative", "checks", "fields", "order")

    def __init__(
        self, order: int, alternative: Alternative, fields: Sequence[tuple[int, Field]]
    ) -> None:
        self.order = order
        self.alternative = alternative
        self.fields = fields
        self.checks: tuple[tuple[int, Predicate, bool], ...] | None = None
        self._run: Run | None = None

    def compiled_checks(self) -> tuple[tuple[int, Predicate, bool], ...]:
        """The checks, compiled when they are first needed: most candidates are only looked up."""
        if self.checks is None:
            self.checks = tuple(
                (slot, any_predicate(field.value_tests), field.may_be_absent)
                for slot, field in self.fields
            )
        return self.checks

    def agrees(self, event: dict[str, object]) -> bool:
        """Whether the event matches in one consistent choice of array elements."""
        if self._run is None:
            self._run = compile_alternative(self.alternative)
        return self._run(event)


class Bucket:
    """Candidates, found by an event's values."""

    __slots__ = ("_candidates", "_index")

    def __init__(self) -> None:
        self._candidates: list[Candidate] = []
        self._index: _Index | None = None

    def __bool__(self) -> bool:
        return self._index is not None or bool(self._candidates)

    def add(self, candidate: Candidate) -> None:
        """Add a candidate."""
        if self._index is not None:
            self._index.add(candidate)
            return
        self._candidates.append(candidate)
        if len(self._candidates) > MAX_CHECKED_RULES:
            self._index = _Index()
            for each in self._candidates:
                self._index.add(each)
            self._candidates.clear()

    def remove(self, candidate: Candidate) -> None:
        """Take a candidate out."""
        if self._index is None:
            self._candidates.remove(candidate)
        else:
            self._index.remove(candidate)
            if not self._index.count:
                self._index = None

    def find(self, values: Values, found: list[Candidate], *, nested: bool) -> None:
        """Add the candidates that accept an event's values, not looking at array elements.

        Args:
            values: the event's values.
            found: where to add them.
            nested: whether some values are inside elements of arrays, of which others may be
            chosen:
                then a field that may be absent is taken to be.
        """
        if self._index is not None:
            self._index.find(values, found, nested=nested)
            return
        value_of = values.get
        for candidate in self._candidates:
            for slot, holds, may_be_absent in candidate.checks or candidate.compiled_checks():
                value = value_of(slot, _MISSING)
                if value is _MISSING:
                    if not may_be_absent:
                        break
                elif not (
                    (any(map(holds, value)) if type(value) is list else holds(value))
                    or (nested and may_be_absent)
                ):
                    break
            else:
                found.append(candidate)


class _Index:
    """Many candidates, each a bit, with a field index for each field that one of them tests."""

    def __init__(self) -> None:
        self._candidates: list[Candidate | None] = []
        self._positions: dict[Candidate, int] = {}
        self._free: list[int] = []
        self._fields: dict[int, FieldIndex] = {}
        self._all = 0
        self._plan: list[tuple[int, Finder, int, int]] | None = None

    @property
    def count(self) -> int:
        return len(self._positions)

    def add(self, candidate: Candidate) -> None:
        if self._free:
            position = self._free.pop()
            self._candidates[position] = candidate
        else:
            position = len(self._candidates)
            self._candidates.append(candidate)
        self._positions[candidate] = position
        bit = 1 << position
        self._all |= bit
        for slot, field in candidate.fields:
            index = self._fields.get(slot)
            if index is None:
                index = self._fields[slot] = FieldIndex()
            index.add(bit, field)
        self._plan = None

    def remove(self, candidate: Candidate) -> None:
        position = self._positions.pop(candidate)
        self._candidates[position] = None
        self._free.append(position)
        bit = 1 << position
        self._all &= ~bit
        for slot, field in candidate.fields:
            index = self._fields[slot]
            index.remove(bit, field)
            if not index.used:
                del self._fields[slot]
        self._plan = None

    def find(self, values: Values, found: list[Candidate], *, nested: bool) -> None:
        bits = self._all
        for slot, find, absent, unused in self._plan or self._made_plan():
            value = values.get(slot, _MISSING)
            if value is _MISSING:
                accepted = absent
            elif type(value) is list:
                accepted = absent if nested else 0
                for each in value:
                    accepted |= find(each)
            elif nested:
                accepted = find(value) | absent
            else:
                accepted = find(value)
            bits &= accepted | unused
            if not bits:
                return
        self._add(bits, found)

    def _made_plan(self) -> list[tuple[int, Finder, int, int]]:
        """The fields with the most rules come first: they leave the fewest."""
        by_use = sorted(self._fields.items(), key=lambda item: -item[1].used.bit_count())
        self._plan = [
            (slot, index.finder(), index.absent, self._all & ~index.used) for slot, index in by_use
        ]
        return self._plan

    def _add(self, bits: int, found: list[Candidate]) -> None:
        """Add the candidates of the bits; of many bits, their digits are faster to search."""
        if bits.bit_count() > _MANY:
            digits = f"{bits:b}"[::-1]
            position = digits.find("1")
            while position >= 0:
                found.append(self._candidates[position])  # type: ignore[arg-type]  # bits have candidates
                position = digits.find("1", position + 1)
            return
        while bits:
            position = bits.bit_length() - 1
            found.append(self._candidates[position])  # type: ignore[arg-type]  # bits have candidates
            bits ^= 1 << position
