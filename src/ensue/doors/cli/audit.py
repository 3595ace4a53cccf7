"""``audit``: who changed what in the console."""

from __future__ import annotations

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import clock, printable_line, show_json
from ensue.words.values import shown

SHOWN_DEFAULT = 20
SHOWN_MAX = 1_000
GIVEN_LENGTH_MAX = 100


@click.command(
    "audit",
    short_help="Show who changed what in the console.",
    cls=ServerCommand,
    params=[
        click.Option(
            ["--limit"],
            type=click.IntRange(1, SHOWN_MAX),
            default=SHOWN_DEFAULT,
            show_default=True,
            help="How many changes, the newest first.",
        ),
        click.Option(["--before"], type=click.IntRange(1), help="Only those before this number."),
        json_option(),
    ],
    epilog=examples("ensue audit", "ensue audit --json | jq '.[].what'"),
)
def audit(server: Server, *, limit: int, before: int | None, as_json: bool) -> None:
    """Show who changed what in the console, with what, and what came of it; newest first.

    A change without an outcome still runs, or its process died of it.
    """
    query = {"limit": str(limit)} | ({} if before is None else {"before": str(before)})
    found = server.get("/_ensue/audit", query)
    if as_json:
        show_json(found)
        return
    for each in found:
        given = shown(each["given"], GIVEN_LENGTH_MAX)
        words = (each["who"], each["address"], given, each["outcome"] or "no outcome")
        who, address, given, outcome = (printable_line(word) for word in words)
        what = click.style(printable_line(each["what"]), bold=True)
        click.echo(f"{clock(each['at_ms'])}  {what}  {address}  {given}  by {who}: {outcome}")
    if not found:
        click.echo("nothing was changed in the console")
