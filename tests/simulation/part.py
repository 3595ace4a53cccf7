"""What a part of a world is: it declares something, and has things done to that."""

from __future__ import annotations

from typing import ClassVar

from ensue.words.errors import EnsueError, StoreError

UNKNOWN = object()


class Part:
    """Some of a world, and those outside who use it.

    Attributes:
        weights: for the name of each of its methods that is an action, how often it is done.
    """

    weights: ClassVar[dict[str, int]] = {}

    def __init__(self, world, rng):
        self.world = world
        self.rng = rng

    def actions(self):
        """What can be done, and how often it is."""
        return {getattr(self, name): weight for name, weight in self.weights.items()}

    def calm(self, game):
        """Undo what keeps anything from coming to its end: faults have ended."""
        del game

    def finish(self, game):
        """Do what is left to do when faults have ended; returns whether it did anything."""
        del game
        return False

    def end(self, game):
        """Look for the last time."""

    def _wait_for(self, game, times):
        """Let time pass until one of some moments has come."""
        clock = game.machine.clock
        ahead = [at_ms for at_ms in times if at_ms > clock.now_ms()]
        if ahead:
            clock.move_to(self.rng.choice(ahead))

    def ask(self, game, coroutine):
        """Await the answer to somebody outside.

        Returns it, or the error with which it was refused; `UNKNOWN` when none came.
        """

        async def asked():
            try:
                return await coroutine
            except StoreError:
                return UNKNOWN
            except EnsueError as refused:
                return refused

        deaths = game.machine.deaths
        answer = game.machine.run(asked())
        coroutine.close()  # whoever died before asking never does
        return UNKNOWN if game.machine.deaths > deaths else answer
