"""What the values of the language see in tests: a held clock, chance that is told."""

from __future__ import annotations

from ensue.languages.states.environment import Environment

NOW_MS = 1_795_268_823_000


class GivenFacts:
    """Time that stands, and chance that is given."""

    def __init__(self, chance=0.5):
        self.now_ms = NOW_MS
        self._chance = chance
        self._ids = 0

    def new_uuid(self):
        self._ids += 1
        return f"00000000-0000-4000-8000-{self._ids:012}"

    def random(self):
        return self._chance


def seen(context=None, chance=0.5, **variables):
    return Environment(GivenFacts(chance), context or {}, variables)
