"""Pictures as they stand in a page, and where their parts lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlencode

from markupsafe import Markup

from ensue.catalog import KINDS
from ensue.observe.architecture import Node
from ensue.observe.picture import Look, Picture, draw_map
from ensue.words.names import Ref

PART = "/console/map/part"

AddressOf: TypeAlias = Callable[[Ref], str]


def page_of(node: Node, address_of: AddressOf) -> str:
    """The address of the page of a part: of its resource, where it is or has one.

    Args:
        node: the part.
        address_of: of a resource.
    """
    home = node.name.rpartition("/")[0]
    if node.kind in KINDS:
        return address_of(node.ref)
    if node.kind == "handler":
        return address_of(Ref(node.app, "queue", home))
    if node.kind == "rule":
        return address_of(Ref(node.app, "bus", home))
    return f"{PART}?{urlencode({'id': node.id})}"


def drawn(
    given: Picture,
    numbers: Mapping[str, int],
    address_of: AddressOf,
    *,
    fold_of: Callable[[str], str] = lambda _: "",
    dimmed: frozenset[str] = frozenset(),
    fates: Mapping[str, str] | None = None,
) -> Markup:
    """A picture as SVG for a page; whatever stands in it is escaped.

    Args:
        given: its layout.
        numbers: of the parts, by which figures are brought to them.
        address_of: the address of a resource's page.
        fold_of: the address of the picture with an app folded or unfolded.
        dimmed: the parts that are not looked for.
        fates: what became of parts and ways between two versions.
    """
    look = Look(
        address_of=lambda node: page_of(node, address_of),
        fold_of=fold_of,
        fates=fates or {},
        numbers=numbers,
        dimmed=dimmed,
    )
    return Markup(draw_map(given, look))  # noqa: S704 - escaped by whoever draws
