"""``status``: whether the server is well, and what runs short."""

from __future__ import annotations

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import figures, printable, show_json


@click.command(
    "status",
    short_help="Show whether the server is well.",
    cls=ServerCommand,
    params=[json_option()],
    epilog=examples("ensue status", "ensue status --json | jq '.warnings[].rule'"),
)
def status(server: Server, *, as_json: bool) -> None:
    """Show whether the server is well, and what runs short or waits for somebody."""
    health = server.get("/_ensue/health")
    warnings = server.get("/_ensue/warnings")
    if as_json:
        show_json(health | {"warnings": warnings})
        return
    del health["warnings"]
    click.echo(printable(figures(health)))
    for each in warnings:
        said = f"{each['what']}, at {each['where']} ({each['rule']}). {each['hint']}"
        click.echo(f"{click.style('warning:', fg='yellow')} {printable(said)}")
    if not warnings:
        click.echo("no warnings")
