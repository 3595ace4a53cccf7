"""The bounds, found by their names in the code."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

import ast
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from generator.bounds import AREAS, BOUNDS
from generator.markdown import code, table

ROOT = Path(__file__).parents[2]
BOUND = re.compile(r"(?:[A-Z]+_)*(?:MAX|MIN)(?:_[A-Z]+)*\Z|(?:[A-Z]+_)+(?:MS|S|KIB|PAGES)\Z")
NO_BOUNDS = frozenset({"engine:HELD_START_MS", "engine:HELD_MS"})


def limits_page() -> str:
    """Every bound, found by its name in the code."""
    found = dict(_constants())
    unsaid = sorted(set(found) - set(BOUNDS))
    gone = sorted(set(BOUNDS) - set(found))
    if unsaid or gone:
        sys.exit(
            f"docs/generator/bounds.py: say what these bound: {unsaid}; these are gone: {gone}"
        )
    return "\n\n".join([
        "# Limits",
        (
            "Everything is bounded. Each bound is a constant in the code; it cannot be configured, except"
            " where another page names an option. Over the bound there is a named error, a wait, or the"
            " answer that stands here; never a silent drop."
        ),
        *(part for area in AREAS for part in (f"## {area}", _limits(area, found))),
    ])


def _limits(area: str, found: dict[str, object]) -> str:
    rows = [
        (code(name.partition(":")[2]), _number(found[name]), said.unit, said.what, said.beyond)
        for name, said in BOUNDS.items()
        if said.area == area
    ]
    return table(("name", "value", "unit", "what it bounds", "beyond it"), rows)


def _number(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _constants() -> Iterator[tuple[str, object]]:
    for file in sorted((ROOT / "src/ensue").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT / "src").with_suffix("").parts)
        module = module.removesuffix(".__init__")
        for name in _assigned(ast.parse(file.read_text(encoding="utf-8"))):
            key = f"{_area(module)}:{name}"
            if BOUND.match(name) and key not in NO_BOUNDS:
                yield key, pkgutil.resolve_name(f"{module}:{name}")


def _area(module: str) -> str:
    """The part of the code that a module is in, so that constants can move within it."""
    parts = module.split(".")[1:]
    is_one_of_many = parts[:1] and parts[0] in {"doors", "languages", "resources"}
    return ".".join(parts[: 2 if is_one_of_many else 1])


def _assigned(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            yield from (name.id for name in names if isinstance(name, ast.Name))
