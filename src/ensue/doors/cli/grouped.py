"""Commands of kinds whose operations have a group of their own: ``ensue schema code``."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ensue.catalog import KINDS
from ensue.doors.cli import secrets
from ensue.doors.cli.arguments import parameters_of
from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.operations import Usage, operate, options_of
from ensue.doors.cli.output import printable, show, show_json
from ensue.doors.cli.places import only_place
from ensue.words.kinds import Kind, Operation

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "schema list": ("ensue schema list",),
    "schema search": ("ensue schema search 'order total'",),
    "schema fields": (
        "ensue schema fields --name customer",
        "ensue schema fields --type date-time",
    ),
    "schema get": ("ensue schema get shop@OrderPlaced --version 2",),
    "schema diff": ("ensue schema diff shop@OrderPlaced 1 2",),
    "schema code": (
        "ensue schema code shop@OrderPlaced > order_placed.py",
        "ensue schema code shop@OrderPlaced --version 1 --style typeddict",
    ),
    "schema sample": ("ensue schema sample shop@OrderPlaced --seed 7 --json",),
    "schema validate": ("ensue schema validate shop@OrderPlaced @detail.json",),
    "schema register": ("ensue schema register shop@OrderPlaced @order-placed.json",),
    "meter record": ("ensue meter record @events.json",),
    "meter value": (
        "ensue meter value acme api_calls 2026-11-01T00:00:00Z 2026-11-30T23:59:59.999Z",
    ),
    "meter breakdown": ("ensue meter breakdown acme api_calls 0 4102444800000 endpoint",),
    "meter series": (
        "ensue meter series acme bandwidth 2026-11-01T00:00Z 2026-11-07T00:00Z --step day",
    ),
    "meter correct": (
        "ensue meter correct acme e-349 --reason 'a test of ours'",
        "ensue meter correct acme e-349 --properties '{\"bytes\": 500}'",
    ),
    "meter changes": ("ensue meter changes acme 0 4102444800000 --behind 349",),
    "meter changed": ("ensue meter changed 0 4102444800000 349",),
    "meter rebuild": ("ensue meter rebuild --metric bandwidth --metric api_calls",),
    "schema export": ("ensue schema export --json > schemas.json",),
    "secrets list": ("ensue secrets list --prefix bank/",),
    "secrets versions": ("ensue secrets versions bank/api-key",),
    "secrets promote": ("ensue secrets promote bank/api-key 3",),
    "secrets delete": ("ensue secrets delete bank/api-key --recovery 30d",),
    "secrets restore": ("ensue secrets restore bank/api-key",),
}


HELP: Mapping[str, str] = {
    "after": "Only those behind this one.",
    "prefix": "With what the names begin.",
    "recovery": "For how long it can be restored, such as 7d; 0 for not at all.",
    "limit": "How many at most.",
    "version": "Which version; the one in force by default.",
    "style": "How the types are written: struct, dataclass or typeddict.",
    "seed": "What it is drawn from: the same seed gives the same event.",
}


def group_commands() -> list[click.Command]:
    """A group for each kind that has one."""
    return [
        click.Group(
            kind.group,
            commands=_commands(kind),
            help=kind.summary,
            short_help=kind.summary,
        )
        for kind in KINDS.values()
        if kind.group is not None
    ]


OWN: Mapping[str, tuple[click.Command, ...]] = {"secrets": secrets.COMMANDS}
LEFT_OUT: Mapping[str, frozenset[str]] = {"secrets": secrets.LEFT_OUT}


def _commands(kind: Kind) -> list[click.Command]:
    """A command for each operation, but for those that have one written by hand."""
    group = kind.group or ""
    own = OWN.get(group, ())
    hidden = {each.name for each in own} | LEFT_OUT.get(group, frozenset())
    return [*own, *(_command(kind, each) for each in kind.operations if each.name not in hidden)]


def _command(kind: Kind, operation: Operation) -> click.Command:
    way = Usage(kind, operation, parameters_of(operation.parameters))
    params: list[click.Parameter] = []
    if way.positional:
        params.append(click.Argument(["given"], nargs=-1, metavar=way.arguments))
    params += options_of([way], HELP)
    registry = click.Option(
        ["--in", "resource"],
        metavar="NAME",
        help=f"In which {kind.called}, where there are several.",
    )

    def run(
        server: Server,
        *,
        resource: str | None,
        as_json: bool,
        given: tuple[str, ...] = (),
        **rest: object,
    ) -> None:
        options = {name: value for name, value in rest.items() if value not in (None, (), False)}
        answer = operate(server, only_place(server, kind, resource), way, given, options)
        if as_json:
            show_json(answer)
        elif isinstance(answer, str):
            click.echo(printable(answer), nl=not answer.endswith("\n"))
        else:
            show(answer)

    name = f"{kind.group} {operation.name}"
    return ServerCommand(
        operation.name,
        callback=run,
        params=[*params, registry, json_option()],
        help=operation.summary,
        epilog=examples(*EXAMPLES[name]) if name in EXAMPLES else None,
    )
