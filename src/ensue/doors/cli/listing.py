"""``ls`` and ``describe``: what there is, and what one is."""

from __future__ import annotations

from typing import Any

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.operations import Usage, usages
from ensue.doors.cli.output import figures, printable_line, show_fields, show_json, show_table
from ensue.doors.cli.places import find_place, places
from ensue.words.kinds import Kind, with_article


@click.command(
    "ls",
    cls=ServerCommand,
    params=[json_option()],
    epilog=examples("ensue ls", "ensue ls --json | jq '.[] | select(.kind == \"queue\")'"),
)
def ls(server: Server, *, as_json: bool) -> None:
    """List the resources of all apps, and how they are doing."""
    found = [place.describe(server) for place in places(server)]
    if as_json:
        show_json(found)
    elif found:
        show_table([_row(each) for each in found])
    else:
        click.echo("The apps declare no resources.", err=True)


@click.command(
    "describe",
    short_help="Show a resource and what can be done to it.",
    cls=ServerCommand,
    params=[click.Argument(["name"]), json_option()],
    epilog=examples("ensue describe stock", "ensue describe queue/payments --json"),
)
def describe(server: Server, *, name: str, as_json: bool) -> None:
    """Show a resource: its declaration, its figures, and what can be done to it.

    NAME may be written kind/name, or app/kind/name, where it is not the only one.
    """
    place = find_place(server, name)
    found = place.describe(server)
    if as_json:
        show_json(found)
        return
    name, app = printable_line(place.name), printable_line(place.app)
    click.echo(f"{click.style(name, bold=True)}, {with_article(place.kind.called)} of {app}")
    click.echo(place.kind.summary)
    for part in ("declared", "status"):
        if found.get(part):
            click.echo(f"\n{part}")
            show_fields(found[part], indent="  ")
    click.echo("\ncommands")
    for line in _commands(place.kind, name):
        click.echo(f"  {line}")


def _row(found: dict[str, Any]) -> dict[str, object]:
    row = {name: found[name] for name in ("app", "kind", "name")}
    return row | {"status": figures(found.get("status") or {})}


def _commands(kind: Kind, name: str) -> list[str]:
    ways: list[Usage] = [usages(each.name, each.group)[kind.name] for each in kind.operations]
    return [
        " ".join(
            filter(None, ["ensue", way.operation.group, way.operation.name, name, way.arguments])
        )
        for way in ways
    ]
