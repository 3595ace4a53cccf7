"""What the README says there is, is what there is."""

import pkgutil
import re
import tomllib

import pytest

from tests.docs.pages import ROOT, Page
from tests.docs.transcript import parse

README = Page(ROOT / "README.md")
HOW_TO = Page(ROOT / "docs/how-to/README.md")
FOR_US = {"test", "lint"}


def test_every_extra_has_its_row():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = set(re.findall(r"^\| `(\w+)` \|", README.text, re.MULTILINE))
    assert told == set(project["optional-dependencies"]) - FOR_US


def test_every_kind_has_its_row():
    told = set(re.findall(r"\(src/ensue/resources/(\w+)/README\.md\)", README.text))
    assert told == {path.parent.name for path in ROOT.glob("src/ensue/resources/*/README.md")}


def test_every_how_to_is_in_the_index():
    written = {path.name for path in ROOT.glob("docs/how-to/*.md")} - {"README.md"}
    assert set(HOW_TO.links) - {"../tutorial/your-first-events.md"} == written


def test_every_decision_is_in_the_list():
    listed = set(Page(ROOT / "docs/decisions/README.md").links)
    assert listed == {path.name for path in ROOT.glob("docs/decisions/0*.md")}


APPS = sorted(path.parent.name for path in ROOT.glob("apps/*/app.py"))


@pytest.mark.parametrize("name", APPS)
def test_the_readme_of_an_app_runs_it(name):
    """And so do the tests, for every page that teaches."""
    page = Page(ROOT / f"apps/{name}/README.md")
    typed = [
        line for block in page.blocks if block.language == "console" for line in parse(block.text)
    ]
    assert any(f"ensue run apps/{name}" in (each.command or "") for each in typed)
    assert any(each.output for each in typed)


@pytest.mark.parametrize("name", APPS)
def test_an_app_of_more_than_300_lines_says_what_the_platform_lacks(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    apps = pkgutil.resolve_name("generator.apps")

    folder = ROOT / "apps" / name
    assert apps.lines_of(folder) <= apps.LINES_SMALL_MAX or apps.lacking(folder)
