"""All apps, served by one process on one store, as `ensue run apps` serves them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.apps.found import ROOT, app_of
from tests.doors.cli.served import Served, serving

# More than a test asks for: what is beyond a rate would be told so, and nothing else.
LIMITS = {
    "PAYMENTS_LIMIT": "100000/s",
    "PAYMENTS_BURST": "100000",
    "DOWNSTREAM_FAILURE_RATE": "0",
    "DOWNSTREAM_LATENCY_MS": "0",
}
SECRETS = ("BANK_SECRET", "CLIENT_SECRET", "CRM_SECRET", "ENSUE_DEMO", "STRIPE_SECRET")


@dataclass(frozen=True)
class Together:
    """All apps, served.

    Attributes:
        served: the process.
        urls: where each app is, by its name.
        log: what the process says of itself.
    """

    served: Served
    urls: dict[str, str]
    log: Path

    def url_of(self, folder: str) -> str:
        """Where the app of a folder is."""
        return self.urls[app_of(folder).name]


@pytest.fixture(scope="session")
def together(tmp_path_factory) -> Iterator[Together]:
    """All apps, served with nothing configured but their rates."""
    folder = tmp_path_factory.mktemp("apps")
    log = folder / "log"
    with pytest.MonkeyPatch.context() as settings:
        for name in SECRETS:
            settings.delenv(name, raising=False)
        for name, value in LIMITS.items():
            settings.setenv(name, value)
        with serving("apps", "--data", str(folder), cwd=ROOT, log=log) as served:
            ready = [line.partition(" ready at ") for line in served.lines if " ready at " in line]
            yield Together(served, {name: url for name, _, url in ready}, log)
