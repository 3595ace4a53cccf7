"""Text to the call of an intrinsic function."""

from __future__ import annotations

import json
import re
from typing import Final

from ensue.languages.states.intrinsics.program import Argument, Call, Constant
from ensue.languages.states.paths import compile_path
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json, shown

NESTED_CALLS_MAX = 10
CALL_CHARS_MAX = 10_000

# How many arguments each function takes: at least, at most.
ARITIES: Final[dict[str, tuple[int, int | None]]] = {
    "Array": (0, None),
    "ArrayPartition": (2, 2),
    "ArrayContains": (2, 2),
    "ArrayRange": (3, 3),
    "ArrayGetItem": (2, 2),
    "ArrayLength": (1, 1),
    "ArrayUnique": (1, 1),
    "Base64Encode": (1, 1),
    "Base64Decode": (1, 1),
    "Hash": (2, 2),
    "JsonMerge": (3, 3),
    "StringToJson": (1, 1),
    "JsonToString": (1, 1),
    "MathRandom": (2, 3),
    "MathAdd": (2, 2),
    "StringSplit": (2, 2),
    "UUID": (0, 0),
    "Format": (1, None),
}

_NAME = re.compile(r"\s*States\.(?P<name>[A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?=\s*[,)])")
_WORD = re.compile(r"(?P<word>true|false|null)(?=\s*[,)])")
_TEXT = re.compile(r"'(?P<raw>(?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\'{}])")
_SPACE = re.compile(r"\s*")
_WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}


def parse_call(text: str, at: str) -> Call:
    """A call, with all the calls in it.

    Raises:
        InvalidExpression: it is no call of a function there is; says at which offset.
    """
    if len(text) > CALL_CHARS_MAX:
        raise InvalidExpression(
            f"expected a call of at most {CALL_CHARS_MAX} characters, got {len(text)}", at=at
        )
    call, offset = _call(text, 0, at, 1)
    if text[offset:].strip():
        raise _fault("the end of the call", text, offset, at)
    return call


def unescaped(raw: str) -> str:
    """A text in quotes, its backslashes resolved: those before a quote, a brace, a backslash."""
    return _ESCAPED.sub(r"\1", raw) if "\\" in raw else raw


def _call(text: str, start: int, at: str, depth: int) -> tuple[Call, int]:
    if depth > NESTED_CALLS_MAX:
        raise InvalidExpression(f"expected calls nested at most {NESTED_CALLS_MAX} deep", at=at)
    found = _NAME.match(text, start)
    if found is None:
        raise _fault("an intrinsic function such as States.Format('{}', $.name)", text, start, at)
    name = found["name"]
    if name not in ARITIES:
        raise InvalidExpression(
            f"expected an intrinsic function, got {shown(f'States.{name}')}",
            at=f"{at}, offset {start}",
            hint=f"There are {', '.join(f'States.{each}' for each in ARITIES)}.",
        )
    arguments, end = _arguments(text, found.end(), at, depth)
    least, most = ARITIES[name]
    if len(arguments) < least or (most is not None and len(arguments) > most):
        wanted = str(least) if least == most else f"{least} or more" if most is None else "2 or 3"
        raise InvalidExpression(
            f"expected {wanted} arguments of States.{name}, got {len(arguments)}", at=at
        )
    return Call(name, tuple(arguments), text[start:end].strip()), end


def _arguments(text: str, start: int, at: str, depth: int) -> tuple[list[Argument], int]:
    offset = _skipped(text, start)
    arguments: list[Argument] = []
    if text.startswith(")", offset):
        return arguments, offset + 1
    while True:
        argument, offset = _argument(text, offset, at, depth)
        arguments.append(argument)
        offset = _skipped(text, offset)
        if text.startswith(")", offset):
            return arguments, offset + 1
        if not text.startswith(",", offset):
            raise _fault("a comma or the closing parenthesis", text, offset, at)
        offset = _skipped(text, offset + 1)


def _argument(text: str, offset: int, at: str, depth: int) -> tuple[Argument, int]:
    if text.startswith("$", offset):
        end = _end_of_path(text, offset)
        return compile_path(text[offset:end].rstrip(), at=f"{at}, offset {offset}"), end
    if text.startswith("'", offset):
        found = _TEXT.match(text, offset)
        if found is None:
            raise _fault("a text that ends with its quote", text, offset, at)
        return Constant(unescaped(found["raw"]), found["raw"]), found.end()
    if (found := _WORD.match(text, offset)) is not None:
        return Constant(_WORDS[found["word"]]), found.end()
    if (found := _NUMBER.match(text, offset)) is not None:
        return Constant(json.loads(found[0])), found.end()
    if text.startswith("States.", offset):
        return _call(text, offset, at, depth + 1)
    raise _fault("a path, a text in single quotes, a number, true, false or null", text, offset, at)


def _end_of_path(text: str, offset: int) -> int:
    """Where a path among arguments ends: at a comma or parenthesis that is not within it."""
    open_ones, quote = 0, ""
    while offset < len(text):
        char = text[offset]
        if quote:
            if char == "\\":
                offset += 1
            elif char == quote:
                quote = ""
        elif char in "'\"" and open_ones:
            quote = char
        elif char in "[(":
            open_ones += 1
        elif char in ")]":
            if not open_ones:
                break
            open_ones -= 1
        elif char == "," and not open_ones:
            break
        offset += 1
    return offset


def _skipped(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def _fault(expected: str, text: str, offset: int, at: str) -> InvalidExpression:
    got = shown(text[offset:]) if text[offset:] else "the end"
    return InvalidExpression(f"expected {expected}, got {got}", at=f"{at}, offset {offset}")
