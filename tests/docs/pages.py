"""Pages of the documentation, taken apart: their blocks and their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\!)\[[^\]\n]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FILE = re.compile(r"# ([a-z_]+\.py)(, further)?\n")
TEMPLATE = re.compile(r"<!-- ([a-z_/]+\.html)() -->\n")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: what stands behind the fence.
        text: what is inside.
        line: where its text begins.
    """

    language: str
    text: str
    line: int

    @property
    def file(self) -> tuple[str, bool] | None:
        """The file that it is to be written to, and whether to add to it; None for none."""
        said = {"python": FILE, "html": TEMPLATE}.get(self.language)
        found = None if said is None else said.match(self.text)
        return None if found is None else (found[1], bool(found[2]))


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        path: where it is.
    """

    path: Path

    @property
    def name(self) -> str:
        """Its place in the repository."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """Its blocks, in order."""
        return [
            Block(found[1], found[2], self.text.count("\n", 0, found.start()) + 2)
            for found in FENCE.finditer(self.text)
        ]

    @cached_property
    def prose(self) -> str:
        """What is outside of blocks."""
        return FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """Where it points to."""
        return LINK.findall(re.sub(r"`[^`\n]*`", "", self.prose))

    @property
    def anchors(self) -> set[str]:
        """The places in it that links can name."""
        return {anchor(heading) for heading in HEADING.findall(self.prose)}


def anchor(heading: str) -> str:
    """A heading as links name it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def pages() -> list[Page]:
    """Every page but those of the languages, which have tests of their own."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("apps/**/*.md")]
    found += ROOT.glob("src/ensue/resources/*/README.md")
    return [Page(path) for path in sorted(found)]


def told() -> list[Page]:
    """The pages that are executed: those that teach."""
    taught = [*ROOT.glob("docs/tutorial/*.md"), *ROOT.glob("docs/how-to/*.md")]
    shown = ROOT.glob("apps/*/README.md")
    return [Page(path) for path in [ROOT / "README.md", *sorted(taught), *sorted(shown)]]
