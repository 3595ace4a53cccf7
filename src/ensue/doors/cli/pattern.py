"""``pattern``: try event patterns on events."""

from __future__ import annotations

import json
import sys
from collections import deque
from typing import IO

import click

from ensue.doors.cli.command import examples, server_options
from ensue.doors.cli.history import Tally, kept_events
from ensue.doors.cli.judging import compiled, judged, lines, question, refused
from ensue.doors.cli.model import House
from ensue.doors.cli.places import find_place
from ensue.words.errors import EnsueError, InvalidInput

SAMPLES_DEFAULT = 3
SAMPLES_MAX = 100
QUESTIONS_MAX = 10_000


@click.group("pattern", short_help="Try event patterns.")
def pattern() -> None:
    """Try event patterns."""


@pattern.command(
    "match",
    short_help="Say which events patterns match, line by line.",
    params=[
        click.Option(["--explain"], is_flag=True, help="Say which fields failed, and why."),
        click.Option(
            ["--history"], metavar="BUS", help="Try each pattern on the events that a bus keeps."
        ),
        click.Option(
            ["--samples"],
            type=click.IntRange(0, SAMPLES_MAX),
            default=SAMPLES_DEFAULT,
            show_default=True,
            help="How many of the newest matching events to show, with --history.",
        ),
        *server_options(),
    ],
    epilog=examples(
        'echo \'{"pattern": {"source": ["shop"]}, "event": {"source": "shop"}}\''
        " | ensue pattern match",
        'echo \'{"pattern": {"source": [{"prefix": 1}]}}\' | ensue pattern match',
        "ensue pattern match --explain < questions.jsonl",
        'echo \'{"pattern": {"detail-type": ["OrderPlaced"]}}\''
        " | ensue pattern match --history order-events",
    ),
)
@click.pass_context
def match(  # noqa: PLR0917 - the options of a command
    ctx: click.Context,
    explain: bool,  # noqa: FBT001 - click gives it by name
    history: str | None,
    samples: int,
    url: str,
    key: str | None,
) -> None:
    """Read a JSON object from each line, and answer each with one, in order.

    {"pattern": ..., "event": ...} is answered by {"matched": true} or {"matched": false}, and by
    {"error": {"code", "message", "at"}} where the pattern is invalid. Without an event it is
    answered by {"valid": true} or the error. Pattern and event are JSON, or strings with the text
    of JSON. A line that is none of that is answered by an error with its number; the next is read.

    With --history a running server is asked for the events that a bus keeps, and the answer to a
    pattern says how many of them it matches, with the newest of these. No other use needs a server.
    """
    stdin = sys.stdin.buffer
    if history is None:
        _answer_each(stdin, explain=explain)
        return
    house = ctx.find_object(House)
    if house is None:
        raise click.UsageError("this command belongs below `ensue`")
    tallies = _read_tallies(stdin, samples)
    with house.connect(url, key or None) as server:
        events = 0
        for event in kept_events(server, find_place(server, history, ["bus"])):
            events += 1
            for each in tallies:
                if isinstance(each, Tally):
                    each.count(event, explain=explain)
    for each in tallies:
        _say(each.answer(events, explain=explain) if isinstance(each, Tally) else each)


def _answer_each(stream: IO[bytes], *, explain: bool) -> None:
    for number, line in lines(stream):
        try:
            answer = judged(question(number, line), explain=explain)
        except EnsueError as fault:
            answer = refused(fault)
        _say(answer)


def _read_tallies(stream: IO[bytes], samples: int) -> list[Tally | dict[str, object]]:
    """For each line what is to be counted, or the answer where it asks nothing."""
    found: list[Tally | dict[str, object]] = []
    for number, line in lines(stream):
        if number > QUESTIONS_MAX:
            raise InvalidInput(
                f"expected at most {QUESTIONS_MAX} patterns at once", at=f"line {number}"
            )
        try:
            tried = compiled(question(number, line).pattern)
        except EnsueError as fault:
            found.append(refused(fault))
        else:
            found.append(Tally(tried, deque(maxlen=samples)))
    return found


def _say(answer: dict[str, object]) -> None:
    # Whoever waits for the answer before the next question gets it at once. Only ASCII is written:
    # what came from outside may hold characters that terminals obey, and half of a pair.
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
