"""What a few things caused, a page of it each: a few statements for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ensue.engine import offspring
from ensue.engine.engine import Engine
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER, Place
from ensue.engine.offspring import Brief, Failure, Piece
from ensue.engine.transaction import Transaction
from ensue.observe.naming import Naming
from ensue.observe.tree import Node

CHILDREN_MAX = 100
FAILURES_AT_ONCE = 2_000


@dataclass(slots=True)
class Branch:
    """A node that is on the tree, and what it is a cause of.

    Attributes:
        place: where it is.
        node: the node.
        depth: how many nodes are above it.
        begins: the execution that it begins, when that has a number.
        children: what it caused, as far as it was looked at.
    """

    place: Place
    node: Node
    depth: int = 0
    begins: int | None = None
    children: list[Branch] = field(default_factory=list)


class Children:
    """Finds what things caused, within one snapshot.

    Args:
        engine: where to look.
        tx: the snapshot.
        naming: names what is found.
    """

    def __init__(self, engine: Engine, tx: Transaction, naming: Naming) -> None:
        self._engine = engine
        self._tx = tx
        self._naming = naming

    def of(
        self, branches: Sequence[Branch], limit: int = CHILDREN_MAX, after: Place | None = None
    ) -> dict[Place, list[Branch]]:
        """What each of some things caused: one more than a limit where there are more.

        Args:
            branches: the things.
            limit: how many of each.
            after: only those behind this child; for a single thing.
        """
        found: dict[Place, list[Branch]] = {each.place: [] for each in branches}
        ran = [each for each in branches if each.place.number == HOP_NUMBER]
        others = [each for each in branches if each.place.number != HOP_NUMBER]
        if ran:
            self._produced(ran, limit + 1, after, found)
        if others:
            self._handled(others, limit + 1, 0 if after is None else after.sequence, found)
        return found

    def _handled(
        self,
        branches: Sequence[Branch],
        limit: int,
        after: int,
        found: dict[Place, list[Branch]],
    ) -> None:
        """What ran because of records and work."""
        causes = {each.place: each for each in branches}
        for each in branches:
            if each.begins is not None:
                causes[Place(EXECUTION_NUMBER, each.begins)] = each
        for hop in offspring.hops_of(self._tx, list(causes), limit, after=after):
            if hop.cause is None:
                continue
            above = causes[hop.cause]
            place, node = Place(HOP_NUMBER, hop.id), self._naming.hop(hop)
            found[above.place].append(Branch(place, node, above.depth + 1))

    def _produced(
        self,
        branches: Sequence[Branch],
        limit: int,
        after: Place | None,
        found: dict[Place, list[Branch]],
    ) -> None:
        """What hops produced: records of each log, by the numbers of the logs, and then work."""
        hops = {each.place.sequence: each for each in branches}
        for source in sorted(self._engine.directory.sources(), key=lambda each: each.number):
            if after is not None and (after.number == WORK_NUMBER or source.number < after.number):
                continue
            behind = after.sequence if after is not None and after.number == source.number else 0
            for fact in offspring.facts(self._tx, source, hops, limit, after=behind):
                above = hops[fact.parent]
                node = self._naming.fact(fact, above.node.at_ms)
                found[above.place].append(Branch(fact.place, node, above.depth + 1))
        behind = after.sequence if after is not None and after.number == WORK_NUMBER else 0
        pieces = offspring.pieces(self._tx, hops, limit, after=behind)
        for branch, piece in zip(self.of_work(pieces), pieces, strict=True):
            if piece.parent is not None:
                above = hops[piece.parent]
                branch.depth = above.depth + 1
                found[above.place].append(branch)

    def of_work(self, pieces: Sequence[Piece]) -> list[Branch]:
        """Pieces of work, each with its failed attempts, and with the execution that it begins."""
        failed = self._failed(each.id for each in pieces if each.receives or each.attributes)
        begun = {each.id: self._naming.begins(each) for each in pieces}
        briefs = self._briefs(pieces, begun)
        branches: list[Branch] = []
        for piece in pieces:
            place, number = Place(WORK_NUMBER, piece.id), begun[piece.id]
            tries, now_ms = failed.get(piece.id, []), self._tx.now_ms
            if number is None:
                branches.append(Branch(place, self._naming.work(piece, tries, now_ms)))
                continue
            brief = briefs.get(number if isinstance(number, int) else (piece.queue, number))
            node = self._naming.execution(piece, brief, tries, now_ms)
            numbered = brief.id if brief is not None else number
            begins = numbered if isinstance(numbered, int) else None
            branches.append(Branch(place, node, begins=begins))
        return branches

    def _failed(self, numbers: Iterable[int]) -> dict[int, list[Failure]]:
        found: dict[int, list[Failure]] = {}
        for each in offspring.failures_of(self._tx, numbers, FAILURES_AT_ONCE):
            found.setdefault(each.work, []).append(each)
        return found

    def _briefs(
        self, pieces: Sequence[Piece], begun: dict[int, int | str | None]
    ) -> dict[int | tuple[int, str], Brief]:
        """What is known of executions: by number, or by the workflow's number and the name."""
        numbers = [each for each in begun.values() if isinstance(each, int)]
        names = [
            (piece.queue, name) for piece in pieces if isinstance(name := begun[piece.id], str)
        ]
        found: dict[int | tuple[int, str], Brief] = {}
        if numbers:
            found |= {each.id: each for each in offspring.executions_with(self._tx, numbers)}
        if names:
            for each in offspring.executions_named(self._tx, names):
                found[each.workflow, each.name] = each
        return found
