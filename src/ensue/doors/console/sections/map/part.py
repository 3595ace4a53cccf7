"""One part of the map that has no page of its own, such as a route: what leads there and on."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.doors.console.sections.map.drawn import AddressOf, page_of
from ensue.doors.console.view import View
from ensue.doors.console.visit import Visit, plain
from ensue.observe.architecture import Edge, Node
from ensue.observe.figures import Figure
from ensue.observe.picture import called
from ensue.pages import charts
from ensue.words.errors import NotFound
from ensue.words.units import iso

CHART_MS, CHART_STEP_MS = 900_000, 15_000


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Which part, by its id."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


async def show_part(visit: Visit) -> View:
    """A part: what it is, how much goes through it, what leads to it and what it leads to."""
    asked = visit.query(Asked)
    figures = await visit.platform.map.figures()
    found = visit.platform.map.with_seen()
    node = found.node(asked.id)
    if node is None:
        raise NotFound(f"there is no part {asked.id} of the map")
    nodes = {each.id: each for each in found.nodes}
    comes = [each for each in found.edges if each.target == node.id]
    goes = [each for each in found.edges if each.source == node.id]
    rates = {(each.source, each.target): each.per_s for each in figures.ways}
    return View(
        "map/part.html",
        node.title,
        {
            "node": plain(node) | {"id": node.id},
            "figure": plain(figures.nodes.get(node.id, Figure())),
            "comes": plain(comes),
            "goes": plain(goes),
        },
        {
            "figure": figures.nodes.get(node.id, Figure()),
            "called": called,
            "charts": _charts(visit, node) if node.kind == "route" else [],
            "rows": lambda address_of: [
                (
                    "Leads here",
                    [_row(each, nodes[each.source], rates, address_of) for each in comes],
                ),
                ("Leads to", [_row(each, nodes[each.target], rates, address_of) for each in goes]),
            ],
        },
    )


def _row(
    edge: Edge, node: Node, rates: dict[tuple[str, str], float], address_of: AddressOf
) -> dict[str, Any]:
    return {
        "edge": edge,
        "node": node,
        "page": page_of(node, address_of),
        "per_s": rates.get((edge.source, edge.target)),
    }


def _charts(visit: Visit, node: Node) -> list[charts.Chart]:
    """Requests and how long they took, in the last quarter of an hour."""
    traffic = visit.platform.traffic
    drawn = []
    for title, metric, unit in (
        ("Requests", "requests", "a second"),
        ("Slowest of 20", "request_duration", "s"),
    ):
        points = traffic.series(node.ref, metric, CHART_MS, CHART_STEP_MS)
        names = [iso(at_ms)[11:16] for at_ms, _ in points]
        drawn.append(charts.lines(title, names, {title: [each for _, each in points]}, unit=unit))
    return drawn
