"""Commands that ask a server, and how faults reach the person at the keyboard."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import IO, Any

import click
import msgspec

from ensue.doors.cli.model import URL, House, Server
from ensue.doors.cli.output import printable
from ensue.doors.cli.sections import SECTIONS
from ensue.words.errors import EnsueError, InvalidValue


class Failure(click.ClickException):
    """An error that ends the command with exit code 1.

    Args:
        error: what happened.
    """

    exit_code = 1

    def __init__(self, error: EnsueError) -> None:
        super().__init__(str(error))

    def show(self, file: IO[str] | None = None) -> None:
        """Write it to standard error."""
        _show_error(self.message, file)


def _show_error(message: str, file: IO[str] | None) -> None:
    click.echo(f"{click.style('error:', fg='red')} {printable(message)}", file=file, err=True)


class PartlyFailed(click.ClickException):
    """Part of a batch failed, which ends the command with exit code 1.

    Args:
        failed: what failed, as the server tells it.
    """

    exit_code = 1

    def __init__(self, failed: Sequence[object]) -> None:
        told = [f"  {msgspec.json.encode(each).decode()}" for each in failed]
        super().__init__("\n".join([f"{len(failed)} of the batch failed", *told]))

    def show(self, file: IO[str] | None = None) -> None:
        """Write it to standard error."""
        _show_error(self.message, file)


class Root(click.Group):
    """All commands, in sections by what they are for, as one learns them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as declared."""
        del ctx
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section; what is in none comes last."""
        left = dict.fromkeys(self.list_commands(ctx))
        width = max(map(len, left), default=0)
        for title, names in [*SECTIONS.items(), ("More", tuple(left))]:
            rows = [
                (name.ljust(width), self.commands[name].get_short_help_str(limit=200))
                for name in names
                if name in left
            ]
            for name in names:
                left.pop(name, None)
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments of all commands, if they and our variables are text."""
        variables = [name for name in os.environ if name.startswith("ENSUE_")]
        try:
            for place, text in enumerate(args, 1):
                _check_text(text, f"argument {place}")
            for name in variables:
                _check_text(os.environ[name], name)
        except InvalidValue as error:
            raise Failure(error) from None
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours is told in one line."""
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            return super().invoke(ctx)
        except EnsueError as error:
            raise Failure(error) from error


class ServerCommand(click.Command):
    """A command that asks a running server: it gets ``server`` and has ``--url`` and ``--key``."""

    def __init__(
        self,
        name: str | None,
        *,
        params: Sequence[click.Parameter] = (),
        **rest: Any,  # noqa: ANN401 - what click's own command takes
    ) -> None:
        super().__init__(name, params=[*params, *server_options()], **rest)

    def invoke(self, ctx: click.Context) -> object:
        """Run it with an open connection, which is closed afterwards."""
        url, key = ctx.params.pop("url"), ctx.params.pop("key") or None
        house = ctx.find_object(House)
        if house is None:
            raise click.UsageError("this command belongs below `ensue`")
        opened: AbstractContextManager[Server] = house.connect(url, key)
        with opened as server:
            ctx.params["server"] = server
            return super().invoke(ctx)


def json_option() -> click.Option:
    """``--json``, for commands that read."""
    return click.Option(["--json", "as_json"], is_flag=True, help="JSON, for programs.")


def examples(*lines: str) -> str:
    """Examples, to be shown below a command's options as they stand."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _check_text(text: str, at: str) -> None:
    """Refuse bytes that are not UTF-8; Python makes surrogates of them (PEP 383)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValue(f"expected text of UTF-8, got {text!a}", at=at) from None


def server_options() -> list[click.Parameter]:
    """``--url`` and ``--key``, for commands that ask a server."""
    return [
        click.Option(
            ["--url"],
            default=URL,
            show_default=True,
            envvar="ENSUE_URL",
            metavar="URL",
            help="Where the server is; or ENSUE_URL.",
        ),
        click.Option(
            ["--key"],
            envvar="ENSUE_KEY",
            metavar="KEY",
            help="The key that it demands, or a token; or ENSUE_KEY.",
        ),
    ]
