"""``states validate``: every fault of a definition at once."""

from __future__ import annotations

from dataclasses import asdict

import click

from ensue.doors.cli.command import examples, json_option
from ensue.doors.cli.output import printable, show_json
from ensue.doors.cli.states.files import read_text
from ensue.languages.states.check import Fault, check
from ensue.words.findings import ERROR


@click.command(
    "validate",
    short_help="Say every fault of a state machine, each with its place.",
    params=[click.Argument(["file"], metavar="FILE"), json_option()],
    epilog=examples(
        "ensue states validate order.asl.json",
        "ensue states validate order.asl.json --json",
        "ensue states validate - < order.asl.json",
    ),
)
@click.pass_context
def validate(ctx: click.Context, file: str, as_json: bool) -> None:  # noqa: FBT001 - click's
    """Say every fault of a definition at once, each with its place and what to do.

    FILE holds a state machine in the Amazon States Language, as JSON; `-` is standard input. Ends
    with 1 where there is a fault; a warning alone is none.
    """
    faults = check(read_text(file))
    if as_json:
        show_json([asdict(each) for each in faults])
    else:
        _tell(faults)
    if any(each.severity == ERROR for each in faults):
        ctx.exit(1)


def _tell(faults: list[Fault]) -> None:
    for each in faults:
        colour = "red" if each.severity == ERROR else "yellow"
        place = click.style(printable(each.path or "/"), bold=True)
        click.echo(f"{click.style(each.severity, fg=colour)} {place}")
        click.echo(f"  {printable(each.message)}. {printable(each.hint)}")
    errors = sum(each.severity == ERROR for each in faults)
    if not faults:
        click.echo("It is valid.")
    elif not errors:
        click.echo("It can run.")
    else:
        click.echo(f"{errors} {'fault' if errors == 1 else 'faults'}")
