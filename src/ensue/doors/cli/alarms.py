"""``alarms``: which alarms there are, and how they are."""

from __future__ import annotations

from typing import Any

import click

from ensue.catalog import KINDS
from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import show, show_json
from ensue.doors.cli.places import places

ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")


@click.command(
    "alarms",
    short_help="List the alarms, and how they are.",
    cls=ServerCommand,
    params=[json_option()],
    epilog=examples("ensue alarms", "ensue alarms --json | jq '.[] | select(.state == \"ALARM\")'"),
)
def alarms(server: Server, *, as_json: bool) -> None:
    """List the alarms of all apps, and how they are: those that are raised first."""
    kind = KINDS["alarm"]
    found: list[dict[str, Any]] = []
    for place in places(server):
        if place.kind is kind:
            said = place.operate(server, "state", {})
            found.append({"app": place.app, **said})
    found.sort(key=lambda each: (ORDER.index(each["state"]), each["app"], each["name"]))
    if as_json:
        show_json(found)
    elif found:
        show([_row(each) for each in found])
    else:
        click.echo("The apps declare no alarms.", err=True)


def _row(found: dict[str, Any]) -> dict[str, object]:
    row = {name: found[name] for name in ("app", "name", "state", "since_ms")}
    return row | {"paused": found["paused"] or None, "reason": found["reason"]}
