"""``run``: serve apps until Ctrl-C."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from ensue.app import copies
from ensue.app.held import HeldTime
from ensue.doors.cli.command import examples
from ensue.doors.cli.loading import Loaded, load_apps, short_traceback
from ensue.doors.cli.model import DATA, HELD_DATA, HOST, PORT, PORT_MAX, URL, House, Options, Ready
from ensue.identity import KEYS_PATH, OPERATOR, READER, Issuer
from ensue.observe.logged import FORMATS, LEVELS, Format, log_as
from ensue.words.errors import InvalidDeclaration, InvalidValue
from ensue.words.units import as_ms, duration_ms, iso

TRIES = 3
CONSOLES = ("off", "read-only", "masked")


@click.command(
    "run",
    short_help="Serve apps until Ctrl-C.",
    epilog=examples(
        "ensue run apps/orders",
        "ensue run app.py --port 9000 --data /var/lib/orders",
        'ensue run shop.main:app --host 0.0.0.0 --key "$KEY"',
        "ensue run apps/orders --clock held:2031-07-05T10:00Z",
    ),
)
@click.argument("apps", nargs=-1, required=True, metavar="APP...")
@click.option(
    "--host",
    envvar="ENSUE_HOST",
    default=HOST,
    show_default=True,
    help="The address to bind.",
)
@click.option(
    "--port",
    envvar="ENSUE_PORT",
    type=click.IntRange(0, PORT_MAX),
    default=PORT,
    show_default=True,
    help="The port of the first app, one more for each further app; 0 for any free.",
)
@click.option(
    "--data",
    envvar="ENSUE_DATA",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA,
    show_default=True,
    help="The folder for the store and other files.",
)
@click.option(
    "--engine",
    envvar="ENSUE_ENGINE",
    metavar="URL",
    help=f"The store.  [default: sqlite:///DATA/{copies.STORE_FILE}]",
)
@click.option(
    "--key",
    envvar="ENSUE_KEY",
    help="What requests must present; demanded unless HOST is this machine.",
)
@click.option(
    "--issuer",
    envvar="ENSUE_ISSUER",
    metavar="URL",
    help="Whose tokens will do as well as the key.",
)
@click.option(
    "--audience",
    envvar="ENSUE_AUDIENCE",
    metavar="NAME",
    help="For whom its tokens must be; demanded with --issuer.",
)
@click.option(
    "--jwks",
    envvar="ENSUE_JWKS",
    metavar="URL",
    help=f"Where its public keys are.  [default: ISSUER{KEYS_PATH}]",
)
@click.option(
    "--role",
    envvar="ENSUE_ROLE",
    metavar="NAME",
    default=OPERATOR,
    show_default=True,
    help="The role of a token that may do everything.",
)
@click.option(
    "--reader-role",
    envvar="ENSUE_READER_ROLE",
    metavar="NAME",
    default=READER,
    show_default=True,
    help="The role of a token that may read.",
)
@click.option(
    "--smtp",
    envvar="ENSUE_SMTP",
    metavar="URL",
    help="The mail server; an outbox folder by default.",
)
@click.option(
    "--keep",
    envvar="ENSUE_KEEP",
    metavar="DURATION",
    default="1d",
    show_default=True,
    help="How long what is over stays to be looked at, such as 12h or 30d.",
)
@click.option(
    "--act",
    envvar="ENSUE_ACT",
    is_flag=True,
    help="Let a branch reach the outside: run actions, call, send mail.",
)
@click.option(
    "--clock",
    envvar="ENSUE_CLOCK",
    metavar="held[:TIME]",
    help="Hold the clock, which begins at TIME, such as held:2031-07-05T10:00Z.",
)
@click.option(
    "--record",
    envvar="ENSUE_RECORD",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record requests and answers, to replay them in a test.",
)
@click.option(
    "--mask",
    envvar="ENSUE_MASK",
    metavar="NAME",
    multiple=True,
    help="A member, or a dotted path, whose values a recording leaves out; can be repeated.",
)
@click.option(
    "--proxy",
    envvar="ENSUE_PROXY",
    metavar="ADDRESS",
    multiple=True,
    help="A proxy, or a network of them, that is believed who a request is from; can be repeated.",
)
@click.option(
    "--console",
    envvar="ENSUE_CONSOLE",
    type=click.Choice(CONSOLES),
    multiple=True,
    help="Switch the console at /console off, or let it change nothing, or hide what users put in;"
    " can be repeated.",
)
@click.option(
    "--log-format",
    envvar="ENSUE_LOG_FORMAT",
    type=click.Choice(FORMATS),
    help="How the log is written, with handler, cause and trace.  [default: text]",
)
@click.option(
    "--log-level",
    envvar="ENSUE_LOG_LEVEL",
    type=click.Choice(LEVELS),
    help="What is logged at least.  [default: warning]",
)
@click.pass_context
def run(  # noqa: PLR0913 - each is an option
    context: click.Context,
    *,
    apps: tuple[str, ...],
    host: str,
    port: int,
    data: Path,
    engine: str | None,
    key: str | None,
    issuer: str | None,
    audience: str | None,
    jwks: str | None,
    role: str,
    reader_role: str,
    smtp: str | None,
    keep: str,
    act: bool,
    clock: str | None,
    record: Path | None,
    mask: tuple[str, ...],
    proxy: tuple[str, ...],
    console: tuple[str, ...],
    log_format: Format | None,
    log_level: str | None,
) -> None:
    """Serve apps until Ctrl-C: their routes, their handlers and `/_ensue`.

    APP is a folder that contains app.py, a folder of such folders, a Python file, or
    module:attribute. Each option can also be given by the environment: ENSUE_HOST, ENSUE_PORT,
    ENSUE_DATA, ENSUE_ENGINE, ENSUE_KEY, ENSUE_ISSUER, ENSUE_AUDIENCE, ENSUE_JWKS, ENSUE_ROLE,
    ENSUE_READER_ROLE, ENSUE_SMTP, ENSUE_KEEP, ENSUE_ACT, ENSUE_CLOCK, ENSUE_RECORD,
    ENSUE_MASK, ENSUE_PROXY, ENSUE_CONSOLE, ENSUE_LOG_FORMAT, ENSUE_LOG_LEVEL.

    With `--clock held` time stands still, for schedules, delays and time-outs, until `ensue clock`
    or the console moves it. Its store is in ./data-held, unless --data says where.
    """
    held = None if clock is None else _held(clock)
    if held is not None and _is_default(context, "data"):
        # What is stamped with another time must not come among what was stored before.
        data = HELD_DATA
    loaded = _loaded(apps)
    store = engine or copies.store_in(data)
    keep_ms = duration_ms(keep)
    _make(data)
    options = Options(
        host=host,
        port=port,
        data=data,
        engine=store,
        key=key or None,
        smtp=smtp or None,
        keep_ms=keep_ms,
        act=act,
        record=record,
        mask=mask,
        proxies=proxy,
        issuer=_issuer(issuer, audience, jwks, role, reader_role),
        held=held,
        console=console,
        log=log_as(log_format, log_level),
    )

    def ready(found: Ready) -> None:
        needs_key, has_console = bool(key or issuer), "off" not in console
        for line in _ready_lines(found, loaded, needs_key=needs_key, has_console=has_console):
            click.echo(line)

    house: House = context.obj
    house.serve([each.app for each in loaded], options, ready)


def _held(said: str) -> HeldTime:
    word, _, time = said.partition(":")
    if word != "held":
        raise InvalidValue(
            f"expected held or held:TIME, got {said!r}",
            at="--clock",
            hint="Without --clock the apps run on the machine's clock.",
        )
    return HeldTime(as_ms(time, "--clock") if time else None)


def _is_default(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.DEFAULT


def _issuer(
    url: str | None, audience: str | None, jwks: str | None, role: str, reader_role: str
) -> Issuer | None:
    if not url and not audience:
        return None
    if not url or not audience:
        raise InvalidValue(
            f"expected --issuer and --audience, got only --{'issuer' if url else 'audience'}",
            hint="A token that is for somebody else must not open this server.",
        )
    return Issuer(url, audience, keys=jwks, role=role, reader_role=reader_role)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise InvalidValue(
            f"cannot make the folder {folder}: {fault.strerror}",
            hint="Name another one with --data or ENSUE_DATA.",
        ) from None


def _loaded(apps: Sequence[str]) -> list[Loaded]:
    try:
        return load_apps(apps)
    except InvalidDeclaration as error:
        if error.__cause__ is not None:
            click.echo(short_traceback(error.__cause__), err=True)
        raise


def _ready_lines(
    found: Ready, loaded: Sequence[Loaded], *, needs_key: bool, has_console: bool
) -> list[str]:
    lines = [f"{click.style(name, bold=True)} ready at {url}" for name, url in found.addresses]
    if has_console:
        lines += [f"{click.style('console', bold=True)} at {found.addresses[0][1]}/console"]
    lines += [f"Ensue {found.version} on {found.engine}; Ctrl-C stops it"]
    if found.held_ms is not None:
        held = click.style("THE CLOCK IS HELD", fg="yellow", bold=True)
        lines += [f"{held} at {iso(found.held_ms)}: move it with `ensue clock advance 1h`"]
    lines += [""]
    lines += [f"Try{', with ENSUE_KEY set' if needs_key else ''}:"]
    return lines + [f"  {each}" for each in things_to_try(loaded, found.addresses)]


def things_to_try(loaded: Sequence[Loaded], addresses: Sequence[tuple[str, str]]) -> list[str]:
    """Commands that work as they are printed, for what runs at these addresses.

    Args:
        loaded: what runs. A module may name its own in ``TRY``: for the default address, or with
            ``{url}`` and ``{port}`` as in `str.format`.
        addresses: the name and the URL of each app.
    """
    at = {name: _origin(url) for name, url in addresses}
    server = next(iter(at.values()), URL)
    found = [
        _addressed(line, at.get(each.app.name, server))
        for each in loaded
        for line in _declared(each.module)
    ]
    found += [_addressed(line, server) for line in _generic(loaded)]
    return list(dict.fromkeys(found))[:TRIES]


def _declared(module: ModuleType) -> list[str]:
    found = getattr(module, "TRY", ())
    return [found] if isinstance(found, str) else [str(line) for line in found]


def _generic(loaded: Sequence[Loaded]) -> list[str]:
    refs = [ref for each in loaded for ref in each.app.resources]
    lines = ["ensue ls", f"curl -s {URL}/openapi.json"]
    if refs:
        return [*lines, f"ensue describe {'/'.join(refs[0])}"]
    return [*lines, f"curl -s {URL}/_ensue/health"]


def _addressed(line: str, server: str) -> str:
    """A command, made right for where the server is and for where `ensue` is."""
    line = _filled(line, {"url": server, "port": str(urlsplit(server).port)}).replace(URL, server)
    if not line.startswith("ensue "):
        return line
    elsewhere = "" if server == URL or "--url" in line else f" --url {server}"
    return f"{_console()} {line.removeprefix('ensue ')}{elsewhere}"


def _filled(line: str, fields: Mapping[str, str]) -> str:
    if not any(f"{{{name}}}" in line for name in fields):
        return line
    try:
        return line.format(**fields)
    except (LookupError, ValueError):
        # The braces of JSON, not doubled.
        for name, value in fields.items():
            line = line.replace(f"{{{name}}}", value)
        return line


def _console() -> str:
    """What starts this program from the present folder."""
    if shutil.which("ensue"):
        return "ensue"
    script = Path(sys.executable).with_name("ensue")
    if not script.is_file():
        return f"{sys.executable} -m ensue"
    here = Path.cwd()
    return str(script.relative_to(here)) if script.is_relative_to(here) else str(script)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
