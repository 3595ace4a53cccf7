"""Whether a value fits a tree, as far as the tree has words for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ensue.languages.schemas.formats import has_format
from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Named,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)


def fits(tree: Tree, value: object, node: Node | None = None) -> bool:
    """Whether a value fits a node of a tree, the root by default.

    Members without a name in the tree are taken; keywords that the tree has no word for are not
    looked at.
    """
    at = tree.root if node is None else node
    if tree.says_nothing(at):
        return True
    found = sum(_fits(tree, each, value) for each in tree.resolved(at))
    return found == 1 if at.exclusive else found > 0


def same(one: object, other: object) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*each) for each in zip(one, other, strict=True))
    return one == other


def _fits(tree: Tree, each: Alternative, value: object) -> bool:
    match each:
        case Array():
            return isinstance(value, list | tuple) and _fits_array(tree, each, value)
        case Object():
            return isinstance(value, Mapping) and _fits_object(tree, each, value)
        case Named(pointer):
            return fits(tree, value, tree.definitions[pointer])
    return _fits_plain(each, value)


def _fits_plain(each: Scalar | Values | Number | Text, value: object) -> bool:
    match each:
        case Values(values):
            return any(same(value, known) for known in values)
        case Number():
            return _fits_number(each, value)
        case Text():
            return isinstance(value, str) and _fits_text(each, value)
    return value is None if each.type == "null" else isinstance(value, bool)


def _fits_number(each: Number, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    if each.is_integer and value != int(value):
        return False
    return (
        (each.low is None or value >= each.low)
        and (each.high is None or value <= each.high)
        and (each.above is None or value > each.above)
        and (each.below is None or value < each.below)
    )


def _fits_text(each: Text, value: str) -> bool:
    is_long_enough = each.least <= len(value) <= (len(value) if each.most is None else each.most)
    return is_long_enough and (each.format is None or has_format(value, each.format))


def _fits_array(tree: Tree, each: Array, value: list[object] | tuple[object, ...]) -> bool:
    if not each.least <= len(value) <= (len(value) if each.most is None else each.most):
        return False
    nodes = [*each.first, *[each.items] * (len(value) - len(each.first))]
    return all(fits(tree, inner, node) for inner, node in zip(value, nodes, strict=False))


def _fits_object(tree: Tree, each: Object, value: Mapping[str, object]) -> bool:
    if not each.least <= len(value) <= (len(value) if each.most is None else each.most):
        return False
    if any(field.required and name not in value for name, field in each.fields.items()):
        return False
    for name, inner in value.items():
        field = each.fields.get(name)
        node = field.node if field is not None else each.others
        if node is not None and not fits(tree, inner, node):
            return False
    return True
