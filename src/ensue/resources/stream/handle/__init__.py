"""What an application holds of a stream, and of a consumer group of one."""

from ensue.resources.stream.handle.group import ConsumerGroup
from ensue.resources.stream.handle.stream import Stream

__all__ = ["ConsumerGroup", "Stream"]
