"""What happened to the data in each state, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from ensue.doors.cli.output import printable
from ensue.languages.states.events import Event
from ensue.words.values import shown

VALUE_LENGTH_MAX = 400
_TOLD: Mapping[str, str] = {
    "parameters": "sent",
    "input": "input",
    "output": "output",
}
_WIDTH = 8


def trace(events: Iterable[Event]) -> None:
    """Write what each state got, sent, heard and gave, to standard error."""
    for event in events:
        name, details = event.type, event.details
        if name.endswith("StateEntered"):
            kind = name.removesuffix("StateEntered")
            title = click.style(printable(str(details.get("name"))), bold=True)
            click.echo(f"{title} ({kind})", err=True)
            _tell("input", details.get("input"))
        elif name.endswith("StateExited"):
            for variable, value in (details.get("assignedVariables") or {}).items():
                _tell(f"${variable}", value)
            _tell("output", details.get("output"), of=str(details.get("name")))
        elif name.endswith("Scheduled"):
            _tell("sent", details.get("parameters", details.get("input")))
        elif name.endswith("Succeeded") and "output" in details and name != "ExecutionSucceeded":
            _tell("answer", details["output"])
        elif name.endswith(("Failed", "TimedOut")) and name != "ExecutionFailed":
            said = ": ".join(str(details[key]) for key in ("error", "cause") if details.get(key))
            click.echo(
                f"  {click.style('failed'.ljust(_WIDTH), fg='red')}{printable(said)}", err=True
            )


def _tell(label: str, value: Any, of: str = "") -> None:  # noqa: ANN401 - any JSON
    text = shown(value, limit=VALUE_LENGTH_MAX)
    where = click.style(f"  ({printable(of)})", dim=True) if of else ""
    click.echo(f"  {click.style(label.ljust(_WIDTH), dim=True)}{printable(text)}{where}", err=True)
