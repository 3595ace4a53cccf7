"""What is shown of what users put in, where it is not to be seen: its form, and nothing of it."""

from __future__ import annotations

import re

from ensue.words.values import Json

HIDDEN = "•••"
_CLASS = re.compile(r"[A-Za-z_][\w.]*(?=:|\Z)")


def masked(value: Json) -> Json:
    """A value with its members and without what they are."""
    if isinstance(value, dict):
        return {name: masked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [masked(each) for each in value]
    return value if value is None or isinstance(value, bool) else HIDDEN


def masked_fault(text: str) -> str:
    """An error without what it says: its class, where it begins with one."""
    found = _CLASS.match(text)
    return HIDDEN if found is None else f"{found[0]}: {HIDDEN}"
