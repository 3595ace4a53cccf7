"""All pages of the console over all apps: each answers, has its twin, and keeps to the policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ensue.doors.console import make_console
from ensue.doors.console.section import Page
from ensue.doors.console.sections import SECTIONS
from ensue.doors.http import asgi_app
from ensue.engine.database import MEMORY, StoreUrl
from tests.apps.found import FOLDERS, app_of
from tests.conftest import Stage
from tests.doors.console.sample import Visitor

FIRST_BYTES_MAX = 300_000
OF_SOMETHING = {"/map/part", "/map/diff"}  # they are asked of what by their query


@pytest.fixture(scope="module")
def visitor():
    apps = [app_of(folder) for folder in FOLDERS]
    stage = Stage(StoreUrl(MEMORY), *apps)
    door = asgi_app(stage.platform, apps[0], console=make_console)
    yield Visitor(stage, door)
    stage.close()


def test_each_key_goes_to_one_section():
    keys = [each.key for each in SECTIONS if each.key]

    assert len(set(keys)) == len(keys)


@pytest.fixture(scope="module")
def addresses(visitor) -> list[str]:
    """The addresses of all sections, their pages without parameters, and all resources."""
    fixed = [
        each.path
        for section in SECTIONS
        for each in section.of
        if isinstance(each, Page) and "{" not in each.path and each.path not in OF_SOMETHING
    ]
    found = visitor.get("/palette.json").body["found"]
    return list(dict.fromkeys([*fixed, *(each["address"][len("/console") :] for each in found)]))


class Marks(HTMLParser):
    """What a page has that its policy forbids, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.leads: set[str] = set()
        self.headings = 0
        self._is_template = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.headings += tag == "h1"
        inline = tag == "style" or (tag == "script" and "src" not in given)
        if inline or any(name == "style" or name.startswith("on") for name in given):
            self.forbidden.append(self.get_starttag_text() or tag)
        self._is_template |= tag == "template"
        for name in ("href", "action", "src", "hx-get"):
            if name in given and not self._is_template:
                self.leads.add(given[name] or "")

    def handle_endtag(self, tag: str) -> None:
        self._is_template &= tag != "template"


def test_every_page_answers_with_one_heading_and_nothing_that_the_policy_forbids(
    visitor, addresses
):
    wrong = []
    for address in addresses:
        got = visitor.get(address)
        marks = Marks()
        marks.feed(got.raw.decode())
        elsewhere = {each for each in marks.leads if not re.match(r"/console|#|\?|$", each)}
        if (got.status, marks.headings) != (200, 1) or marks.forbidden or elsewhere:
            wrong.append((address, got.status, marks.headings, marks.forbidden, elsewhere))

    assert wrong == []
    assert len(addresses) > 150


def test_every_page_brings_what_is_live_up_to_date_by_itself(visitor, addresses):
    wrong = [
        (address, got.status)
        for address in addresses
        if (got := visitor.get(address, hx_target="live")).status not in {200, 204}
        or b"<html" in got.raw
    ]

    assert wrong == []


def test_every_page_has_a_twin_in_json(visitor, addresses):
    wrong = [
        (address, got.status)
        for address in addresses
        if (got := visitor.get(f"{address}.json")).status != 200 or not isinstance(got.body, dict)
    ]

    assert wrong == []


def test_every_link_of_a_sections_page_leads_somewhere(visitor):
    leads: set[str] = set()
    for section in SECTIONS:
        marks = Marks()
        marks.feed(visitor.get(section.home).raw.decode())
        leads |= {each for each in marks.leads if each.startswith("/console/")}

    wrong = {
        lead: got.status
        for lead in sorted(leads - {"/console/logout"})[:300]
        if (got := visitor.get(lead[len("/console") :])).status != 200
    }
    assert wrong == {}


def test_the_first_page_is_small_with_all_apps(visitor):
    assert len(visitor.get(SECTIONS[0].home).raw) < FIRST_BYTES_MAX
