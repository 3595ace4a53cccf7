"""What a target gets of an event, as it is declared and as it is rendered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Protocol, runtime_checkable

from ensue.languages.transformers.parse import parse
from ensue.languages.transformers.paths import Missing, find, parse_path
from ensue.languages.transformers.places import PIPE_NAMES, RULE_NAMES, Places
from ensue.languages.transformers.program import Path, Program, Reserved
from ensue.languages.transformers.run import encoded, run
from ensue.words.errors import InvalidExpression, InvalidInput, Unfit
from ensue.words.units import iso
from ensue.words.values import Json, encode

ALL_NAMES = RULE_NAMES | PIPE_NAMES


class Input(Protocol):
    """A compiled input."""

    @property
    def names(self) -> frozenset[str]:
        """The reserved names that it uses; no other needs a value."""

    def render(self, event: Json, reserved: Mapping[str, Json], now_ms: int) -> str:
        """The body that the target gets, as JSON text.

        Args:
            event: what is delivered.
            reserved: values of reserved names. Where they lack, the event and the ingestion time
                are those that are given here.
            now_ms: when it is rendered.

        Raises:
            Unfit: it cannot be rendered, and no retry will mend that.
        """


@runtime_checkable
class Declared(Protocol):
    """An input as an app declares it."""

    def compile_input(self, names: Collection[str]) -> Input:
        """The input, compiled.

        Args:
            names: the reserved names that there are where it is declared.

        Raises:
            InvalidExpression: it is wrong; says where.
        """


def told_input(given: object) -> Json:
    """An input as a declaration tells it to people: what it is, and what it was given."""
    named = fields(given) if is_dataclass(given) else ()
    return {type(given).__name__: {each.name: getattr(given, each.name) for each in named}}


def compile_input(given: Declared | None, names: Collection[str] = ALL_NAMES) -> Input:
    """An input, compiled.

    Args:
        given: what is declared; None is the event as it is.
        names: the reserved names that there are where it is declared.

    Raises:
        InvalidExpression: it is wrong; says where.
    """
    if given is None:
        return _Whole()
    if not isinstance(given, Declared):
        raise InvalidExpression(
            "expected Constant(...), InputPath(...), InputTransformer(...) or JSONata(...),"
            f" got {type(given).__name__}",
            at="input",
        )
    return given.compile_input(names)


@dataclass(frozen=True, slots=True)
class Constant:
    """The target always gets this value.

    Args:
        value: a JSON value.
    """

    value: Json

    def compile_input(self, names: Collection[str]) -> Input:
        """The input, compiled.

        Raises:
            InvalidExpression: the value has no JSON form.
        """
        del names
        try:
            return _Template(Program((encode(self.value),)), frozenset())
        except InvalidInput as fault:
            raise InvalidExpression(fault.message, at=fault.at, hint=fault.hint) from None


@dataclass(frozen=True, slots=True)
class InputPath:
    """The target gets a part of the event.

    Args:
        path: where it is: ``$.detail``.
    """

    path: str

    def compile_input(self, names: Collection[str]) -> Input:
        """The input, compiled.

        Raises:
            InvalidExpression: it is no path; says at which offset.
        """
        del names
        return _Part(parse_path(self.path, "path"))


@dataclass(frozen=True, slots=True)
class InputTransformer:
    """The target gets what a template makes of the event.

    Args:
        paths: JSON paths by the names that the template has for them.
        template: a JSON value, or the text of JSON or of a text, with ``<name>`` in it.
    """

    paths: Mapping[str, str]
    template: Json

    def compile_input(self, names: Collection[str]) -> Input:
        """The input, compiled.

        Raises:
            InvalidExpression: a path, a name or the template is wrong; says where.
        """
        program = parse(self.template, Places(self.paths, names))
        used = frozenset(place.name for place in program.places if isinstance(place, Reserved))
        return _Template(program, used)


@dataclass(frozen=True, slots=True)
class _Template:
    program: Program
    names: frozenset[str]

    def render(self, event: Json, reserved: Mapping[str, Json], now_ms: int) -> str:
        known = _known(self.names, event, reserved, now_ms) if self.names else reserved
        return run(self.program, event, known)


@dataclass(frozen=True, slots=True)
class _Part:
    path: Path
    names: frozenset[str] = field(default=frozenset())

    def render(self, event: Json, reserved: Mapping[str, Json], now_ms: int) -> str:
        del reserved, now_ms
        found = find(self.path, event)
        if isinstance(found, Missing):
            raise Unfit(
                f"expected a value at {self.path.text}, got nothing",
                at=self.path.text,
                hint="Let the rule's pattern demand it.",
            )
        return encoded(found)


@dataclass(frozen=True, slots=True)
class _Whole:
    names: frozenset[str] = field(default=frozenset())

    def render(self, event: Json, reserved: Mapping[str, Json], now_ms: int) -> str:
        del reserved, now_ms
        return encoded(event)


def _known(
    names: frozenset[str], event: Json, reserved: Mapping[str, Json], now_ms: int
) -> dict[str, Json]:
    """The reserved values: what is given, and what follows from the event and the time."""
    known: dict[str, Json] = {}
    for name in names:
        last = name.rpartition(".")[2]
        if name in reserved:
            known[name] = reserved[name]
        elif last == "ingestion-time":
            known[name] = iso(now_ms)
        elif last == "json" or name == "aws.pipes.event":
            known[name] = event
        elif last == "event":
            known[name] = _without_detail(event)
    return known


def _without_detail(event: Json) -> Json:
    if not isinstance(event, dict):
        return event
    return {name: value for name, value in event.items() if name != "detail"}
