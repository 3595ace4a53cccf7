"""What the tests share: the app under a held clock, and customers with keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from apps.metering.app import app
from apps.metering.meters import DAY_MS, HOUR_MS

# What `ensue.testing` runs an app with, and what that answers: apps import `ensue` alone.
Running: TypeAlias = Any
Reply: TypeAlias = Any

ADMIN = {"X-Admin-Key": "demo-admin-key"}


class Customer:
    """A customer with a key."""

    def __init__(self, t: Running, name: str, rate_limit: int) -> None:
        self.t, self.name = t, name
        body = {"customer_id": name, "name": "test", "rate_limit": rate_limit}
        self.made = t.request("POST", "/v1/admin/keys", body=body, headers=ADMIN).body
        self.headers = {"X-API-Key": self.made["api_key"]}

    def ask(self, path: str, **query: str | float) -> Reply:
        """Ask for something of its own, or of ``customer_id``."""
        asked = {"customer_id": self.name, **query}
        return self.t.request("GET", path, query=asked, headers=self.headers)

    def post(self, path: str, body: object) -> Reply:
        """Post a body."""
        return self.t.request("POST", path, body=body, headers=self.headers)

    def event(
        self,
        id: str,  # noqa: A002 - the word for it
        type: str = "api_request",  # noqa: A002 - the word for it
        *,
        ago_ms: int = 0,
        customer: str | None = None,
        **properties: str | float,
    ) -> dict[str, Any]:
        """An event of now, or of some time ago."""
        return {
            "transaction_id": id,
            "customer_id": customer or self.name,
            "event_type": type,
            "timestamp": self.t.now_ms() - ago_ms,
            "properties": properties,
        }

    def send(self, *events: dict[str, Any]) -> Reply:
        """Send a batch."""
        return self.post("/v1/events", {"events": list(events)})

    def value(self, metric: str) -> float:
        """What it used in the last 30 days."""
        now = self.t.now_ms()
        window = {"start": now - 30 * DAY_MS, "end": now + HOUR_MS}
        found: float = self.ask("/v1/usage", metric=metric, **window).body["value"]
        return found


@pytest.fixture
def t(run_app: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> Running:
    """The app."""
    monkeypatch.delenv("METERING_ADMIN_KEY", raising=False)
    return run_app(app)


@pytest.fixture
def customer(t: Running) -> Callable[..., Customer]:
    """Makes a customer: ``customer("acme", rate_limit=5)``."""
    return lambda name, rate_limit=100: Customer(t, name, rate_limit)


@pytest.fixture
def acme(customer: Callable[..., Customer]) -> Customer:
    """A customer."""
    return customer("acme")
