"""The walk over what is stored: from the beginning of a tree to all that it caused, in steps.

Each step is a read of its own and ends soon, so that who walks on the event loop lets others have
their turn in between. The way to what was asked for comes first, then what that caused, then what
is beside the way, level by level; what is not shown when the tree is large enough is said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from itertools import pairwise
from typing import TypeVar

from ensue.engine import offspring
from ensue.engine.engine import Engine
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER, Place
from ensue.engine.offspring import Fact, Text
from ensue.engine.transaction import Transaction
from ensue.observe.children import CHILDREN_MAX, Branch, Children
from ensue.observe.naming import Naming
from ensue.observe.places import DEPTH_MAX, Places
from ensue.observe.tree import Node
from ensue.words.errors import NotFound

NODES_MAX = 2_000
PARENTS_AT_ONCE = 20
HOPS_LOOKED_AT = 1_000

T = TypeVar("T")
Find = Callable[[Transaction, str], Place | None]
Walk = Generator[None, None, Node]


def at_once(walk: Walk) -> Node:
    """The end of a walk, without a pause."""
    while True:
        try:
            next(walk)
        except StopIteration as ended:
            found: Node = ended.value
            return found


def beginnings(engine: Engine, limit: int) -> list[Node]:
    """The newest requests, statements and the like that began something, newest first.

    They are looked for among the newest 1,000 transactions only.
    """
    naming = Naming(engine)
    found = engine.read(lambda tx: offspring.newest_beginnings(tx, HOPS_LOOKED_AT, limit))
    return [naming.hop(each) for each in found]


class Walker:
    """Walks over a store.

    Args:
        engine: the store.
        finders: each turns what is no record id into the place of a record that tells of it.
        limit: how many nodes are shown at most, but for those on the way to what is sought.
    """

    def __init__(
        self, engine: Engine, finders: Sequence[Find] = (), limit: int = NODES_MAX
    ) -> None:
        self._engine = engine
        self._finders = finders
        self._limit = limit
        self._naming = Naming(engine)
        self._count = 0

    def up(self, sought: str) -> Node:
        """The nodes from the beginning down to what was sought, each the only child.

        Raises:
            NotFound: nobody knows it, or it has been forgotten.
        """
        path = self._read(lambda tx, places: self._path(tx, places, sought))
        for above, below in pairwise(path):
            above.node.children = [below.node]
        return path[0].node

    def one(self, sought: str) -> tuple[Place, Node, int | None]:
        """One thing by itself: its place, its node, and the number of the execution it begins.

        Raises:
            NotFound: nobody knows it, or it has been forgotten.
        """
        found = self._read(lambda tx, places: self._path(tx, places, sought)[-1])
        return found.place, found.node, found.begins

    def down(self, sought: str) -> Walk:
        """The tree that something is in, from its beginning; a walk in steps.

        Raises:
            NotFound: nobody knows it, or it has been forgotten.
        """
        path = self._read(lambda tx, places: self._path(tx, places, sought))
        self._count = len(path)
        yield
        self._grow(path[-1:])
        yield
        for above, below in pairwise(path):
            self._grow([above], below)
            yield
        yield from self._all_below(path)
        return path[0].node

    def below(self, parent: str, after: str) -> Walk:
        """A node with the children behind one of them, and what those caused; a walk in steps.

        Args:
            parent: the node's id.
            after: the id of a child, as `Node.more` says it; empty for the first children.

        Raises:
            NotFound: nobody knows the node, or there is no such child.
        """
        behind = None
        if after:
            behind = self._engine.records.place(after)
            if behind is None:
                raise NotFound(f"nothing is known of {after}")
        path = self._read(lambda tx, places: self._path(tx, places, parent)[-1:])
        self._count = 1
        yield
        if behind is not None and behind.number == EXECUTION_NUMBER:
            sought = behind
            behind = self._read(lambda _, places: places.settled(sought))
        self._grow(path, after=behind)
        yield
        yield from self._all_below(path)
        return path[0].node

    def _all_below(self, path: Sequence[Branch]) -> Generator[None, None, None]:
        """Let a tree grow: what the last of a path caused before all else."""
        on_path = {each.place for each in path}
        near = deque(path[-1].children)
        far = deque(
            child for each in path[:-1] for child in each.children if child.place not in on_path
        )
        left: list[Branch] = []
        while near or far:
            queue = near or far
            branches = [queue.popleft() for _ in range(min(PARENTS_AT_ONCE, len(queue)))]
            grown: list[Branch] = []
            for each in branches:
                is_cut = self._count >= self._limit or each.depth >= DEPTH_MAX * 2
                (left if is_cut else grown).append(each)
            if grown:
                self._grow(grown)
                queue.extend(child for each in grown for child in each.children)
                yield
        for first in range(0, len(left), PARENTS_AT_ONCE):
            self._say_more(left[first : first + PARENTS_AT_ONCE])
            yield

    def _grow(
        self, branches: Sequence[Branch], pinned: Branch | None = None, after: Place | None = None
    ) -> None:
        """Add the first children of some branches, or those behind one of them.

        Args:
            branches: what grows.
            pinned: a child that is there in any case.
            after: the child behind which to begin.
        """
        found = self._read(
            lambda tx, _: Children(self._engine, tx, self._naming).of(branches, after=after)
        )
        for branch in branches:
            children = found[branch.place]
            shown = children[: min(CHILDREN_MAX, max(0, self._limit - self._count))]
            behind = shown[-1].node.id if shown else ""
            self._count += len(shown)
            if pinned is not None:  # which counts already
                self._count -= any(each.place == pinned.place for each in shown)
                shown = _with(shown, pinned)
            places = {each.place for each in shown}
            if any(each.place not in places for each in children):
                branch.node.more = behind
            branch.children = shown
            branch.node.children = [each.node for each in shown]

    def _say_more(self, branches: Sequence[Branch]) -> None:
        """Say of branches that do not grow whether they would."""
        found = self._read(
            lambda tx, _: Children(self._engine, tx, self._naming).of(branches, limit=0)
        )
        for branch in branches:
            if found[branch.place]:
                branch.node.more = ""

    def _path(self, tx: Transaction, places: Places, sought: str) -> list[Branch]:
        """From the beginning down to what was sought."""
        place = self._engine.records.place(sought)
        if place is None:
            found = (find(tx, sought) for find in self._finders)
            place = next((at for at in found if at is not None), None)
        path = [] if place is None else places.path_to(place)
        if not path:
            raise NotFound(
                f"nothing is known of {sought}",
                hint="It may be of another store, or older than what is kept.",
            )
        branches = [self._branch(tx, places, at, depth) for depth, at in enumerate(path)]
        above = places.above(path[0])
        if above is not None:
            branches[0].node.cause = self._engine.records.text(*above)
        branches[-1].node.is_sought = True
        return branches

    def _branch(self, tx: Transaction, places: Places, place: Place, depth: int) -> Branch:
        """One thing by itself, which is there."""
        if place.number == HOP_NUMBER:
            hop = places.hop(place.sequence)
            assert hop is not None  # noqa: S101 - it was found in this very snapshot
            return Branch(place, self._naming.hop(hop), depth)
        if place.number == WORK_NUMBER:
            piece = places.piece(place.sequence)
            assert piece is not None  # noqa: S101 - it was found in this very snapshot
            [branch] = Children(self._engine, tx, self._naming).of_work([piece])
            branch.depth = depth
            return branch
        if place.number == EXECUTION_NUMBER:
            brief = places.execution(place.sequence)
            assert brief is not None  # noqa: S101 - it was found in this very snapshot
            node = self._naming.lone_execution(brief, tx.now_ms)
            return Branch(place, node, depth, begins=brief.id)
        record = places.record(place)
        assert record is not None  # noqa: S101 - it was found in this very snapshot
        said = (_text(record.old), _text(record.new), record.at_ms)
        fact = Fact(record.hop or 0, place, record.kind, record.key, *said)
        return Branch(place, self._naming.fact(fact), depth)

    def _read(self, look: Callable[[Transaction, Places], T]) -> T:
        """One step: a look at one snapshot."""
        return self._engine.read(lambda tx: look(tx, Places(self._engine, tx)))


def _with(shown: list[Branch], pinned: Branch) -> list[Branch]:
    """Children with the one that is there in any case: in its place, or else at the end."""
    if any(each.place == pinned.place for each in shown):
        return [pinned if each.place == pinned.place else each for each in shown]
    return [*shown, pinned]


def _text(text: str | None) -> Text | None:
    return None if text is None else Text(text, len(text.encode()), is_whole=True)
