"""A page before it is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """A template and what it shows.

    Attributes:
        template: the name of its file in the folder of pages.
        values: what it shows, by name.
    """

    template: str
    values: Mapping[str, Any]
