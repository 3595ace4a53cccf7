"""Mechanisms of executions, each taken out: random machines must notice."""

from __future__ import annotations

import asyncio

from ensue.engine.transaction import Transaction
from ensue.resources.workflow.store import StoredBranches, tokens
from ensue.resources.workflow.worker.consumers import Tasks
from ensue.resources.workflow.worker.waits import Waits


def tokens_for_ever(patch):
    """A token can be given back twice."""
    patch.setattr(tokens, "forget", lambda tx, token: True)


def branches_in_memory(patch):
    """Where an execution stands is not written."""
    flush = StoredBranches.flush

    def forgetful(self):
        self._changed.clear()
        flush(self)

    patch.setattr(StoredBranches, "flush", forgetful)


def lost_timers(patch):
    """Nobody wakes who waits for a time."""
    patch.setattr(Waits, "until", lambda self, place, due_ms, terms: None)


def late_completions(patch):
    """What a task outside has answered is told in a later commit than the one that settles it."""

    def complete(self, tx, pieces, answer):
        [piece] = pieces
        if answer is not None:
            loop, engine = asyncio.get_running_loop(), self._engine
            loop.call_soon(engine.transact, lambda later: self._tell(later, piece, answer))

    patch.setattr(Tasks, "_complete", complete)


def no_savepoints(patch):
    """What a task inside did that failed stays."""

    patch.setattr(Transaction, "nested", lambda self, origin, do: do())


MUTANTS = [
    tokens_for_ever,
    branches_in_memory,
    lost_timers,
    late_completions,
    no_savepoints,
]
