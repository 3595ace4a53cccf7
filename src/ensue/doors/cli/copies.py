"""``backup``, ``export``, ``import``, ``branch``, ``check``: a store's file, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ensue.app import copies
from ensue.app.integrity import check_file, repair_file
from ensue.doors.cli.command import examples
from ensue.doors.cli.model import DATA
from ensue.doors.cli.output import printable, show_json
from ensue.words.findings import ERROR, Finding

FILE = click.Path(dir_okay=True, path_type=Path)


class StoreCommand(click.Command):
    """A command on the file of a store: it gets ``engine``, the URL, from --data and --engine."""

    def __init__(
        self,
        name: str | None,
        *,
        params: Sequence[click.Parameter] = (),
        **rest: Any,  # noqa: ANN401 - what click's own command takes
    ) -> None:
        super().__init__(name, params=[*params, *_store_options()], **rest)

    def invoke(self, ctx: click.Context) -> object:
        """Run it with the URL of the store."""
        data = ctx.params.pop("data")
        ctx.params["engine"] = ctx.params["engine"] or copies.store_in(data)
        return super().invoke(ctx)


def _store_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--data"],
            envvar="ENSUE_DATA",
            type=click.Path(file_okay=False, path_type=Path),
            default=DATA,
            show_default=True,
            help="The folder of the store.",
        ),
        click.Option(
            ["--engine"],
            envvar="ENSUE_ENGINE",
            metavar="URL",
            help=f"The store.  [default: sqlite:///DATA/{copies.STORE_FILE}]",
        ),
    ]


@click.command(
    "backup",
    cls=StoreCommand,
    params=[click.Argument(["file"], type=FILE)],
    epilog=examples("ensue backup monday.db", "ensue backup /backups/monday.db --data /var/shop"),
)
def backup(*, file: Path, engine: str) -> None:
    """Copy the store to FILE, as it is at this moment.

    A server may run on the store: it is not stopped, and writers do not wait. FILE must not be
    there yet. The copy is checked, synced to the disk, and only then gets its name. To restore it,
    put it as ensue.db into an empty folder, and run the app with --data.
    """
    _show_copy(copies.back_up(engine, file))


@click.command(
    "export",
    cls=StoreCommand,
    params=[click.Argument(["file"], type=FILE)],
    epilog=examples("ensue export shop.jsonl.gz", "ensue export shop.jsonl --data /var/shop"),
)
def export(*, file: Path, engine: str) -> None:
    """Write all that the store holds to FILE, as lines of JSON.

    Everything is in it, work that is in flight too. FILE must not be there yet; it is compressed
    when its name ends with .gz. A server may run on the store: it is not stopped.
    """
    done = copies.export(engine, file)
    _show_moved(done)


@click.command(
    "import",
    cls=StoreCommand,
    params=[click.Argument(["file"], type=FILE)],
    epilog=examples("ensue import shop.jsonl.gz --data ./moved"),
)
def import_(*, file: Path, engine: str) -> None:
    """Make a store from FILE, which `ensue export` wrote.

    There must be no store yet. A FILE that was cut off or changed is refused, and nothing is made.
    """
    done = copies.import_(engine, file)
    _show_moved(done)


@click.command(
    "branch",
    short_help="Copy the store, to try something on the copy.",
    cls=StoreCommand,
    params=[click.Argument(["folder"], type=FILE)],
    epilog=examples("ensue branch ./trial", "ensue run . --data ./trial --port 9000"),
)
def branch(*, folder: Path, engine: str) -> None:
    """Copy the store, as it is at this moment, into FOLDER, to try something on it.

    That it is a branch stands in the copy: when an app is run on it, async functions that consume
    work are not started, calls by `app.http` are refused, and letters go to the outbox. So nothing
    is paid or sent twice. `ensue run --act` lets them act.
    """
    _show_copy(copies.branch(engine, folder))
    click.echo(f"try: ensue run APP --data {printable(str(folder))} --port 9000")


@click.command(
    "check",
    short_help="Check that a store keeps what is promised.",
    cls=StoreCommand,
    params=[
        click.Argument(["file"], required=False, type=FILE),
        click.Option(["--json", "as_json"], is_flag=True, help="JSON, for programs."),
        click.Option(
            ["--repair"],
            is_flag=True,
            help="Remove the files of bodies that no object has; no server may run.",
        ),
    ],
    epilog=examples("ensue check", "ensue check monday.db", "ensue check --data /var/shop --json"),
)
@click.pass_context
def check(
    ctx: click.Context, *, file: Path | None, engine: str, as_json: bool, repair: bool
) -> None:
    """Check the pages of a store and everything that the engine promises of it.

    Each finding says what is wrong, where, and what to do. Without --repair nothing is changed, and
    a server may run on the store. FILE is a store or a backup; without it the store of --data is
    checked. Ends with 1 when a promise is broken, with 0 when there are warnings at most.
    """
    store = copies.file_of(engine) if file is None else file
    removed = repair_file(store) if repair else 0
    found = check_file(store)
    if as_json:
        show_json([each.as_dict() for each in found])
    else:
        for each in found:
            click.echo(printable(str(each)))
        if repair:
            click.echo(f"{removed} files removed")
        click.echo(_said(found))
    if any(each.severity == ERROR for each in found):
        ctx.exit(1)


def _show_moved(done: copies.Moved) -> None:
    bodies = f", {done.bodies:,} objects" if done.bodies else ""
    where = printable(str(done.path))
    click.echo(f"{where}: {done.rows:,} rows of {done.tables} tables{bodies}")


def _show_copy(done: copies.Copied) -> None:
    where = printable(str(done.path))
    more = f"; `ensue check {where}` says more" if done.findings else ""
    click.echo(f"{where}: {done.size_bytes:,} bytes, {_said(done.findings)}{more}")
    if done.bodies:
        click.echo(
            f"{where}.bodies: {done.bodies:,} bodies of objects, {done.bodies_bytes:,} bytes;"
            " keep both together"
        )


def _said(findings: Sequence[Finding]) -> str:
    if not findings:
        return "nothing is wrong with it"
    errors = sum(each.severity == ERROR for each in findings)
    return f"{errors} errors and {len(findings) - errors} warnings"
