"""What must be true of the order system's store after every crash."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

STOCK = 1_000_000
NEVER = "never"


def is_settled(tx: Any) -> bool:
    """Whether nothing is left to do: no unsettled work, no unread record."""
    return (
        tx.row("SELECT 1 FROM ensue_work WHERE state < 2 LIMIT 1") is None
        and tx.row(
            "SELECT 1 FROM ensue_readers r WHERE position <"
            " (SELECT seq FROM sqlite_sequence s JOIN ensue_resources e"
            " ON s.name = e.sql_table || '_changes' WHERE e.number = r.log)"
        )
        is None
    )


def broken(folder: Path) -> list[str]:
    """The invariants that are broken, in words."""
    store = sqlite3.connect(folder / "ensue.db")
    orders = {
        order["id"]: order
        for (text,) in store.execute("SELECT item FROM orders_orders")
        for order in [json.loads(text)]
    }
    [(stock,)] = store.execute("SELECT json_extract(item, '$.quantity') FROM orders_stock")
    payments = Counter(
        body_id
        for (body_id,) in store.execute(
            "SELECT json_extract(body, '$.id') FROM ensue_work w JOIN ensue_resources r"
            " ON r.number = w.queue"
            " WHERE r.kind = 'queue' AND r.name IN ('payments', 'payments-dlq')"
        )
    )
    calls = [line.split() for line in lines(folder / "calls.log")]
    keys: dict[str, set[str]] = {}
    for order_id, key in calls:
        keys.setdefault(order_id, set()).add(key)
    reserved = {order_id: order for order_id, order in orders.items() if "reservedAt" in order}
    taken = sum(order["quantity"] for order in reserved.values())
    kills = len(lines(folder / "kills.log"))
    [(leased,)] = store.execute("SELECT count(*) FROM ensue_work WHERE state = 1")
    [(integrity,)] = store.execute("PRAGMA integrity_check")
    rules = {
        "the file is whole": integrity == "ok",
        "no acknowledged order is lost": set(lines(folder / "acknowledged.log")) <= set(orders),
        "what was taken back never happened": all(
            order["customerId"] != NEVER for order in orders.values()
        ),
        "the stock is what it was minus what is reserved": stock == STOCK - taken,
        "each order is reserved once and none is stuck": set(reserved) == set(orders),
        "each order has one payment": payments == Counter(dict.fromkeys(reserved, 1)),
        "each order is paid": all(order["status"] == "PAID" for order in orders.values()),
        "each order's payment was made": set(keys) == set(reserved),
        "a payment made again has the same key": all(len(found) == 1 for found in keys.values()),
        "a payment is made again after a crash only": len(calls) <= len(keys) + 10 * kills,
        "no lease is left": leased == 0,
    }
    store.close()
    return [rule for rule, holds in rules.items() if not holds]


def lines(path: Path) -> list[str]:
    """The whole lines of a file; none when it is not there."""
    return path.read_text().splitlines() if path.exists() else []
