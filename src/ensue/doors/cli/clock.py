"""``clock``: what time it is for the apps, and how it is moved where it is held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import clock as shown_time
from ensue.doors.cli.output import printable_line, show_json
from ensue.words.units import human_ms

MOVE_MS = 600_000  # a year may have many moments at which something is due


@click.command(
    "show",
    short_help="Show what time it is.",
    cls=ServerCommand,
    params=[json_option()],
    epilog=examples("ensue clock show", "ensue clock show --json | jq .next"),
)
def show_clock(server: Server, *, as_json: bool) -> None:
    """Show what time it is for the apps, whether it is held, and what is due next."""
    found = server.get("/_ensue/clock")
    if as_json:
        show_json(found)
        return
    kind = click.style("held", fg="yellow") if found["held"] else "the machine's"
    click.echo(f"{shown_time(found['now_ms'])}  {kind}")
    _show_next(found)


@click.command(
    "advance",
    short_help="Move a held clock on.",
    cls=ServerCommand,
    params=[click.Argument(["duration"]), json_option()],
    epilog=examples("ensue clock advance 90s", "ensue clock advance 1d --json"),
)
def advance(server: Server, *, duration: str, as_json: bool) -> None:
    """Move a held clock on by DURATION, such as 90s, 1h or 1d, stopping wherever something is due.

    It returns when all that ensued has.
    """
    _move(server, "advance", {"by": duration}, as_json=as_json)


@click.command(
    "next",
    short_help="Move a held clock to what is due next.",
    cls=ServerCommand,
    params=[json_option()],
    epilog=examples("ensue clock next"),
)
def to_next(server: Server, *, as_json: bool) -> None:
    """Move a held clock to the moment at which something is due next."""
    _move(server, "next", {}, as_json=as_json)


@click.command(
    "drain",
    short_help="Move a held clock until no work waits.",
    cls=ServerCommand,
    params=[
        click.Option(["--limit"], metavar="DURATION", help="How far at most.  [default: 365d]"),
        json_option(),
    ],
    epilog=examples("ensue clock drain", "ensue clock drain --limit 2h"),
)
def drain(server: Server, *, limit: str | None, as_json: bool) -> None:
    """Move a held clock until no work is left that waits for time to pass.

    Schedules that come to their moment meanwhile fire; it is not waited for them.
    """
    _move(server, "drain", {} if limit is None else {"limit": limit}, as_json=as_json)


class ClockGroup(click.Group):
    """Commands of the clock; without one of them it is shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments; what is no command, and asks for no help, is for `show`."""
        is_shown = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, ["show", *args] if is_shown else args)


clock = ClockGroup(
    "clock",
    commands=[show_clock, advance, to_next, drain],
    help="What time it is for the apps; `ensue run --clock held` lets it be moved.",
    short_help="Show the clock, and move it where it is held.",
)


def _move(server: Server, how: str, body: Mapping[str, object], *, as_json: bool) -> None:
    found = server.post(f"/_ensue/clock/{how}", body, wait_ms=MOVE_MS)
    if as_json:
        show_json(found)
        return
    passed = human_ms(found["now_ms"] - found["from_ms"])
    click.echo(f"{shown_time(found['now_ms'])}  {passed} later")
    for name in found["busy"]:
        click.echo(f"{click.style('still outside:', fg='yellow')} {printable_line(name)}", err=True)
    _show_next(found)


def _show_next(found: Mapping[str, Any]) -> None:
    due = found["next"]
    if due is None:
        click.echo("nothing waits for time to pass")
        return
    within = human_ms(max(0, due["at_ms"] - found["now_ms"]))
    click.echo(f"next, in {within}: {printable_line(due['what'])}")
