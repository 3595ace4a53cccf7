"""What an application holds of a table."""

from __future__ import annotations

from ensue.resources.table.handle.table import Table

__all__ = ["Table"]
