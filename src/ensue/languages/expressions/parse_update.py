"""Text to tree: updates and projections.

update     := clause { clause }          each of the four at most once, in any order
clause     := SET path '=' source { ',' ... }
            | REMOVE path { ',' ... }
            | ADD path :value { ',' ... }
            | DELETE path :value { ',' ... }
source     := operand [ ( '+' | '-' ) operand ]
operand    := '(' source ')' | if_not_exists '(' path ',' operand ')'
            | list_append '(' operand ',' operand ')' | path | :value

projection := path { ',' path }
"""

from __future__ import annotations

from collections.abc import Callable

from ensue.languages.expressions.parse import wrong_count
from ensue.languages.expressions.paths import path_text, path_tree
from ensue.languages.expressions.program import (
    Action,
    Add,
    Arithmetic,
    Delete,
    IfNotExists,
    ListAppend,
    Path,
    Remove,
    Set,
    Source,
)
from ensue.languages.expressions.reader import Reader
from ensue.languages.expressions.tokens import Sort, Token
from ensue.words.errors import InvalidExpression

UPDATE_KEYWORDS = frozenset({"ADD", "DELETE", "REMOVE", "SET"})
PROJECTION_KEYWORDS: frozenset[str] = frozenset()
_FUNCTIONS = ("if_not_exists", "list_append")


def parse_update(reader: Reader) -> tuple[Action, ...]:
    """The whole text as the actions of an update.

    Raises:
        InvalidExpression: the text leaves the grammar, a clause comes twice, or two paths
            overlap or conflict.
    """
    actions: list[Action] = []
    seen: set[str] = set()
    while (word := reader.keyword()) is not None:
        token = reader.take()
        if word in seen:
            raise InvalidExpression(
                f"expected the {word} clause once, got it twice",
                at=f"offset {token.offset}",
                hint="Separate the actions of one clause by commas.",
            )
        seen.add(word)
        actions.extend(_clause(reader, _ACTIONS[word]))
    reader.expect_end("',', SET, REMOVE, ADD or DELETE" if seen else "SET, REMOVE, ADD or DELETE")
    path_tree((action.path, action) for action in actions)
    return tuple(actions)


def parse_projection(reader: Reader) -> tuple[Path, ...]:
    """The whole text as document paths.

    Raises:
        InvalidExpression: the text leaves the grammar, or two paths overlap or conflict.
    """
    paths = [reader.path()]
    while reader.take_symbol(","):
        paths.append(reader.path())
    reader.expect_end("',' or the end of the expression")
    path_tree((path, path) for path in paths)
    return tuple(paths)


def _clause(reader: Reader, action: Callable[[Reader], Action]) -> list[Action]:
    actions = [action(reader)]
    while reader.take_symbol(","):
        actions.append(action(reader))
    return actions


def _set(reader: Reader) -> Set:
    path = reader.path()
    reader.expect_symbol("=")
    return Set(path, _source(reader))


def _remove(reader: Reader) -> Remove:
    return Remove(reader.path())


def _add(reader: Reader) -> Add:
    return Add(reader.path(), reader.value())


def _delete(reader: Reader) -> Delete:
    return Delete(reader.path(), reader.value())


_ACTIONS: dict[str, Callable[[Reader], Action]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": _add,
    "DELETE": _delete,
}


def _source(reader: Reader) -> Source:
    left = _operand(reader)
    token = reader.token
    if not reader.at_symbol("+", "-"):
        return left
    reader.count_operator(reader.take().offset)
    right = _operand(reader)
    if isinstance(left, Arithmetic) or isinstance(right, Arithmetic) or reader.at_symbol("+", "-"):
        raise InvalidExpression(
            "expected one '+' or '-' in a value, got two",
            at=f"offset {token.offset}",
            hint="Work out the sum of the :values before.",
        )
    return Arithmetic(token.text, left, right, token.offset)


def _operand(reader: Reader) -> Source:
    if reader.at_symbol("("):
        with reader.group():
            return _source(reader)
    if reader.at_function():
        return _call(reader)
    if reader.token.sort is Sort.VALUE_PLACEHOLDER:
        return reader.value()
    if reader.at_path():
        return reader.path()
    raise reader.unexpected("a path, a :value, if_not_exists or list_append")


def _call(reader: Reader) -> Source:
    name = reader.take()
    reader.count_operator(name.offset)
    with reader.level():
        operands = list(reader.arguments(_operand))
    if name.text not in _FUNCTIONS:
        raise InvalidExpression(
            f"expected a function of updates, got '{name.text}'",
            at=f"offset {name.offset}",
            hint=f"The functions are {' and '.join(_FUNCTIONS)}.",
        )
    if len(operands) != 2:
        raise wrong_count(name.text, 2, got=len(operands), offset=name.offset)
    for operand in operands:
        _check_nested(name, operand)
    first, second = operands
    if name.text == "list_append":
        return ListAppend(first, second, name.offset)
    return _if_not_exists(name, first, second)


def _if_not_exists(name: Token, path: Source, otherwise: Source) -> IfNotExists:
    if not isinstance(path, Path):
        raise InvalidExpression(
            "expected a document path first in if_not_exists, got something else",
            at=f"offset {path.offset}",
        )
    if path == otherwise:
        raise InvalidExpression(
            "expected the first operand to be distinct from the others,"
            f" got '{path_text(path.steps)}' twice in if_not_exists",
            at=f"offset {path.offset}",
        )
    return IfNotExists(path, otherwise, name.offset)


def _check_nested(name: Token, operand: Source) -> None:
    # DynamoDB takes if_not_exists within either function, list_append within neither itself
    # nor arithmetic within any.
    if isinstance(operand, Arithmetic):
        raise InvalidExpression(
            f"expected an operand of {name.text}, got a sum",
            at=f"offset {operand.offset}",
        )
    if isinstance(operand, ListAppend) and name.text == "list_append":
        raise InvalidExpression(
            "expected a list in list_append, got another list_append",
            at=f"offset {operand.offset}",
        )
