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
HEARD = ("event", "published")  # of what is told who got it
MORE = "more"

Node = Mapping[str, Any]

_COLOURS = {
    "ok": "green",
    "done": "green",
    "SUCCEEDED": "green",
    "failed": "red",
    "dead": "red",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "red",
}
_BRANCH, _LAST, _LINE, _SPACE = "├─ ", "└─ ", "│  ", "   "


@click.command(
    "why",
    short_help="Draw the tree of what something caused.",
    cls=ServerCommand,
    params=[
        click.Argument(["id"]),
        click.Option(["--up"], is_flag=True, help="What caused it, instead of what it caused."),
        click.Option(["--after"], help="Go on with what it caused, behind this child of it."),
        json_option(),
    ],
    epilog=examples(
        "ensue why 0192f0c1-6b0e-7f3a-9c52-5d8e6a0b1f27",
        "ensue why --up 5d1c93e0-7a4b-8f26-8010-000000000007",
        'ensue why "$(ensue send payments 1)"',
    ),
)
def why(
    server: Server,
    *,
    id: str,  # noqa: A002
    up: bool,
    after: str | None,
    as_json: bool,
) -> None:
    """Draw the tree of what an order, event, message or request caused.

    Times are milliseconds since the first line's. Where something was tried more than once, or
    failed, each attempt is shown with its error. Of an event and of a topic's message it is told
    who got it, and who did not: the field of the pattern that failed.
    """
    asked = {name: said for name, said in (("up", up and "true"), ("after", after)) if said}
    if after == "":
        asked["after"] = ""
    found = server.get(f"/_ensue/why/{quote(id, safe='')}", asked or None)
    if as_json:
        show_json(found)
        return
    for line in tree_lines(found):
        click.echo(line)
    sought = None if up else _sought(found)
    if sought is not None and sought.get("kind") in HEARD:
        for line in delivery_lines(
            server.get(f"/_ensue/deliveries/{quote(str(sought['id']), safe='')}")
        ):
            click.echo(line)


def delivery_lines(told: Node) -> Iterator[str]:
    """The lines that tell who got something, and who did not."""
    receivers: Sequence[Node] = told.get("receivers") or ()
    got = [each for each in receivers if each.get("outcome") == "got"]
    others = [each for each in receivers if each.get("outcome") != "got"]
    if not receivers:
        yield "nobody reads it"
    for at, each in enumerate(got):
        yield ("got it:   " if at == 0 else " " * 10) + _got(each)
    for at, each in enumerate(others):
        yield ("did not:  " if at == 0 else " " * 10) + _did_not(each)
    if told.get("more"):
        yield f"{' ' * 10}and {told['more']} more whose patterns do not match"


def _got(receiver: Node) -> str:
    came = [
        " ".join(
            filter(
                None,
                (
                    _word(each, "kind"),
                    _word(each, "name"),
                    click.style(_word(each, "state"), fg=_COLOURS.get(_word(each, "state"))),
                    click.style(_word(each, "id"), dim=True),
                ),
            )
        )
        for each in receiver.get("got") or ()
    ]
    return f"{_called(receiver)} -> {', '.join(came) or _word(receiver, 'why')}"


def _did_not(receiver: Node) -> str:
    outcome = _word(receiver, "outcome")
    why = _word(receiver, "why")
    return f"{_called(receiver)}: {why or outcome}"


def _called(receiver: Node) -> str:
    """A receiver by its name; by what it is too, where it is no rule."""
    by = _word(receiver, "by")
    name = click.style(_word(receiver, "name"), bold=True)
    return name if by in {"rule", "subscription"} else f"{by} {name}"


def _sought(root: Node) -> Node | None:
    """What was asked for, in a tree."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.get("is_sought"):
            return node
        waiting.extend(node.get("children") or ())
    return None


def tree_lines(root: Node) -> Iterator[str]:
    """The lines of a tree; deep ones too, so without recursion."""
    from_ms = root.get("at_ms")
    waiting: list[tuple[Node, str, str]] = [(root, "", "")]
    while waiting:
        node, first, rest = waiting.pop()
        children: Sequence[Node] = node.get("children") or ()
        more = node.get("more")
        yield first + _said(node, from_ms, is_root=node is root)
        for line in _attempts(node, from_ms):
            yield f"{rest}{_LINE if children else _SPACE}{line}"
        if more is not None:
            waiting.append(({"kind": MORE, "name": "", "note": _more(node)}, rest + _LAST, rest))
        for child in reversed(children):
            is_last = more is None and child is children[-1]
            branch, below = (_LAST, _SPACE) if is_last else (_BRANCH, _LINE)
            waiting.append((child, rest + branch, rest + below))


def _more(node: Node) -> str:
    return f"… more: ensue why {_word(node, 'id')} --after '{_word(node, 'more')}'"


def _said(node: Node, from_ms: int | None, *, is_root: bool) -> str:
    if node.get("kind") == MORE:
        return str(node["note"])
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
