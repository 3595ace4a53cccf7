"""The words that operations of workflows have in common."""

from __future__ import annotations

from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Long = Annotated[str, msgspec.Meta(min_length=1, max_length=32_768)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


def said(text: str) -> msgspec.Meta:
    """What a parameter is, for people."""
    return msgspec.Meta(description=text)


ERROR = said("The name of an error.")
CAUSE = said("What happened, for people.")


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """Which execution."""

    name: Text


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing."""
