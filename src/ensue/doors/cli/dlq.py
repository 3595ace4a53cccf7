"""``dlq``: dead letters by their causes, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.operations import grouped_commands
from ensue.doors.cli.output import clock, printable, show_fields, show_json, show_table
from ensue.doors.cli.places import find_place
from ensue.words.values import shown

Answer = Mapping[str, Any]


class Dlq(click.Group):
    """What is no command below ``dlq`` is a queue whose causes are asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``causes`` for granted where no command is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["causes", *args]
        return super().parse_args(ctx, args)


@click.command(
    "causes",
    short_help="Show what dead letters died of, and how many of each.",
    cls=ServerCommand,
    params=[
        click.Argument(["queue"], required=False, metavar="[QUEUE]"),
        click.Option(["--limit"], type=click.IntRange(1, 1_000), default=100, show_default=True,
                     help="How many causes at most."),
        click.Option(["--after"], help="Those behind: what the page before says."),
        json_option(),
    ],
    epilog=examples("ensue dlq", "ensue dlq payments-dlq", "ensue dlq causes payments-dlq --json"),
)  # fmt: skip
def causes(
    server: Server, *, queue: str | None, limit: int, after: str | None, as_json: bool
) -> None:
    """Show what the letters of all dead-letter queues, or of one, died of.

    Letters are of one cause that died in the same place of the same error, but for ids, numbers
    and times. CAUSE is what redrive, letters and delete take as --cause.
    """
    query = {"limit": str(limit)} | ({} if after is None else {"after": after})
    if queue is None:
        found = server.get("/_ensue/dead-letters", query)
    else:
        place = find_place(server, queue, ["queue"])
        found = server.get(f"{place.path}/causes", query | {"app": place.app})
    if as_json:
        show_json(found)
        return
    if not found["causes"]:
        click.echo("no dead letters")
        return
    show_table([_row(each) for each in found["causes"]])
    if found["next"] is not None:
        click.echo(f"There is more: --after {found['next']}", err=True)


def _row(cause: Answer) -> dict[str, object]:
    error, message = cause["error"], cause["message"]
    return {
        "letters": cause["letters"],
        "queue": cause["queue"],
        "cause": cause["cause"],
        "died in": cause["died_in"],
        "first": clock(cause["first_ms"])[:19],
        "last": clock(cause["last_ms"])[:19],
        "why": ": ".join(filter(None, (error, message))),
    }


@click.command(
    "show",
    short_help="Show one message: body, attempts, why it died.",
    cls=ServerCommand,
    params=[click.Argument(["id"]), json_option()],
    epilog=examples("ensue dlq show 5d1c93e0-7a4b-8f26-8001-000000000007"),
)
def show_letter(server: Server, *, id: str, as_json: bool) -> None:  # noqa: A002
    """Show a message, dead or not: how it stands, each failed attempt, why it died, its body."""
    found = server.get(f"/_ensue/messages/{quote(id, safe='')}")
    if as_json:
        show_json(found)
        return
    apart = {"attempts", "body", "original_body"}
    told = {name: each for name, each in found.items() if name not in apart and each is not None}
    show_fields(told)
    for attempt in found["attempts"]:
        mark = click.style("✗", fg="red")
        when = clock(attempt["at_ms"])
        said = " ".join(str(attempt["error"]).split())
        click.echo(f"{mark} attempt {attempt['attempt']}  {when}  {printable(said)}")
    click.echo(printable(shown(found["body"], limit=1_000_000)))


def commands() -> click.Group:
    """The group ``dlq``."""
    return Dlq(
        "dlq",
        commands=[causes, show_letter, *grouped_commands("dlq", leave_out=["causes"])],
        help=(
            "Look at dead letters by their causes, mend them, and move them back.\n\n"
            "Without a command: the causes of all dead-letter queues; with a queue's name: its"
            " causes."
        ),
        short_help="Look at dead letters by their causes, and move them back.",
        epilog=examples(
            "ensue dlq",
            "ensue dlq payments-dlq",
            "ensue dlq redrive payments-dlq --cause 8b1e36c312be --preview",
        ),
    )
