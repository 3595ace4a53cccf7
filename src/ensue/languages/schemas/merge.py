"""Two trees to the one that takes what either of them takes, kept within bounds.

It keeps one alternative of each type. What only one of the two demands is demanded no more; a
member that only one of them has is optional. An object with ever new names becomes one whose
members may have any name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from typing import TypeVar

from ensue.languages.schemas.formats import format_of
from ensue.languages.schemas.program import (
    ANYTHING,
    NOTHING,
    Alternative,
    Array,
    Field,
    Named,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
    kind_of,
)

MERGED_FIELDS_MAX = 500
OPTIONAL_FIELDS_MAX = 50
NODES_MAX = 2_000
MERGED_LEVELS_MAX = 20
MERGED_VALUES_MAX = 100
INLINED_NODES_MAX = 10_000
INLINED_LEVELS = (100, 20, 10, 5, 3, 1)

# Names that are data: numbers, dates, UUIDs, long hexadecimals.
_IS_DATA = re.compile(
    r"[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?|[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-.*"
)

_A = TypeVar("_A")


def merge(one: Tree, other: Tree) -> Tree:
    """The tree of all values that fit one of two trees, and perhaps some more."""
    return Tree(bounded(united(_inlined(one), _inlined(other))))


def united(one: Node, other: Node) -> Node:
    """The node of all values that fit one of two nodes, and perhaps some more."""
    if one == other:
        return one
    if one.is_anything or other.is_anything:
        return ANYTHING
    found = _by_type([*one.alternatives, *other.alternatives])
    return Node(
        found,
        also=one.also & other.also if one.alternatives and other.alternatives else frozenset(),
        title=_agreed(one.title, other.title),
        description=_agreed(one.description, other.description),
    )


def bounded(node: Node) -> Node:
    """A node within the bounds of names and of size; it takes no less than before."""
    kept = _without_data_names(node)
    for levels in range(MERGED_LEVELS_MAX, 0, -1):
        if _size(kept) <= NODES_MAX:
            break
        kept = _cut(kept, levels)
    return kept


def _by_type(given: list[Alternative]) -> tuple[Alternative, ...]:
    """Alternatives, one of each type, in one order."""
    values = {
        repr(value): value for each in given if isinstance(each, Values) for value in each.values
    }
    others: list[Alternative] = [each for each in given if not isinstance(each, Values)]
    if values and not others and len(values) <= MERGED_VALUES_MAX:
        return (Values(tuple(values[key] for key in sorted(values))),)
    others += [each for value in values.values() for each in _of_value(value)]
    merged: dict[str, Alternative] = {}
    for each in others:
        key = kind_of(each)
        merged[key] = _merged(merged[key], each) if key in merged else each
    return tuple(merged[key] for key in sorted(merged))


def _of_value(value: object) -> tuple[Alternative, ...]:
    """The alternatives that one value of an enumeration needs, whatever it is."""
    if value is None:
        return (Scalar("null"),)
    if isinstance(value, bool):
        return (Scalar("boolean"),)
    if isinstance(value, int | float):
        return (Number(is_integer=isinstance(value, int)),)
    if isinstance(value, str):
        return (Text(format_of(value)),)
    return (Array(ANYTHING),) if isinstance(value, list) else (Object(),)


def _merged(one: Alternative, other: Alternative) -> Alternative:
    if isinstance(one, Object) and isinstance(other, Object):
        return _objects(one, other)
    if isinstance(one, Array) and isinstance(other, Array):
        return _arrays(one, other)
    if isinstance(one, Text) and isinstance(other, Text):
        return Text(
            one.format if one.format == other.format else None,
            min(one.least, other.least),
            _widest(one.most, other.most, max),
            one.also & other.also,
        )
    if isinstance(one, Number) and isinstance(other, Number):
        return _numbers(one, other)
    return one


def _numbers(one: Number, other: Number) -> Number:
    """Bounds that are not the same are left out: another number may lie beyond."""
    return Number(
        one.is_integer and other.is_integer,
        _agreed(one.low, other.low),
        _agreed(one.high, other.high),
        _agreed(one.above, other.above),
        _agreed(one.below, other.below),
        one.also & other.also,
    )


def _arrays(one: Array, other: Array) -> Array:
    bounds = min(one.least, other.least), _widest(one.most, other.most, max)
    also = one.also & other.also
    if len(one.first) == len(other.first):
        first = tuple(united(*each) for each in zip(one.first, other.first, strict=True))
        return Array(united(one.items, other.items), first, *bounds, also)
    items = reduce(united, [*one.first, one.items, *other.first, other.items], NOTHING)
    return Array(items, (), *bounds, also)


def _objects(one: Object, other: Object) -> Object:
    fields: dict[str, Field] = {}
    others = _united_others(one, other)
    for name in sorted({*one.fields, *other.fields}):
        left, right = one.fields.get(name), other.fields.get(name)
        if left is not None and right is not None:
            fields[name] = Field(united(left.node, right.node), left.required and right.required)
            continue
        found, lacking = (left, other) if left is not None else (right, one)
        assert found is not None  # noqa: S101 - the name is of one of them
        if lacking.others is None or lacking.others.is_nothing:
            fields[name] = Field(found.node, required=False)
        else:
            others = united(others or NOTHING, found.node)
    least, most = min(one.least, other.least), _widest(one.most, other.most, max)
    # At once: ten thousand objects with names of their own would be looked at again by each.
    return _with_few_names(Object(fields, others, least, most, one.also & other.also))


def _united_others(one: Object, other: Object) -> Node | None:
    """What members with other names fit; those that say nothing of them have none."""
    if one.others is None and other.others is None:
        return None
    if (one.is_closed and other.others is None) or (other.is_closed and one.others is None):
        return NOTHING
    return united(one.others or NOTHING, other.others or NOTHING)


def _without_data_names(node: Node) -> Node:
    """Objects whose names are data, or too many, with any names."""
    return _rebuilt(node, _within_names, _without_data_names)


def _within_names(found: Object) -> Object:
    if found.fields and all(map(_IS_DATA.fullmatch, found.fields)):
        return _with_any_names(found)
    return _with_few_names(found)


def _with_few_names(found: Object) -> Object:
    optional = sum(not field.required for field in found.fields.values())
    if len(found.fields) > MERGED_FIELDS_MAX or optional > OPTIONAL_FIELDS_MAX:
        return _with_any_names(found)
    return found


def _with_any_names(found: Object) -> Object:
    nodes = [field.node for field in found.fields.values()]
    return Object({}, reduce(united, nodes, found.others or NOTHING))


def _cut(node: Node, levels: int) -> Node:
    """A node that says nothing of what is deeper than some levels."""
    if levels == 0:
        return (
            ANYTHING
            if any(isinstance(each, Object | Array) for each in node.alternatives)
            else node
        )
    return _rebuilt(node, lambda found: found, lambda inner: _cut(inner, levels - 1))


def _rebuilt(
    node: Node, of_object: Callable[[Object], Object], of_node: Callable[[Node], Node]
) -> Node:
    """A node with each object and each node within it made anew."""
    alternatives: list[Alternative] = []
    for each in node.alternatives:
        if isinstance(each, Object):
            found = of_object(each)
            fields = {
                name: Field(of_node(field.node), field.required)
                for name, field in found.fields.items()
            }
            others = None if found.others is None else of_node(found.others)
            alternatives.append(Object(fields, others, found.least, found.most, found.also))
        elif isinstance(each, Array):
            first = tuple(of_node(inner) for inner in each.first)
            alternatives.append(Array(of_node(each.items), first, each.least, each.most, each.also))
        else:
            alternatives.append(each)
    return Node(
        tuple(alternatives),
        is_anything=node.is_anything,
        also=node.also,
        title=node.title,
        description=node.description,
    )


def _size(node: Node) -> int:
    size = 1
    for each in node.alternatives:
        if isinstance(each, Object):
            size += sum(_size(field.node) for field in each.fields.values())
            size += 0 if each.others is None else _size(each.others)
        elif isinstance(each, Array):
            size += _size(each.items) + sum(map(_size, each.first))
    return size


def _inlined(tree: Tree) -> Node:
    """The root with what it names in its place; what names itself, or lies too deep, is anything.

    Types that name each other are many more when each is in its place: as deep as there is room.
    """
    for levels in INLINED_LEVELS:
        found = _Inlining(tree).node(tree.root, frozenset(), levels)
        if found is not None:
            return found
    return ANYTHING


class _Inlining:
    """What a tree names, put in its place, as long as it stays within `INLINED_NODES_MAX`."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._left = INLINED_NODES_MAX

    def node(self, node: Node, seen: frozenset[str], levels: int) -> Node | None:
        """A node without names; None where there is no more room."""
        self._left -= 1
        found = NOTHING
        for each in node.alternatives:
            inner = self._alternative(each, seen, levels)
            if inner is None or self._left < 0:
                return None
            found = united(found, inner)
        if node.is_anything or found.is_anything:
            return ANYTHING
        return Node(
            found.alternatives, also=node.also, title=node.title, description=node.description
        )

    def _alternative(self, each: Alternative, seen: frozenset[str], levels: int) -> Node | None:
        if isinstance(each, Named):
            if each.pointer in seen:
                return ANYTHING
            return self.node(self._tree.definitions[each.pointer], seen | {each.pointer}, levels)
        if levels == 0 and isinstance(each, Object | Array):
            return ANYTHING
        is_full = False

        def inlined(inner: Node) -> Node:
            nonlocal is_full
            found = None if is_full else self.node(inner, seen, levels - 1)
            is_full = found is None
            return found or ANYTHING

        made = _rebuilt(Node((each,)), lambda found: found, inlined)
        return None if is_full else made


def _agreed(one: _A | None, other: _A | None) -> _A | None:
    return one if one == other else None


def _widest(one: int | None, other: int | None, pick: Callable[[int, int], int]) -> int | None:
    return None if one is None or other is None else pick(one, other)
