"""The pytest fixture, entered as a plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ensue.app.app import App
from ensue.testing import crash
from ensue.testing.kit import Running, running


@pytest.fixture
def run_app() -> Iterator[Callable[..., Running]]:
    """Run apps in memory under a held clock: ``run_app(app)``; they stop after the test."""
    with ExitStack() as stack:

        def run(*apps: App, **options: Any) -> Running:  # noqa: ANN401 - those of `running`
            return stack.enter_context(running(*apps, **options))

        yield run


@pytest.fixture
def crash_points() -> Callable[..., int]:
    """Kill apps at every commit of a scenario: ``crash_points(scenario, app)``."""
    return crash.crash_points
