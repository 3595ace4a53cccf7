"""One JSONata expression of a field: what it reads is found once, and only that is given to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from ensue.languages.jsonata import UNDEFINED, JSONataError, Undefined, compile_expression
from ensue.languages.jsonata import Expression as Compiled
from ensue.languages.states.environment import Environment
from ensue.languages.states.errors import QueryError
from ensue.languages.states.queries.functions import ADDED, functions
from ensue.words.errors import LimitExceeded
from ensue.words.values import Json, encode

States: TypeAlias = Mapping[str, Json]
"""What ``$states`` has beside ``context``: ``input``, ``result``, ``errorOutput``."""

_Tree: TypeAlias = "dict[str, _Tree] | None"
"""The names that are read below a value; None for all of it."""

_TEXTS: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|/\*.*?\*/", re.DOTALL)
_VARIABLE: Final = re.compile(r"\$([A-Za-z_]\w*)")
_BOUND: Final = re.compile(r"\$([A-Za-z_]\w*)\s*:=")
_PARAMETERS: Final = re.compile(r"(?:function|λ)\s*\(([^)]*)\)")
_READ: Final = re.compile(r"\$([A-Za-z_]\w*)((?:\s*\.\s*[A-Za-z_]\w*)*)")
_PLACE: Final = re.compile(r"\s*\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)\s*")
_RAISED: Final = "host function raised ValueError: "
_LITERALS: Final = frozenset({"true", "false", "null", "function"})


class Expression:
    """One expression.

    Args:
        text: the expression, without its braces.

    Attributes:
        text: the expression.
        names: what it reads with a dollar that it does not bind itself: variables, functions.
        reads_context: whether it reads ``$states.context``.

    Raises:
        InvalidExpression: it is no JSONata.
        MissingExtra: jsonatapy is not installed.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._compiled = compile_expression(self.text)
        self._kind: Compiled | None = None
        plain = _TEXTS.sub("''", self.text)
        bound = set(_BOUND.findall(plain))
        for parameters in _PARAMETERS.findall(plain):
            bound.update(_VARIABLE.findall(parameters))
        self.names = frozenset(_VARIABLE.findall(plain)) - bound - {"states"}
        # What looks like a text may be part of a regular expression: more is bound, never less.
        self._tree = _read(self.text)
        self._functions = ADDED & self._tree.keys()
        states = self._tree.get("states", {})
        self.reads_context = states is None or "context" in states
        self._place = _place(plain)

    def evaluate(self, states: States, environment: Environment, location: str) -> Json:
        """What the expression finds.

        Raises:
            QueryError: it fails, or finds nothing.
        """
        found: Json | Undefined
        found = (
            self._walked(states, environment, location)
            if self._place
            else self._run(states, environment, location)
        )
        if isinstance(found, Undefined):
            raise QueryError(f"{self._told(location)} returned nothing (undefined).", location)
        if self._place is None and (found is None or found == ""):
            self._check_type(found, states, environment, location)
        return found

    def _check_type(
        self, found: Json, states: States, environment: Environment, location: str
    ) -> None:
        """Refuse a function, and a number beyond all others: they look like "" and null."""
        if self._kind is None:
            self._kind = compile_expression(f"$type(\n{self.text}\n)")
        kind = self._run(states, environment, location, self._kind)
        if kind == "function":
            raise QueryError(
                f"{self._told(location)} returned an unsupported result type.", location
            )
        if kind == "number" and found is None:
            said = "threw an error during evaluation. D1001: Number out of range"
            raise QueryError(f"{self._told(location)} {said}", location)

    def unfit(self, location: str, expected: str, found: Json) -> QueryError:
        """That what the expression found does not fit its field."""
        return QueryError(
            f"{self._told(location)} returned an unexpected result type. Expected '{expected}',"
            f" but was '{_type_of(found)}' for value: {encode(found)}",
            location,
        )

    def _told(self, location: str) -> str:
        return f"The JSONata expression '{self.text}' specified for the field '{location}'"

    def _run(
        self,
        states: States,
        environment: Environment,
        location: str,
        compiled: Compiled | None = None,
    ) -> Json | Undefined:
        bindings: dict[str, Json] = {
            name: _pruned(environment.variables[name], tree)
            for name, tree in self._tree.items()
            if name in environment.variables
        }
        if "states" in self._tree:
            whole = {**states, "context": environment.context} if self.reads_context else states
            bindings["states"] = _pruned(dict(whole), self._tree["states"])
        facts = environment.facts
        try:
            return (compiled or self._compiled).evaluate(
                UNDEFINED,
                now_ms=facts.now_ms,
                seed=facts.new_uuid().encode() if "shuffle" in self._tree else b"",
                bindings=bindings,
                functions=functions(self._functions, facts) if self._functions else None,
            )
        except JSONataError as fault:
            message = fault.message.removeprefix("error: ").removeprefix(_RAISED)
            tail = f": {message}" if fault.reason == "error" else f". {message}"
            raise QueryError(
                f"{self._told(location)} threw an error during evaluation{tail}", location
            ) from None
        except LimitExceeded as fault:
            raise QueryError(
                f"{self._told(location)} threw an error during evaluation: {fault.message}",
                location,
            ) from None

    def _walked(self, states: States, environment: Environment, location: str) -> Json | Undefined:
        """What a plain path of names finds; anything but objects on its way is JSONata's."""
        root, names = self._place or ("", ())
        value: Json
        if root == "states":
            if not names:
                return self._run(states, environment, location)
            first, names = names[0], names[1:]
            if first == "context":
                value = environment.context
            elif first in states:
                value = states[first]
            else:
                return UNDEFINED
        elif root in environment.variables:
            value = environment.variables[root]
        else:
            return self._run(states, environment, location)
        for name in names:
            if not isinstance(value, dict):
                return (
                    self._run(states, environment, location)
                    if isinstance(value, list)
                    else UNDEFINED
                )
            if name not in value:
                return UNDEFINED
            value = value[name]
        return value


def _read(text: str) -> dict[str, _Tree]:
    """What an expression reads, by the variable that it starts at: only that is given to it.

    What stands behind the names of a path, such as a filter, applies to what they name.
    """
    found: dict[str, _Tree] = {}
    for root, path in _READ.findall(text):
        # An operator that looks at what is around a value must have all that is around it.
        names = [] if "%" in text else [name.strip() for name in path.split(".")[1:]]
        tree: _Tree = found
        for i, name in enumerate([root, *names]):
            if tree is None:
                break
            if i == len(names):
                tree[name] = None
            else:
                tree = tree.setdefault(name, {})
    return found


def _pruned(value: Json, tree: _Tree) -> Json:
    """Of a value what is read."""
    if tree is None or not isinstance(value, dict):
        return value
    return {name: _pruned(value[name], below) for name, below in tree.items() if name in value}


def _place(plain: str) -> tuple[str, tuple[str, ...]] | None:
    """The root and the names of an expression that is a plain path: ``$states.input.total``."""
    found = _PLACE.fullmatch(plain)
    if found is None:
        return None
    names = tuple(found[2].split(".")[1:])
    return None if _LITERALS.intersection(names) else (found[1], names)


def _type_of(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "number"
