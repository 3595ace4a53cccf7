"""The commands, and what whoever runs an app decides."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator

import click

from ensue.doors.cli import make_cli
from generator.markdown import code, table

BOUNDS_TOLD = re.compile(r"\[(\d+ (?:to|or) \w+)\]")
SETTINGS = (
    "host",
    "port",
    "data",
    "engine",
    "key",
    "issuer",
    "audience",
    "jwks",
    "role",
    "reader_role",
    "smtp",
    "keep",
    "act",
    "clock",
    "record",
    "mask",
    "proxy",
    "console",
    "log_format",
    "log_level",
)


def cli_page() -> str:
    """Every command, with its arguments and options."""
    root = make_cli(serve=_serve_nothing)
    parts = [
        "# Commands",
        (
            "`ensue COMMAND [OPTIONS] ...`. `run`, `new`, `pattern` and `states`, and `backup`, `branch`, `check`,"
            " `export` and `import`, need no server; all others ask a running one."
        ),
        table(
            ("command", "what it does"),
            [
                (f"[`{name}`](#{name.replace(' ', '-')})", each.get_short_help_str(200))
                for name, each in _commands(root)
            ],
        ),
        "`ensue --version` shows the version; `-h` or `--help` explains any command.",
        (
            "A value that is JSON can be given as text, as `@FILE`, or as `-` for standard input. A"
            " resource is named `NAME`, `KIND/NAME` or `APP/KIND/NAME`. A command ends with 0, with 1"
            " after an error, and with 2 when it was typed wrong."
        ),
    ]
    for name, command in _commands(root):
        parts += [f"## {name}", *_command(root, name, command)]
    return "\n\n".join(parts)


def _serve_nothing(*given: object) -> None:
    del given


def _commands(root: click.Group, above: str = "") -> list[tuple[str, click.Command]]:
    """All commands with their names, those of groups behind the name of their group."""
    found: list[tuple[str, click.Command]] = []
    for name in root.list_commands(click.Context(root)):
        each = root.commands[name]
        if isinstance(each, click.Group):
            found += _commands(each, f"{above}{name} ")
        else:
            found.append((f"{above}{name}", each))
    return found


def _command(root: click.Group, name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=click.Context(root, info_name="ensue"))
    yield f"`{' '.join(['ensue', name, *command.collect_usage_pieces(context)])}`"
    yield from _paragraphs(command.help or "")
    options = [each for each in command.params if isinstance(each, click.Option)]
    if options:
        yield table(
            ("option", "value", "what it does"), [_option(context, each) for each in options]
        )
    examples = [line.strip() for line in (command.epilog or "").splitlines()[2:] if line.strip()]
    if examples:
        yield "```text\n" + "\n".join(examples) + "\n```"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            yield "\n".join(f"* `{line.strip()}`" for line in paragraph.splitlines()[1:])
        else:
            yield " ".join(paragraph.split())


def _option(context: click.Context, option: click.Option) -> tuple[str, str, str]:
    said = (option.help or "").partition("[")[0].strip()
    notes = [
        f"Default: {each}." for each in re.findall(r"\[default: ([^\]]+)\]", option.help or "")
    ]
    if option.show_default and not option.is_flag and option.default is not None:
        notes.append(f"Default: {option.default}.")
    notes += [f"{each[0].upper()}{each[1:]}." for each in BOUNDS_TOLD.findall(option.help or "")]
    if isinstance(option.type, click.IntRange):
        low, high = option.type.min, option.type.max
        notes.append(f"{low} or more." if high is None else f"{low} to {high}.")
    if option.envvar:
        notes.append(f"Environment: `{option.envvar}`.")
    value = "" if option.is_flag else (option.metavar or option.make_metavar(context))
    value = value if value.isalpha() else "INTEGER" * bool(value)
    return ", ".join(code(each) for each in option.opts), code(value), " ".join([said, *notes])


def settings_page() -> str:
    """What whoever runs an app decides."""
    root = make_cli(serve=_serve_nothing)
    context = click.Context(root.commands["run"])
    params = root.commands["run"].params
    options = {each.name: each for each in params if isinstance(each, click.Option)}
    if tuple(options) != SETTINGS:
        sys.exit(
            "docs/generator/commands.py: the options of `ensue run` have changed; see SETTINGS"
        )
    rows = []
    for name in SETTINGS:
        option = options[name]
        opts, value, said = _option(context, option)
        rows.append((opts, code(option.envvar), value, said.partition(" Environment:")[0]))
    return "\n\n".join([
        "# Settings",
        SETTINGS_WORDS.replace(
            "TABLE", table(("option of `ensue run`", "variable", "value", "what it does"), rows)
        ),
    ])


SETTINGS_WORDS = """\
There is no configuration file. What whoever runs an app decides is an option of `ensue run` or a variable
of the environment; an option goes before a variable.

TABLE

The commands that ask a server have two:

| option | variable | what it does |
| --- | --- | --- |
| `--url` | `ENSUE_URL` | Where the server is. |
| `--key` | `ENSUE_KEY` | The key that it demands, or a token of its issuer. |

`NO_COLOR` turns colours off.

The key that [secrets](../how-to/keep-secrets.md) are sealed under is in `ENSUE_SECRETS_KEY`, in the file that
`ENSUE_SECRETS_KEY_FILE` names, or in the file `ensue.db-key` beside the store; those of before are in
`ENSUE_SECRETS_KEY_PREVIOUS`.

Some apps have demo secrets, which stand for variables that are not set. With `--key` or `--issuer`, or on a host that other machines
can reach, none of them does: there `ENSUE_DEMO` is `off`, unless it is set to `on`.

## The engine URL

| URL | store |
| --- | --- |
| `sqlite:///data/ensue.db` | a file, relative to the present folder |
| `sqlite:////var/lib/app/ensue.db` | a file, by its absolute path |
| `sqlite:///data/ensue.db?synchronous=NORMAL` | faster commits; a power cut may take the last moments |
| `sqlite::memory:` | memory; gone when the process ends |

`synchronous=FULL` is the default: a commit survives a power cut.
[Guarantees](../explanation/guarantees.md) says what each promises.

## The mail server

`smtp://user:password@host:587` uses STARTTLS where the server offers it; `smtps://host:465` uses TLS from
the beginning. Without `--smtp` each letter is a file in the folder `outbox` below `--data`.

## For tests

`make conformance` reads the cases of others from `ENSUE_CONFORMANCE`, where that is set."""
