"""The 65 checks of a billing system from end to end, against a server that runs (MF-40 to MF-49).

    python apps/metering/validate.py http://127.0.0.1:8080

It prints a table, and ends with 1 where a check fails. A customer is checked once: what was
recorded is not recorded again, so name another one for a second run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

HOUR_MS = 3_600_000
CUSTOMER = "test_customer_validation"
EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("api_request", {"endpoint": "/users", "bytes": 1_000}),
    ("api_request", {"endpoint": "/users", "bytes": 2_000}),
    ("api_request", {"endpoint": "/orders", "bytes": 500}),
    ("storage", {"gb_stored": 50}),
    ("storage", {"gb_stored": 100}),
)


@dataclass(frozen=True)
class Check:
    """A check that was made.

    Attributes:
        id: the fact that it is of, and its number within it.
        name: what is checked.
        expected: what must be.
        actual: what is.
    """

    id: str
    name: str
    expected: object
    actual: object

    @property
    def passed(self) -> bool:
        """Whether what is is what must be."""
        return self.actual == self.expected


class Validation:
    """The checks against one server.

    Args:
        http: reaches the server.
        admin_key: what makes keys.
        customer: whose usage is checked; nothing of it may be recorded yet.
        now_ms: what time it is there.
    """

    def __init__(self, http: httpx.Client, admin_key: str, customer: str, now_ms: int) -> None:
        self._http = http
        self._customer = customer
        self._window = {"start": now_ms - HOUR_MS, "end": now_ms + HOUR_MS}
        self._at_ms = now_ms
        made = http.post(
            "/v1/admin/keys",
            json={"customer_id": customer, "name": "validation"},
            headers={"X-Admin-Key": admin_key},
        )
        self._key = {"X-API-Key": made.raise_for_status().json()["api_key"]}

    def checks(self) -> Iterator[Check]:
        """All checks, in their order; each group builds on those before it."""
        groups = (
            ("MF-41", self._auth),
            ("MF-42", self._limits),
            ("MF-43", self._events),
            ("MF-44", self._usage),
            ("MF-45", self._anomaly),
            ("MF-46", self._pricing),
            ("MF-47", self._invoice),
            ("MF-48", self._billing),
            ("MF-49", self._fraud),
        )
        for fact, group in groups:
            for number, (name, expected, actual) in enumerate(group(), start=1):
                yield Check(f"{fact}.{number}", name, expected, actual)

    def _get(self, path: str, **query: str | int) -> httpx.Response:
        of = {"customer_id": self._customer, **query}
        return self._http.get(path, params=of, headers=self._key)

    def _post(self, path: str, body: object) -> httpx.Response:
        return self._http.post(path, json=body, headers=self._key)

    def _events_given(self) -> list[dict[str, object]]:
        return [
            {
                "transaction_id": f"val_{number:03}",
                "customer_id": self._customer,
                "event_type": event_type,
                "timestamp": self._at_ms,
                "properties": properties,
            }
            for number, (event_type, properties) in enumerate(EVENTS, start=1)
        ]

    def _auth(self) -> Iterator[tuple[str, object, object]]:
        asked: dict[str, str | int] = {"customer_id": self._customer, "metric": "api_calls"}
        asked |= self._window
        ask = self._http.get
        bad = {"X-API-Key": "mf_bad"}
        yield "no key", 401, ask("/v1/usage", params=asked).status_code
        yield "a bad key", 401, ask("/v1/usage", params=asked, headers=bad).status_code
        for path in ("/health", "/v1/metrics", "/v1/pricing"):
            yield f"{path} is public", 200, ask(path).status_code
        other = {**asked, "customer_id": "somebody_else"}
        found = ask("/v1/usage", params=other, headers=self._key)
        yield "another customer", 403, found.status_code
        yield "the customer itself", 200, self._get("/v1/usage", **asked).status_code

    def _limits(self) -> Iterator[tuple[str, object, object]]:
        told = self._get("/v1/usage", metric="api_calls", **self._window).headers
        yield "X-RateLimit-Limit", "100", told.get("X-RateLimit-Limit")
        yield "X-RateLimit-Remaining is there", True, "X-RateLimit-Remaining" in told
        yield "X-RateLimit-Reset", "60", told.get("X-RateLimit-Reset")

    def _events(self) -> Iterator[tuple[str, object, object]]:
        batch = {"events": self._events_given()}
        yield "events that were accepted", 5, self._post("/v1/events", batch).json()["accepted"]
        # What the original counted in its two databases: what was stored, and what tells copies.
        values = [self._value(each) for each in ("api_calls", "bandwidth", "storage_peak")]
        yield "they are stored", [3, 3_500, 100], values
        yield "copies are told", 5, self._post("/v1/events", batch).json()["duplicates"]

    def _value(self, metric: str) -> object:
        return self._get("/v1/usage", metric=metric, **self._window).json()["value"]

    def _usage(self) -> Iterator[tuple[str, object, object]]:
        for metric, value in (("api_calls", 3), ("bandwidth", 3_500), ("storage_peak", 100)):
            yield metric, value, self._value(metric)
        grouped = self._get("/v1/usage", metric="api_calls", group_by="endpoint", **self._window)
        for endpoint, calls in (("/users", 2), ("/orders", 1)):
            yield f"calls of {endpoint}", calls, grouped.json()["breakdown"].get(endpoint)
        again = {**self._events_given()[0], "properties": {}}
        found = self._post("/v1/events", {"events": [again]}).json()
        yield "val_001 again is a duplicate", 1, found["duplicates"]

    def _anomaly(self) -> Iterator[tuple[str, object, object]]:
        window = {f"current_{name}": value for name, value in self._window.items()}
        found = self._get("/v1/anomalies/check", metric="api_calls", **window).json()
        yield "customer_id", self._customer, found["customer_id"]
        yield "metric", "api_calls", found["metric"]
        yield "z_score is a number", True, isinstance(found["z_score"], int | float)
        yield "is_anomaly is a boolean", True, isinstance(found["is_anomaly"], bool)
        yield "severity", True, found["severity"] in {"normal", "warning", "critical"}

    def _pricing(self) -> Iterator[tuple[str, object, object]]:
        rules = self._http.get("/v1/pricing").json()["pricing"]
        yield "pricing is a list", True, isinstance(rules, list)
        yield "prices", 4, len(rules)
        by_metric: dict[str, Any] = {each["metric_code"]: each for each in rules}
        calls = by_metric.get("api_calls", {})
        yield "api_calls has one", True, bool(calls)
        yield "its model", "tiered", calls.get("model")
        yield "its tiers", 3, len(calls.get("tiers", ()))
        unknown = self._http.get("/v1/pricing/unknown_metric")
        yield "an unknown metric", 404, unknown.status_code

    def _invoice(self) -> Iterator[tuple[str, object, object]]:
        body = {"customer_id": self._customer, **self._window}
        found = self._post("/v1/invoices/calculate", body).json()
        lines = {each["metric_code"]: each for each in found["lines"]}
        yield "customer_id", self._customer, found["customer_id"]
        yield "invoice_id is a text", True, isinstance(found["invoice_id"], str)
        yield "status", "draft", found["status"]
        yield "currency", "USD", found["currency"]
        yield "lines is a list", True, isinstance(found["lines"], list)
        yield "api_calls: quantity", 3, lines["api_calls"]["quantity"]
        yield "api_calls: price", "Tiered", lines["api_calls"]["unit_price_display"]
        yield "api_calls: subtotal", 0, lines["api_calls"]["subtotal"]
        yield "bandwidth: quantity", 3_500, lines["bandwidth"]["quantity"]
        yield "bandwidth: subtotal", 0.04, lines["bandwidth"]["subtotal"]
        yield "storage_peak: quantity", 100, lines["storage_peak"]["quantity"]
        yield "storage_peak: subtotal", 10, lines["storage_peak"]["subtotal"]

    def _billing(self) -> Iterator[tuple[str, object, object]]:
        body = {"customer_id": self._customer, **self._window}
        found = self._post("/v1/billing/run", body).json()
        invoice, told = found["invoice"], found["stripe_operations"]
        calls, summary = told["operations"], told["summary"]
        items = [each["payload"] for each in calls if each["action"].endswith("Items.create")]
        yield "customer_id", self._customer, invoice["customer_id"]
        yield "status", "draft", invoice["status"]
        yield "invoice has lines", True, len(invoice["lines"]) > 0
        yield "mode", "dry_run", told["mode"]
        yield "operations is a list", True, isinstance(calls, list)
        yield "the first", "stripe.invoices.create", calls[0]["action"]
        yield "the last but one", "stripe.invoices.finalizeInvoice", calls[-2]["action"]
        yield "the last", "stripe.invoices.sendInvoice", calls[-1]["action"]
        yield "total_amount_cents", 1_004, summary["total_amount_cents"]
        yield "currency", "usd", summary["currency"]
        yield "idempotency_key is a text", True, isinstance(summary["idempotency_key"], str)
        yield "amounts of items", [0, 4, 1_000], [each["amount"] for each in items]
        yield "currencies of items", ["usd"] * 3, [each["currency"] for each in items]

    def _fraud(self) -> Iterator[tuple[str, object, object]]:
        day = datetime.fromtimestamp(self._at_ms // 1_000, UTC).date().isoformat()
        found = self._get("/v1/fraud/check", metric="api_calls", date=day).json()
        yield "customer_id", self._customer, found["customer_id"]
        yield "metric", "api_calls", found["metric"]
        yield "similarity is a number", True, isinstance(found["similarity"], int | float)
        yield "is_fraud is a boolean", True, isinstance(found["is_fraud"], bool)
        yield "current_vector is a list", True, isinstance(found["current_vector"], list)
        yield "its hours", 24, len(found["current_vector"])
        shown = self._get("/v1/dashboard/data", metric="api_calls").json()
        yield "dashboard: customer_id", self._customer, shown["customer_id"]
        yield "dashboard: history", True, isinstance(shown["usage_history"], list)
        yield "dashboard: pattern", True, isinstance(shown["current_pattern"], list)
        yield "dashboard: its hours", 24, len(shown["current_pattern"])


def table(checks: Iterable[Check]) -> Iterator[str]:
    """The lines of a table of checks, and how many of them passed."""
    passed = failed = 0
    for each in checks:
        passed, failed = passed + each.passed, failed + (not each.passed)
        said = "" if each.passed else f"  expected {each.expected!r}, got {each.actual!r}"
        yield f"{'ok' if each.passed else 'FAILED':<7} {each.id:<9} {each.name}{said}"
    yield f"{passed} of {passed + failed} checks passed"


def main() -> int:
    """Check the server that the command line names."""
    parser = argparse.ArgumentParser(prog="python apps/metering/validate.py")
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080")
    parser.add_argument("--admin-key", default="demo-admin-key")
    parser.add_argument("--customer", default=CUSTOMER)
    given = parser.parse_args()
    with httpx.Client(base_url=given.url, timeout=30) as http:
        # By the server's clock, so that no event is ahead of it.
        now = parsedate_to_datetime(http.get("/health").headers["date"])
        now_ms = int(now.timestamp()) * 1_000
        checks = list(Validation(http, given.admin_key, given.customer, now_ms).checks())
    sys.stdout.write("\n".join(table(checks)) + "\n")
    return 0 if all(each.passed for each in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
