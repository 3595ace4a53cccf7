"""Lines of JSON with patterns and events, and what is to be said of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import IO

import msgspec

from ensue.languages.patterns import Pattern, compile_pattern, parse_event
from ensue.words.errors import EnsueError, InvalidInput, TooLarge

LINE_BYTES_MAX = 4 * 1_048_576
PATTERNS_KEPT_MAX = 4_096


class _Line(msgspec.Struct):
    """What a line holds; each a JSON value, or a string with the text of one."""

    pattern: msgspec.Raw
    event: msgspec.Raw = msgspec.Raw(b"null")


class Question(msgspec.Struct, frozen=True):
    """A pattern, and the event that it is asked about.

    Attributes:
        pattern: the text of a pattern.
        event: the text of an event; None for none.
    """

    pattern: str
    event: str | None


def lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a stream, numbered from 1; None for one of more than 4 MiB."""
    number = 0
    while line := stream.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) <= LINE_BYTES_MAX:
            yield number, line
            continue
        while not line.endswith(b"\n") and line:
            line = stream.readline(LINE_BYTES_MAX)
        yield number, None


def question(number: int, line: bytes | None) -> Question:
    """What a line asks.

    Raises:
        InvalidInput: it is no JSON object with a pattern; ``at`` is its number.
        TooLarge: it is too long.
    """
    at = f"line {number}"
    if line is None:
        raise TooLarge(f"expected lines of at most {LINE_BYTES_MAX} bytes", at=at)
    try:
        found = _decoder.decode(line)
        event = None if bytes(found.event) == b"null" else _text(found.event)
        return Question(_text(found.pattern), event)
    except (msgspec.DecodeError, ValueError, RecursionError) as fault:
        said = "it is nested too deeply" if isinstance(fault, RecursionError) else fault
        said = said if line.strip() else "the line is empty"
        message = f'expected a JSON object such as {{"pattern": …, "event": …}}: {said}'
        raise InvalidInput(message, at=at) from None


def _text(given: msgspec.Raw) -> str:
    text = bytes(given).decode()
    # Our own decoder refuses half of a pair, which a pattern may hold.
    return str(json.loads(text)) if text.startswith('"') else text


def judged(asked: Question, *, explain: bool) -> dict[str, object]:
    """The answer to a question.

    Args:
        asked: the question.
        explain: whether to give the reasons.

    Raises:
        EnsueError: the pattern does not compile, or the event is none.
    """
    pattern = compiled(asked.pattern)
    if asked.event is None:
        return {"valid": True}
    event = parse_event(asked.event)
    matched = pattern.matches(event)
    if not explain:
        return {"matched": matched}
    reasons = [] if matched else [asdict(each) for each in pattern.explain(event)]
    return {"matched": matched, "reasons": reasons}


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def compiled(text: str) -> Pattern:
    """A pattern, compiled; many lines have the same one.

    Raises:
        InvalidPattern: it does not compile.
    """
    return compile_pattern(text)


def refused(fault: EnsueError) -> dict[str, object]:
    """An error as an answer."""
    message = f"{fault.message}. {fault.hint}" if fault.hint else fault.message
    return {"error": {"code": fault.code, "message": message, "at": fault.at or "$"}}


_decoder = msgspec.json.Decoder(_Line)
