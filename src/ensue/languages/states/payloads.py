"""Payload templates: constants, and keys ending in ``.$`` with a path or an intrinsic function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ensue.languages.states.environment import Environment
from ensue.languages.states.intrinsics import compile_intrinsic
from ensue.languages.states.paths import Path, compile_path
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json, shown

MARK: Final = ".$"
TEMPLATE_LEVELS_MAX = 100

_Fill = Callable[[Json, Environment], Json]


@dataclass(frozen=True, slots=True)
class Payload:
    """A template: Parameters, ResultSelector, ItemSelector, Assign. Made by ``compile_payload``.

    Attributes:
        variables: names of the variables that it reads.
        reads_context: whether it reads the context object.
        constant: there is no path or function in it.
    """

    variables: frozenset[str]
    reads_context: bool
    constant: bool
    _fill: _Fill = field(repr=False)

    def fill(self, value: Json, environment: Environment) -> Json:
        """The template with what its paths and functions give of the value.

        Raises:
            DataError: States.Runtime: a path names a place where nothing is.
                States.IntrinsicFailure: a function does not apply.
        """
        return self._fill(value, environment)


@dataclass(slots=True)
class _Read:
    """What the parts of a template read, and what is wrong in them."""

    variables: set[str] = field(default_factory=set)
    context: bool = False
    faults: list[InvalidExpression] = field(default_factory=list)

    def note(self, path: Path) -> None:
        if path.variable is not None:
            self.variables.add(path.variable)
        self.context = self.context or path.text.startswith("$$")


def compile_payload(
    template: Json, *, at: str, faults: list[InvalidExpression] | None = None
) -> Payload:
    """A template, checked. It may be any JSON.

    Args:
        template: such as ``{"order.$": "$.id", "kind": "new"}``.
        at: where it is written, for errors: a JSON pointer.
        faults: gets all that is wrong in it, but for what is raised: the first of them.

    Raises:
        InvalidExpression: a path or a function in it is none, or a key stands there twice.
    """
    read = _Read()
    fill = _node(template, at, read, 0)
    if read.faults:
        first, *others = read.faults
        if faults is not None:
            faults.extend(others)
        raise first
    if fill is None:
        return Payload(frozenset(), reads_context=False, constant=True, _fill=_constant(template))
    return Payload(frozenset(read.variables), read.context, constant=False, _fill=fill)


def compile_expression(text: object, *, at: str) -> Payload:
    """One path or intrinsic function where a field takes either: ErrorPath, CausePath.

    Args:
        text: such as ``$.cause`` or ``States.Format('{}', $.cause)``.
        at: where it is written: a JSON pointer that ends with the field's name.

    Raises:
        InvalidExpression: it is neither.
    """
    read = _Read()
    fill = _expression(text, at, at.rpartition("/")[2], read)
    return Payload(frozenset(read.variables), read.context, constant=False, _fill=fill)


def _constant(value: Json) -> _Fill:
    return lambda _value, _environment: value


def _node(template: Json, at: str, read: _Read, depth: int) -> _Fill | None:
    """What fills a part of a template; None for a part that is constant."""
    if depth > TEMPLATE_LEVELS_MAX:
        raise InvalidExpression(f"expected at most {TEMPLATE_LEVELS_MAX} levels", at=at)
    if isinstance(template, dict):
        return _object(template, at, read, depth)
    if isinstance(template, list):
        parts = [_node(part, f"{at}/{i}", read, depth + 1) for i, part in enumerate(template)]
        if not any(parts):
            return None
        fills = [fill or _constant(part) for fill, part in zip(parts, template, strict=True)]
        return lambda value, environment: [fill(value, environment) for fill in fills]
    return None


def _object(template: Mapping[str, Json], at: str, read: _Read, depth: int) -> _Fill | None:
    fills: dict[str, _Fill] = {}
    varies = False
    for key, part in template.items():
        place = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
        if key.endswith(MARK):
            name = key.removesuffix(MARK)
            varies = True
            if name in template:
                twice = f"expected {shown(name)} once, got {shown(name)} and {shown(key)}"
                read.faults.append(InvalidExpression(twice, at=place))
            try:
                fills[name] = _expression(part, place, key, read)
            except InvalidExpression as fault:
                read.faults.append(fault)
        else:
            fill = _node(part, place, read, depth + 1)
            varies = varies or fill is not None
            fills[key] = fill or _constant(part)
    if not varies:
        return None
    parts = tuple(fills.items())
    return lambda value, environment: {key: fill(value, environment) for key, fill in parts}


def _expression(text: object, at: str, name: str, read: _Read) -> _Fill:
    """A path or a function.

    Args:
        text: either.
        at: where it is written.
        name: the field, as an error of the execution names it.
        read: what is noted of it.
    """
    if not isinstance(text, str):
        raise InvalidExpression(
            f"expected a path or an intrinsic function, got {shown(text)}",
            at=at,
            hint="A constant stands behind a key without .$ at its end.",
        )
    if text.lstrip().startswith("States."):
        intrinsic = compile_intrinsic(text, at=at)
        read.variables |= intrinsic.variables
        read.context = read.context or intrinsic.reads_context
        return intrinsic.call
    path = compile_path(text, at=at)
    read.note(path)
    return lambda value, environment: path.find(value, environment, name)
