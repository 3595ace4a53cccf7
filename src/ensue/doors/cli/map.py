"""``map``: what runs, as text, as a picture or as JSON; its versions, and what differs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import clock, printable_line, show_json
from ensue.observe.architecture import Architecture, Edge, Node, part_of
from ensue.observe.picture import Look, draw_map, picture

MAP = "/_ensue/map"
_FATES = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


@click.command(
    "map",
    short_help="Show what runs, and what flows between it.",
    cls=ServerCommand,
    params=[
        click.Option(["--app"], metavar="NAME", help="Only this app."),
        click.Option(["--versions"], is_flag=True, help="List the versions that were started."),
        click.Option(
            ["--diff"],
            nargs=2,
            type=click.IntRange(min=1),
            metavar="FROM TO",
            help="Say what differs between two versions.",
        ),
        click.Option(
            ["--svg"],
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Draw it into a file.",
        ),
        json_option(),
    ],
    epilog=examples(
        "ensue map",
        "ensue map --app orders",
        "ensue map --svg map.svg",
        "ensue map --versions",
        "ensue map --diff 3 5",
    ),
)
def map_(
    server: Server,
    *,
    app: str | None,
    versions: bool,
    diff: tuple[int, int] | None,
    svg: Path | None,
    as_json: bool,
) -> None:
    """Show what runs: the doors, resources and handlers of each app, and what flows between them.

    A solid line is declared. A dotted one was found in the application's code: the names that a
    handler mentions, and the methods that it calls with them.
    """
    if diff:
        _show_difference(server, diff, as_json=as_json)
        return
    if versions:
        _show_versions(server, as_json=as_json)
        return
    given = server.get(MAP)
    if as_json:
        show_json(given)
        return
    found = msgspec.convert(given, Architecture)
    if svg is not None:
        drawn = found if app is None else part_of(found, app)
        svg.write_text(draw_map(picture(drawn), Look(stands_alone=True)), encoding="utf-8")
        click.echo(f"{svg} has the map.")
        return
    for each in found.apps:
        if app in {None, each}:
            for line in map_lines(found, each):
                click.echo(line)


def map_lines(found: Architecture, app: str) -> Iterator[str]:
    """An app's parts, each with what flows from it; dead-letter queues are left out."""
    nodes = {each.id: each for each in found.nodes}
    hidden = {each.target for each in found.edges if each.flows == "dead letters"}
    yield click.style(printable_line(app), bold=True)
    for node in found.of(app):
        if node.id in hidden and node.kind == "queue":
            continue
        ways = [
            each for each in found.edges if each.source == node.id and each.target not in hidden
        ]
        yield f"  {_called(node)}"
        for edge in ways:
            yield f"    {_way(edge, nodes[edge.target])}"


def _called(node: Node) -> str:
    title = click.style(printable_line(node.title), bold=True)
    address = f"  {click.style(printable_line(node.address), dim=True)}" if node.address else ""
    return f"{title}{address}" if node.kind == "route" else f"{node.kind} {title}{address}"


def _way(edge: Edge, target: Node) -> str:
    line = "──" if edge.how == "declared" else "┄┄"
    title = printable_line(target.title)
    where = title if target.kind == "route" else f"{target.kind} {title}"
    label = f"  ({printable_line(edge.label)})" if edge.label else ""
    return f"{line} {edge.flows} {line}▶ {where}{click.style(label, dim=True)}"


def _show_versions(server: Server, *, as_json: bool) -> None:
    found: list[dict[str, Any]] = server.get(f"{MAP}/versions")
    if as_json:
        show_json(found)
        return
    for each in found:
        number = click.style(f"version {each['number']}", bold=True)
        click.echo(f"{number}  {clock(each['at_ms'])}  {click.style(each['hash'], dim=True)}")
        for line in each["changed"]:
            click.echo(f"  {printable_line(line)}")


def _show_difference(server: Server, diff: tuple[int, int], *, as_json: bool) -> None:
    found = server.get(f"{MAP}/diff", {"from": str(diff[0]), "to": str(diff[1])})
    if as_json:
        show_json(found)
        return
    for change in found["changes"]:
        mark, colour = _FATES[change["fate"]]
        click.echo(f"{click.style(mark, fg=colour)} {printable_line(change['words'])}")
    if not found["changes"]:
        click.echo("Nothing differs.", err=True)
