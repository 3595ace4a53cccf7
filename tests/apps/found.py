"""The apps, found by their folders."""

from __future__ import annotations

import pkgutil
from pathlib import Path

from ensue import App

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent.name for path in ROOT.glob("apps/*/app.py"))


def app_of(folder: str) -> App:
    """The app in a folder."""
    found: App = pkgutil.resolve_name(f"apps.{folder}.app").app
    return found
