"""What the commands read: definitions, histories, JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ensue.languages.states.reading import read_json as strictly
from ensue.words.errors import InvalidInput

FILE_BYTES_MAX = 64 * 1_048_576


def read_text(name: str) -> str:
    """What a file holds; ``-`` for standard input.

    Raises:
        InvalidInput: it cannot be read, is no text of UTF-8, or larger than 64 MiB.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise InvalidInput(f"expected at most {FILE_BYTES_MAX} bytes", at=name)
        return data.decode()
    except OSError as fault:
        raise InvalidInput(f"expected a file, got {fault.strerror}", at=name) from None
    except UnicodeDecodeError:
        raise InvalidInput("expected text of UTF-8", at=name) from None


def read_json(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """The JSON value in a file; ``-`` for standard input.

    Raises:
        InvalidInput: it cannot be read, or is no JSON.
    """
    return parse_json(read_text(name), at=name)


def parse_json(text: str, *, at: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """The value of a JSON text, with its numbers as they are written.

    Raises:
        InvalidInput: it is no JSON.
    """
    try:
        return strictly(text)
    except ValueError as fault:
        raise InvalidInput(f"expected JSON: {fault}", at=at) from None


def read_value(given: str, *, at: str) -> Any:  # noqa: ANN401 - whatever was given
    """A JSON value: as text, as ``@FILE``, or ``-`` for standard input.

    Raises:
        InvalidInput: it cannot be read, or is no JSON.
    """
    if given == "-":
        return read_json("-")
    return read_json(given[1:]) if given.startswith("@") else parse_json(given, at=at)


def read_history(name: str) -> Sequence[Mapping[str, Any]]:
    """The events in a file: a list of them, or an object with ``events``, as Step Functions tells.

    Raises:
        InvalidInput: it holds no events.
    """
    found = read_json(name)
    events = found.get("events") if isinstance(found, dict) else found
    if not isinstance(events, list):
        raise InvalidInput("expected a list of events, or an object with `events`", at=name)
    for place, event in enumerate(events):
        if not isinstance(event, dict) or not {"type", "id"} <= event.keys():
            raise InvalidInput("expected an event with `type` and `id`", at=f"{name}, $[{place}]")
    return events
