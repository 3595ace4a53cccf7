"""From the parameters of an operation to arguments and options, and from text to JSON values."""

from __future__ import annotations

import math
import sys
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from ensue.words.values import Json, shown

Shape = Literal["flag", "integer", "number", "text", "texts", "object", "value"]

TEXT_LENGTH_MAX = 60

_SHAPES: dict[object, Shape] = {
    bool: "flag",
    int: "integer",
    float: "number",
    str: "text",
    dict: "object",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, as the command line sees it.

    Attributes:
        name: its name in the request's body.
        shape: what it must be.
        required: whether it must be given; then it is an argument by position.
        default: what it is when it is not given.
        low: the least number that it may be.
        high: the greatest.
        help: what it is, where the operation says it; None where its name says enough.
    """

    name: str
    shape: Shape
    required: bool
    default: object
    low: float | None
    high: float | None
    help: str | None = None

    @property
    def option(self) -> str:
        """Its name as an option."""
        return "--" + self.name.replace("_", "-")

    @property
    def metavar(self) -> str:
        """Its name as an argument by position."""
        return self.name.replace("_", "-").upper()

    @property
    def bounds(self) -> str | None:
        """Its bounds in words; None where it has none."""
        if self.low is not None and self.high is not None:
            return f"{self.low} to {self.high}"
        return None if self.low is None else f"{self.low} or more"

    def convert(self, text: str) -> object:
        """The value of a text.

        Raises:
            click.BadParameter: it is not of the shape; broken JSON says where; or a file that it
                names cannot be read.
        """
        if self.shape in {"integer", "number"}:
            return self._number(text)
        if self.shape in {"object", "value"}:
            return json_of(text, anything=self.shape == "value")
        return text

    def _number(self, text: str) -> float:
        try:
            found = int(text) if self.shape == "integer" else float(text)
        except ValueError:
            kind = "an integer" if self.shape == "integer" else "a number"
            raise click.BadParameter(f"expected {kind}, got {text!r}") from None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if math.isfinite(found) and low <= found <= high:
            return found
        raise click.BadParameter(f"expected {self.bounds or 'a finite number'}, got {text}")


def parameters_of(struct: type[Any]) -> tuple[Parameter, ...]:
    """The parameters that a `msgspec.Struct` type declares, in order."""
    return tuple(_parameter(field) for field in msgspec.structs.fields(struct))


def json_of(given: str, *, anything: bool) -> Json:
    """A JSON value: as text, ``@file`` for a file's, ``-`` for what standard input gives.

    Args:
        given: what was typed.
        anything: whether text that is no JSON stands for itself; else only an object will do.

    Raises:
        click.BadParameter: the text is broken JSON, no object where one must be, or names a file
            that cannot be read.
    """
    text = _read(given)
    try:
        found: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        # Text that begins like an object or a list was meant as one.
        if anything and not text.lstrip().startswith(("{", "[")):
            return text.removesuffix("\n")
        raise click.BadParameter(f"expected JSON, got {_cut(text)}: {_malformed(fault)}") from None
    if not anything and not isinstance(found, dict):
        raise click.BadParameter(f"expected a JSON object, got {shown(found)}")
    return found


def _read(given: str) -> str:
    if given == "-":
        try:
            return sys.stdin.buffer.read().decode()
        except UnicodeDecodeError:
            raise click.BadParameter("cannot read standard input: it is no UTF-8 text") from None
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        said = getattr(fault, "strerror", None) or "it is no UTF-8 text"
        raise click.BadParameter(f"cannot read the file {given[1:]}: {said}") from None


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_LENGTH_MAX else f"{line[: TEXT_LENGTH_MAX - 1]}…"


def _malformed(fault: Exception) -> str:
    said = str(fault).removeprefix("JSON is malformed: ")
    return "it ends too soon" if said == "Input data was truncated" else said


def _parameter(field: msgspec.structs.FieldInfo) -> Parameter:
    declared, notes = _unwrapped(field.type)
    default = field.default
    if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return Parameter(
        name=field.encode_name,
        shape=_shape(declared),
        required=field.required,
        default=None if default is msgspec.NODEFAULT else default,
        low=_last(notes, "ge"),
        high=_last(notes, "le"),
        help=_last(notes, "description"),
    )


def _shape(declared: object) -> Shape:
    origin = typing.get_origin(declared) or declared
    if origin is list and typing.get_args(declared) == (str,):
        return "texts"
    return _SHAPES.get(origin, "value")


def _last(notes: list[object], name: str) -> Any:  # noqa: ANN401 - a bound or a text
    """The outermost note that says something of this name."""
    said = [getattr(note, name, None) for note in notes]
    return next((each for each in said if each is not None), None)


def _unwrapped(declared: object) -> tuple[object, list[object]]:
    """A type without ``Annotated`` and ``| None``, and the notes that it carried."""
    notes: list[object] = []
    while True:
        if typing.get_origin(declared) is typing.Annotated:
            declared, *more = typing.get_args(declared)
            notes += reversed(more)
        elif typing.get_origin(declared) in {typing.Union, types.UnionType}:
            rest = [each for each in typing.get_args(declared) if each is not type(None)]
            if len(rest) != 1:
                return declared, notes
            declared = rest[0]
        else:
            return declared, notes
