"""What runs now, drawn or listed, with what goes through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec

from ensue.doors.console.sections.map.drawn import AddressOf, drawn, page_of
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.observe.architecture import Architecture, Node
from ensue.observe.figures import Figure, Figures
from ensue.observe.picture import LETTERS, called, shown

Text = Annotated[str, msgspec.Meta(max_length=200)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What of the map is looked at, and how."""

    view: Literal["map", "list"] = "map"
    app: Text | None = None
    kind: Text | None = None
    text: Text | None = None
    fold: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


async def show_map(visit: Visit) -> View:
    """The map of what runs."""
    asked = visit.query(Asked)
    figures = await visit.platform.map.figures()
    whole = visit.platform.map.with_seen()
    found = visit.platform.map.of_app(asked.app)
    folded = frozenset(filter(None, asked.fold.split(",")))
    draws = asked.view == "map"
    given = await visit.platform.map.picture(asked.app, folded) if draws else None
    wanted = [each for each in found.nodes if _is_wanted(each, asked)]
    numbers = {each.id: number for number, each in enumerate(found.nodes)}
    return View(
        "map/map.html",
        "Map",
        {
            "apps": found.apps,
            "nodes": [_node(each, figures) for each in wanted],
            "edges": plain(found.edges),
            "ways": plain(figures.ways),
        },
        {
            "asked": asked,
            "all_apps": whole.apps,
            "kinds": sorted({each.kind for each in whole.nodes}),
            "called": called,
            "page_of": page_of,
            "data": _data(figures, numbers),
            "tally": tally(found, figures),
            "listed": lambda address_of: listed(found, wanted, figures, address_of),
            "address": partial(address, asked),
            "draw": None
            if given is None
            else lambda address_of: drawn(
                given,
                numbers,
                address_of,
                fold_of=partial(_fold, asked, folded),
                dimmed=frozenset(numbers) - {each.id for each in wanted},
            ),
        },
    )


def address(asked: Asked, **other: str | None) -> str:
    """The address of the map as it is asked for, but for something."""
    said = {name: value for name, value in msgspec.structs.asdict(asked).items() if value}
    said |= other
    if said.get("view") == "map":
        del said["view"]
    query = urlencode({name: value for name, value in said.items() if value})
    return f"/console/map?{query}" if query else "/console/map"


def _fold(asked: Asked, folded: frozenset[str], app: str) -> str:
    """The address of the map with an app folded, or unfolded; none where there is only one."""
    return address(asked, fold=",".join(sorted(folded ^ {app})))


def _is_wanted(node: Node, asked: Asked) -> bool:
    text = (asked.text or "").lower()
    return asked.kind in {None, node.kind} and text in node.name.lower()


def _node(node: Node, figures: Figures) -> dict[str, Any]:
    said: dict[str, Any] = plain(node) | {"id": node.id}
    figure = figures.nodes.get(node.id)
    return said if figure is None else said | {"figure": plain(figure)}


def _data(figures: Figures, numbers: Mapping[str, int]) -> str:
    """The figures by the numbers of the parts, for the script that brings them to the picture."""
    nodes = {numbers[id_]: plain(figure) for id_, figure in figures.nodes.items() if id_ in numbers}
    ways = {
        f"{numbers[each.source]}-{numbers[each.target]}": each.per_s
        for each in figures.ways
        if each.source in numbers and each.target in numbers
    }
    return msgspec.json.encode({"nodes": nodes, "ways": ways}).decode()


def tally(found: Architecture, figures: Figures) -> dict[str, Any]:
    """What matters most of the whole: requests, what waits, and what fails."""
    of = {each.id: each for each in found.nodes}
    known = [(of[id_], each) for id_, each in figures.nodes.items() if id_ in of]
    requests = sum(each.per_s for node, each in known if node.kind == "route")
    return {
        "requests": round(requests, 2),
        "ways": sum(1 for each in figures.ways if each.source in of),
        "waiting": sum(each.waiting for node, each in known if node.kind != "handler"),
        "dead": sum(each.dead for _, each in known),
        "failing": [node for node, each in known if each.how in {"fails", "alarm"}],
        "paused": [node for node, each in known if each.how == "paused"],
        "slow": [node for node, each in known if each.how == "waits"],
    }


def listed(
    found: Architecture, wanted: list[Node], figures: Figures, address_of: AddressOf
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The parts of each app with what flows from them, for those who read rather than look."""
    nodes = {each.id: each for each in found.nodes}
    drawn = {each.id for app in shown(found) for each in app.nodes}
    letters = {each.source: each.target for each in found.edges if each.flows == LETTERS}
    ways: dict[str, dict[str, list[str]]] = {}
    for edge in found.edges:
        if edge.target in drawn:
            ways.setdefault(edge.source, {}).setdefault(edge.target, []).append(edge.flows)
    for app in found.apps:
        rows = [
            {
                "node": each,
                "page": page_of(each, address_of),
                "figure": figures.nodes.get(each.id, Figure()),
                "letters": page_of(nodes[letters.get(each.id, each.id)], address_of),
                "ways": [
                    {
                        "to": nodes[target],
                        "flows": ", ".join(dict.fromkeys(flows)),
                        "page": page_of(nodes[target], address_of),
                    }
                    for target, flows in ways.get(each.id, {}).items()
                ],
            }
            for each in wanted
            if each.app == app and each.id in drawn
        ]
        if rows:
            yield app, rows
