"""The tree of an expression: what the parser builds and the runner reads.

    condition   Compare  Between  In  And  Or  Not  Exists  IsType  BeginsWith  Contains
    operand     Path  Value  Size                     what a condition compares
    action      Set  Remove  Add  Delete              what an update does
    source      Path  Value  IfNotExists  ListAppend  Arithmetic     what SET stores

Offsets locate errors; they do not take part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Step: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class Path:
    """A document path, placeholders resolved: ``a.b[0]`` is ``("a", "b", 0)``."""

    steps: tuple[Step, ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """A ``:value`` placeholder, named without its colon."""

    name: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Size:
    """``size(operand)``: a number."""

    operand: Path | Value
    offset: int = field(default=0, compare=False)


Operand: TypeAlias = Path | Value | Size


@dataclass(frozen=True, slots=True)
class Compare:
    """``left operator right``; the operator is one of ``= <> < <= > >=``."""

    operator: str
    left: Operand
    right: Operand
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """``operand BETWEEN low AND high``, both ends included."""

    operand: Operand
    low: Operand
    high: Operand
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """``operand IN (choice, ...)``."""

    operand: Operand
    choices: tuple[Operand, ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Two conditions or more that must all hold."""

    parts: tuple[ConditionNode, ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Two conditions or more of which one must hold."""

    parts: tuple[ConditionNode, ...]
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """A condition that must not hold."""

    part: ConditionNode
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """``attribute_exists(path)``, or with ``present=False`` ``attribute_not_exists(path)``."""

    path: Path
    present: bool
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class IsType:
    """``attribute_type(path, :type)``."""

    path: Path
    wanted: Value
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BeginsWith:
    """``begins_with(operand, prefix)``."""

    operand: Path | Value
    prefix: Path | Value
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Contains:
    """``contains(operand, element)``."""

    operand: Path | Value
    element: Operand
    offset: int = field(default=0, compare=False)


ConditionNode: TypeAlias = (
    Compare | Between | In | And | Or | Not | Exists | IsType | BeginsWith | Contains
)


@dataclass(frozen=True, slots=True)
class IfNotExists:
    """``if_not_exists(path, otherwise)``."""

    path: Path
    otherwise: Source
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ListAppend:
    """``list_append(first, second)``."""

    first: Source
    second: Source
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left + right`` or ``left - right``."""

    operator: str
    left: Source
    right: Source
    offset: int = field(default=0, compare=False)


Source: TypeAlias = Path | Value | IfNotExists | ListAppend | Arithmetic


@dataclass(frozen=True, slots=True)
class Set:
    """``SET path = source``."""

    path: Path
    source: Source


@dataclass(frozen=True, slots=True)
class Remove:
    """``REMOVE path``."""

    path: Path


@dataclass(frozen=True, slots=True)
class Add:
    """``ADD path :value``."""

    path: Path
    value: Value


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE path :value``."""

    path: Path
    value: Value


Action: TypeAlias = Set | Remove | Add | Delete


@dataclass(frozen=True, slots=True)
class KeyTest:
    """What a key condition asks of the two keys; ``operator`` is None without a sort condition."""

    partition: Value
    operator: str | None = None
    bounds: tuple[Value, ...] = ()
