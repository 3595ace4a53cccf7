"""A process that serves: what it prints are lines for a test to wait for.

Arguments: the folder for the store, and options as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from ensue import App
from ensue.doors.http import Options, Ready, serve, server
from ensue.doors.http.protocol import BoundedProtocol
from tests.doors.http.sample import make_app


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def waiting_app() -> App:
    """An app whose request lasts until the test writes a line."""
    app = make_app("first")
    app.bucket("files")

    @app.get("/wait")
    async def wait() -> str:
        say("waiting")
        loop = asyncio.get_running_loop()
        return (await loop.run_in_executor(None, sys.stdin.readline)).strip()

    @app.get("/forever")
    async def forever() -> None:
        say("waiting")
        await asyncio.get_running_loop().create_future()

    return app


def ready(found: Ready) -> None:
    say(json.dumps({"addresses": list(found.addresses), "engine": found.engine}))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    given = json.loads(sys.argv[2])
    server.REQUESTS_GRACE_S = given.pop("requests_grace_s", server.REQUESTS_GRACE_S)
    server.CONNECTIONS_MAX = given.pop("connections_max", server.CONNECTIONS_MAX)
    BoundedProtocol.send_s = given.pop("send_s", BoundedProtocol.send_s)
    BoundedProtocol.receive_s = given.pop("receive_s", BoundedProtocol.receive_s)
    options = Options(**{
        "port": 0,
        "engine": f"sqlite:///{folder}/ensue.db",
        "data": folder,
        **given,
    })
    serve([waiting_app(), make_app("second")], options, ready)
    say("stopped")
