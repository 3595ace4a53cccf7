"""Mechanisms taken out of the engine, to see that the simulation notices."""

from __future__ import annotations

from ensue.engine import work
from ensue.engine.consumers import TransactionConsumer
from ensue.engine.readers import LogReader
from ensue.engine.transaction import Transaction


def no_savepoints(monkeypatch):
    """What a transaction did stays when it raises."""
    plain = Transaction.execute

    def execute(self, sql, parameters=()):
        return plain(self, "SELECT 1" if sql.startswith("ROLLBACK TO") else sql, parameters)

    monkeypatch.setattr(Transaction, "execute", execute)


def no_lease(monkeypatch):
    """Work that an action takes can be taken again at once."""
    monkeypatch.setattr(work, "lease", lambda tx, taken, lease_ms: list(taken))


def no_release_of_groups(monkeypatch):
    """The next of a group is never made due."""
    monkeypatch.setattr(work, "release_groups", lambda tx, settled: None)


def position_in_another_commit(monkeypatch):
    """A reader's position moves after what it did was committed."""
    moves, move, step = [], LogReader._move, LogReader.step

    async def stepped(self):
        more = await step(self)
        while moves:
            await self._engine.transact(lambda tx: move(self, tx, *moves[0]))
            del moves[0]
        return more

    monkeypatch.setattr(LogReader, "_move", lambda self, tx, *moved: moves.append(moved))
    monkeypatch.setattr(LogReader, "step", stepped)


def lease_not_looked_at(monkeypatch):
    """Work is handled although its lease was not committed."""
    monkeypatch.setattr(
        TransactionConsumer,
        "_handle_leased",
        lambda self, tx, piece: (
            self._handle(tx, piece, piece.receives) and work.finish(tx, [piece])
        ),
    )


MUTANTS = (
    no_savepoints,
    no_lease,
    no_release_of_groups,
    position_in_another_commit,
    lease_not_looked_at,
)
