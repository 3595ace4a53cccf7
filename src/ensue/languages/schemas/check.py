"""A pattern against a schema: the tests in it that no event of the schema can pass.

What a pattern means is not known here: whoever calls says whether a pattern matches an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ensue.languages.schemas.describe import described, in_words
from ensue.languages.schemas.program import (
    Alternative,
    Array,
    Node,
    Number,
    Object,
    Scalar,
    Text,
    Tree,
    Values,
)
from ensue.words.values import shown, step

Matches: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]

NAMES_SHOWN = 20

_OF_TEXTS = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard", "cidr", "exactly"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in a pattern that no event of a schema has.

    Attributes:
        path: where, in the pattern.
        said: what is wrong.
    """

    path: str
    said: str

    def __str__(self) -> str:
        return f"{self.path}: {self.said}"


def check_pattern(
    pattern: Mapping[str, Any], trees: Mapping[str, Tree], *, at: str, matches: Matches
) -> list[Doubt]:
    """What a pattern on the detail of events asks for in vain; none when it may match.

    Args:
        pattern: the pattern of the detail, known to compile.
        trees: the versions of the schema that events may have, by the words that name them.
        at: where the pattern stands.
        matches: whether a pattern matches an event, in the language of patterns.
    """
    per_version = [
        list(_Check(tree, matches).members(pattern, tree.root, at)) for tree in trees.values()
    ]
    # What one version has is not in doubt.
    if not per_version or not all(per_version):
        return []
    paths = [{each.path for each in found} for found in per_version]
    return [each for each in per_version[-1] if all(each.path in known for known in paths)]


class _Check:
    def __init__(self, tree: Tree, matches: Matches) -> None:
        self._tree = tree
        self._matches = matches

    def members(self, pattern: Mapping[str, Any], node: Node, at: str) -> Iterator[Doubt]:
        """What a pattern asks of the members of a node in vain."""
        for name, asked in pattern.items():
            path = step(at, name)
            if (
                name == "$or"
                and isinstance(asked, list)
                and all(isinstance(each, Mapping) for each in asked)
            ):
                for index, each in enumerate(asked):
                    yield from self.members(each, node, step(path, index))
                continue
            found = self._nodes(node, name)
            if found is None:
                continue  # anything may be there
            if isinstance(asked, Mapping):
                if found:
                    yield from self._below(asked, found, path)
                elif not _wants_absence(asked):
                    yield Doubt(path, _missing(self._tree, node, name))
            elif not found:
                if not all(_is_absent(each) for each in asked):
                    yield Doubt(path, _missing(self._tree, node, name))
            else:
                yield from self._tests(asked, found, path)

    def _below(self, asked: Mapping[str, Any], found: list[Node], path: str) -> Iterator[Doubt]:
        """What none of several nodes has."""
        per_node = [list(self.members(asked, each, path)) for each in found]
        if all(per_node):
            yield from per_node[0]

    def _nodes(self, node: Node, name: str) -> list[Node] | None:
        """What a member of a name may be, through lists and dots; none; or None for anything."""
        if self._tree.says_nothing(node):
            return None
        found: list[Node] = []
        for each in self._tree.resolved(node):
            inner = self._member(each, name)
            if inner is None:
                return None
            found += inner
        return found

    def _member(self, each: Alternative, name: str) -> list[Node] | None:
        if isinstance(each, Array):
            found: list[Node] = []
            for node in (*each.first, each.items):
                inner = self._nodes(node, name)
                if inner is None:
                    return None
                found += inner
            return found
        if isinstance(each, Values):
            return None if any(isinstance(value, dict | list) for value in each.values) else []
        return self._of_object(each, name) if isinstance(each, Object) else []

    def _of_object(self, each: Object, name: str) -> list[Node] | None:
        if each.also:
            return None  # other keywords may say of it
        if name in each.fields:
            return [each.fields[name].node]
        if each.others is not None and not each.others.is_nothing:
            return [each.others]
        head, dot, rest = name.partition(".")
        while dot:
            if head in each.fields:
                return self._nodes(each.fields[head].node, rest)
            more, dot, rest = rest.partition(".")
            head = f"{head}.{more}"
        nested = [field for known, field in each.fields.items() if known.startswith(f"{name}.")]
        return None if nested else []

    def _tests(self, tests: list[Any], found: list[Node], path: str) -> Iterator[Doubt]:
        """The tests of a field that no value of it passes."""
        leaves: list[Alternative] = []
        for node in found:
            inner = self._leaves(node)
            if inner is None:
                return
            leaves += inner
        for index, test in enumerate(tests):
            if not self._can_pass(test, leaves):
                said = in_words(leaves)
                if leaves:
                    yield Doubt(step(path, index), f"expected a test of {said}, got {shown(test)}")
                else:
                    kinds = described(self._tree, found[0])
                    yield Doubt(
                        step(path, index), f"expected a pattern of {kinds}, got {shown(test)}"
                    )

    def _leaves(self, node: Node) -> list[Alternative] | None:
        """What is tested of a node: its plain values and those in its lists; None for anything."""
        if self._tree.says_nothing(node):
            return None
        found: list[Alternative] = []
        for each in self._tree.resolved(node):
            if isinstance(each, Array):
                for inner in (*each.first, each.items):
                    leaves = self._leaves(inner)
                    if leaves is None:
                        return None
                    found += leaves
            elif not isinstance(each, Object):
                found.append(each)
        return found

    def _can_pass(self, test: Any, leaves: list[Alternative]) -> bool:  # noqa: ANN401 - JSON
        if _is_absent(test):
            return True
        return any(self._can_match(test, each) for each in leaves)

    def _can_match(self, test: Any, leaf: Alternative) -> bool:  # noqa: ANN401 - JSON
        match leaf:
            case Values(values):
                return any(self._matches({"v": [test]}, {"v": value}) for value in values)
            case Scalar(kind):
                values = (None,) if kind == "null" else (True, False)
                return any(self._matches({"v": [test]}, {"v": value}) for value in values)
            case Number():
                return _may_be_number(test, leaf)
            case Text():
                return _may_be_text(test, leaf)
        return True


def _missing(tree: Tree, node: Node, name: str) -> str:
    known = {
        name for each in tree.resolved(node) if isinstance(each, Object) for name in each.fields
    }
    names = ", ".join(sorted(known)[:NAMES_SHOWN]) or "none"
    return f"expected a field that events have, got {shown(name)}; they have: {names}"


def _may_be_number(test: Any, leaf: Number) -> bool:  # noqa: ANN401 - JSON
    if isinstance(test, Mapping):
        return next(iter(test)) in {"numeric", "anything-but", "exists"}
    if isinstance(test, bool) or not isinstance(test, int | float):
        return False
    return not leaf.is_integer or test == int(test)


def _may_be_text(test: Any, leaf: Text) -> bool:  # noqa: ANN401 - JSON
    if isinstance(test, Mapping):
        return next(iter(test)) in _OF_TEXTS | {"anything-but", "exists"}
    return isinstance(test, str) and (leaf.most is None or len(test) <= leaf.most)


def _is_absent(test: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(test, Mapping) and test.get("exists") is False


def _wants_absence(pattern: Mapping[str, Any]) -> bool:
    """Whether all that a pattern asks for is that something is not there."""
    return all(
        _wants_absence(asked)
        if isinstance(asked, Mapping)
        else isinstance(asked, list) and all(_is_absent(each) for each in asked)
        for asked in pattern.values()
    )
