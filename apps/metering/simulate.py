"""Sends what a simulated customer uses to a server that runs (MF-26).

    python -m apps.metering.simulate history http://127.0.0.1:8080 --key mf_...
    python -m apps.metering.simulate attack http://127.0.0.1:8080 --key mf_...

``history`` is the 29 days before today, ``attack`` is today as far as it is over, at the hours of a
thief. What was sent is not counted again when it is sent again.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from apps.metering.shapes import FRAUD, day_of, history

BATCH = 500


def events_of(what: str, customer: str, now: datetime, seed: int) -> list[dict[str, Any]]:
    """The events of a history, or of an attack up to now."""
    if what == "history":
        return list(history(customer, now.date(), seed=seed))
    now_ms = int(now.timestamp()) * 1_000
    attack = day_of(customer, now.date(), FRAUD, seed=seed)
    return [each for each in attack if each["timestamp"] <= now_ms]


def main() -> int:
    """Send what the command line asks for, in batches of 500."""
    parser = argparse.ArgumentParser(prog="python -m apps.metering.simulate")
    parser.add_argument("what", choices=["history", "attack"])
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080")
    parser.add_argument("--key", required=True)
    parser.add_argument("--customer", default="acme")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    accepted = duplicates = 0
    with httpx.Client(base_url=given.url, timeout=30, headers={"X-API-Key": given.key}) as http:
        now = parsedate_to_datetime(http.get("/health").headers["date"])
        events = events_of(given.what, given.customer, now, given.seed)
        for begin in range(0, len(events), BATCH):
            batch = {"events": events[begin : begin + BATCH]}
            found = http.post("/v1/events", json=batch).raise_for_status().json()
            accepted += found["accepted"]
            duplicates += found["duplicates"]
    sys.stdout.write(f"accepted {accepted}, duplicates {duplicates}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
