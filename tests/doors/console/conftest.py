"""Consoles to ask, and a browser to look at them with.

Playwright keeps an event loop running in its thread for as long as the browser is there, and no
other loop runs beside it. So the browser has a thread of its own, and the tests that ask for it are
run in that one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.doors.console.browsing import Tab, browsing, chromium_path

_thread = ThreadPoolExecutor(1, thread_name_prefix="browser")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests of the browser in its thread."""
    if "browser" not in pyfuncitem.fixturenames:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    given = {name: pyfuncitem.funcargs[name] for name in names}
    _thread.submit(pyfuncitem.obj, **given).result()
    return True


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; where there is none its tests are left out, but not in CI."""
    if chromium_path() is None and not os.environ.get("ENSUE_DEMAND_CHROMIUM"):
        pytest.skip("this machine has no Chromium")
    opened = ExitStack()
    yield _thread.submit(opened.enter_context, browsing()).result()
    _thread.submit(opened.close).result()


@pytest.fixture
def browser(chromium) -> Iterator[Callable[..., Tab]]:
    """Opens tabs: ``tab = browser(served.url)``. A test fails when a page of it complains."""
    tabs: list[Tab] = []

    def opened(url: str, **context: object) -> Tab:
        tabs.append(Tab(chromium, url, **context))
        return tabs[-1]

    yield opened
    complaints = [each for tab in tabs for each in tab.complaints]
    for tab in tabs:
        _thread.submit(tab.close).result()
    assert not complaints
