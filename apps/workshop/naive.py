"""The same workshop, naively: it writes, then it publishes, and what fails in between is lost.

It is here for its two failures (OB-5), which the tests show: do not copy it.
"""

from __future__ import annotations

import os
from typing import Any

from ensue import App, NotFound, Tx

EVENTS_URL = os.environ.get("EVENTS_URL", "http://127.0.0.1:8082/events")

app = App("naive-workshop")
repairs = app.table("repairs", key="repairId", seed=[{"repairId": "R-123", "status": "OPEN"}])


@app.post("/naive/repairs/{repairId}/complete")
async def complete_repair(repairId: str) -> dict[str, Any]:  # noqa: N803 - the path's word
    """Two writes, one after the other, with nothing that holds them together."""
    await app.run(mark_completed, repairId)
    event = {"eventType": "RepairCompleted", "repairId": repairId}
    (await app.http.post(EVENTS_URL, json=event)).raise_for_status()
    return {"repairId": repairId, "status": "COMPLETED"}


def mark_completed(repair_id: str, tx: Tx) -> None:
    """The first write."""
    if not tx.update(repairs, repair_id, "SET status = :done", done="COMPLETED"):
        raise NotFound(f"there is no repair {repair_id}")
