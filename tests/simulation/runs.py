"""Runs under a token: whoever gets no answer asks again, and it is done once."""

from __future__ import annotations

from typing import ClassVar

from tests.simulation.part import UNKNOWN, Part


class Runs(Part):
    """Clients who repeat what they asked for until they know."""

    weights: ClassVar[dict[str, int]] = {"run": 8, "again": 10}

    def __init__(self, world, rng):
        super().__init__(world, rng)
        self.table = world.app.table("runs", key="token")
        self.answers: dict[str, object] = {}

    def run(self, game):
        self._ask(game, f"r{len(self.answers)}")

    def again(self, game):
        if self.answers:
            self._ask(game, self.rng.choice([*self.answers]))

    def finish(self, game):
        """Whoever got no answer asks until there is one."""
        open_ = [token for token, answer in self.answers.items() if answer is UNKNOWN]
        for token in open_:
            self._ask(game, token)
        return bool(open_)

    def end(self, game):
        found = game.machine.rows("SELECT pk, item ->> '$.times' FROM sim_runs")
        self.world.observe("runs", dict(found), dict.fromkeys(self.answers, 1))

    def _ask(self, game, token):
        answer = self.ask(game, self.world.app.run(self._counted, token, token=token))
        before = self.answers.setdefault(token, UNKNOWN)
        game.tell("  ", token, "no answer" if answer is UNKNOWN else answer)
        if answer is UNKNOWN:
            return
        if before is not UNKNOWN:
            self.world.observe("run", before, answer)
        self.answers[token] = answer

    def _counted(self, token, tx):
        before = tx.get(self.table, token)
        times = 1 if before is None else before["times"] + 1
        tx.put(self.table, {"token": token, "times": times})
        return {"times": times, "at_ms": tx.now_ms}
