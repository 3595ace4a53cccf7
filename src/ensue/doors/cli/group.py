"""All commands together."""

from __future__ import annotations

import click

from ensue.doors.cli import dlq
from ensue.doors.cli.alarms import alarms
from ensue.doors.cli.approvals import approvals
from ensue.doors.cli.audit import audit
from ensue.doors.cli.clock import clock
from ensue.doors.cli.command import Root, examples
from ensue.doors.cli.connect import connect
from ensue.doors.cli.copies import backup, branch, check, export, import_
from ensue.doors.cli.grouped import group_commands
from ensue.doors.cli.listing import describe, ls
from ensue.doors.cli.map import map_
from ensue.doors.cli.model import Connect, House, Serve
from ensue.doors.cli.new import new
from ensue.doors.cli.objects import get_object, put_object
from ensue.doors.cli.operations import operation_commands
from ensue.doors.cli.pattern import pattern
from ensue.doors.cli.run import run
from ensue.doors.cli.states import states
from ensue.doors.cli.status import status
from ensue.doors.cli.tail import tail
from ensue.doors.cli.top import top
from ensue.doors.cli.why import why
from ensue.words.version import VERSION


def make_cli(*, serve: Serve, connect: Connect = connect) -> click.Group:
    """The command ``ensue``.

    Args:
        serve: serves apps until it is stopped; called by ``run``.
        connect: reaches a server; over HTTP by default.
    """
    own: list[click.Command] = [run, new, ls, describe, tail, why]
    own += [pattern, states, status, backup, branch, check, export, import_]
    own += [put_object, get_object, clock, alarms]
    own += [audit]
    own += [map_]
    own += [approvals]
    own += [top]
    own += [dlq.commands()]
    generated = operation_commands(leave_out=[each.name or "" for each in own])
    root = Root(
        "ensue",
        commands=[*own[:4], *generated, *group_commands(), *own[4:]],
        help=(
            "Run event-driven apps, and look into them while they run.\n\n"
            "Run, new, pattern and states, and backup, branch, check, export and import, need no"
            " server. All others ask a running one: that at --url or ENSUE_URL."
        ),
        epilog=examples(
            "ensue new shop && ensue run shop",
            "ensue ls",
            "ensue send payments '{\"order\": 1}'",
            "ensue why ID",
        ),
        context_settings={
            "obj": House(serve, connect),
            "help_option_names": ["-h", "--help"],
        },
    )
    return click.version_option(VERSION, prog_name="ensue", message="%(prog)s %(version)s")(root)
