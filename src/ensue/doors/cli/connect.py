"""The way to a server, taken only when a command needs one."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ensue.doors.cli.model import Server


def connect(url: str, key: str | None) -> AbstractContextManager[Server]:
    """A server over HTTP; see `ensue.doors.cli.client.open_server`."""
    # Importing an HTTP client takes longer than all that `ensue --help` does.
    from ensue.doors.cli.client import open_server  # noqa: PLC0415

    return open_server(url, key)
