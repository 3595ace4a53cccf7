"""What is wrong, at the top of every page: looked at now and then, not for each page."""

from __future__ import annotations

from ensue.app.platform import Platform
from ensue.observe.diagnosis import Fault

LOOK_MS = 2_000


class Banner:
    """What is wrong with a platform, as it was a moment ago.

    Args:
        platform: what is looked at.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._found: list[Fault] = []
        self._until_ms = 0

    def now(self) -> list[Fault]:
        """What is wrong, the likeliest fault first."""
        now_ms = self._platform.now_ms()
        if now_ms >= self._until_ms:
            self._found = self._platform.diagnosis()
            self._until_ms = now_ms + LOOK_MS
        return self._found
