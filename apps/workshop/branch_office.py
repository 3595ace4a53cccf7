"""A branch of the workshop whose own program keeps an outbox in its own database.

Its table has the columns that Debezium's outbox event router names: ``id``, ``aggregatetype``,
``aggregateid``, ``type`` and ``payload``. The program writes a row beside its business rows, in one
transaction of its own, and may delete it at once; Ensue follows the table and publishes.

    CREATE TABLE outbox (id TEXT PRIMARY KEY, aggregatetype TEXT NOT NULL,
                         aggregateid TEXT NOT NULL, type TEXT NOT NULL, payload TEXT)
"""

from __future__ import annotations

import json
import os
from typing import Any

from ensue import App, Event, Item, Tx

SOURCE = "carworkshop.branch"


def branch_office(url: str, table: str = "outbox") -> App:
    """The app that publishes what a database's outbox says.

    Args:
        url: the database, such as ``sqlite:///branch.db`` or ``postgresql://user@host/branch``.
        table: the outbox in it.
    """
    app = App("branch-office")
    outbox = app.adopt("outbox", url=url, table=table)
    told = app.table("told", key="eventId")
    events = app.bus("events", source=SOURCE)

    @app.function
    def route(change: dict[str, Any], tx: Tx) -> dict[str, Any]:
        """An outbox row as an event: its type, its payload and where it belongs."""
        del tx
        row = change["NewImage"]
        payload = row["payload"]
        said = json.loads(payload) if isinstance(payload, str) else payload or {}
        return {
            "detail-type": row["type"],
            "source": SOURCE,
            "resources": [f"{row['aggregatetype']}/{row['aggregateid']}"],
            "detail": {**said, "eventId": str(row["id"]), "aggregateId": row["aggregateid"]},
        }

    # Its rows may be deleted as soon as they are written: only their coming says something. What
    # one aggregate says keeps its order.
    app.pipe(
        "outbox",
        source=outbox,
        filter={"eventName": ["INSERT"]},
        enrich=route,
        to=events,
        group="$.NewImage.aggregateid",
    )

    @app.on_event(events, {"source": [SOURCE]})
    def tell(event: Event, tx: Tx) -> None:
        """Act once for each event, however often it is told."""
        seen: Item = Item(eventId=event.detail.eventId, type=event.detail_type, at=tx.now_ms)
        tx.put(told, seen, where="attribute_not_exists(eventId)")

    return app


app = branch_office(os.environ.get("BRANCH_URL", "sqlite:///branch.db"))
