"""A real browser that looks at the console, and what it must never see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS = 8_000
SERIOUS = frozenset({"serious", "critical"})


def chromium_path() -> str | None:
    """Where Chromium is; None where it is not installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser without a window."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """A page in the browser, and what went wrong in it.

    Attributes:
        page: the page (https://playwright.dev/python/docs/api/class-page).
        complaints: what its console says of errors, and of what the policy forbids.
    """

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self._context = browser.new_context(base_url=url, **context)
        self._context.set_default_timeout(WAIT_MS)
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        """Go to an address below ``/console``."""
        self.page.goto(f"/console{path}", wait_until="load")
        return self.page

    def axe(self) -> list[str]:
        """What axe finds serious on the page."""
        self.page.evaluate(_axe())
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['help']}: {node['html'][:160]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
            for node in each["nodes"][:3]
        ]

    def close(self) -> None:
        """Close it."""
        self._context.close()


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
