"""Versions of a workflow, and aliases for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

VERSIONS_MAX = 1_000
ALIASES_MAX = 100
ROUTES_MAX = 2
PERCENT = 100

_ALIAS = re.compile(r"(?=.*[A-Za-z_.-])[A-Za-z0-9_.-]{1,80}\Z")


@dataclass(frozen=True, slots=True)
class WorkflowVersion:
    """A definition that was published under a number.

    Attributes:
        number: its number, from 1 on.
        definition: the number of the definition.
        description: what it is for; None for nothing said.
        created_ms: when it was published.
    """

    number: int
    definition: int
    description: str | None
    created_ms: int


@dataclass(frozen=True, slots=True)
class WorkflowAlias:
    """A name for one version, or for two.

    Attributes:
        name: the name.
        routes: how much of the starts goes to which version, in percent; together 100.
        updated_ms: when that was last said.
    """

    name: str
    routes: Mapping[int, int]
    updated_ms: int


def is_alias(name: object) -> bool:
    """Whether an alias may be called so: 1 to 80 of ``A-Z a-z 0-9 . _ -``, not digits only."""
    return isinstance(name, str) and bool(_ALIAS.match(name))
