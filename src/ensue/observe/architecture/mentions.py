"""What a function's source mentions: names, what is done with them, and what is passed along.

It is read once for each piece of code, without running any of it. Where there is no source, the
names that its code refers to are all that is known.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import TypeAlias

FILES_READ_MAX = 256
CODES_READ_MAX = 4_096
CHAIN_LENGTH_MAX = 16

Chain: TypeAlias = tuple[str, ...]
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that code mentions.

    Attributes:
        chain: the name, and the attributes of it that follow: ``billing.stripe``.
        verb: the method that is called on it, or that it is given to; empty for none.
        text: the text that the method is given first; empty for none.
        given: what it is called with, where it is called: the place or the name of each argument
            that is a name too.
    """

    chain: Chain
    verb: str = ""
    text: str = ""
    given: tuple[tuple[int | str, Chain], ...] = ()


@lru_cache(maxsize=CODES_READ_MAX)
def mentions_in(code: CodeType) -> tuple[Mention, ...]:
    """What a function's source mentions, in its order, each once.

    Args:
        code: the function's.
    """
    nodes = _nodes_of(code)
    if not nodes:
        return tuple(Mention((name,)) for name in _names(code))
    found = (each for node in nodes for each in _Reader(node).mentions())
    return tuple(dict.fromkeys(found))


def _names(code: CodeType) -> Iterator[str]:
    """The names that code refers to, that of the functions within it too."""
    yield from (*code.co_names, *code.co_freevars)
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


def _nodes_of(code: CodeType) -> Sequence[_Function]:
    """The function in its file; of lambdas all that begin in its line."""
    at = _functions_in(code.co_filename).get(code.co_firstlineno, ())
    return [each for each in at if getattr(each, "name", "<lambda>") == code.co_name]


@lru_cache(maxsize=FILES_READ_MAX)
def _functions_in(path: str) -> Mapping[int, list[_Function]]:
    """The functions of a file, by the line in which each begins, with its decorators."""
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):
        return {}
    found: dict[int, list[_Function]] = {}
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
            line = min(each.lineno for each in (node, *decorators))
            found.setdefault(line, []).append(node)
    return found


class _Reader:
    """Reads one function.

    Args:
        function: its tree.
    """

    def __init__(self, function: _Function) -> None:
        self._function = function

    def mentions(self) -> Iterator[Mention]:
        """What its body mentions."""
        body = self._function.body
        for statement in body if isinstance(body, list) else [body]:
            yield from self._within(statement)

    def _within(self, node: ast.AST) -> Iterator[Mention]:
        if isinstance(node, ast.Call):
            yield from self._call(node)
            return
        chain = _chain(node)
        if chain:
            yield Mention(chain)
            return
        for each in ast.iter_child_nodes(node):
            yield from self._within(each)

    def _call(self, call: ast.Call) -> Iterator[Mention]:
        arguments: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
        arguments += [(each.arg or "", each.value) for each in call.keywords]
        chains = [(place, _chain(value)) for place, value in arguments]
        given = tuple((place, chain) for place, chain in chains if chain)
        verb = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        called = _chain(call.func)
        if called:
            yield Mention(called, given=given)
            if verb:
                yield Mention(called[:-1], verb, _first_text(call))
        else:
            yield from self._within(call.func)
        for _, value in arguments:
            yield from self._argument(value, verb)

    def _argument(self, value: ast.expr, verb: str) -> Iterator[Mention]:
        """What is given to a method, by whatever choice, with the method's name."""
        for leaf in _leaves(value):
            chain = _chain(leaf)
            if chain:
                yield Mention(chain, verb)
            else:
                yield from self._within(leaf)


def _leaves(value: ast.expr) -> Iterator[ast.AST]:
    match value:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield test
            yield from _leaves(body)
            yield from _leaves(orelse)
        case ast.BoolOp(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            for each in values:
                yield from _leaves(each)
        case ast.Starred(value=inner) | ast.Await(value=inner):
            yield from _leaves(inner)
        case _:
            yield value


def _chain(node: ast.AST) -> Chain:
    """``a.b.c`` as its names; empty for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute) and len(names) < CHAIN_LENGTH_MAX:
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    return (node.id, *reversed(names))


def _first_text(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    value = first.value if isinstance(first, ast.Constant) else ""
    return value if isinstance(value, str) else ""
