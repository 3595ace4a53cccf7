"""The tests in the filters of a JSONPath: ``@.price < 10 && @.isbn``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from ensue.languages.states.paths.program import (
    Both,
    Compare,
    Either,
    Exists,
    Literal,
    Not,
    Operand,
    Pattern,
    Place,
    Test,
)
from ensue.languages.states.paths.reader import Reader
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json

ReadPlace = Callable[[Reader], Place]
TESTS_MAX = 100

_OPERATOR = re.compile(
    r"===|!==|==|!=|<=|>=|<|>|=~"
    r"|(?i:in|nin|subsetof|anyof|noneof|size|empty|contains|all)(?![A-Za-z0-9_])"
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"(true|false|null)(?![A-Za-z0-9_])")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)")
# What is escaped; a group's beginning; its end, with what repeats it; another repeat.
_REPEAT = r"[*+]|\{[0-9]+,[0-9]*\}"
_PARTS = re.compile(rf"\\.|\(|\)(?P<again>{_REPEAT}|\{{[0-9]{{2,}}\}})?|{_REPEAT}")
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE, "d": 0, "u": 0}
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}


def parse_filter(reader: Reader, read_place: ReadPlace, depth: int = 0) -> Test:
    """A test, up to what does not belong to it.

    Raises:
        InvalidExpression: it is no test.
    """
    if depth > TESTS_MAX:
        raise InvalidExpression(f"expected tests nested at most {TESTS_MAX} deep", at=reader.at)
    tests = [_both(reader, read_place, depth)]
    while reader.takes_symbol("||"):
        tests.append(_both(reader, read_place, depth))
    return tests[0] if len(tests) == 1 else Either(tuple(tests))


def _both(reader: Reader, read_place: ReadPlace, depth: int) -> Test:
    tests = [_single(reader, read_place, depth)]
    while reader.takes_symbol("&&"):
        tests.append(_single(reader, read_place, depth))
    return tests[0] if len(tests) == 1 else Both(tuple(tests))


def _single(reader: Reader, read_place: ReadPlace, depth: int) -> Test:
    reader.skip()
    if reader.takes("!"):
        if depth > TESTS_MAX:
            raise InvalidExpression(f"expected tests nested at most {TESTS_MAX} deep", at=reader.at)
        return Not(_single(reader, read_place, depth + 1))
    if reader.takes("("):
        test = parse_filter(reader, read_place, depth + 1)
        reader.skip()
        reader.expect(")")
        return test
    left = _operand(reader, read_place)
    reader.skip()
    operator = reader.match(_OPERATOR)
    if operator is None:
        if isinstance(left, Place):
            return Exists(left)
        raise reader.fault("a comparison")
    reader.skip()
    return Compare(operator[0].lower(), left, _operand(reader, read_place))


def _operand(reader: Reader, read_place: ReadPlace) -> Operand:
    reader.skip()
    if reader.is_before("@", "$"):
        return read_place(reader)
    if reader.is_before("'", '"'):
        return Literal(reader.quoted())
    if reader.is_before("/"):
        return _pattern(reader)
    if reader.is_before("[", "{"):
        return _json(reader)
    if (word := reader.match(_WORD)) is not None:
        return Literal(_WORDS[word[1]])
    if (number := reader.match(_NUMBER)) is not None:
        return Literal(json.loads(number[0]) if _is_plain(number[0]) else float(number[0]))
    raise reader.fault("a value or a path such as @.price")


def _is_plain(number: str) -> bool:
    return not re.match(r"-?0[0-9]", number)


def _pattern(reader: Reader) -> Pattern:
    found = reader.match(_REGEX)
    if found is None:
        raise reader.fault("a regular expression such as /^a/i")
    flags = 0
    for flag in found[2]:
        flags |= _FLAGS.get(flag, 0)
    text = found[1].replace("\\/", "/")
    if _repeats_repeats(text):
        raise InvalidExpression(
            "expected a regular expression without a repeat of what has one, such as (a+)+",
            at=reader.at,
        )
    try:
        return Pattern(re.compile(text, flags))
    except (re.error, OverflowError, RecursionError) as fault:
        raise InvalidExpression(f"expected a regular expression: {fault}", at=reader.at) from None


def _repeats_repeats(text: str) -> bool:
    """Whether a group that has a repeat is repeated: that may take for ever to match.

    What only looks like it, in a class of characters, counts too.
    """
    groups = [False]
    for part in _PARTS.finditer(text):
        found = part[0]
        if found == "(":
            groups.append(False)
        elif found.startswith(")"):
            inner = groups.pop() if len(groups) > 1 else False
            again = part["again"] is not None
            if inner and again:
                return True
            groups[-1] = groups[-1] or inner or again
        elif not found.startswith("\\"):
            groups[-1] = True
    return False


def _json(reader: Reader) -> Literal:
    """A list or an object, as JSON; texts of a list may have single quotes."""
    text = reader.text[reader.offset :]
    try:
        value, length = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return Literal(_list(reader))
    reader.offset += length
    return Literal(value)


def _list(reader: Reader) -> Json:
    reader.expect("[")
    found: list[Json] = []
    if reader.takes_symbol("]"):
        return found
    while True:
        reader.skip()
        if reader.is_before("["):
            raise reader.fault("a list of single values")
        operand = _operand(reader, _no_place)
        if not isinstance(operand, Literal):
            raise reader.fault("a list of constants")
        found.append(operand.value)
        if reader.takes_symbol("]"):
            return found
        reader.expect(",")


def _no_place(reader: Reader) -> Place:
    raise reader.fault("a constant")
