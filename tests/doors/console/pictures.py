"""Pictures of the console's pages: light and dark, wide and narrow.

python -m tests.doors.console.pictures URL FOLDER /queues /queues/orders/payments
"""

from __future__ import annotations

import re
import sys
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser

from tests.doors.console.browsing import Tab, browsing

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES = ("light", "dark")
SETTLE_MS = 250


def take(browser: Browser, url: str, folder: Path, paths: list[str]) -> None:
    """Take a picture of each page in each form."""
    folder.mkdir(parents=True, exist_ok=True)
    for (size, (width, height)), scheme in product(SIZES.items(), SCHEMES):
        tab = Tab(browser, url, viewport={"width": width, "height": height}, color_scheme=scheme)
        for path in paths:
            page = tab.open(path)
            page.wait_for_timeout(SETTLE_MS)
            name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
            page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            said = [f"{wider} px too wide"] * (wider > 0) + tab.complaints + tab.axe()
            sys.stdout.write(f"{name}-{size}-{scheme}: {'; '.join(said) or 'well'}\n")
            tab.complaints.clear()
        tab.close()


if __name__ == "__main__":
    with browsing() as chromium:
        take(chromium, sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
