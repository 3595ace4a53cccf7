"""Where the palette can go: sections and resources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ensue.app.platform import Platform
from ensue.catalog import KINDS
from ensue.doors.console.section import Section
from ensue.words.names import Ref


def palette_of(
    platform: Platform, sections: Sequence[Section], address_of: Callable[[Ref], str]
) -> dict[str, Any]:
    """Sections and resources, each with its title, kind, where it is, and its address."""
    found = [
        {"title": each.title, "kind": "section", "where": "", "address": f"/console{each.home}"}
        for each in sections
    ]
    found += [
        {"title": ref.name, "kind": ref.kind, "where": ref.app, "address": address_of(ref)}
        for ref in platform.refs()
        if ref.kind in KINDS
    ]
    return {"found": found}
