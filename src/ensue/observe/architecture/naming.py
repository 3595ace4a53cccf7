"""Which resources a function's code names: found by following the names, without running any of it.

The function's globals, closure and the object that it is a method of tell what a name stands for.
Functions of the application that it names are followed too, with the resources that it passes.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final, NamedTuple

from ensue.observe.architecture.mentions import Chain, Mention, mentions_in
from ensue.words.names import Ref
from ensue.words.wiring import Uses

FOLLOWED_MAX = 400
FOLLOWED_DEPTH_MAX = 12
_OURS = "ensue"
_MISSING: Final = object()


class Named(NamedTuple):
    """What code names.

    Attributes:
        ref: a resource; of kind ``app`` an app that is called over HTTP, of kind ``http`` calls to
            the outside by the app's client.
        verb: what is done with it; empty where that is not told.
    """

    ref: Ref
    verb: str


@dataclass(frozen=True)
class Known:
    """What a name may stand for.

    Attributes:
        resources: what each resource is called, by the identity of its handle.
        apps: the name of each app, by its identity.
    """

    resources: Mapping[int, Ref]
    apps: Mapping[int, str]


def named_by(function: Callable[..., Any], known: Known) -> list[Named]:
    """The resources that a function names, itself or through others, in the order of its code.

    Args:
        function: the application's.
        known: what there is.
    """
    seeker = _Seeker(known)
    seeker.follow(function, {}, 0)
    return list(dict.fromkeys(seeker.found))


class _Seeker:
    """Follows names.

    Args:
        known: what there is.
    """

    def __init__(self, known: Known) -> None:
        self.found: list[Named] = []
        self._known = known
        self._seen: set[tuple[object, ...]] = set()

    def follow(self, value: object, bound: Mapping[str, object], depth: int) -> None:
        """Look at what a value names, when it is a function of the application's."""
        for function, owner in _functions(value):
            names = {**bound, **_bound_to(function, owner)}
            seen = (function.__code__, *((name, id(each)) for name, each in names.items()))
            if depth > FOLLOWED_DEPTH_MAX or seen in self._seen or len(self._seen) >= FOLLOWED_MAX:
                continue
            self._seen.add(seen)
            scope = _Scope(function, names)
            for mention in mentions_in(function.__code__):
                self._mention(mention, scope, depth)

    def _mention(self, mention: Mention, scope: _Scope, depth: int) -> None:
        found = scope.find(mention.chain)
        if found is _MISSING:
            return
        app = self._known.apps.get(id(found))
        if app is not None:
            if mention.verb == "address_of" and mention.text:
                self.found.append(Named(Ref(mention.text, "app", mention.text), "call"))
            return
        if self._is_client(mention, scope):
            return
        ref = self._known.resources.get(id(found))
        if ref is not None:
            self.found.append(Named(ref, mention.verb))
        elif isinstance(found, Uses):
            for each in found.uses:
                self._used(each, depth)
        elif not mention.verb:
            self.follow(found, self._given(found, mention, scope), depth + 1)
        elif isinstance(found, FunctionType | MethodType):
            self.follow(found, {}, depth + 1)

    def _used(self, value: object, depth: int) -> None:
        ref = self._known.resources.get(id(value))
        if ref is not None:
            self.found.append(Named(ref, "call"))
        elif isinstance(value, Uses):
            for each in value.uses:
                self._used(each, depth)
        else:
            self.follow(value, {}, depth + 1)

    def _is_client(self, mention: Mention, scope: _Scope) -> bool:
        """Whether it is an app's HTTP client: ``app.http.post(...)``."""
        *before, last = mention.chain
        if last != "http" or not before:
            return False
        app = self._known.apps.get(id(scope.find(tuple(before))))
        if app is not None:
            self.found.append(Named(Ref(app, "http", "http"), mention.verb))
        return app is not None

    def _given(self, found: object, mention: Mention, scope: _Scope) -> dict[str, object]:
        """The parameters that stand for resources or functions, by what is passed."""
        functions = [*_functions(found)]
        if not mention.given or not functions:
            return {}
        function, owner = functions[0]
        names = [*function.__code__.co_varnames[: function.__code__.co_argcount]]
        if owner is not None:
            names = names[1:]
        bound: dict[str, object] = {}
        for place, chain in mention.given:
            name = place if isinstance(place, str) else names[place] if place < len(names) else ""
            value = scope.find(chain)
            if name and (id(value) in self._known.resources or isinstance(value, FunctionType)):
                bound[name] = value
        return bound


class _Scope:
    """What the names of a function stand for.

    Args:
        function: the function.
        bound: its parameters that stand for something that is known.
    """

    def __init__(self, function: FunctionType, bound: Mapping[str, object]) -> None:
        code = function.__code__
        self._bound = bound
        self._own = {*code.co_varnames, *code.co_cellvars} - {*bound}
        self._globals = function.__globals__
        cells = zip(code.co_freevars, function.__closure__ or (), strict=False)
        self._closure = dict(cells)

    def find(self, chain: Chain) -> object:
        """What a name with its attributes stands for; nothing of it is run."""
        if not chain:
            return _MISSING
        first, *rest = chain
        value = self._first(first)
        for name in rest:
            value = _attribute(value, name)
        return value

    def _first(self, name: str) -> object:
        if name in self._bound:
            return self._bound[name]
        if name in self._own:
            return _MISSING
        cell = self._closure.get(name)
        if cell is not None:
            try:
                return cell.cell_contents
            except ValueError:
                return _MISSING
        return self._globals.get(name, _MISSING)


def _attribute(value: object, name: str) -> object:
    """An attribute as it is kept: no property and no ``__getattr__`` is run for it."""
    if value is _MISSING:
        return _MISSING
    if isinstance(value, ModuleType):
        return vars(value).get(name, _MISSING)
    found = inspect.getattr_static(value, name, _MISSING)
    if isinstance(found, FunctionType) and not isinstance(value, type):
        return MethodType(found, value)
    if isinstance(found, staticmethod | classmethod):
        return found.__func__
    if inspect.ismemberdescriptor(found):  # a slot, which holds a value and runs nothing
        return getattr(value, name, _MISSING)
    return found


def _functions(value: object) -> Iterator[tuple[FunctionType, object]]:
    """The application's functions that a value stands for, each with the object that it is of."""
    owner: object = None
    if isinstance(value, partial):
        value = value.func
    value = inspect.unwrap(value) if callable(value) else value
    if isinstance(value, MethodType):
        owner, value = value.__self__, inspect.unwrap(value.__func__)
    if isinstance(value, FunctionType) and _is_the_applications(value):
        yield value, owner


def _bound_to(function: FunctionType, owner: object) -> dict[str, object]:
    """What its first parameter stands for, where it is a method of something."""
    names = function.__code__.co_varnames
    return {} if owner is None or not names else {names[0]: owner}


def _is_the_applications(function: FunctionType) -> bool:
    top = (function.__module__ or "").partition(".")[0]
    where = function.__code__.co_filename
    return top != _OURS and top not in sys.stdlib_module_names and "site-packages" not in where
