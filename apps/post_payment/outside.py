"""The fulfilment centres, mocks to try it with: each takes an order once, and says when it comes.

Not ours: they stand in for services of others, on an address of their own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from ensue import App, Meta, Tx

TAKES_DAYS = 3

app = App("centres")
taken = app.table("taken", key=("centre", "order"))

Centre = Annotated[str, Meta(min_length=1, max_length=64)]


@app.post("/centres/{centre}/orders")
def take(centre: Centre, body: dict[str, Any], tx: Tx) -> dict[str, str]:
    """Take an order; again, it is taken already."""
    key = (centre, str(body["SessionId"]))
    known = tx.get(taken, key)
    if known is None:
        arrives = datetime.fromtimestamp(tx.now_ms // 1_000, UTC) + timedelta(days=TAKES_DAYS)
        known = {"centre": key[0], "order": key[1], "arrivalDate": f"{arrives:%Y-%m-%d}"}
        tx.put(taken, known)
    return {"arrivalDate": known["arrivalDate"]}
