"""``new``: a complete small app to begin with."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from ensue.doors.cli.command import examples
from ensue.words.errors import Conflict, InvalidInput
from ensue.words.names import check_name

FILES = ("app.py", "test_app.py", "README.md")
_NAME = "__NAME__"


@click.command(
    "new",
    short_help="Make a small app to begin with.",
    epilog=examples("ensue new shop", "cd shop && ensue run ."),
)
@click.argument("name")
def new(*, name: str) -> None:
    """Make a folder NAME with a small app, its tests and a README.

    Nothing that is there is overwritten.
    """
    folder = make(name, Path())
    for file in FILES:
        click.echo(f"made {folder / file}")
    click.echo(f"\nNext:\n  cd {folder}\n  ensue run .\n  pytest")


def make(name: str, parent: Path) -> Path:
    """Make the folder of a new app; returns it.

    Args:
        name: the app's name, and the folder's.
        parent: where to make it.

    Raises:
        InvalidName: it is no name for an app.
        Conflict: there is something of that name.
        InvalidInput: the folder cannot be made here.
    """
    folder = parent / check_name(name, "app")
    try:
        folder.mkdir()
    except FileExistsError:
        raise Conflict(
            f"there is a {folder} already", hint="Choose another name; nothing is overwritten."
        ) from None
    except OSError as fault:
        raise InvalidInput(f"cannot make the folder {folder}: {fault.strerror}") from None
    skeleton = resources.files("ensue.doors.cli") / "skeleton"
    for file in FILES:
        text = (skeleton / f"{file}.txt").read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(_NAME, name), encoding="utf-8")
    return folder
