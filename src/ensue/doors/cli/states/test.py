"""``states test``: one state, with what its work is said to give, and its data at every stage."""

from __future__ import annotations

from typing import Any

import click

from ensue.doors.cli.command import examples, json_option
from ensue.doors.cli.output import printable, show_json
from ensue.doors.cli.states.files import parse_json, read_text, read_value
from ensue.doors.cli.states.trying import BEGINNING
from ensue.languages.states.execute import VirtualFacts
from ensue.languages.states.trial import FAILED, Given, Trial, Tried, try_state
from ensue.words.errors import InvalidInput
from ensue.words.values import shown

STAGE_LENGTH_MAX = 2_000
_WIDTH = 22


@click.command(
    "test",
    short_help="Try one state, and show its data at every stage.",
    params=[
        click.Argument(["file"], metavar="FILE"),
        click.Option(["--state"], metavar="NAME", help="Which; not for a FILE with one state."),
        click.Option(
            ["--input", "given"], metavar="JSON", help="The input: JSON, @FILE, or - ; else {}."
        ),
        click.Option(
            ["--mock"],
            metavar="JSON",
            help='What its work gives: {"result": ...}, or {"error": ..., "cause": ...}; or @FILE.',
        ),
        click.Option(["--variables"], metavar="JSON", help="What states before it assigned."),
        click.Option(["--context"], metavar="JSON", help="The context object."),
        click.Option(
            ["--retried"],
            type=click.IntRange(0),
            default=0,
            show_default=True,
            help="How often each retrier was used before.",
        ),
        json_option(),
    ],
    epilog=examples(
        "ensue states test order.asl.json --state Charge --input '{\"total\": 12}'"
        ' --mock \'{"result": {"id": 1}}\'',
        'ensue states test order.asl.json --state Charge --mock \'{"error": "Busy"}\' --retried 2',
        "ensue states test state.json --input @order.json --json",
    ),
)
@click.pass_context
def test(  # noqa: PLR0913, PLR0917 - the options of a command
    ctx: click.Context,
    file: str,
    state: str | None,
    given: str | None,
    mock: str | None,
    variables: str | None,
    context: str | None,
    retried: int,
    as_json: bool,  # noqa: FBT001 - click gives it by name
) -> None:
    """Try one state of a machine, wherever it is, or a state that is alone in FILE.

    A Task, a Map or a Parallel does nothing: its work gives what --mock says. Printed are the
    status, the state that would come next, and the data at every stage. SUCCEEDED; CAUGHT_ERROR: a
    catcher takes its error; RETRIABLE: a retrier would have it tried again; FAILED ends with 1.
    """
    trial = Trial(
        definition=_object(parse_json(read_text(file), at=file), file),
        state=state,
        input={} if given is None else read_value(given, at="--input"),
        level="TRACE",
        mock=None if mock is None else _given(read_value(mock, at="--mock")),
        context=None if context is None else _object(read_value(context, at="--context"), ""),
        variables={} if variables is None else _object(read_value(variables, at="--variables"), ""),
        retried=retried,
    )
    tried = try_state(trial, VirtualFacts(BEGINNING))
    if as_json:
        show_json(tried.as_dict())
    else:
        _tell(tried)
    if tried.status == FAILED:
        ctx.exit(1)


def _tell(tried: Tried) -> None:
    colour = "red" if tried.status == FAILED else "green"
    following = f" → {tried.next}" if tried.next else ""
    click.echo(click.style(tried.status, fg=colour) + printable(following))
    said = ": ".join(each for each in (tried.error, tried.cause) if each)
    if said:
        click.echo(printable(said))
    for name, value in (tried.inspection or {}).items():
        label = click.style(name.ljust(_WIDTH), dim=True)
        click.echo(f"  {label}{printable(shown(value, limit=STAGE_LENGTH_MAX))}")
    if tried.output is not None:
        label = click.style("output".ljust(_WIDTH), dim=True)
        click.echo(f"  {label}{printable(shown(tried.output, limit=STAGE_LENGTH_MAX))}")


def _given(mock: object) -> Given:
    if isinstance(mock, dict) and mock.keys() == {"result"}:
        return Given(mock["result"])
    if isinstance(mock, dict) and mock and mock.keys() <= {"error", "cause"}:
        return Given(failed=True, error=mock.get("error"), cause=mock.get("cause"))
    raise InvalidInput(
        'expected {"result": …}, or {"error": …, "cause": …}', at="--mock", hint="Write one."
    )


def _object(value: Any, at: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        raise InvalidInput("expected a JSON object", at=at or None)
    return value
