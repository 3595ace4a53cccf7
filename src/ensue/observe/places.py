"""Where a thing is in the tree of what ensued: what is above it, and whether it is still kept."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine import archives, hops, logs, offspring, work
from ensue.engine.engine import Engine
from ensue.engine.hops import Hop
from ensue.engine.ids import EXECUTION_NUMBER, HOP_NUMBER, WORK_NUMBER, Place
from ensue.engine.logs import Record
from ensue.engine.offspring import Brief, Piece
from ensue.engine.sockets import Source
from ensue.engine.transaction import Transaction
from ensue.observe.naming import Naming
from ensue.resources.workflow import text_that_begins

DEPTH_MAX = 100


class Places:
    """Finds the way up, within one snapshot.

    An execution and the work that begins it are one place: that of the work, while it is kept.

    Args:
        engine: where to look.
        tx: the snapshot.
    """

    def __init__(self, engine: Engine, tx: Transaction) -> None:
        self._engine = engine
        self._tx = tx
        self._sources: Mapping[int, Source] = {
            source.number: source for source in engine.directory.sources()
        }

    def path_to(self, place: Place) -> list[Place]:
        """The places from the beginning down to a place; empty when it is not there."""
        path: list[Place] = []
        at: Place | None = self.settled(place)
        while at is not None and len(path) < DEPTH_MAX and self.is_kept(at):
            path.append(at)
            at = self.above(at)
        return path[::-1]

    def settled(self, place: Place) -> Place:
        """The place by which a thing is known here: of an execution that of what begins it."""
        if place.number != EXECUTION_NUMBER:
            return place
        begun = self._beginning_of(place.sequence)
        return place if begun is None else Place(WORK_NUMBER, begun)

    def above(self, place: Place) -> Place | None:
        """What caused it: of a hop the record or work that it handled, of all else the hop."""
        if place.number == HOP_NUMBER:
            hop = self.hop(place.sequence)
            cause = None if hop is None else hop.cause
            return None if cause is None else self.settled(cause)
        if place.number == WORK_NUMBER:
            piece = work.piece(self._tx, place.sequence)
            made_by = None if piece is None else piece.hop
        elif place.number == EXECUTION_NUMBER:
            made_by = hops.hop_of_execution(self._tx, place.sequence)
        else:
            record = self.record(place)
            made_by = None if record is None else record.hop
        return None if made_by is None else Place(HOP_NUMBER, made_by)

    def is_kept(self, place: Place) -> bool:
        """Whether there is something at a place."""
        if place.number == HOP_NUMBER:
            return self.hop(place.sequence) is not None
        if place.number == WORK_NUMBER:
            return work.piece(self._tx, place.sequence) is not None
        if place.number == EXECUTION_NUMBER:
            return self.execution(place.sequence) is not None
        return self.record(place) is not None

    def hop(self, number: int) -> Hop | None:
        """A hop; None when it is not kept."""
        return hops.hop(self._tx, number)

    def execution(self, number: int) -> Brief | None:
        """An execution; None when it is not kept."""
        return next(iter(offspring.executions_with(self._tx, [number])), None)

    def piece(self, number: int) -> Piece | None:
        """A piece of work in short; None when it is not kept."""
        return next(iter(offspring.pieces_with(self._tx, [number])), None)

    def record(self, place: Place) -> Record | None:
        """A record of a log; None when it is not kept."""
        source = self._sources.get(place.number)
        if source is None:
            return None
        if source.sharded:
            return logs.record(self._tx, source.table, place.sequence, sharded=True)
        return archives.record(self._tx, source, place.sequence)

    def _beginning_of(self, number: int) -> int | None:
        """The work that begins an execution; None where it is not kept."""
        made_by = hops.hop_of_execution(self._tx, number)
        if made_by is None:
            return None
        begun = offspring.work_that_says(self._tx, made_by, text_that_begins(number))
        if begun is not None:
            return begun
        # An express one is entered at its end, by the hop that its work caused.
        hop, brief = self.hop(made_by), self.execution(number)
        if hop is None or hop.cause is None or hop.cause.number != WORK_NUMBER or brief is None:
            return None
        piece = self.piece(hop.cause.sequence)
        if piece is None:
            return None
        begins = Naming(self._engine).begins(piece)
        return hop.cause.sequence if begins == brief.name else None
