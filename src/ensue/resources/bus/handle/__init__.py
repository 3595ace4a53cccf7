"""What an application holds of a bus."""

from __future__ import annotations

from ensue.resources.bus.handle.bus import Bus

__all__ = ["Bus"]
