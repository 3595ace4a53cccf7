"""Transcripts: what one types and what comes back, as the pages show it, compared with what does.

A block of language ``console`` is a transcript: a line that begins with ``$`` is typed, lines that
begin with ``>`` go on with it, ``^C`` stops what runs last, and the others are its output. Output
is compared loosely: ids, times and durations may be others, but an id stays the same throughout a
page; ``…`` stands for the rest of a word or of a line, a line ``...`` for any lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_LOOSE = {
    "uuid": UUID,
    "time": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?",
    "epoch": r"\b\d{13}\b",
    "span": r"[+-]?\d+(?:\.\d+)? ?(?:ms|s)\b",
    "uptime": r'"uptime_ms":\d+',
    "gap": r" {2,}|\.{4,} *",
    "rest": r"[0-9a-f-]*…",
}
_TOKEN = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _LOOSE.items()))
_ANYTHING = _LOOSE | {"gap": r"[ .]+", "rest": ".*?"}
_NOISE = re.compile(r"\.venv/bin/| --url http://127\.0\.0\.1:\d+(?= |$)")


@dataclass
class Typed:
    """A command of a transcript.

    Attributes:
        command: what is typed; None for ``^C``.
        output: what is said to come back.
        line: where it stands in the page.
    """

    command: str | None
    line: int
    output: list[str] = field(default_factory=list)


def parse(text: str, line: int = 1) -> list[Typed]:
    """The commands of a transcript with their outputs."""
    found: list[Typed] = []
    for number, each in enumerate(text.splitlines(), line):
        if each.startswith("$ "):
            found.append(Typed(each[2:], number))
        elif each == "^C":
            found.append(Typed(None, number))
        elif each.startswith("> ") and found and found[-1].command and not found[-1].output:
            found[-1].command += "\n" + each[2:]
        elif found:
            found[-1].output.append(each)
        else:
            raise ValueError(f"line {number}: output before any command: {each}")
    return found


class Ids:
    """Which real id each id of a page stands for."""

    def __init__(self) -> None:
        self._real: dict[str, str] = {}

    def put_into(self, command: str) -> str:
        """A command with the real ids."""
        return re.sub(UUID, lambda found: self._real.get(found[0], found[0]), command)

    def match(self, told: list[str], actual: list[str]) -> str | None:
        """The line that is not there; None when all are, in their order."""
        real = dict(self._real)
        rest = iter([_NOISE.sub("", line).strip() for line in actual])
        for line in told:
            wanted = _NOISE.sub("", line).strip()
            if wanted in {"", "..."}:
                continue
            if not any(_match_line(wanted, found, real) for found in rest):
                return line
        self._real = real
        return None


def _match_line(told: str, actual: str, real: dict[str, str]) -> bool:
    parts: list[str] = []
    ids: list[str] = []
    at = 0
    for token in _TOKEN.finditer(told):
        parts.append(re.escape(told[at : token.start()]))
        name = token.lastgroup or ""
        if name == "uuid" and token[0] in real:
            parts.append(re.escape(real[token[0]]))
        elif name == "uuid":
            parts.append(f"({UUID})")
            ids.append(token[0])
        else:
            parts.append(f"(?:{_ANYTHING[name]})")
        at = token.end()
    parts.append(re.escape(told[at:]))
    found = re.fullmatch("".join(parts), actual)
    if found is None:
        return False
    real.update(zip(ids, found.groups(), strict=True))
    return True
