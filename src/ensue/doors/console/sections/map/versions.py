"""What ran before: the versions that are kept, and two of them in one picture."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from ensue.doors.console.sections.map.drawn import AddressOf, drawn
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.observe.architecture import Architecture
from ensue.observe.picture import picture

Number = Annotated[int, msgspec.Meta(ge=1)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


class Between(msgspec.Struct, forbid_unknown_fields=True):
    """Which two versions, by their numbers."""

    from_: Number = msgspec.field(name="from")
    to: Number


async def list_versions(visit: Visit) -> View:
    """The versions that are kept, newest first, with what each changed."""
    visit.query(Nothing)
    found = visit.platform.map.versions()
    return View("map/versions.html", "Versions", {"versions": plain(found)})


async def show_difference(visit: Visit) -> View:
    """What differs between two versions, drawn in one picture and told in words."""
    asked = visit.query(Between)
    kept = visit.platform.map
    before, after = kept.version(asked.from_), kept.version(asked.to)
    changes = kept.difference(asked.from_, asked.to)
    both = _both(before, after)
    touched = {each.id.split("/", 1)[0] for each in changes}
    given = await asyncio.to_thread(picture, both, closed=frozenset(both.apps) - touched)
    numbers = {each.id: number for number, each in enumerate(both.nodes)}
    fates = {each.id: each.fate for each in changes}

    def draw(address_of: AddressOf) -> object:
        return drawn(given, numbers, address_of, fates=fates)

    return View(
        "map/diff.html",
        f"Version {asked.from_} to {asked.to}",
        {"from": asked.from_, "to": asked.to, "changes": plain(changes)},
        {
            "draw": draw,
            "asked": asked,
            "versions": kept.versions(),
            "kept": {each.number: each for each in kept.versions()},
        },
    )


def _both(before: Architecture, after: Architecture) -> Architecture:
    """Two architectures as one: what is gone stands where it was."""
    nodes = {each.id: each for each in (*before.nodes, *after.nodes)}
    edges = {each.id: each for each in (*before.edges, *after.edges)}
    apps = tuple(dict.fromkeys((*before.apps, *after.apps)))
    order = {app: number for number, app in enumerate(apps)}
    return Architecture(
        apps,
        tuple(sorted(nodes.values(), key=lambda each: order.get(each.app, len(order)))),
        tuple(edges.values()),
    )
