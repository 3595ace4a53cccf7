"""Dead letters: operators move them back, at once or at a rate, stop that, and take it back."""

from __future__ import annotations

from typing import ClassVar

from ensue.resources.queue import Redrive
from tests.simulation.part import Part


class Letters(Part):
    """The redrives of all dead-letter queues."""

    weights: ClassVar[dict[str, int]] = {"redrive": 4, "cancel": 2, "undo": 3}

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.redrives = []

    def redrive(self, game):
        world, rng = self.world, self.rng
        homes = {who: each.home for who, each in world.consumers.items() if each.home is not None}
        who = rng.choice([*homes])
        queue = world.app.resources[homes[who].model.dead_letters]
        told = {}
        if rng.random() < 0.4:
            told["rate"] = rng.choice(["1/s", "20/s"])
        if rng.random() < 0.3 and homes[who].ref.kind == "queue":
            told |= {"edit": "SET edited = :now", "values": {"now": 1}}
        # Even where no answer comes it may have begun.
        world.out_of_turn.add(who)
        moved = self.ask(game, queue.redrive(rng.choice([1, 10_000]), **told))
        game.tell("  ", who, moved)
        if isinstance(moved, Redrive):
            self.redrives.append((queue, moved.id))

    def cancel(self, game):
        if self.redrives:
            queue, number = self.rng.choice(self.redrives)
            game.tell("  ", number, self.ask(game, queue.cancel_redrive(number)))

    def undo(self, game):
        if self.redrives:
            queue, number = self.rng.choice(self.redrives)
            game.tell("  ", number, self.ask(game, queue.undo_redrive(number)))
