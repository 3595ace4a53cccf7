"""The table of apps: each folder of `apps` that has an `app.py`."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

from ensue import App
from ensue.catalog import KINDS
from ensue.words.kinds import Kind
from generator.markdown import first, table

FOLDER = Path(__file__).parents[2] / "apps"
LINES_SMALL_MAX = 300
LACKS = re.compile(r"^## What the platform lacks\n+(.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


def apps_page() -> str:
    """The table of apps."""
    rows, notes = [], []
    for path in sorted(FOLDER.glob("*/app.py")):
        name = path.parent.name
        module = pkgutil.resolve_name(f"apps.{name}.app")
        lines = lines_of(path.parent)
        idea = first(module.__doc__).partition(".")[0]
        rows.append((f"[{name}]({name}/README.md)", idea, _resources(module.app), f"{lines:,}"))
        if lines > LINES_SMALL_MAX:
            notes.append(f"* **{name}**, {lines:,} lines. {lacking(path.parent)}")
    return "\n\n".join([
        "# Apps",
        (
            "Systems that are built on Ensue. They import `ensue` and nothing beneath it, and never each other."
            " Lines are those of the whole app, its mocks and simulators included, without its tests and without"
            " empty lines. Dead-letter queues are not counted."
        ),
        table(("app", "idea", "resources", "lines"), rows),
        (
            "`ensue run apps` runs all of them in one process and on one store, each on a port of its own;"
            " `ensue run apps/orders apps/payments` runs two, `ensue run apps/NAME` one. Nothing has to be set."
        ),
        f"## More than {LINES_SMALL_MAX} lines",
        "What the platform would have to have so that these were small:",
        "\n".join(notes),
    ])


def lines_of(folder: Path) -> int:
    """How many lines an app has, without tests and empty lines."""
    files = [path for path in folder.rglob("*.py") if not _is_test(path)]
    texts = [path.read_text(encoding="utf-8") for path in files]
    return sum(1 for text in texts for line in text.splitlines() if line.strip())


def _is_test(path: Path) -> bool:
    return path.name.startswith("test_") or path.name == "conftest.py"


def lacking(folder: Path) -> str:
    """What an app says that the platform lacks: the first paragraph of that section."""
    found = LACKS.search((folder / "README.md").read_text(encoding="utf-8"))
    return "" if found is None else " ".join(found[1].split())


def _resources(app: App) -> str:
    refs = [ref for ref in app.resources if not ref.name.endswith("-dlq")]
    kinds = [ref.kind for ref in refs if ref.kind in KINDS]
    counts = [_counted(kinds.count(kind), KINDS[kind]) for kind in dict.fromkeys(kinds)]
    routes = len(app.routes)
    return ", ".join([*counts, f"{routes} route" if routes == 1 else f"{routes} routes"])


def _counted(count: int, kind: Kind) -> str:
    return f"{count} {kind.name if count == 1 else kind.plural}"
