"""``approvals``: what waits for people, over all workflows of a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.explained import EXAMPLES
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import show_json, show_table
from ensue.doors.cli.places import Place, find_place, places

WORKFLOW = "workflow"
_COLUMNS = ("id", "workflow", "execution", "state", "title", "since_ms", "until_ms")


@click.command(
    "approvals",
    short_help="List what waits for people.",
    cls=ServerCommand,
    params=[
        click.Argument(["workflow"], required=False),
        click.Option(["--state"], help="Only what waits at this state, or step."),
        json_option(),
    ],
    epilog=examples(*EXAMPLES["approvals"]),
)
def approvals(server: Server, *, workflow: str | None, state: str | None, as_json: bool) -> None:
    """List what waits until somebody decides: of one workflow, or of all.

    Each has an id, by which `approve` and `reject` answer it; --json shows the data to decide on,
    and what the answer must look like where that is declared.
    """
    if workflow is None:
        asked = [place for place in places(server) if place.kind.name == WORKFLOW]
    else:
        asked = [find_place(server, workflow, [WORKFLOW])]
    found = [each for place in asked for each in _waiting(server, place, state)]
    if as_json:
        show_json(found)
    elif found:
        show_table([{name: each[name] for name in _COLUMNS} for each in found])
    else:
        click.echo("Nothing waits for somebody.", err=True)


def _waiting(server: Server, place: Place, state: str | None) -> Iterator[dict[str, Any]]:
    """What waits of a workflow, page by page."""
    asked: dict[str, object] = {"limit": 100} | ({} if state is None else {"state": state})
    while True:
        page = place.operate(server, "approvals", asked)
        yield from page["approvals"]
        if page["next"] is None:
            return
        asked["after"] = page["next"]
