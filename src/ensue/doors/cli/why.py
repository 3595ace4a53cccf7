"""``why``: the tree of what something caused, drawn with lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import click

from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import clock, printable_line, show_json

NOTE_LENGTH_MAX = 80

Node = Mapping[str, Any]

_COLOURS = {"ok": "green", "done": "green", "failed": "red", "dead": "red"}
_BRANCH, _LAST, _LINE, _SPACE = "├─ ", "└─ ", "│  ", "   "


@click.command(
    "why",
    short_help="Draw the tree of what something caused.",
    cls=ServerCommand,
    params=[
        click.Argument(["id"]),
        click.Option(["--up"], is_flag=True, help="What caused it, instead of what it caused."),
        json_option(),
    ],
    epilog=examples(
        "ensue why 0192f0c1-6b0e-7f3a-9c52-5d8e6a0b1f27",
        "ensue why --up 5d1c93e0-7a4b-8f26-8010-000000000007",
        'ensue why "$(ensue send payments 1)"',
    ),
)
def why(server: Server, *, id: str, up: bool, as_json: bool) -> None:  # noqa: A002
    """Draw the tree of what an order, event, message or request caused.

    Times are milliseconds since the first line's. Where something was tried more than once, or
    failed, each attempt is shown with its error.
    """
    found = server.get(f"/_ensue/why/{quote(id, safe='')}", {"up": "true"} if up else None)
    if as_json:
        show_json(found)
        return
    for line in tree_lines(found):
        click.echo(line)


def tree_lines(root: Node) -> Iterator[str]:
    """The lines of a tree; deep ones too, so without recursion."""
    from_ms = root.get("at_ms")
    waiting: list[tuple[Node, str, str]] = [(root, "", "")]
    while waiting:
        node, first, rest = waiting.pop()
        children: Sequence[Node] = node.get("children") or ()
        yield first + _said(node, from_ms, is_root=node is root)
        for line in _attempts(node, from_ms):
            yield f"{rest}{_LINE if children else _SPACE}{line}"
        for child in reversed(children):
            is_last = child is children[-1]
            branch, below = (_LAST, _SPACE) if is_last else (_BRANCH, _LINE)
            waiting.append((child, rest + branch, rest + below))


def _said(node: Node, from_ms: int | None, *, is_root: bool) -> str:
    at_ms = node.get("at_ms")
    when = "" if at_ms is None else clock(at_ms) if is_root else _since(at_ms, from_ms)
    state = _word(node, "state")
    parts = [
        f"{_word(node, 'kind')} {click.style(_word(node, 'name'), bold=True)}".strip(),
        click.style(state, fg=_COLOURS.get(state, "yellow")) if state else "",
        when,
        _spent(node),
        click.style(_word(node, "id"), dim=True),
        _cut(_word(node, "note")),
    ]
    return "  ".join(filter(None, parts))


def _word(node: Node, name: str) -> str:
    return printable_line(str(node.get(name) or ""))


def _cut(note: str) -> str:
    return note if len(note) <= NOTE_LENGTH_MAX else f"{note[: NOTE_LENGTH_MAX - 1]}…"


def _spent(node: Node) -> str:
    spent = [
        f"{word} {node[name]} ms"
        for word, name in (("waited", "waited_ms"), ("worked", "worked_ms"))
        if node.get(name) is not None
    ]
    return ", ".join(spent)


def _attempts(node: Node, from_ms: int | None) -> list[str]:
    """A line for each attempt, unless the only one went well."""
    attempts = node.get("attempts") or []
    if len(attempts) == 1 and not attempts[0].get("error"):
        return []
    return [_attempt(each, from_ms) for each in attempts]


def _attempt(attempt: Node, from_ms: int | None) -> str:
    error = attempt.get("error")
    mark = click.style("✗", fg="red") if error else click.style("✓", fg="green")
    when = "" if attempt.get("at_ms") is None else f" {_since(attempt['at_ms'], from_ms)}"
    told = f"  {printable_line(' '.join(str(error).split()))}" if error else ""
    return f"{mark} attempt {attempt.get('attempt')}{when}{told}"


def _since(at_ms: int, from_ms: int | None) -> str:
    return clock(at_ms) if from_ms is None else f"{at_ms - from_ms:+d} ms"
