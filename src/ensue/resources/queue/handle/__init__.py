"""What an application holds of a queue."""

from ensue.resources.queue.handle.queue import Queue

__all__ = ["Queue"]
