"""Commands that ask a server, and how faults reach the person at the keyboard."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import IO, Any

import click

from ensue.doors.cli.model import URL, House, Server
from ensue.doors.cli.output import printable
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
        click.echo(
            f"{click.style('error:', fg='red')} {printable(self.message)}", file=file, err=True
        )


class Root(click.Group):
    """All commands, in the order in which one learns them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as declared."""
        del ctx
        return list(self.commands)

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
            help="The key that it demands; or ENSUE_KEY.",
        ),
    ]
