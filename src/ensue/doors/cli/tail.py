"""``tail``: follow the events of a bus, the records of a stream, or the messages of a topic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from ensue.doors.cli.again import writer
from ensue.doors.cli.arguments import json_of
from ensue.doors.cli.command import ServerCommand, examples, json_option
from ensue.doors.cli.model import Server
from ensue.doors.cli.output import printable_line, show_json
from ensue.doors.cli.places import Place, find_place, places
from ensue.observe.again import FORMS
from ensue.words.errors import InvalidInput, NotFound
from ensue.words.values import Json, shown

WAIT_MS = 20_000
NEWEST_DEFAULT = 10
NEWEST_MAX = 1_000
DETAIL_LENGTH_MAX = 100
FOLLOWED = {"bus": "events", "stream": "records", "topic": "messages"}


def _read_pattern(ctx: click.Context, option: click.Parameter, given: str | None) -> Json:
    """A pattern as the server takes it."""
    del ctx, option
    return None if given is None else json_of(given, anything=False)


@click.command(
    "tail",
    short_help="Follow the events of a bus, a stream's records, or a topic's messages.",
    cls=ServerCommand,
    params=[
        click.Argument(["log"], metavar="[BUS | STREAM | TOPIC]", required=False),
        click.Option(
            ["--limit"],
            type=click.IntRange(1, NEWEST_MAX),
            default=NEWEST_DEFAULT,
            show_default=True,
            help="How many events of the past to begin with.",
        ),
        click.Option(["--count"], type=click.IntRange(1), help="Stop after so many events."),
        click.Option(
            ["--pattern"],
            metavar="JSON",
            callback=_read_pattern,
            help="Only what matches this event pattern; @FILE for that of a file.",
        ),
        click.Option(
            ["--as", "form"],
            type=click.Choice(FORMS),
            help="Write each so that it is published again, or as JSON.",
        ),
        json_option(),
    ],
    epilog=examples(
        "ensue tail",
        "ensue tail order-events --count 5",
        'ensue tail --pattern \'{"detail-type": ["OrderPaid"]}\'',
        'ensue tail clicks --pattern \'{"data": {"page": [{"prefix": "/shop"}]}}\'',
        "ensue tail order-events --limit 1 --count 1 --as curl",
        "ensue tail --json | jq .detail",
    ),
)
def tail(
    server: Server,
    *,
    log: str | None,
    limit: int,
    count: int | None,
    pattern: Json,
    form: str | None,
    as_json: bool,
) -> None:
    """Print the newest of a bus's events, stream's records or topic's messages, then each new one.

    It goes on until Ctrl-C. BUS may be left out where there is only one. A pattern is one on the
    event; on the key, data and attributes of a record; on the body and attributes of a message.
    The server looks for what matches, among the newest 10,000 and then among what comes.

    With --as each is written as a curl command, a Python script, a test for pytest or an ensue
    command, which publishes it again as it stands.
    """
    asked: dict[str, object] = {} if pattern is None else {"pattern": pattern}
    try:
        place = _the_bus(server) if log is None else find_place(server, log, FOLLOWED)
        write = _line if form is None else writer(server, place, form)
        for event in _events(server, place, asked, limit, count):
            if as_json:
                show_json(event)
            else:
                click.echo(write(event))
    except KeyboardInterrupt:
        return


def _the_bus(server: Server) -> Place:
    found = [place for place in places(server) if place.kind.name == "bus"]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(place.name for place in found)
        raise InvalidInput("expected the name of a bus", hint=f"There are several: {names}.")
    raise NotFound("there is no bus", hint="`ensue ls` lists what there is.")


def _events(
    server: Server, place: Place, asked: dict[str, object], limit: int, count: int | None
) -> Iterator[dict[str, Any]]:
    """The newest events, then those that come; for ever, or until there were ``count``."""
    left = count
    body: dict[str, object] = {"limit": limit if left is None else min(limit, left)}
    while left is None or left > 0:
        wait_ms = int(str(body.get("wait", 0)))
        answer = place.operate(server, "tail", body | asked, wait_ms=wait_ms)
        found = answer[FOLLOWED[place.kind.name]]
        yield from found
        left = None if left is None else left - len(found)
        most = NEWEST_MAX if left is None else max(1, min(NEWEST_MAX, left))
        body = {"after": answer["position"], "wait": WAIT_MS, "limit": most}


def _line(event: dict[str, Any]) -> str:
    if "sequence" in event:
        return _record_line(event)
    if "topic" in event:
        return _message_line(event)
    time, kind, number = (printable_line(str(event.get(n))) for n in ("time", "detail-type", "id"))
    detail = printable_line(shown(event.get("detail"), DETAIL_LENGTH_MAX))
    return f"{time}  {click.style(kind, bold=True)}  {number}  {detail}"


def _record_line(record: dict[str, Any]) -> str:
    key = printable_line(str(record["key"] or "-"))
    data = printable_line(shown(record["data"], DETAIL_LENGTH_MAX))
    number = printable_line(str(record["id"]))
    return f"{_moment(record['at_ms'])}  {click.style(key, bold=True)}  {number}  {data}"


def _message_line(message: dict[str, Any]) -> str:
    attributes = printable_line(shown(message.get("attributes") or {}, DETAIL_LENGTH_MAX))
    number = printable_line(str(message["id"]))
    body = printable_line(shown(message.get("body"), DETAIL_LENGTH_MAX))
    return f"{_moment(message['sent_ms'])}  {click.style(attributes, bold=True)}  {number}  {body}"


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
