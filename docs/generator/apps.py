"""The table of apps."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

import pkgutil
from pathlib import Path

from ensue.catalog import KINDS
from ensue.words.kinds import Kind
from generator.markdown import first, table

APPS = (
    "experiments",
    "integrations",
    "order_intake",
    "orders",
    "payments",
    "post_payment",
    "relay",
    "scheduler",
    "support",
    "telemetry",
    "tokens",
    "webhooks",
    "workshop",
)


def apps_page() -> str:
    """The table of apps."""
    rows = []
    for name in APPS:
        module = pkgutil.resolve_name(f"apps.{name}.app")
        app = module.app
        refs = [ref for ref in app.resources if not ref.name.endswith("-dlq")]
        kinds = [ref.kind for ref in refs if ref.kind in KINDS]
        counts = [_counted(kinds.count(kind), KINDS[kind]) for kind in dict.fromkeys(kinds)]
        routes = f"{len(app.routes)} routes"
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        lines = sum(1 for line in text.splitlines() if line.strip())
        idea = first(module.__doc__).partition(".")[0]
        rows.append((f"[{name}]({name}/README.md)", idea, ", ".join([*counts, routes]), str(lines)))
    return "\n\n".join([
        "# Apps",
        (
            "Systems that are built on Ensue, each in one file. They import `ensue` and nothing beneath it,"
            " and never each other. Dead-letter queues are not counted, nor are empty lines."
        ),
        table(("app", "idea", "resources", "lines"), rows),
        "`ensue run apps/orders apps/payments` runs both, in one process and on one store.",
    ])


def _counted(count: int, kind: Kind) -> str:
    return f"{count} {kind.name if count == 1 else kind.plural}"
