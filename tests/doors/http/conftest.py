"""The sample app, running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ensue.testing import Running, running
from tests.doors.http.sample import make_app


@pytest.fixture
def shop() -> Iterator[Running]:
    with running(make_app()) as kit:
        yield kit


@pytest.fixture(scope="module")
def lasting_shop() -> Iterator[Running]:
    """One for all tests of a module that only look, or do not mind what others did."""
    with running(make_app()) as kit:
        yield kit
