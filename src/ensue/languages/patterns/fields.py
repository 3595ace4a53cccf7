"""The fields of an event: finding the values of paths.

A path is names joined with dots, on both sides: the event's ``{"a": {"b": 1}}`` and ``{"a.b": 1}``
both have the field ``a.b``. Arrays are not part of a path; where elements are objects or arrays, a
value carries the choice of elements that leads to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ensue.languages.patterns.text import Repeated

Chosen = tuple[tuple[int, int], ...]
"""The elements on the way to a value, outermost first: (number of the array, index in it)."""

Found = dict[int, list[tuple[object, Chosen]]]
"""The values of fields, by slot."""


class Node:
    """A beginning of paths: ``slot`` is set where a path ends, ``edges`` lead on.

    An edge's key is one name of an event's object, so a path of names a, b and c has edges ``a``,
    ``a.b`` and ``a.b.c`` from its root: whichever way an event writes the dots, a key is one
    look-up.
    """

    __slots__ = ("edges", "slot", "users")

    def __init__(self) -> None:
        self.edges: dict[str, Node] = {}
        self.slot = -1
        self.users = 0


class FieldTree:
    """The paths that somebody asks for, as a tree over the names of an event."""

    def __init__(self) -> None:
        self.root = Node()
        self._nodes: dict[tuple[str, ...], Node] = {(): self.root}

    def add(self, path: str, slot: int) -> None:
        """Ask for a path, once; its values will be found under the slot."""
        names = tuple(path.split("."))
        for size in range(1, len(names) + 1):
            if names[:size] not in self._nodes:
                self._join(names[:size])
            self._nodes[names[:size]].users += 1
        self._nodes[names].slot = slot

    def remove(self, path: str) -> None:
        """Ask for a path no longer."""
        names = tuple(path.split("."))
        self._nodes[names].slot = -1
        for size in range(len(names), 0, -1):
            node = self._nodes[names[:size]]
            node.users -= 1
            if not node.users:
                for start in range(size):
                    del self._nodes[names[:start]].edges[".".join(names[start:size])]
                del self._nodes[names[:size]]

    def _join(self, names: tuple[str, ...]) -> None:
        node = self._nodes[names] = Node()
        for start in range(len(names)):
            self._nodes[names[:start]].edges[".".join(names[start:])] = node


def collect(root: Node, event: Mapping[str, object]) -> Found:
    """All values of the asked-for fields, with the array elements that lead to them."""
    collector = _Collector()
    collector.gather(root, event, ())
    return collector.found


class _Collector:
    def __init__(self) -> None:
        self.found: Found = {}
        self._arrays = 0

    def gather(self, node: Node, members: Mapping[str, object], chosen: Chosen) -> None:
        for name, value in members.items():
            following = node.edges.get(name)
            if following is not None:
                self._value(following, value, chosen)

    def _value(self, node: Node, value: object, chosen: Chosen) -> None:
        if isinstance(value, Mapping):
            self.gather(node, value, chosen)
        elif isinstance(value, Repeated):
            for each in value:
                self._value(node, each, chosen)
        elif isinstance(value, list | tuple):
            self._array(node, value, chosen)
        elif node.slot >= 0:
            self.found.setdefault(node.slot, []).append((value, chosen))

    def _array(self, node: Node, items: list[object] | tuple[object, ...], chosen: Chosen) -> None:
        array = self._arrays
        self._arrays += 1
        for index, item in enumerate(items):
            if isinstance(item, Mapping | list | tuple):
                self._value(node, item, (*chosen, (array, index)))
            else:
                self._value(node, item, chosen)
