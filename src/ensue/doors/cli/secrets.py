"""``ensue secrets``: what the operations of vaults cannot say as they are.

A secret is never on the command line, where the list of processes and the shell's history show it:
it comes from standard input, a prompt or a file.
"""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path

import click

from ensue.app import copies, revealing
from ensue.app.revealing import Which
from ensue.catalog import KINDS
from ensue.doors.cli.command import PartlyFailed, ServerCommand, examples, json_option
from ensue.doors.cli.model import Decoded, Server
from ensue.doors.cli.output import show, show_json
from ensue.doors.cli.places import Place, only_place
from ensue.words.errors import InvalidValue

VAULT = KINDS["vault"]
READ_BYTES_MAX = 1_048_576
REKEY_WAIT_MS = 600_000

_STAGES: Mapping[str, Which] = {"current": "current", "previous": "previous"}
_FILE = click.Path(dir_okay=False, path_type=Path)


def _in() -> click.Option:
    return click.Option(
        ["--in", "resource"], metavar="NAME", help="In which vault, where there are several."
    )


@click.command(
    "put",
    cls=ServerCommand,
    short_help="Keep a secret as its new version.",
    params=[
        click.Argument(["name"]),
        click.Option(["--file"], type=_FILE, help="A file that is the secret, byte for byte."),
        click.Option(["--description"], help="What it is for, which is not secret."),
        click.Option(
            ["--expect"],
            type=click.IntRange(min=0),
            help="The version that must be current; 0 for none.",
        ),
        _in(),
        json_option(),
    ],
    epilog=examples(
        "ensue secrets put bank/api-key",
        "pass show bank | ensue secrets put bank/api-key --description 'of the test account'",
        "ensue secrets put signing-key --file key.pem",
    ),
)
def put(
    server: Server,
    *,
    name: str,
    file: Path | None,
    description: str | None,
    expect: int | None,
    resource: str | None,
    as_json: bool,
) -> None:
    """Keep a secret as its new version, which is current then.

    It is read from standard input, without the line break at its end, or asked for at a terminal;
    never from the command line.
    """
    place = only_place(server, VAULT, resource)
    body: dict[str, object] = {"name": name, **_said(_read(file))}
    body |= {} if description is None else {"description": description}
    body |= {} if expect is None else {"expect": expect}
    answer = place.operate(server, "put", body)
    (show_json if as_json else show)(answer)


@click.command(
    "get",
    cls=ServerCommand,
    short_help="Show what is known of a secret; with --reveal, what it is.",
    params=[
        click.Argument(["name"]),
        click.Option(["--reveal"], is_flag=True, help="Show what it is."),
        click.Option(
            ["--version"], metavar="VERSION", help="A number, current or previous.  [with --reveal]"
        ),
        click.Option(
            ["--data"],
            type=click.Path(file_okay=False, path_type=Path),
            help="Read it from the store in this folder, without a server.  [with --reveal]",
        ),
        click.Option(["--engine"], metavar="URL", help="Read it from this store.  [with --reveal]"),
        _in(),
        json_option(),
    ],
    epilog=examples(
        "ensue secrets get bank/api-key",
        "ensue secrets get bank/api-key --reveal --data ./data",
        "ensue secrets get bank/api-key --reveal --version previous --key KEY",
    ),
)
def get(  # noqa: PLR0913 - its options
    server: Server,
    *,
    name: str,
    reveal: bool,
    version: str | None,
    data: Path | None,
    engine: str | None,
    resource: str | None,
    as_json: bool,
) -> None:
    """Show what is known of a secret; with --reveal, what it is.

    A server reveals secrets only where it demands a key. With --data or --engine the store's file
    is read, and the key beside it or in the environment: no server is asked.
    """
    if not reveal:
        if version is not None or data is not None or engine is not None:
            raise click.UsageError("--version, --data and --engine go with --reveal")
        answer = only_place(server, VAULT, resource).operate(server, "get", {"name": name})
        (show_json if as_json else show)(answer)
        return
    which = None if version is None else _which(version)
    if data is not None or engine is not None:
        url = engine or copies.store_in(data or Path())
        answer = revealing.reveal(url, name, vault=resource, version=which)
    else:
        answer = _revealed(server, only_place(server, VAULT, resource), name, which)
    if as_json:
        show_json(answer)
    else:
        _write(answer)


@click.command(
    "rekey",
    cls=ServerCommand,
    short_help="Seal all secrets under the key of now.",
    params=[_in(), json_option()],
    epilog=examples("ensue secrets new-key --file data/ensue.db-key && ensue secrets rekey"),
)
def rekey(server: Server, *, resource: str | None, as_json: bool) -> None:
    """Seal all secrets of a vault under the key of now.

    The server must have the keys of before too: in further lines of the key file, or in
    ENSUE_SECRETS_KEY_PREVIOUS. Afterwards nothing needs these any more.
    """
    place = only_place(server, VAULT, resource)
    answer = place.operate(server, "rekey", {}, wait_ms=REKEY_WAIT_MS)
    (show_json if as_json else show)(answer)
    if answer["left"]:
        raise PartlyFailed([{"key_id": key, "left": left} for key, left in answer["left"].items()])


@click.command(
    "new-key",
    short_help="Make a master key.",
    epilog=examples(
        "export ENSUE_SECRETS_KEY=$(ensue secrets new-key)",
        "ensue secrets new-key --file data/ensue.db-key",
    ),
)
@click.option(
    "--file", type=_FILE, help="The key file that it is put into, before those that are there."
)
def new_key(*, file: Path | None) -> None:
    """Make a master key: 32 bytes of the system's randomness, as base64.

    Without --file it is written to standard output, and its id to standard error. A file is made
    open to its owner only, and replaced as a whole.
    """
    key_id, text = revealing.new_key(file)
    if text is not None:
        click.echo(text)
    what = "the key is" if file is None else f"the first key of {file} is now"
    click.echo(f"{what} {key_id}", err=True)


COMMANDS: tuple[click.Command, ...] = (put, get, rekey, new_key)
LEFT_OUT = frozenset({"reveal"})  # `get --reveal` asks for it


def _revealed(server: Server, place: Place, name: str, which: Which | None) -> Decoded:
    body: dict[str, object] = {"name": name}
    return place.operate(server, "reveal", body | ({} if which is None else {"version": which}))


def _which(text: str) -> Which:
    if text in _STAGES:
        return _STAGES[text]
    if text.isascii() and text.isdigit():
        return int(text)
    raise click.BadParameter(f"expected a number, current or previous, got {text!r}")


def _read(file: Path | None) -> bytes:
    if file is not None:
        try:
            with file.open("rb") as opened:
                return opened.read(READ_BYTES_MAX)
        except OSError as fault:
            raise InvalidValue(f"cannot read the file {file}: {fault.strerror}") from None
    if sys.stdin.isatty():
        return str(click.prompt("secret", hide_input=True, confirmation_prompt=True)).encode()
    given = sys.stdin.buffer.read(READ_BYTES_MAX)
    return given.removesuffix(b"\n").removesuffix(b"\r")


def _said(content: bytes) -> dict[str, str]:
    try:
        return {"value": content.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode()}


def _write(answer: Decoded) -> None:
    """Write a secret as it is: with a line break behind it at a terminal only."""
    content = b64decode(answer["base64"]) if "base64" in answer else answer["value"].encode()
    out = sys.stdout.buffer
    out.write(content + (b"\n" if sys.stdout.isatty() else b""))
    out.flush()
