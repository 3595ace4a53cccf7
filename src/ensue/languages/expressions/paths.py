"""Document paths as text, and many paths as one tree.

An update and a projection name several places of one item. As a tree each touched map or list
is visited once, and two paths that cannot stand together are found while it is built.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Generic, TypeAlias, TypeVar

from ensue.languages.expressions.program import Path, Step
from ensue.words.errors import InvalidExpression

T = TypeVar("T")

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Leaf(Generic[T]):
    """The end of a path, and what is wanted there."""

    __slots__ = ("path", "wanted")

    def __init__(self, path: Path, wanted: T) -> None:
        self.path = path
        self.wanted = wanted


Node: TypeAlias = "Leaf[T] | dict[Step, Node[T]]"
Branch: TypeAlias = "dict[Step, Node[T]]"


def path_tree(pairs: Iterable[tuple[Path, T]]) -> Branch[T]:
    """The paths as one tree; a branch has names as its steps, or indexes, never both.

    Raises:
        InvalidExpression: one path is the beginning of another, or two paths take the same
            place for a map and for a list.
    """
    root: Branch[T] = {}
    for path, wanted in pairs:
        branch = root
        for step in path.steps[:-1]:
            _check_same_sort(branch, step, path)
            below = branch.setdefault(step, {})
            if isinstance(below, Leaf):
                raise _overlap(below.path, path)
            branch = below
        last = path.steps[-1]
        _check_same_sort(branch, last, path)
        if last in branch:
            raise _overlap(_any_path(branch[last]), path)
        branch[last] = Leaf(path, wanted)
    return root


def is_list_branch(branch: Branch[T]) -> bool:
    """Whether the branch stands for a list: its steps are indexes."""
    return isinstance(next(iter(branch)), int)


def path_text(steps: Iterable[Step]) -> str:
    """The path as an expression writes it, placeholders resolved: ``a.b[0]``."""
    parts: list[str] = []
    for step in steps:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append(f".{step}" if parts else step)
    return "".join(parts)


def place(steps: Iterable[Step]) -> str:
    """The path as an error's ``at``: ``$.a.b[0]``, ``$["odd name"]``."""
    parts = ["$"]
    for step in steps:
        if isinstance(step, str) and _PLAIN_NAME.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append(f"[{json.dumps(step, ensure_ascii=False)}]")
    return "".join(parts)


def _check_same_sort(branch: Branch[T], step: Step, path: Path) -> None:
    if branch and is_list_branch(branch) is not isinstance(step, int):
        other = _any_path(branch)
        raise InvalidExpression(
            "expected paths that agree, got two that conflict: one takes for a map what the"
            f" other takes for a list: '{path_text(other.steps)}' and '{path_text(path.steps)}'",
            at=f"offset {path.offset}",
        )


def _any_path(node: Node[T]) -> Path:
    while not isinstance(node, Leaf):
        node = next(iter(node.values()))
    return node.path


def _overlap(first: Path, second: Path) -> InvalidExpression:
    return InvalidExpression(
        "expected paths apart from each other, got two that overlap:"
        f" '{path_text(first.steps)}' and '{path_text(second.steps)}'",
        at=f"offset {second.offset}",
        hint="Remove or rewrite one of them.",
    )
