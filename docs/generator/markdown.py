"""Tables, code and docstrings as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    lines = [list(heads), ["---"] * len(list(heads)), *map(list, rows)]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def code(text: object) -> str:
    """A text as code; nothing for an empty one."""
    return f"`{text}`" if text not in {"", None} else ""


def plain(signature: inspect.Signature) -> str:
    """A signature without types."""
    parameters = [each for name, each in signature.parameters.items() if name != "self"]
    shown: list[str] = []
    for each in parameters:
        if (
            each.kind is each.KEYWORD_ONLY
            and "*" not in shown
            and not any(other.startswith("*") for other in shown)
        ):
            shown.append("*")
        stars = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        default = "" if each.default is each.empty else f"={each.default!r}"
        shown.append(f"{stars}{each.name}{default}")
    return f"({', '.join(shown)})"


def first(doc: str | None) -> str:
    """The first paragraph of a docstring."""
    return " ".join(inspect.cleandoc(doc or "").split("\n\n")[0].replace("``", "`").split())


def arguments(doc: str | None) -> list[str]:
    """A list of what a docstring says of arguments, attributes and errors."""
    found: list[str] = []
    for section in ("Args", "Attributes", "Returns", "Raises"):
        part = re.search(
            rf"^{section}:\n((?:    .*\n?|\n)+)", inspect.cleandoc(doc or ""), re.MULTILINE
        )
        if part is None:
            continue
        entries = re.split(r"\n(?=    \S)", part[1].rstrip())
        lines = [" ".join(each.replace("``", "`").split()) for each in entries]
        if section != "Returns":
            lines = [re.sub(r"^(\w+): ", r"`\1`: ", line) for line in lines]
        head = [f"{section}:"] if section in {"Returns", "Raises"} else []
        found.append("\n".join([*head, *([""] if head else []), *(f"* {line}" for line in lines)]))
    return found
