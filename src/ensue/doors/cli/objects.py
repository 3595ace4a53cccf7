"""``put-object`` and ``get-object``: files into buckets and out of them, a chunk at a time."""

from __future__ import annotations

import mimetypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import printable, show, show_json
from ensue.doors.cli.places import Place, find_place
from ensue.words.errors import Conflict, InvalidValue

CHUNK_BYTES = 262_144
STDIO = "-"
_TYPES = mimetypes.MimeTypes()
FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.command(
    "put-object",
    short_help="Store a file as an object of a bucket.",
    cls=ServerCommand,
    params=[
        click.Argument(["bucket"]),
        click.Argument(["object_key"], metavar="KEY"),
        click.Argument(["file"], type=FILE),
        click.Option(
            ["--content-type"], help="Its media type.  [default: what the key's ending says]"
        ),
        click.Option(["--meta"], multiple=True, metavar="NAME=VALUE", help="Metadata."),
        click.Option(["--if-absent"], is_flag=True, help="Only if there is no such object."),
        json_option(),
    ],
    epilog=examples(
        "ensue put-object invoices 2026/11/1.pdf invoice.pdf",
        "pg_dump shop | ensue put-object backups shop.sql -",
    ),
)
def put_object(  # noqa: PLR0913 - its options
    server: Server,
    *,
    bucket: str,
    object_key: str,
    file: Path,
    content_type: str | None,
    meta: tuple[str, ...],
    if_absent: bool,
    as_json: bool,
) -> None:
    """Store FILE as the object KEY of BUCKET; - is standard input.

    It is sent as it is read, so it may be larger than the memory.
    """
    place = find_place(server, bucket, ["bucket"])
    headers = {f"x-ensue-meta-{name}": value for name, value in map(_pair, meta)}
    headers["content-type"] = content_type or _guessed(object_key)
    if if_absent:
        headers["if-none-match"] = "*"
    with _reading(file) as source:
        answer = server.upload(
            _address(place, object_key), _chunks(source), headers, {"app": place.app}
        )
    (show_json if as_json else show)(answer)


@click.command(
    "get-object",
    short_help="Write an object of a bucket to a file.",
    cls=ServerCommand,
    params=[
        click.Argument(["bucket"]),
        click.Argument(["object_key"], metavar="KEY"),
        click.Argument(["file"], type=FILE, default=STDIO),
        click.Option(["--version"], type=int, help="One of the object's versions."),
    ],
    epilog=examples(
        "ensue get-object invoices 2026/11/1.pdf invoice.pdf",
        "ensue get-object backups shop.sql | psql shop",
    ),
)
def get_object(
    server: Server, *, bucket: str, object_key: str, file: Path, version: int | None
) -> None:
    """Write the object KEY of BUCKET to FILE, or to standard output.

    FILE must not be there yet. One that could not be written whole is removed again.
    """
    place = find_place(server, bucket, ["bucket"])
    query = {"app": place.app} | ({} if version is None else {"version": str(version)})
    with server.download(_address(place, object_key), query) as chunks:
        if str(file) == STDIO:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        _write(file, chunks)


def _address(place: Place, key: str) -> str:
    return f"{place.path}/objects/{quote(key, safe='')}"


def _write(file: Path, chunks: Iterator[bytes]) -> None:
    try:
        target = file.open("xb")
    except FileExistsError:
        raise Conflict(
            "there is such a file already", at=str(file), hint="Name another one."
        ) from None
    except OSError as fault:
        raise _unwritten(file, fault) from None
    try:
        with target:
            for chunk in chunks:
                target.write(chunk)
    except BaseException as fault:
        file.unlink()
        if isinstance(fault, OSError):
            raise _unwritten(file, fault) from None
        raise


def _unwritten(file: Path, fault: OSError) -> InvalidValue:
    return InvalidValue(f"cannot write the file {printable(str(file))}: {fault.strerror}")


def _reading(file: Path) -> IO[bytes]:
    if str(file) == STDIO:
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as fault:
        raise click.BadParameter(
            f"cannot read the file {printable(str(file))}: {fault.strerror}"
        ) from None


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"expected NAME=VALUE, got {text!r}", param_hint="--meta")
    return name, value


def _guessed(key: str) -> str:
    """The media type that a key's ending says, by a table that is the same on every machine."""
    return _TYPES.guess_type(f"file/{key}")[0] or "application/octet-stream"
