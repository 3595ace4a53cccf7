"""The picture as SVG: well formed, escaped, and with numbers to which figures are brought."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ensue.catalog import KINDS
from ensue.observe.architecture import Architecture, Edge, Node
from ensue.observe.picture import Look, draw_map, picture
from ensue.observe.picture.icons import FAMILIES, ICONS

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>\"&'"
DOOR, TABLE = Node("shop", "route", f"POST /{EVIL}"), Node("shop", "table", "orders")
FOUND = Architecture(("shop",), (DOOR, TABLE), (Edge(DOOR.id, TABLE.id, "changes", "code", "put"),))


def parsed(look: Look) -> ET.Element:
    return ET.fromstring(draw_map(picture(FOUND), look))  # noqa: S314 - of our own making


def test_names_and_addresses_are_escaped():
    tree = parsed(Look(address_of=lambda node: f"/x?{node.name}", fold_of=lambda app: f"/{EVIL}"))

    assert not tree.findall(f".//{SVG}script")
    links = [each.get("href") for each in tree.iter(f"{SVG}a")]
    assert f"/x?POST /{EVIL}" in links
    assert f"/{EVIL}" in links


def test_parts_and_lines_have_the_numbers_that_they_are_given():
    tree = parsed(Look(numbers={DOOR.id: 7, TABLE.id: 9}))

    ids = {each.get("id") for each in tree.iter() if each.get("id")}
    assert {"n7", "n9", "e7-9", "app-shop"} <= ids


def test_a_page_gets_no_style_and_no_script_and_a_file_has_its_own_style():
    assert not list(parsed(Look()).iter(f"{SVG}style"))
    [style] = parsed(Look(stands_alone=True)).iter(f"{SVG}style")
    assert "prefers-color-scheme:dark" in str(style.text)
    assert 'style="' not in draw_map(picture(FOUND), Look())


def test_what_became_of_parts_and_what_is_not_looked_for_are_marked():
    text = draw_map(picture(FOUND), Look(fates={TABLE.id: "added"}, dimmed={DOOR.id}))

    assert 'class="n data added"' in text
    assert 'class="n dim"' in text
    assert 'class="e dim"' in text
    assert "differing" in text


def test_every_kind_has_a_picture_and_a_colour():
    assert set(KINDS) <= set(ICONS)
    assert set(KINDS) <= set(FAMILIES)
