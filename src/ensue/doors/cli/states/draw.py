"""``states draw``: a picture of a state machine, and of what became of an execution."""

from __future__ import annotations

from pathlib import Path

import click

from ensue.doors.cli.command import examples
from ensue.doors.cli.states.files import read_history, read_text
from ensue.languages.states.draw import (
    Graph,
    draw_mermaid,
    draw_svg,
    graph_of_history,
    graph_of_machine,
    with_history,
)
from ensue.languages.states.parse import compile_machine
from ensue.words.errors import InvalidInput

_FORMATS = {"svg": draw_svg, "mermaid": draw_mermaid}


@click.command(
    "draw",
    short_help="Draw a state machine, or what became of an execution.",
    params=[
        click.Argument(["file"], metavar="FILE", required=False),
        click.Option(
            ["--format", "form"],
            type=click.Choice(list(_FORMATS)),
            default="svg",
            show_default=True,
            help="A picture, or the text of a Mermaid flowchart.",
        ),
        click.Option(
            ["--history"],
            metavar="FILE",
            help="The history of an execution: outcomes and the ways that it took are shown.",
        ),
        click.Option(
            ["--output"], metavar="FILE", help="Where to write it; standard output by default."
        ),
    ],
    epilog=examples(
        "ensue states draw order.asl.json > order.svg",
        "ensue states draw order.asl.json --format mermaid",
        "ensue states draw order.asl.json --history history.json --output order.svg",
        "ensue states draw --history history.json > what-happened.svg",
    ),
)
def draw(file: str | None, form: str, history: str | None, output: str | None) -> None:
    """Draw a definition, the history of an execution, or one on the other.

    The picture is one SVG file, for light and for dark, for wide screens and for narrow ones.
    Without FILE, what is drawn is what the history tells: so executions of workflows in Python are
    drawn. A history is a list of events as Step Functions tells them, or an object with `events`.
    """
    text = _FORMATS[form](_graph(file, history))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise InvalidInput(
            f"expected a place to write to, got {fault.strerror}", at=output
        ) from None


def _graph(file: str | None, history: str | None) -> Graph:
    if file is None:
        if history is None:
            raise click.UsageError("give a definition, a --history, or both")
        return graph_of_history(read_history(history), "What happened")
    machine = compile_machine(read_text(file))
    graph = graph_of_machine(machine.definition, machine.comment or Path(file).name)
    return graph if history is None else with_history(graph, read_history(history))
