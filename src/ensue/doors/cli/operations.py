"""Commands for the operations of the catalog: one for each name, whatever kinds have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

from ensue.catalog import KINDS
from ensue.doors.cli.arguments import Parameter, parameters_of
from ensue.doors.cli.command import PartlyFailed, ServerCommand, examples, json_option
from ensue.doors.cli.model import Decoded, Server
from ensue.doors.cli.output import show, show_json
from ensue.doors.cli.places import Place, find_place
from ensue.doors.cli.readings import ask_twice, second_reading, write_to_what_is_there
from ensue.words.kinds import Kind, Operation, with_article

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "send": (
        "ensue send payments '{\"order\": 1}' --delay 5",
        "ensue send payments @message.json --group customer-349",
        "ensue send mail/letters 'Hello' 'How are you?' --to a@example.org",
    ),
    "publish": ('ensue publish order-events OrderPlaced \'{"id": "1"}\'',),
    "publish-batch": (
        'ensue publish-batch order-events \'[{"detail_type": "OrderPaid", "detail": {"id": 1}}]\'',
    ),
    "get": (
        "ensue get stock LX",
        'ensue get orders \'["349", "1"]\'',
        "ensue get stock LX --at 2026-11-21T13:47:03Z",
    ),
    "version": ("ensue version stock LX",),
    "scan": ("ensue scan stock --segment 0 --segments 4", "ensue scan stock --projection model"),
    "history": ("ensue history stock LX --limit 5",),
    "batch-get": ('ensue batch-get stock \'["LX", "LY"]\'',),
    "batch-put": ("ensue batch-put stock @items.json", "ensue batch-put stock - < items.json"),
    "batch-delete": ('ensue batch-delete stock \'["LX", "LY"]\'',),
    "put": (
        'ensue put stock \'{"model": "LX", "quantity": 5}\'',
        "ensue put stock - < item.json",
    ),
    "query": (
        "ensue query orders 349 --index by-customer --limit 5",
        "ensue query orders 349 --sort 'id > :a' --values '{\"a\": 1}' --projection id",
    ),
    "rows": ('ensue rows customers --equal \'{"city": "Bern"}\' --limit 5',),
    "changes": ("ensue changes customers --limit 5",),
    "release": ("ensue release customers", "ensue release clicks billing 0 1"),
    "peek": ("ensue peek payments-dlq",),
    "send-batch": ("ensue send-batch payments @messages.json --whole",),
    "receive": ("ensue receive parcels --limit 5 --wait 20",),
    "settle": ("ensue settle parcels HANDLE HANDLE",),
    "extend": ("ensue extend parcels HANDLE 60", "ensue extend parcels HANDLE 0"),
    "leases": ("ensue leases payments",),
    "purge": ("ensue purge payments-dlq",),
    "redrive": (
        "ensue redrive payments-dlq --limit 10",
        'ensue redrive payments-dlq --pattern \'{"body": {"kind": ["card"]}}\' --preview',
        "ensue redrive payments-dlq --edit 'SET currency = :c' --values '{\"c\": \"EUR\"}'",
        "ensue redrive payments-dlq --rate 50/s",
    ),
    "redrives": ("ensue redrives payments-dlq",),
    "cancel": ("ensue cancel payments-dlq 7", "ensue cancel order-events again"),
    "undo": ("ensue undo payments-dlq 7",),
    "append": ('ensue append clicks \'{"page": "/"}\' --partition-key customer-349',),
    "list-objects": ("ensue list-objects invoices --prefix 2026/ --delimiter /",),
    "list-versions": ("ensue list-versions invoices --prefix 2026/11/1.pdf",),
    "head-object": ("ensue head-object invoices 2026/11/1.pdf",),
    "copy-object": ("ensue copy-object invoices 2026/11/1.pdf 2026/11/1-copy.pdf",),
    "delete-object": (
        "ensue delete-object invoices 2026/11/1.pdf",
        "ensue delete-object invoices 2026/11/1.pdf --version 7",
    ),
    "delete-objects": ('ensue delete-objects invoices "2026/11/1.pdf" "2026/11/2.pdf"',),
    "shards": ("ensue shards clicks",),
    "split": ("ensue split clicks 0",),
    "merge": ("ensue merge clicks 1 2",),
    "iterate": ("ensue iterate clicks 0 --start 2026-01-31T12:00:00Z",),
    "read": ("ensue read clicks 0:1042 --limit 10",),
    "find": ("ensue find clicks customer-349 --limit 10",),
    "readers": ("ensue readers clicks",),
    "claim": ("ensue claim clicks billing worker-1 --lease 60",),
    "checkpoint": ("ensue checkpoint clicks billing 0 1 1042",),
    "renew": ("ensue renew clicks billing 0 1 --lease 60",),
    "rewind": (
        "ensue rewind project horizon --confirm project",
        "ensue rewind clicks billing 1042 --confirm billing",
    ),
    "forget": ("ensue forget clicks billing",),
    "call": (
        'ensue call recount \'{"model": "LX"}\'',
        "ensue call bank '{\"id\": 7}'",
    ),
    "invoke": ('ensue invoke reprice \'{"model": "LX"}\'',),
    "create": (
        "ensue create schedules nightly 'cron(0 2 * * ? *)' queue/reports --timezone Europe/Paris",
        "ensue create schedules reminder 'at(2026-12-01T10:00:00)' queue/reminders --body 1",
    ),
    "update": (
        "ensue update stock LX 'SET quantity = quantity + :n' --values '{\"n\": 5}'",
        "ensue update schedules nightly --expression 'cron(30 2 * * ? *)'",
    ),
    "delete": ("ensue delete stock LX", "ensue delete schedules reminder"),
    "list": ("ensue list schedules --state paused",),
    "pause": (
        "ensue pause charge",
        "ensue pause schedules nightly",
        "ensue pause order-events again",
    ),
    "resume": (
        "ensue resume charge",
        "ensue resume schedules nightly",
        "ensue resume order-events again",
    ),
    "fire": ("ensue fire schedules nightly",),
    "next": ("ensue next schedules nightly --count 3",),
    "preview": ("ensue preview schedules 'cron(0 2 L * ? *)' --timezone Europe/Paris",),
    "subscriptions": ("ensue subscriptions orders",),
    "rules": ("ensue rules order-events",),
    "enable": ("ensue enable order-events billing",),
    "disable": ("ensue disable order-events billing",),
    "archives": ("ensue archives order-events",),
    "replay": (
        "ensue replay order-events again --to billing --since 2026-11-20T00:00:00Z --dry-run",
        "ensue replay order-events again --to billing --rate 1000/s",
    ),
    "replays": ("ensue replays order-events",),
    "start": ("ensue start ship --input '{\"id\": 1}' --name order-1",),
    "start-sync": ("ensue start-sync ship --input '{\"id\": 1}' --timeout 30s",),
    "send-event": ("ensue send-event sell --execution order-7 --event shipped --body 1",),
    "stop": ("ensue stop ship order-1 --cause 'ordered twice'",),
    "execution": ("ensue execution ship order-1",),
    "executions": ("ensue executions ship --status FAILED --limit 10",),
    "explain": ("ensue explain order-events 5d1c93e0-7a4b-8f26-8010-000000000007",),
}


HELP: Mapping[str, str] = {
    "before": "The id of a change: only older ones.",
    "expect": "The version that the item must have; 0 for none being there.",
    "filter": "A condition: what it is false of is left out.",
    "projection": "Which attributes, such as 'id, address.city'.",
    "segment": "Which of the segments, from 0.",
    "segments": "Into how many parts to divide the table.",
    "sort": "A condition on the sort key: only that range is read.",
    "after": "Where the next page begins, as the page before said.",
    "body": "What replaces each body.",
    "count": "How many moments at most.",
    "start": "Where reading begins: horizon, latest, a sequence number, a time.",
    "state": "Only those that are active, paused or completed.",
    "timezone": "On whose clock it is due, such as Europe/Paris.",
    "at": "As of when: a time, or a change's id.",
    "confirm": "The name of the reader, to say that it is meant.",
    "lease": "For how many seconds.",
    "attributes": "What travels beside the body.",
    "deduplication_id": "What is sent twice with it is taken once.",
    "delay": "Seconds during which nobody receives it.",
    "edit": "An update expression on each body.",
    "equal": "Only the rows whose columns have these values.",
    "force": "Also when another store has adopted the table.",
    "group": "Messages of one group are received in the order of sending.",
    "holder": "What the receiver calls itself.",
    "index": "A secondary index, instead of the table's own key.",
    "limit": "How many at most.",
    "pattern": "Which dead letters: an event pattern on body, attributes, reason and receives.",
    "preview": "Say what would be moved, and move nothing.",
    "priority": "Higher is sooner.",
    "rate": "How many a second, such as 50/s; it goes on by itself.",
    "partition_key": "Records of one partition key keep their order.",
    "resources": "What the event is about; may be given again.",
    "reverse": "From the end.",
    "source": "Who says it, instead of the bus's own source.",
    "tenant": "Whose it is, in a fair queue.",
    "time": "When it happened, ISO 8601 with its zone; now by default.",
    "to": "The address, instead of the declared one.",
    "values": "The values of the expression's :names.",
    "visibility": "Seconds during which nobody else receives it.",
    "wait": "How many milliseconds to wait for something new.",
    "whole": "All of them or none.",
    "where": "A condition on the item that is there.",
}


METAVARS: Mapping[str, str] = {
    "integer": "INTEGER",
    "number": "NUMBER",
    "object": "JSON",
    "value": "JSON",
}


@dataclass(frozen=True)
class Usage:
    """How one kind's operation is asked for.

    Attributes:
        kind: the kind.
        operation: the operation.
        parameters: its parameters.
    """

    kind: Kind
    operation: Operation
    parameters: tuple[Parameter, ...]

    @property
    def positional(self) -> list[Parameter]:
        """What must be given, in order."""
        return [each for each in self.parameters if each.required]

    @property
    def options(self) -> list[Parameter]:
        """What may be given."""
        return [each for each in self.parameters if not each.required]

    @property
    def arguments(self) -> str:
        """Its arguments, as help writes them."""
        return " ".join(each.metavar for each in self.positional)

    def __str__(self) -> str:
        words = ["ensue", self.operation.name, _metavar(self.kind), self.arguments]
        return " ".join(filter(None, words))


def _metavar(kind: Kind) -> str:
    return kind.called.upper().replace(" ", "-")


def operation_commands(leave_out: Iterable[str]) -> list[click.Command]:
    """A command for each operation name of the catalog, in its order."""
    kinds = [kind for kind in KINDS.values() if kind.group is None]
    names = dict.fromkeys(each.name for kind in kinds for each in kind.operations)
    return [_command(name) for name in names if name not in set(leave_out)]


def usages(name: str) -> dict[str, Usage]:
    """How each kind that has an operation of this name takes it."""
    return {
        kind.name: Usage(kind, operation, parameters_of(operation.parameters))
        for kind in KINDS.values()
        for operation in kind.operations
        if operation.name == name and kind.group is None
    }


def _command(name: str) -> click.Command:
    ways = usages(name)
    only = next(iter(ways.values())) if len(ways) == 1 else None
    resource = _metavar(only.kind) if only else "NAME"
    params: list[click.Parameter] = [click.Argument(["resource"], metavar=resource)]
    shapes = dict.fromkeys(way.arguments for way in ways.values() if way.arguments)
    if shapes:
        metavar = next(iter(shapes)) if len(shapes) == 1 else f"({' | '.join(shapes)})"
        params.append(click.Argument(["given"], nargs=-1, metavar=metavar))
    params += options_of(ways.values())

    def run(
        server: Server, *, resource: str, as_json: bool, given: tuple[str, ...] = (), **rest: object
    ) -> None:
        options = {name: value for name, value in rest.items() if value not in (None, (), False)}
        if only:
            _check_count(only, given)
        place = find_place(server, resource, list(ways))
        answer = operate(server, place, ways[place.kind.name], given, options)
        (show_json if as_json else show)(answer)
        _check_failed(answer)

    return ServerCommand(
        name,
        callback=run,
        params=[*params, json_option()],
        help=_help(ways),
        short_help=_short_help(ways),
        epilog=examples(*EXAMPLES[name]) if name in EXAMPLES else None,
    )


def options_of(ways: Iterable[Usage], help_: Mapping[str, str] = HELP) -> list[click.Option]:
    """The options of all kinds; each says whose it is where it is not everybody's."""
    ways = list(ways)
    declared: dict[str, Parameter] = {}
    owners: dict[str, list[str]] = {}
    for way in ways:
        for each in way.options:
            declared.setdefault(each.name, each)
            owners.setdefault(each.name, []).append(way.kind.called)
    return [
        _option(each, None if len(owners[name]) == len(ways) else owners[name], help_)
        for name, each in declared.items()
    ]


def _option(
    parameter: Parameter, owners: Sequence[str] | None, told: Mapping[str, str]
) -> click.Option:
    help_ = parameter.help or told.get(parameter.name)
    said = [] if help_ is None else [help_]
    said += [f"For {with_article(' or '.join(owners))} only."] if owners else []
    if parameter.default not in (None, {}, [], False):
        said.append(f"[default: {parameter.default}]")
    said += [f"[{parameter.bounds}]"] if parameter.bounds else []
    names = [parameter.option, parameter.name.replace("-", "_")]
    if parameter.shape == "flag":
        return click.Option(names, is_flag=True, help=" ".join(said))
    return click.Option(
        names,
        type=parameter.convert,
        metavar=METAVARS.get(parameter.shape, "TEXT"),
        multiple=parameter.shape == "texts",
        help=" ".join(said),
    )


def operate(
    server: Server,
    place: Place,
    way: Usage,
    given: Sequence[str],
    options: Mapping[str, object],
) -> Decoded:
    """Do one of a resource's operations, with what was typed; returns what the server answers."""
    _check_count(way, given)
    body = _taken_options(way, options)
    again: dict[str, object] = {}
    last = len(way.positional) - 1
    for index, parameter in enumerate(way.positional):
        if index == last and parameter.shape == "texts":
            body[parameter.name] = list(given[index:])
            continue
        text = given[index]
        body[parameter.name] = value = _converted(parameter, text)
        other = second_reading(text, value) if parameter.shape == "value" else None
        if other is not None:
            again[parameter.name] = other
    asked = write_to_what_is_there if way.operation.writes else ask_twice
    return asked(server, place, way.operation.name, body, again)


def _converted(parameter: Parameter, text: str) -> object:
    try:
        return parameter.convert(text)
    except click.BadParameter as fault:
        fault.param_hint = parameter.metavar
        raise


def _check_failed(answer: Decoded) -> None:
    """Check that nothing of a batch failed, once the answer was written.

    Raises:
        PartlyFailed: some of it failed.
    """
    failed = answer.get("failed") if isinstance(answer, dict) else None
    if isinstance(failed, list) and failed:
        raise PartlyFailed(failed)


def _check_count(way: Usage, given: Sequence[str]) -> None:
    takes_more = bool(way.positional) and way.positional[-1].shape == "texts"
    if len(given) == len(way.positional) or (takes_more and len(given) > len(way.positional)):
        return
    if len(given) < len(way.positional):
        missing = " ".join(each.metavar for each in way.positional[len(given) :])
        raise click.UsageError(f"Missing {missing}; expected: {way}")
    surplus = given[len(way.positional)]
    raise click.UsageError(f"Got unexpected argument {surplus!r}; expected: {way}")


def _taken_options(way: Usage, options: Mapping[str, object]) -> dict[str, object]:
    known = {each.name.replace("-", "_"): each.name for each in way.options}
    for name in options:
        if name not in known:
            said = "--" + name.replace("_", "-")
            who = with_article(way.kind.called).capitalize()
            raise click.UsageError(f"{who} takes no {said} with {way.operation.name}")
    return {
        known[name]: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
    }


def _help(ways: Mapping[str, Usage]) -> str:
    if len(ways) == 1:
        return next(iter(ways.values())).operation.summary
    lines = [f"  {way}: {way.operation.summary}" for way in ways.values()]
    return "\n\n".join([_short_help(ways), "\b\n" + "\n".join(lines)])


def _short_help(ways: Mapping[str, Usage]) -> str:
    summaries = dict.fromkeys(way.operation.summary.rstrip(".") for way in ways.values())
    return " / ".join(summaries) + "."
