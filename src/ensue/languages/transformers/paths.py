"""The part of JSON path that EventBridge knows: names, indexes, wildcards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ensue.languages.transformers.program import EVERY, Every, Path, Step
from ensue.words.errors import InvalidExpression
from ensue.words.values import Json, shown

PATH_CHARS_MAX = 256

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]\s<>\"'*]+)"
    r"|\[(?P<index>[0-9]{1,9})\]"
    r"|\[(?:'(?P<single>[^'\\]+)'|\"(?P<double>[^\"\\]+)\")\]"
    r"|(?P<every>\.\*|\[\*\])"
)


class Missing:
    """That there is nothing at a place."""


MISSING: Final = Missing()


def parse_path(text: object, at: str) -> Path:
    """A JSON path, read.

    Args:
        text: such as ``$.detail.lines[0].sku``.
        at: where it is written, for errors.

    Raises:
        InvalidExpression: it is no path, or longer than 256 characters; says at which offset.
    """
    if not isinstance(text, str) or not text.startswith("$"):
        raise InvalidExpression(
            f"expected a JSON path such as $.detail.name, got {shown(text)}", at=at
        )
    if len(text) > PATH_CHARS_MAX:
        raise InvalidExpression(
            f"expected a path of at most {PATH_CHARS_MAX} characters, got {len(text)}", at=at
        )
    steps: list[Step] = []
    offset = 1
    while offset < len(text):
        found = _STEP.match(text, offset)
        if found is None:
            raise InvalidExpression(
                "expected .name, [0], [*] or ['a name'] as the next step of the path,"
                f" got {shown(text[offset:])}",
                at=f"{at}, offset {offset}",
            )
        steps.append(_step(found))
        offset = found.end()
    return Path(text, tuple(steps))


def _step(found: re.Match[str]) -> Step:
    if found["every"]:
        return EVERY
    if found["index"]:
        return int(found["index"])
    return found["name"] or found["single"] or found["double"]


def find(path: Path, event: Json) -> Json | Missing:
    """What is at a place; MISSING when nothing is.

    With a wildcard it is all that is found, as a list, which may be empty.
    """
    for number, step in enumerate(path.steps):
        if isinstance(step, Every):
            return list(_all(path.steps[number:], event))
        below = _below(event, step)
        if isinstance(below, Missing):
            return MISSING
        event = below
    return event


def _below(value: Json, step: str | int) -> Json | Missing:
    if isinstance(step, str):
        return value.get(step, MISSING) if isinstance(value, dict) else MISSING
    return value[step] if isinstance(value, list) and step < len(value) else MISSING


def _all(steps: tuple[Step, ...], value: Json) -> Iterator[Json]:
    if not steps:
        yield value
        return
    step, *rest = steps
    if not isinstance(step, Every):
        below = _below(value, step)
        if not isinstance(below, Missing):
            yield from _all(tuple(rest), below)
        return
    if isinstance(value, dict):
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _all(tuple(rest), each)
