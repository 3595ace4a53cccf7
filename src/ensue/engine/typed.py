"""Handlers that name the type of what they get: ``def charge(message: Message[Payment], tx)``.

What is stored is JSON. It is read as the type before the handler is called; what does not fit it is
`Unfit`, and no retry will make it fit: it goes to the dead-letter queue at once, with the reason.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TypeVar

from ensue.words.errors import InvalidDeclaration, InvalidValue, Unfit
from ensue.words.shapes import Shape, TypeForm, is_structured
from ensue.words.values import Json

F = TypeVar("F", bound=Callable[..., object])


def with_typed(
    function: F,
    kind: type[Any],
    *attributes: str,
    of: Shape[Any] | None = None,
    or_none: bool = False,
) -> F:
    """A handler whose first argument has attributes of the type that it names.

    Args:
        function: the application's: ``def f(message: Message[Payment], tx)``.
        kind: what its first argument is: ``Message``.
        attributes: which attributes are typed: ``body``.
        of: what the attributes are of in any case; the handler need not name it then.
        or_none: whether None says that there is nothing, whatever the type.

    Returns:
        The function itself when nobody names a type.

    Raises:
        InvalidDeclaration: the type cannot be looked up, JSON cannot hold it, or it is another one
            than ``of``.
    """
    at = str(getattr(function, "__name__", "handler"))
    named = _argument_of(first_type(function, at), kind)
    if of is not None and named not in {None, of.kind}:
        raise InvalidDeclaration(
            f"expected {kind.__name__}[{_name(of.kind)}], got {kind.__name__}[{_name(named)}]",
            at=at,
        )
    shape = of if of is not None else None if named is None else Shape(named, at)
    if shape is None:
        return function
    fits = shape

    def present(given: Any) -> Any:  # noqa: ANN401 - one of that kind, or a batch of them
        if isinstance(given, list):
            return [present(each) for each in given]
        return replace(given, **{name: read(name, getattr(given, name)) for name in attributes})

    def read(name: str, found: Json) -> object:
        if or_none and found is None:
            return None
        return as_typed(fits, found, "$" if len(attributes) == 1 else f"$.{name}")

    return _presented(function, present)


def body_shape(function: Callable[..., object]) -> Shape[Any] | None:
    """The shape of a first argument that is itself of a type with fields; None for any other.

    Raises:
        InvalidDeclaration: its type cannot be looked up, or JSON cannot hold it.
    """
    at = str(getattr(function, "__name__", "handler"))
    named = first_type(function, at)
    return Shape(named, at) if named is not None and is_structured(named) else None


def as_typed(shape: Shape[Any], body: Json, at: str = "$") -> Any:  # noqa: ANN401 - of the shape's type
    """A stored body as its type.

    Args:
        shape: the type's.
        body: what is stored.
        at: where it is, in what is read.

    Raises:
        Unfit: it does not fit; says where.
    """
    try:
        return shape.take(body)
    except InvalidValue as fault:
        place = at + (fault.at or "$").removeprefix("$")
        raise Unfit(fault.message, at=place, hint=fault.hint) from None


def first_type(function: Callable[..., object], at: str) -> TypeForm | None:
    """The type of a function's first argument; None when it names none.

    Raises:
        InvalidDeclaration: it cannot be looked up.
    """
    first = next(iter(inspect.signature(function).parameters.values()), None)
    if first is None or first.annotation is inspect.Parameter.empty:
        return None
    named = SimpleNamespace(__annotations__={first.name: first.annotation})
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return typing.get_type_hints(named, globalns=scope, include_extras=True)[first.name]
    except NameError as fault:
        raise InvalidDeclaration(
            f"expected types that can be looked up: {fault}",
            at=at,
            hint="Define the type in the module, before the handler.",
        ) from None


def named_type(function: Callable[..., object], kind: type[Any]) -> TypeForm | None:
    """The type that a handler names: ``Payment`` of ``Message[Payment]``; None when it names none.

    Args:
        function: the application's.
        kind: what its first argument is: ``Message``.
    """
    at = str(getattr(function, "__name__", "handler"))
    return _argument_of(first_type(function, at), kind)


def _argument_of(named: TypeForm | None, kind: type[Any]) -> TypeForm | None:
    """What a type says in brackets: ``Payment`` of ``Message[Payment]``, or of a list of those."""
    origin, arguments = typing.get_origin(named), typing.get_args(named)
    if isinstance(origin, type) and issubclass(origin, list) and len(arguments) == 1:
        return _argument_of(arguments[0], kind)
    if origin is not kind or len(arguments) != 1:
        return None
    found: TypeForm = arguments[0]
    is_open = found is Any or found is object or isinstance(found, str | TypeVar)
    return None if is_open else found


def _presented(function: F, present: Callable[[Any], Any]) -> F:
    made: Any
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def act(given: object) -> object:
            return await function(present(given))

        made = act
    else:

        @functools.wraps(function)
        def transact(given: object, tx: object) -> object:
            return function(present(given), tx)

        made = transact
    return typing.cast(F, made)


def _name(kind: TypeForm) -> str:
    return str(getattr(kind, "__name__", kind))
