"""``/_ensue/clock``: shown on any clock, moved where it is held."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ensue import App, Firing, Tx
from ensue.app.platform import Platform
from ensue.doors.http import asgi_app
from ensue.engine.clock import ServedClock, SystemClock
from ensue.engine.database import MEMORY, StoreUrl
from ensue.engine.ids import seeded_random

AT_TEN_MS = 1_941_012_000_000
HOUR_MS = 3_600_000


def asked(*requests, clock=None):
    """The answers to requests, in turn, of a server on a clock of its own."""
    app = App("hours")
    fired = app.table("fired", key="due")

    @app.schedule("rate(1 hour)", start="2031-07-05T11:00:00")
    def hourly(firing: Firing, tx: Tx) -> None:
        tx.put(fired, {"due": firing.due})

    async def ask():
        platform = await Platform.open(
            [app],
            StoreUrl(MEMORY),
            clock=clock or ServedClock(AT_TEN_MS),
            source=seeded_random(1),
        )
        platform.start()
        transport = httpx.ASGITransport(asgi_app(platform))
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
        try:
            return [
                await client.request(method, f"/_ensue/clock{path}", json=body)
                for method, path, body in requests
            ]
        finally:
            await client.aclose()
            await platform.close()

    return asyncio.run(ask())


SHOW = ("GET", "", None)


def test_a_held_clock_says_what_is_due_next():
    [shown] = asked(SHOW)

    assert shown.json() == {
        "held": True,
        "now_ms": AT_TEN_MS,
        "moving_to_ms": None,
        "next": {
            "at_ms": AT_TEN_MS + HOUR_MS,
            "what": "schedule hourly fires",
            "app": "hours",
            "kind": "schedule",
            "resource": "schedules",
            "name": "hourly",
        },
    }


def test_it_is_moved_to_what_is_due_and_on_by_a_time():
    following, advanced, drained, shown = (
        each.json()
        for each in asked(
            ("POST", "/next", {}), ("POST", "/advance", {"by": "90m"}), ("POST", "/drain", {}), SHOW
        )
    )

    assert following["now_ms"] == AT_TEN_MS + HOUR_MS
    assert (advanced["from_ms"], advanced["now_ms"]) == (
        AT_TEN_MS + HOUR_MS,
        AT_TEN_MS + 2 * HOUR_MS + HOUR_MS // 2,
    )
    assert drained["now_ms"] == shown["now_ms"] == advanced["now_ms"]
    assert shown["next"]["at_ms"] == AT_TEN_MS + 3 * HOUR_MS


@pytest.mark.parametrize(
    ("path", "body"), [("/advance", {"by": "1h"}), ("/next", {}), ("/drain", {})]
)
def test_the_machines_clock_is_shown_but_not_moved(path, body):
    shown, moved = asked(SHOW, ("POST", path, body), clock=SystemClock())

    assert shown.json()["held"] is False
    assert (moved.status_code, moved.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "body", [{}, {"by": "soon"}, {"by": "1h", "to": 1}, {"by": 7}, {"by": "1" * 65}]
)
def test_a_move_that_is_written_wrong_moves_nothing(body):
    refused, shown = asked(("POST", "/advance", body), SHOW)

    assert refused.status_code == 400
    assert shown.json()["now_ms"] == AT_TEN_MS
