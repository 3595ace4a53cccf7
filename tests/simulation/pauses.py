"""Pauses: operators let what takes work, or follows a log, wait, and go on again."""

from __future__ import annotations

from typing import ClassVar

from tests.simulation.part import UNKNOWN, Part


class Pauses(Part):
    """Whoever pauses handlers and pipes, and forgets to let them go on."""

    weights: ClassVar[dict[str, int]] = {"pause": 5, "resume": 4}

    def pause(self, game):
        names = self._names()
        if names:
            name = self.rng.choice(names)
            self._switch(game, name, to=True)

    def resume(self, game):
        names = [name for name, paused in self.world.paused.items() if paused is not False]
        if names:
            self._switch(game, self.rng.choice(names), to=False)

    def calm(self, game):
        """Whatever is paused goes on."""
        for name, paused in self.world.paused.items():
            if paused is not False:
                self._switch(game, name, to=False)

    def _names(self):
        """What has a handler, so that there is something to pause."""
        world = self.world
        for who, consumer in world.consumers.items():
            home = consumer.home
            if who != "hand0" and home is not None and home.ref.kind in {"queue", "function"}:
                world.pausable.setdefault(who, home)
        return [*world.pausable]

    def _switch(self, game, name, *, to):
        """Pause something, or let it go on; where no answer comes nobody knows what it does."""
        paused, home = self.world.paused, self.world.pausable[name]
        paused[name] = None
        if self.ask(game, home.pause() if to else home.resume()) is not UNKNOWN:
            paused[name] = to
        game.tell("  ", name, paused[name])
