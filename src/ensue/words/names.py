"""Names of resources: one rule for all of them, and how a resource is referred to."""

from __future__ import annotations

import re
from typing import NamedTuple

from ensue.words.errors import InvalidName

NAME_LENGTH_MAX = 64
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*\Z")


class Ref(NamedTuple):
    """What a resource is called: its app, its kind, its name within both."""

    app: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def check_name(name: str, what: str) -> str:
    """Return ``name`` when it is a good name for ``what``.

    Raises:
        InvalidName: it is not lower-case words joined by ``-`` or ``_``, starting with a letter,
            or is longer than 64 characters.
    """
    if len(name) <= NAME_LENGTH_MAX and _NAME.match(name):
        return name
    raise InvalidName(
        f"expected a lower-case name for the {what}, got {name!r}",
        hint=f"Use lower-case letters, digits and single - or _ between them, starting with a "
        f"letter, at most {NAME_LENGTH_MAX} characters, such as order-events.",
    )


def sql_name(app: str, name: str, suffix: str = "") -> str:
    """The name of a resource's SQL table: ``orders_stock``, and ``orders_stock_changes``."""
    return f"{app}_{name}{suffix}".replace("-", "_")
