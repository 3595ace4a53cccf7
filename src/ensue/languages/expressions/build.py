"""From text to compiled expression, and the memory of the texts compiled lately.

An application compiles the same few texts over and over, so each ``compile_`` function keeps its
last answers: a text that it knows costs one look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from ensue.languages.expressions.apply import compile_edits, compile_projection_of
from ensue.languages.expressions.checks import (
    Check,
    condition_checks,
    key_checks,
    update_checks,
)
from ensue.languages.expressions.compiled import (
    Condition,
    KeyCondition,
    Projection,
    Update,
    Wording,
)
from ensue.languages.expressions.parse import CONDITION_KEYWORDS, parse_condition
from ensue.languages.expressions.parse_key import parse_key_condition
from ensue.languages.expressions.parse_update import (
    PROJECTION_KEYWORDS,
    UPDATE_KEYWORDS,
    parse_projection,
    parse_update,
)
from ensue.languages.expressions.program import Path, Remove
from ensue.languages.expressions.reader import Reader
from ensue.languages.expressions.run import compile_test
from ensue.words.errors import InvalidExpression

CACHE_EXPRESSIONS = 1024

Reserved: TypeAlias = Literal["allow", "reject"]
_Names: TypeAlias = tuple[tuple[str, str], ...]


class _Asked(NamedTuple):
    """What a caller asked to have compiled: the key under which the answer is kept."""

    text: str
    names: _Names
    strict: bool
    strict_values: bool = False
    partition: str = ""
    sort: str | None = None

    def reader(self, keywords: frozenset[str]) -> Reader:
        return Reader(self.text, names=dict(self.names), keywords=keywords, strict=self.strict)


def compile_condition(
    text: str,
    *,
    names: Mapping[str, str] | None = None,
    reserved: Reserved = "allow",
    strict_values: bool = False,
) -> Condition:
    """Compile a condition expression or a filter expression.

    Args:
        text: the expression, such as ``quantity >= :n AND attribute_exists(model)``.
        names: what each ``#name`` stands for, keyed without the ``#``.
        reserved: ``reject`` takes a text as narrowly as DynamoDB does: reserved words and names
            that begin with ``_`` must be written as ``#name``, and redundant parentheses are an
            error. ``allow`` takes them.
        strict_values: whether a value without use is an error at each evaluation.

    Returns:
        The condition; the same object for the same arguments, while it is remembered.

    Raises:
        InvalidExpression: the text is no condition, is too long or too deep, or names a
            placeholder that ``names`` lacks; ``at`` says where and the message what was expected.

    Source: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
    """
    return _condition(_asked(text, names, reserved, strict_values=strict_values))


def compile_update(
    text: str,
    *,
    names: Mapping[str, str] | None = None,
    reserved: Reserved = "allow",
    strict_values: bool = False,
) -> Update:
    """Compile an update expression.

    Args:
        text: the expression, such as ``SET quantity = quantity - :n REMOVE hold``.
        names: as of :func:`compile_condition`.
        reserved: as of :func:`compile_condition`.
        strict_values: as of :func:`compile_condition`.

    Returns:
        The update; the same object for the same arguments, while it is remembered.

    Raises:
        InvalidExpression: the text is no update, is too long or too deep, has a clause twice,
            changes two places of which one holds the other, takes a place both for a map and for
            a list, or names a placeholder that ``names`` lacks.

    Source: DynamoDB developer guide, "Using update expressions".
    """
    return _update(_asked(text, names, reserved, strict_values=strict_values))


def compile_projection(
    text: str, *, names: Mapping[str, str] | None = None, reserved: Reserved = "allow"
) -> Projection:
    """Compile a projection expression.

    Args:
        text: the expression, such as ``id, price, reviews[0].stars``.
        names: as of :func:`compile_condition`.
        reserved: as of :func:`compile_condition`.

    Returns:
        The projection; the same object for the same arguments, while it is remembered.

    Raises:
        InvalidExpression: the text is no list of document paths, is too long, names two places of
            which one holds the other, takes a place both for a map and for a list, or names a
            placeholder that ``names`` lacks.

    Source: DynamoDB developer guide, "Using projection expressions".
    """
    return _projection(_asked(text, names, reserved))


def compile_key_condition(
    text: str,
    *,
    partition: str,
    sort: str | None = None,
    names: Mapping[str, str] | None = None,
    reserved: Reserved = "allow",
    strict_values: bool = False,
) -> KeyCondition:
    """Compile a key condition expression for the keys of one table or index.

    Args:
        text: the expression, such as ``customer = :c AND begins_with(id, :prefix)``.
        partition: the name of the partition key.
        sort: the name of the sort key, if there is one.
        names: as of :func:`compile_condition`.
        reserved: as of :func:`compile_condition`.
        strict_values: as of :func:`compile_condition`.

    Returns:
        The key condition; the same object for the same arguments, while it is remembered.

    Raises:
        InvalidExpression: the text is no condition, is too long or too deep, does not fix the
            partition key by ``=``, speaks of another attribute, has two conditions for one key or
            an operator that no key condition takes, or names a placeholder that ``names`` lacks.

    Source: DynamoDB developer guide, "Key condition expressions for the Query operation".
    """
    asked = _asked(text, names, reserved, strict_values=strict_values)
    return _key_condition(asked._replace(partition=partition, sort=sort))


@lru_cache(CACHE_EXPRESSIONS)
def _condition(asked: _Asked) -> Condition:
    reader = asked.reader(CONDITION_KEYWORDS)
    tree = parse_condition(reader)
    return Condition(_wording(asked, reader, checks=condition_checks(tree)), compile_test(tree))


@lru_cache(CACHE_EXPRESSIONS)
def _update(asked: _Asked) -> Update:
    reader = asked.reader(UPDATE_KEYWORDS)
    actions = parse_update(reader)
    changed = [action.path for action in actions]
    wording = _wording(asked, reader, checks=update_checks(actions), paths=changed)
    # Of an item that does not exist, as in DynamoDB, anything can be removed.
    creating = [action for action in actions if not isinstance(action, Remove)]
    return Update(wording, apply=compile_edits(actions), create=compile_edits(creating))


@lru_cache(CACHE_EXPRESSIONS)
def _projection(asked: _Asked) -> Projection:
    reader = asked.reader(PROJECTION_KEYWORDS)
    paths = parse_projection(reader)
    return Projection(_wording(asked, reader, checks=()), compile_projection_of(paths))


@lru_cache(CACHE_EXPRESSIONS)
def _key_condition(asked: _Asked) -> KeyCondition:
    reader = asked.reader(CONDITION_KEYWORDS)
    test = parse_key_condition(reader, partition=asked.partition, sort=asked.sort)
    return KeyCondition(_wording(asked, reader, checks=key_checks(test)), test)


def _wording(
    asked: _Asked,
    reader: Reader,
    *,
    checks: Iterable[Check],
    paths: Iterable[Path] | None = None,
) -> Wording:
    named = reader.paths if paths is None else paths
    return Wording(
        text=asked.text,
        names_used=frozenset(reader.names_used),
        values_used=frozenset(reader.values_used),
        paths=tuple(dict.fromkeys(path.steps for path in named)),
        checks=tuple(checks),
        strict_values=asked.strict_values,
    )


def _asked(
    text: str, names: Mapping[str, str] | None, reserved: Reserved, *, strict_values: bool = False
) -> _Asked:
    # A wire hands over what it was sent, so the types are looked at and not trusted.
    if not isinstance(text, str):
        raise InvalidExpression(f"expected an expression as text, got {type(text).__name__}")
    if reserved not in ("allow", "reject"):
        raise InvalidExpression("expected 'allow' or 'reject' for reserved, got something else")
    return _Asked(
        text, _sorted_names(names.items()) if names else (), reserved == "reject", strict_values
    )


def _sorted_names(names: Iterable[tuple[object, object]]) -> _Names:
    found: list[tuple[str, str]] = []
    for key, name in names:
        if not (isinstance(key, str) and isinstance(name, str) and name):
            raise InvalidExpression(
                "expected names as text that is not empty, got something else",
                at="names",
            )
        if key.startswith("#"):
            raise InvalidExpression(
                f"expected a placeholder without its '#', got '{key:.40}'",
                at="names",
                hint=f"Write it as '{key[1:41]}'.",
            )
        found.append((key, name))
    return tuple(sorted(found))
