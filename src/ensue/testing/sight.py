"""What a test sees of the apps that it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import TypeVar

from ensue.app.platform import Platform
from ensue.observe import Node
from ensue.resources.bus import Bus, Event
from ensue.resources.mail import Letter, Mail
from ensue.resources.queue import Message, Queue

T = TypeVar("T")


class Sight(ABC):
    """Looks into the resources of apps that run."""

    _platform: Platform

    @abstractmethod
    def wait(self, doing: Awaitable[T]) -> T:
        """Await something."""

    def messages(self, queue: Queue) -> list[Message]:
        """The messages in a queue, longest due first, at most 1,000."""
        return self.wait(queue.peek(1_000))

    def events(self, bus: Bus) -> list[Event]:
        """The newest events of a bus, at most 1,000, oldest first."""
        found, _ = self.wait(bus.tail(limit=1_000))
        return [Event.from_envelope(each) for each in found if isinstance(each, dict)]

    def letters(self, mail: Mail) -> list[Letter]:
        """The letters that left the house; for apps that run in memory."""
        return list(mail.drawer.letters)

    def why(self, sought: str, *, up: bool = False) -> Node:
        """The tree of what an id, or an item's key, caused; see `ensue why`."""
        return self._platform.why(sought, up=up)
