"""A pattern as somebody types it: what is wrong with it, and where in its text."""

from __future__ import annotations

import re
from typing import Any

from ensue.languages.patterns import compile_pattern
from ensue.words.errors import EnsueError, InvalidPattern

_LINE = re.compile(r"line (\d+),? column (\d+)")
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\.([^.\[]+)|\[(\d+)\]')


def fault_of(pattern: str | None) -> dict[str, Any] | None:
    """What is wrong with a pattern, with the line and column of its text; None for nothing."""
    if pattern is None or not pattern.strip():
        return None
    try:
        compile_pattern(pattern)
    except InvalidPattern as fault:
        return told_fault(pattern, fault)
    return None


def plain_fault(error: EnsueError) -> dict[str, Any]:
    """A fault of something else, in the form of one of a pattern."""
    return {
        "message": error.message,
        "hint": error.hint,
        "at": error.at,
        "line": None,
        "column": None,
        "text": None,
        "caret": None,
    }


def told_fault(pattern: str, fault: InvalidPattern) -> dict[str, Any]:
    """A fault of a pattern, with the line of the text that it is in."""
    line, column = _place(pattern, fault.at or "$")
    lines = pattern.splitlines() or [""]
    text = lines[min(line, len(lines)) - 1]
    return {
        "message": fault.message,
        "hint": fault.hint,
        "at": fault.at,
        "line": line,
        "column": column,
        "text": text[:200],
        "caret": " " * min(column - 1, 199) + "^",
    }


def _place(pattern: str, at: str) -> tuple[int, int]:
    said = _LINE.search(at)
    if said:
        return int(said[1]), int(said[2])
    offset = 0
    for step in _STEP.finditer(at):
        name = step[1] if step[1] is not None else step[2]
        found = -1 if name is None else _name_at(pattern, name, offset)
        offset = max(offset, found)
    before = pattern[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _name_at(pattern: str, name: str, offset: int) -> int:
    found = re.compile(rf'"{re.escape(name)}"\s*:').search(pattern, offset)
    return -1 if found is None else found.start()
