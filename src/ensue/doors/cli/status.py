"""``status``: whether the server is well, and what runs short."""

from __future__ import annotations

from typing import Any

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import figures, printable, printable_line, show_json


@click.command(
    "status",
    short_help="Show whether the server is well.",
    cls=ServerCommand,
    params=[json_option()],
    epilog=examples("ensue status", "ensue status --json | jq '.warnings[].rule'"),
)
def status(server: Server, *, as_json: bool) -> None:
    """Show whether the server is well; if not, what is likely wrong, and what mends it."""
    health = server.get("/_ensue/health")
    faults = server.get("/_ensue/diagnosis")
    if as_json:
        show_json(health | {"warnings": faults})
        return
    del health["warnings"]
    click.echo(printable(figures(health)))
    for each in faults:
        _show(each)
    if not faults:
        click.echo("no warnings")


def _show(fault: dict[str, Any]) -> None:
    severity = fault["severity"]
    colour = "red" if severity == "error" else "yellow"
    said = f"{fault['what']}, at {fault['where']} ({fault['rule']}). {fault['hint']}"
    click.echo(f"{click.style(f'{severity}:', fg=colour)} {printable(said)}")
    for name, shown in (("error", fault["error"]), ("command", fault["command"])):
        if shown is not None:
            mark = "  " if name == "error" else "  $ "
            click.echo(f"{mark}{printable_line(shown)}")
