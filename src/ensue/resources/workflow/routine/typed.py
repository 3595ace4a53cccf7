"""What functions give and take, as values that are kept and as the types that they name."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from ensue.engine.typed import as_typed
from ensue.words import values
from ensue.words.errors import EnsueError, InvalidDeclaration
from ensue.words.shapes import Shape, as_plain, is_structured, json_schema
from ensue.words.values import Json

CALLABLES_MAX = 1_000

# What is known of functions by their code: looking at a signature takes as long as a step's replay.
_known: dict[tuple[CodeType, int, int, int], bool] = {}
_shapes: dict[CodeType, Shape[Any] | None] = {}
_forms: dict[type[Any], tuple[Shape[Any], Json]] = {}


def kept(value: object) -> Json:
    """A value as it is read back once it is recorded.

    Raises:
        InvalidValue: it is no JSON value.
        TooLarge: it is larger than 1 MiB.
    """
    return values.decode(values.encode(as_plain(value)))


def plain_result(name: str, value: object) -> Json:
    """What a step's function returned, in plain values.

    Raises:
        InvalidDeclaration: it is to be awaited: the function is no ``async def``.
    """
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise InvalidDeclaration(
            f"expected {name} to return a value, got {type(value).__name__}",
            hint="Make it an async def; a lambda that calls one is none.",
        )
    return as_plain(value)


def as_told(value: object) -> Json:
    """A value as history tells it; None for one that is no JSON value."""
    try:
        return kept(value)
    except (EnsueError, TypeError):
        return None


def result_shape(function: Callable[..., Any]) -> Shape[Any] | None:
    """The shape of what a function returns, where that is a type with fields; None for any other.

    Raises:
        InvalidDeclaration: JSON cannot hold its type.
    """
    code = getattr(function, "__code__", None)
    if code in _shapes:
        return _shapes[code]
    found = _result_shape(function)
    if isinstance(code, CodeType) and not hasattr(function, "__wrapped__"):
        if len(_shapes) >= CALLABLES_MAX:
            _shapes.clear()
        _shapes[code] = found
    return found


def _result_shape(function: Callable[..., Any]) -> Shape[Any] | None:
    found = inspect.unwrap(function)
    try:
        named = typing.get_type_hints(found, include_extras=True).get("return")
    except (NameError, TypeError):
        return None  # a type of the function's own scope: what it returns is read as plain values
    if named is None or not is_structured(named):
        return None
    return Shape(named, str(getattr(found, "__name__", "step")))


def input_shape(function: Callable[..., Any], at: str) -> Shape[Any] | None:
    """The shape of a workflow's input, where that is a type with fields; None for any other.

    Raises:
        InvalidDeclaration: it is no ``async def`` of a context and an input, or JSON cannot hold
            the type of its input.
    """
    found = inspect.unwrap(function)
    parameters = [*inspect.signature(found).parameters.values()]
    if not inspect.iscoroutinefunction(found) or len(parameters) != 2:
        raise InvalidDeclaration(
            f"expected async def {at}(ctx, input), got {at}{inspect.signature(found)}",
            hint="A workflow is an async function; what it does are steps: await ctx.step(...).",
        )
    try:
        named = typing.get_type_hints(found, include_extras=True).get(parameters[1].name)
    except NameError as fault:
        raise InvalidDeclaration(
            f"expected types that can be looked up: {fault}",
            at=at,
            hint="Define the type in the module, before the workflow.",
        ) from None
    return Shape(named, at) if named is not None and is_structured(named) else None


def form_shape(form: type[Any]) -> tuple[Shape[Any], Json]:
    """The shape of an answer of a type, and its JSON Schema.

    Raises:
        InvalidDeclaration: JSON cannot hold the type.
    """
    if form not in _forms:
        if len(_forms) >= CALLABLES_MAX:
            _forms.clear()
        _forms[form] = Shape(form, form.__name__), json_schema(form, form.__name__)
    return _forms[form]


def reader(shape: Shape[Any] | None) -> Callable[[Json], Any]:
    """What makes the code's value of a recorded one."""
    if shape is None:
        return _plain
    fits = shape
    return lambda found: as_typed(fits, found)


def check_function(function: object, arguments: int) -> bool:
    """Whether a step's function is called outside: an ``async def`` is.

    Args:
        function: what was given.
        arguments: how many arguments it gets, but for the transaction of a ``def``.

    Raises:
        InvalidDeclaration: it is none, or takes other arguments.
    """
    if not callable(function):
        raise InvalidDeclaration(
            f"expected a function as a step, got {values.shown(function)}",
            hint="Give the function and its arguments: ctx.step(charge, order).",
        )
    shape = _arity(function)
    if shape is None:
        return _checked(function, arguments)
    known = _known.get((*shape, arguments))
    if known is None:
        known = _checked(function, arguments)
        if len(_known) >= CALLABLES_MAX:
            _known.clear()
        _known[*shape, arguments] = known
    return known


def _arity(function: Callable[..., Any]) -> tuple[CodeType, int, int] | None:
    """What tells which arguments a plain function takes, the same for each closure of a ``def``."""
    if type(function) is not FunctionType or hasattr(function, "__wrapped__"):
        return None
    given, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    return function.__code__, len(given), len(named)


def _checked(function: Callable[..., Any], arguments: int) -> bool:
    is_action = inspect.iscoroutinefunction(inspect.unwrap(function))
    wanted = arguments if is_action else arguments + 1
    try:
        inspect.signature(function).bind(*range(wanted))
    except TypeError:
        name = getattr(function, "__name__", "step")
        shape = "the arguments" if is_action else "the arguments, and the transaction as the last"
        raise InvalidDeclaration(
            f"expected {name} to take {shape}: {wanted}, got {name}{inspect.signature(function)}",
            hint="A def runs inside the transaction and gets it as tx; an async def runs outside.",
        ) from None
    except ValueError:
        pass  # what is written in C tells nothing of its arguments
    return is_action


def _plain(found: Json) -> Json:
    return found
