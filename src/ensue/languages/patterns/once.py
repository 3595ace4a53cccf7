"""One pattern and one event, from texts or values."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.languages.patterns.explain import Mismatch
from ensue.languages.patterns.pattern import Pattern, compile_pattern
from ensue.languages.patterns.text import parse_event
from ensue.words.errors import InvalidValue

PatternSource = str | bytes | Mapping[str, object]
EventSource = str | bytes | Mapping[str, object]


def check_pattern(pattern: PatternSource) -> None:
    """Check an event pattern.

    Args:
        pattern: as JSON, or as the dict that it would be parsed to.

    Raises:
        InvalidPattern: it does not compile; ``at`` says where.
    """
    compile_pattern(pattern)


def match_pattern(pattern: PatternSource | Pattern, event: EventSource) -> bool:
    """Whether an event matches an event pattern of EventBridge.

    Args:
        pattern: as JSON, or as the dict that it would be parsed to.
        event: the same. In a text, how numbers are written and keys that are there twice count.

    Raises:
        InvalidPattern: the pattern does not compile; ``at`` says where.
        InvalidValue: the event is no JSON object.
    """
    return _compiled(pattern).matches(_event(event))


def explain_pattern(pattern: PatternSource | Pattern, event: EventSource) -> list[Mismatch]:
    """Why an event does not match an event pattern: a reason for each field that failed.

    Args:
        pattern: as JSON, or as the dict that it would be parsed to.
        event: the same.

    Returns:
        A mismatch for each field that failed; none exactly when the event matches.

    Raises:
        InvalidPattern: the pattern does not compile; ``at`` says where.
        InvalidValue: the event is no JSON object.
    """
    return _compiled(pattern).explain(_event(event))


def _compiled(pattern: PatternSource | Pattern) -> Pattern:
    return pattern if isinstance(pattern, Pattern) else compile_pattern(pattern)


def _event(event: EventSource) -> Mapping[str, object]:
    if isinstance(event, str | bytes):
        return parse_event(event)
    if isinstance(event, Mapping):
        return event
    raise InvalidValue(f"expected an event as a JSON object, got {type(event).__name__}", at="$")
