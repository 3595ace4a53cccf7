"""An update's actions and a projection's paths to closures over items.

The actions of an update become one tree of edits. An edit takes what stands at its place and
gives what shall stand there, or MISSING for nothing; a map or list on the way is copied once and
only if a path goes through it. Every value is read from the item as it was before the update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from ensue.languages.expressions.arithmetic import add, subtract
from ensue.languages.expressions.kinds import MISSING, Item, Values, kind_of, set_kind, type_name
from ensue.languages.expressions.paths import Branch, Leaf, Node, is_list_branch, path_tree, place
from ensue.languages.expressions.program import (
    Action,
    Add,
    Arithmetic,
    IfNotExists,
    ListAppend,
    Path,
    Remove,
    Set,
    Source,
    Step,
)
from ensue.languages.expressions.run import Read, compile_read, step_into
from ensue.words.errors import InvalidExpression

Edit: TypeAlias = Callable[[object, Item, Values], object]
Apply: TypeAlias = Callable[[Item, Values], dict[str, object]]
Project: TypeAlias = Callable[[Item], dict[str, object]]


def compile_edits(actions: Iterable[Action]) -> Apply:
    """The actions as a closure that gives the new item."""
    tree = path_tree((action.path, _edit(action)) for action in actions)
    edits = tuple((str(name), _edit_of(node, (name,))) for name, node in tree.items())

    def apply(item: Item, values: Values) -> dict[str, object]:
        new = dict(item)
        for name, edit in edits:
            found = edit(item.get(name, MISSING), item, values)
            if found is MISSING:
                new.pop(name, None)
            else:
                new[name] = found
        return new

    return apply


def compile_projection_of(paths: Iterable[Path]) -> Project:
    """The paths as a closure that gives the part of an item that they name."""
    tree = path_tree((path, None) for path in paths)

    def project(item: Item) -> dict[str, object]:
        return _members(item, tree)

    return project


def _edit_of(node: Node[Edit], steps: tuple[Step, ...]) -> Edit:
    if isinstance(node, Leaf):
        return node.wanted
    edits = {step: _edit_of(below, (*steps, step)) for step, below in node.items()}
    return _edit_list(edits, steps) if is_list_branch(node) else _edit_map(edits, steps)


def _edit_map(edits: Mapping[Step, Edit], steps: tuple[Step, ...]) -> Edit:
    def edit(old: object, item: Item, values: Values) -> object:
        if not isinstance(old, dict | Mapping):
            raise _no_way(old, "map", steps)
        new = dict(old)
        for name, edit_member in edits.items():
            found = edit_member(old.get(name, MISSING), item, values)
            if found is MISSING:
                new.pop(name, None)
            else:
                new[name] = found
        return new

    return edit


def _edit_list(edits: Mapping[Step, Edit], steps: tuple[Step, ...]) -> Edit:
    in_order = sorted((index, edit) for index, edit in edits.items() if isinstance(index, int))

    def edit(old: object, item: Item, values: Values) -> object:
        if not isinstance(old, list):
            raise _no_way(old, "list", steps)
        new = list(old)
        # Every index is one of the old list; what is beyond its end comes after it, in order.
        for index, edit_element in in_order:
            found = edit_element(step_into(old, index), item, values)
            if index < len(old):
                new[index] = found
            else:
                new.append(found)
        return [element for element in new if element is not MISSING]

    return edit


def _no_way(old: object, wanted: str, steps: tuple[Step, ...]) -> InvalidExpression:
    got = "nothing" if old is MISSING else type_name(old)
    return InvalidExpression(
        f"expected a {wanted} on the path to update, got {got}",
        at=place(steps),
        hint=f"Set the {wanted} as a whole first.",
    )


def _edit(action: Action) -> Edit:
    if isinstance(action, Set):
        source = _read_source(action.source)
        return lambda _, item, values: source(item, values)
    if isinstance(action, Remove):
        return lambda _old, _item, _values: MISSING
    at, name = place(action.path.steps), action.value.name
    combine = _added if isinstance(action, Add) else _without
    return lambda old, _, values: combine(old, values[name], at)


def _added(old: object, value: object, at: str) -> object:
    if old is MISSING:
        return value
    if isinstance(value, set | frozenset):
        return _same_set(old, value, at) | value
    if kind_of(old) != "N":
        raise InvalidExpression(f"expected a number to add to, got {type_name(old)}", at=at)
    return add(old, value, at=at)


def _without(old: object, value: object, at: str) -> object:
    if old is MISSING or not isinstance(value, set | frozenset):
        return MISSING
    # A set without elements is no value: the attribute goes with its last element.
    return (_same_set(old, value, at) - value) or MISSING


def _same_set(
    old: object, value: set[object] | frozenset[object], at: str
) -> set[object] | frozenset[object]:
    if not isinstance(old, set | frozenset) or (old and set_kind(old) != set_kind(value)):
        raise InvalidExpression(
            f"expected a set of the type {set_kind(value)}, got {type_name(old)}", at=at
        )
    return old


def _read_source(source: Source) -> Read:
    if isinstance(source, Path):
        return _read_present(source)
    if isinstance(source, IfNotExists):
        return _read_or(compile_read(source.path), _read_source(source.otherwise))
    if isinstance(source, ListAppend):
        return _appended(source)
    if isinstance(source, Arithmetic):
        return _total(source)
    return compile_read(source)


def _read_present(path: Path) -> Read:
    read, at = compile_read(path), place(path.steps)

    def read_present(item: Item, values: Values) -> object:
        found = read(item, values)
        if found is MISSING:
            raise InvalidExpression(
                "expected an attribute of the item, got nothing",
                at=at,
                hint="Where it may be missing, use if_not_exists.",
            )
        return found

    return read_present


def _read_or(read: Read, otherwise: Read) -> Read:
    def read_or(item: Item, values: Values) -> object:
        found = read(item, values)
        return otherwise(item, values) if found is MISSING else found

    return read_or


def _total(source: Arithmetic) -> Read:
    left, right = _read_source(source.left), _read_source(source.right)
    combine = add if source.operator == "+" else subtract
    at = _place_of(source.left, source.right)
    return lambda item, values: combine(left(item, values), right(item, values), at=at)


def _appended(source: ListAppend) -> Read:
    sides = (source.first, source.second)
    reads = tuple((_read_source(side), _place_of(side, *sides)) for side in sides)

    def append(item: Item, values: Values) -> object:
        joined: list[object] = []
        for read, at in reads:
            part = read(item, values)
            if not isinstance(part, list):
                raise InvalidExpression(f"expected a list, got {type_name(part)}", at=at)
            joined.extend(part)
        return joined

    return append


def _place_of(*sources: Source) -> str:
    # The values were checked, so it is a path's value that can be at fault.
    for source in sources:
        if isinstance(source, Path | IfNotExists):
            path = source if isinstance(source, Path) else source.path
            return place(path.steps)
    return f"offset {sources[0].offset}"


def _part_of(value: object, node: Node[None]) -> object:
    if isinstance(node, Leaf):
        return value
    if is_list_branch(node):
        return _elements(value, node) or MISSING
    return (_members(value, node) or MISSING) if isinstance(value, Mapping) else MISSING


def _members(value: Mapping[str, object], branch: Branch[None]) -> dict[str, object]:
    parts = {
        name: _part_of(value[name], node)
        for name, node in branch.items()
        if isinstance(name, str) and name in value
    }
    return {name: part for name, part in parts.items() if part is not MISSING}


def _elements(value: object, branch: Branch[None]) -> list[object]:
    in_order = sorted(index for index in branch if isinstance(index, int))
    parts = [_part_of(step_into(value, index), branch[index]) for index in in_order]
    return [part for part in parts if part is not MISSING]
