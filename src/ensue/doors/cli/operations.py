"""Commands for the operations of the catalog: one for each name, whatever kinds have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

from ensue.catalog import KINDS
from ensue.doors.cli.arguments import Parameter, parameters_of
from ensue.doors.cli.command import PartlyFailed, ServerCommand, examples, json_option
from ensue.doors.cli.explained import EXAMPLES, HELP
from ensue.doors.cli.model import Decoded, Server
from ensue.doors.cli.output import show, show_json
from ensue.doors.cli.places import Place, find_place
from ensue.doors.cli.readings import ask_twice, second_reading, write_to_what_is_there
from ensue.words.kinds import Kind, Operation, with_article

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
        words = [
            "ensue",
            self.operation.group,
            self.operation.name,
            _metavar(self.kind),
            self.arguments,
        ]
        return " ".join(filter(None, words))


def _metavar(kind: Kind) -> str:
    return kind.called.upper().replace(" ", "-")


def operation_commands(leave_out: Iterable[str]) -> list[click.Command]:
    """A command for each operation name of the catalog, in its order."""
    return [_command(name) for name in _names(None) if name not in set(leave_out)]


def grouped_commands(group: str, leave_out: Iterable[str]) -> list[click.Command]:
    """A command for each operation that is below another command."""
    return [_command(name, group) for name in _names(group) if name not in set(leave_out)]


def _names(group: str | None) -> Iterable[str]:
    kinds = [kind for kind in KINDS.values() if kind.group is None]
    every = [each for kind in kinds for each in kind.operations]
    return dict.fromkeys(each.name for each in every if each.group == group)


def usages(name: str, group: str | None = None) -> dict[str, Usage]:
    """How each kind that has an operation of this name takes it."""
    return {
        kind.name: Usage(kind, operation, parameters_of(operation.parameters))
        for kind in KINDS.values()
        for operation in kind.operations
        if operation.name == name and operation.group == group and kind.group is None
    }


def _command(name: str, group: str | None = None) -> click.Command:
    ways = usages(name, group)
    full_name = name if group is None else f"{group} {name}"
    only = next(iter(ways.values())) if len(ways) == 1 else None
    resource = _metavar(only.kind) if only else "NAME"
    params: list[click.Parameter] = [click.Argument(["resource"], metavar=resource)]
    shapes = dict.fromkeys(way.arguments for way in ways.values() if way.arguments)
    if shapes:
        metavar = next(iter(shapes)) if len(shapes) == 1 else f"({' | '.join(shapes)})"
        if not all(way.arguments for way in ways.values()):
            metavar = f"[{metavar}]"
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
        epilog=examples(*EXAMPLES[full_name]) if full_name in EXAMPLES else None,
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
