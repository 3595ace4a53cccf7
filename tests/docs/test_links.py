"""Links resolve, and what pages name is there."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.docs.pages import ROOT, Page, pages

NAMED_FILE = re.compile(r"`((?:tests|apps|bench|docs|src)/[\w./-]+\.\w+)`")
NAMED_TEST = re.compile(r"`(test_\w+)`")
TARGET = re.compile(r"`make ([a-z]+)`")


@cache
def _tests() -> frozenset[str]:
    files = [*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("apps/**/test_*.py")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    return frozenset(name for text in texts for name in re.findall(r"def (test_\w+)", text))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_resolves(page):
    for link in page.links:
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        found = (page.path.parent / path).resolve() if path else page.path
        assert found.exists(), f"{page.name} links to {link}"
        assert found.is_relative_to(ROOT), f"{page.name} links to {link}"
        if anchor:
            assert anchor in Page(found).anchors, f"{page.name} links to {link}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_what_a_page_names_is_there(page):
    for name in NAMED_FILE.findall(page.prose):
        assert (ROOT / name).exists(), f"{page.name} names {name}"
    for name in NAMED_TEST.findall(page.prose):
        assert name in _tests() or name == "test_app", f"{page.name} names {name}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in TARGET.findall(page.prose):
        assert f"\n{name}:" in makefile, f"{page.name} names make {name}"


def test_every_page_can_be_reached_from_the_readme():
    reached: set[str] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = Page(waiting.pop())
        if page.name in reached:
            continue
        reached.add(page.name)
        for link in page.links:
            found = (page.path.parent / link.partition("#")[0]).resolve()
            if found.suffix == ".md" and found.exists():
                waiting.append(found)
    assert {page.name for page in pages()} - reached == set()
