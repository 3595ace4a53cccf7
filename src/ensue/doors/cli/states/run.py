"""``states run``: try a state machine, with mocked tasks and in virtual time."""

from __future__ import annotations

import sys
from typing import Any

import click

from ensue.doors.cli.command import examples, json_option
from ensue.doors.cli.output import printable, show_json
from ensue.doors.cli.states.cases import answer_cases
from ensue.doors.cli.states.files import read_json, read_text, read_value
from ensue.doors.cli.states.trace import trace
from ensue.doors.cli.states.trying import (
    BEGINNING,
    EXPRESS,
    STANDARD,
    Trial,
    answer_of,
    history_of,
    tried,
)
from ensue.languages.states.execution import SUCCEEDED
from ensue.languages.states.timestamps import parse_timestamp
from ensue.words.values import as_json as as_json_of


@click.command(
    "run",
    short_help="Try a state machine, with mocked tasks and in virtual time.",
    params=[
        click.Argument(["file"], metavar="FILE", required=False),
        click.Option(
            ["--input", "given"], metavar="JSON", help="The input: JSON, @FILE, or - ; else {}."
        ),
        click.Option(
            ["--mock"], metavar="FILE", help="What tasks answer, by the names of their states."
        ),
        click.Option(
            ["--type", "kind"],
            type=click.Choice([STANDARD, EXPRESS]),
            default=STANDARD,
            show_default=True,
            help="An express execution times out after five minutes.",
        ),
        click.Option(["--now"], metavar="TIME", help="When it starts; 2024-01-01T00:00:00Z."),
        click.Option(
            ["--seed"], type=int, default=1, show_default=True, help="What chance follows from."
        ),
        click.Option(["--trace"], is_flag=True, help="Show the data of each state."),
        click.Option(["--cases"], is_flag=True, help="Try what lines on standard input say."),
        json_option(),
    ],
    epilog=examples(
        "ensue states run order.asl.json --input '{\"total\": 12}'",
        "ensue states run order.asl.json --input @order.json --mock mocks.json --trace",
        "ensue states run order.asl.json --json --trace > history.json",
        "ensue states run --cases < cases.jsonl",
    ),
)
@click.pass_context
def run(  # noqa: PLR0913, PLR0917 - the options of a command
    ctx: click.Context,
    file: str | None,
    given: str | None,
    mock: str | None,
    kind: str,
    now: str | None,
    seed: int,
    trace: bool,  # noqa: FBT001 - click gives it by name
    cases: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Run a definition to its end, in memory, and print its output.

    Tasks answer what the file of --mock says, by the names of their states: a result; a list of
    results, one for each call; {"error": ..., "cause": ...}; {"items": {"0": ...}} by the index in
    a Map; {"result": ...} for a result that looks like one of these. Time is virtual: a Wait of a
    day takes none. An execution that fails prints its error and cause, and ends with 1.

    With --json it is one object with status, output, error and cause; with --trace too, also its
    history as `events`, which `states draw --history` reads.

    With --cases each line of standard input is a JSON object {"definition", "input", "type",
    "mock"}, and is answered by one {"status", "output", "error", "cause", "events"}, in order;
    `events` are the types of its events. Definition and input are JSON, or strings with the text of
    JSON. {"request": ...} tries one state, with the fields that Step Functions' TestState has. A
    line that cannot be run is answered with the status INVALID; the next is read.
    """
    if cases:
        if file is not None:
            raise click.UsageError("--cases reads definitions from standard input, not a FILE")
        answer_cases(sys.stdin.buffer)
        return
    if file is None:
        raise click.UsageError("give a FILE, or --cases")
    _run(
        ctx,
        Trial(
            read_text(file),
            {} if given is None else read_value(given, at="--input"),
            None if mock is None else read_json(mock),
            kind == EXPRESS,
            BEGINNING if now is None else _moment_ms(now),
            seed,
        ),
        with_trace=trace,
        as_json=as_json,
    )


def _moment_ms(text: str) -> int:
    found = parse_timestamp(text)
    if found is None:
        raise click.BadParameter(f"expected a time such as 2024-01-01T00:00:00Z, got {text!r}")
    return found // 1_000_000


def _run(ctx: click.Context, trial: Trial, *, with_trace: bool, as_json: bool) -> None:
    execution = tried(trial)
    if as_json:
        answer: dict[str, Any] = answer_of(execution)
        if with_trace:
            answer["events"] = history_of(execution.events)
        show_json(answer)
    else:
        if with_trace:
            trace(execution.events)
        if execution.status == SUCCEEDED:
            show_json(as_json_of(execution.output))
        else:
            named = execution.error or execution.status
            said = f": {execution.cause}" if execution.cause else ""
            click.echo(printable(f"{named}{said}"), err=True)
    if execution.status != SUCCEEDED:
        ctx.exit(1)
