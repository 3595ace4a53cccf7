"""The command ``ensue``: where the doors meet that may not know each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ensue.app.app import App
from ensue.doors.cli import Options, Ready, make_cli


def main() -> None:
    """Run the command line."""
    make_cli(serve=_serve)(prog_name="ensue")


def _serve(apps: Sequence[App], options: Options, ready: Callable[[Ready], None]) -> None:
    # A web server takes long to import, and only one command needs it.
    from ensue.doors import console, http  # noqa: PLC0415

    modes = console.modes_of(options.console)
    http.serve(
        apps,
        http.Options(
            host=options.host,
            port=options.port,
            data=options.data,
            engine=options.engine,
            key=options.key,
            smtp=options.smtp,
            keep_ms=options.keep_ms,
            act=options.act,
            record=options.record,
            mask=options.mask,
            proxies=options.proxies,
            issuer=options.issuer,
            held=options.held,
            log=options.log,
            console=None
            if modes is None
            else partial(console.make_console, modes=modes, key=options.key),
        ),
        ready,
    )


if __name__ == "__main__":
    main()
