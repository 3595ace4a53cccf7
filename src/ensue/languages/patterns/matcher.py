"""Many rules as one matcher.

Each alternative of a rule is kept in a bucket under one *anchor*: something without which it cannot
match. Best is a field that must equal one of a few strings, and of these the strings that the
fewest rules share; else a field that must have a value; else nothing. An event is walked once,
for the fields that rules use; its values lead to the buckets whose anchors it has, and these
decide by bit sets. So an event meets the rules that it might match, and its cost hardly grows
with all the others.

Array elements are not looked at on the way: where an event has arrays of objects, what is found is
judged once more, in full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from ensue.languages.patterns.bucket import Bucket, Candidate, Values
from ensue.languages.patterns.fields import FieldTree, Node
from ensue.languages.patterns.pattern import Pattern, compile_pattern, too_deep
from ensue.languages.patterns.program import (
    Alternative,
    AnythingBut,
    Exact,
    Exists,
    Field,
    Range,
)
from ensue.languages.patterns.text import Repeated
from ensue.words.errors import Conflict, NotFound

MAX_ANCHOR_VALUES = 32

_ARRAYS = frozenset({list, tuple, Repeated})

Key = TypeVar("Key", bound=Hashable)


class Matcher(Generic[Key]):
    """A set of rules, matched together.

    Adding and removing a rule touch the rule's own entries only. A matcher is not locked: who
    shares one between threads takes turns.
    """

    def __init__(self) -> None:
        self._paths = _Paths()
        self._popularity = Counter[tuple[str, str]]()
        self._anchors: dict[int, _Anchor] = {}
        self._unanchored: Bucket | None = None
        self._rules: dict[Key, list[_Placed]] = {}
        self._keys: dict[int, Key] = {}
        self._added = 0

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, key: object) -> bool:
        return key in self._rules

    def add(self, key: Key, pattern: Pattern | str | bytes | Mapping[str, object]) -> None:
        """Add a rule.

        Args:
            key: the rule's name, as ``match`` will return it.
            pattern: its pattern, compiled or as ``compile_pattern`` takes it.

        Raises:
            Conflict: there is a rule of that name.
            InvalidPattern: the pattern is not valid.
        """
        if key in self._rules:
            message = f"expected a new rule, got {key!r}, which is there already"
            raise Conflict(message, at=str(key), hint="Remove it first.")
        compiled = pattern if isinstance(pattern, Pattern) else compile_pattern(pattern)
        order = self._added
        self._added += 1
        self._keys[order] = key
        self._rules[key] = [self._place(order, each) for each in compiled.program.alternatives]

    def remove(self, key: Key) -> None:
        """Remove a rule.

        Args:
            key: the rule's name.

        Raises:
            NotFound: there is no rule of that name.
        """
        if key not in self._rules:
            message = f"expected a rule that was added, got {key!r}"
            raise NotFound(message, at=str(key))
        for placed in self._rules.pop(key):
            self._keys.pop(placed.candidate.order, None)
            self._take_out(placed)

    def match(self, event: Mapping[str, object]) -> list[Key]:
        """Find the rules that an event matches.

        Args:
            event: the parsed event, as ``Pattern.matches`` takes it.

        Returns:
            The keys of the rules that match, in the order in which they were added.

        Raises:
            InvalidValue: the event is nested too deeply to be walked.
        """
        plain = event if isinstance(event, dict) else dict(event)
        try:
            found = self._found(plain)
        except RecursionError as error:
            raise too_deep() from error
        if not found:
            return []
        keys = self._keys
        if len(found) == 1:
            return [keys[found[0].order]]
        return [keys[order] for order in sorted({candidate.order for candidate in found})]

    def _found(self, event: dict[str, object]) -> list[Candidate]:
        values: Values = {}
        nested = _walk(self._paths.root, event, values)
        found: list[Candidate] = []
        anchors = self._anchors
        for slot, value in values.items():
            anchor = anchors.get(slot)
            if anchor is not None:
                for bucket in anchor.buckets_of(value):
                    bucket.find(values, found, nested=nested)
        if self._unanchored is not None:
            self._unanchored.find(values, found, nested=nested)
        return [each for each in found if each.agrees(event)] if nested else found

    def _place(self, order: int, alternative: Alternative) -> _Placed:
        fields = [(self._paths.slot_of(field.path), field) for field in alternative.fields]
        self._popularity.update(_strings(alternative.fields))
        slot, texts = self._anchor_of(fields)
        left = [(each, field) for each, field in fields if not (texts and each == slot)]
        # What the fewest rules ask for is most likely to tell this one from its neighbours.
        left.sort(key=lambda each: self._paths.users_of(each[1].path))
        placed = _Placed(Candidate(order, alternative, left), slot, texts)
        for bucket in self._buckets_of(placed):
            bucket.add(placed.candidate)
        return placed

    def _take_out(self, placed: _Placed) -> None:
        for bucket in self._buckets_of(placed):
            bucket.remove(placed.candidate)
        if placed.slot < 0:
            self._unanchored = self._unanchored or None
        else:
            anchor = self._anchors[placed.slot]
            anchor.drop_empty(placed.texts)
            if not anchor:
                del self._anchors[placed.slot]
        fields = placed.candidate.alternative.fields
        self._popularity.subtract(_strings(fields))
        for path, text in _strings(fields):
            if not self._popularity[path, text]:
                del self._popularity[path, text]
        for field in fields:
            self._paths.give_back(field.path)

    def _buckets_of(self, placed: _Placed) -> list[Bucket]:
        if placed.slot < 0:
            if self._unanchored is None:
                self._unanchored = Bucket()
            return [self._unanchored]
        return self._anchors.setdefault(placed.slot, _Anchor()).buckets_for(placed.texts)

    def _anchor_of(self, fields: Sequence[tuple[int, Field]]) -> tuple[int, tuple[str, ...]]:
        """The slot to anchor at, or -1, and the strings, where the field must equal one of them."""
        exact = [(slot, field, texts) for slot, field in fields if (texts := _texts(field))]
        if exact:
            slot, _, texts = min(exact, key=lambda each: self._rarity(each[1].path, each[2]))
            return slot, texts
        required = [(slot, field) for slot, field in fields if not field.may_be_absent]
        if not required:
            return -1, ()
        return min(required, key=lambda each: self._crowding(each[1]))[0], ()

    def _crowding(self, field: Field) -> tuple[int, int, str]:
        """Roughly how many rules use the field, and how little the rule's tests on it tell."""
        return self._paths.users_of(field.path).bit_length(), _vagueness(field), field.path

    def _rarity(self, path: str, texts: tuple[str, ...]) -> tuple[int, int, str]:
        return max(self._popularity[path, text] for text in texts), len(texts), path


class _Placed:
    """Where an alternative was put."""

    __slots__ = ("candidate", "slot", "texts")

    def __init__(self, candidate: Candidate, slot: int, texts: tuple[str, ...]) -> None:
        self.candidate = candidate
        self.slot = slot
        self.texts = texts


class _Anchor:
    """The buckets of one field: by the string it must equal, and of rules that need any value."""

    __slots__ = ("_by_text", "_others")

    def __init__(self) -> None:
        self._by_text: dict[object, Bucket] = {}
        self._others: Bucket | None = None

    def __bool__(self) -> bool:
        return bool(self._by_text) or self._others is not None

    def buckets_for(self, texts: tuple[str, ...]) -> list[Bucket]:
        """The buckets of a rule that needs one of the strings or, without any, some value."""
        if texts:
            return [self._by_text.setdefault(text, Bucket()) for text in texts]
        if self._others is None:
            self._others = Bucket()
        return [self._others]

    def buckets_of(self, value: object) -> Sequence[Bucket]:
        """The buckets of the rules that an event with this value of the field may match."""
        if self._others is None and type(value) is not list:
            only = self._by_text.get(value)
            return () if only is None else (only,)
        if type(value) is list:
            buckets = [each for one in value if (each := self._by_text.get(one)) is not None]
        else:
            bucket = self._by_text.get(value)
            buckets = [] if bucket is None else [bucket]
        if self._others is not None:
            buckets.append(self._others)
        return buckets

    def drop_empty(self, texts: tuple[str, ...]) -> None:
        """Forget buckets that have become empty."""
        for text in texts:
            if not self._by_text[text]:
                del self._by_text[text]
        self._others = self._others or None


class _Paths:
    """The paths in use, each with a slot; slots are used again."""

    def __init__(self) -> None:
        self._tree = FieldTree()
        self._slots: dict[str, int] = {}
        self._users = Counter[str]()
        self._free: list[int] = []

    @property
    def root(self) -> Node:
        return self._tree.root

    def slot_of(self, path: str) -> int:
        """The slot of a path, for one more user."""
        self._users[path] += 1
        slot = self._slots.get(path)
        if slot is None:
            slot = self._slots[path] = self._free.pop() if self._free else len(self._slots)
            self._tree.add(path, slot)
        return slot

    def users_of(self, path: str) -> int:
        """How many alternatives use a path."""
        return self._users[path]

    def give_back(self, path: str) -> None:
        """One user less."""
        self._users[path] -= 1
        if not self._users[path]:
            del self._users[path]
            self._free.append(self._slots.pop(path))
            self._tree.remove(path)


def _strings(fields: Iterable[Field]) -> list[tuple[str, str]]:
    return [(field.path, text) for field in fields for text in _texts(field)]


def _texts(field: Field) -> tuple[str, ...]:
    """The strings of which the field must equal one, or none where it need not or they are many."""
    texts = tuple(
        dict.fromkeys(
            test.value
            for test in field.tests
            if isinstance(test, Exact) and isinstance(test.value, str)
        )
    )
    if len(texts) > MAX_ANCHOR_VALUES or not all(
        isinstance(test, Exact) and isinstance(test.value, str) for test in field.tests
    ):
        return ()
    return texts


def _vagueness(field: Field) -> int:
    """How little a field's tests tell: a range more than a prefix, anything-but more than that."""
    if any(isinstance(test, AnythingBut | Exists) for test in field.tests):
        return 2
    return 1 if any(isinstance(test, Range) for test in field.tests) else 0


def _walk(node: Node, event: dict[str, object], values: Values) -> bool:
    """Gather the values of the fields in use; say whether some are inside elements of arrays."""
    nested = False
    edges = node.edges
    for name, value in event.items():
        following = edges.get(name)
        if following is not None:
            kind = type(value)
            if kind is str or (kind is not dict and kind not in _ARRAYS):
                slot = following.slot
                if slot >= 0 and values.setdefault(slot, value) is not value:
                    _add_value(values, slot, value)
            elif kind is dict:
                if following.edges and _walk(following, value, values):  # type: ignore[arg-type]  # by its exact type
                    nested = True
            elif _walk_array(following, value, values):  # type: ignore[arg-type]  # by its exact type
                nested = True
    return nested


def _walk_array(node: Node, items: Sequence[object], values: Values) -> bool:
    nested = False
    for item in items:
        kind = type(item)
        if kind is dict:
            nested = True
            _walk(node, item, values)  # type: ignore[arg-type]  # by its exact type
        elif kind in _ARRAYS:
            nested = True
            _walk_array(node, item, values)  # type: ignore[arg-type]  # by its exact type
        elif node.slot >= 0:
            _add_value(values, node.slot, item)
    return nested


def _add_value(values: Values, slot: int, value: object) -> None:
    present = values.get(slot, values)
    if type(present) is list:
        present.append(value)
    else:
        values[slot] = [value] if present is values else [present, value]
