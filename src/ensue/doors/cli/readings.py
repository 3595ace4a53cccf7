"""Both readings of what was typed: ``349`` is a number, or the text of a key made of digits."""

from __future__ import annotations

from collections.abc import Mapping

from ensue.doors.cli.model import Decoded, Server
from ensue.doors.cli.places import Place
from ensue.words.errors import InvalidInput, NotFound

# What reads answer that found nothing: a history, a version.
FOUND_NOTHING: tuple[object, ...] = ([], {"version": 0})


def second_reading(given: str, value: object) -> str | None:
    """The text itself, where a number, true, false or null may have been meant as text.

    Keys are often text of digits, and a shell takes the quotes off: ``get orders 349``.
    """
    is_text = isinstance(value, str | list | dict) or given == "-" or given.startswith("@")
    return None if is_text else given


def ask_twice(
    server: Server,
    place: Place,
    operation: str,
    body: Mapping[str, object],
    again: Mapping[str, object],
) -> Decoded:
    """Ask; where nothing is found, ask with the other readings.

    Args:
        server: whom to ask.
        place: what about.
        operation: an operation that only reads.
        body: what to ask.
        again: those of it that have another reading, in that.

    Raises:
        NotFound: there is neither.
        EnsueError: the server refused.
    """
    if not again:
        return place.operate(server, operation, {**body})
    try:
        answer = place.operate(server, operation, {**body})
    except NotFound:
        return place.operate(server, operation, {**body, **again})
    if answer in FOUND_NOTHING or (isinstance(answer, dict) and answer.get("items") == []):
        return place.operate(server, operation, {**body, **again})
    return answer


def write_to_what_is_there(
    server: Server,
    place: Place,
    operation: str,
    body: Mapping[str, object],
    again: Mapping[str, object],
) -> Decoded:
    """Write once, to the key that is there; see `ask_twice`. Where neither is, the number is meant.

    Raises:
        InvalidInput: both readings of the key are there.
        EnsueError: the server refused.
    """
    if "key" not in again or not _is_there(server, place, again["key"]):
        return place.operate(server, operation, {**body})
    if _is_there(server, place, body["key"]):
        said = again["key"]
        raise InvalidInput(
            f"the number {said} and the text {said} are both keys of {place.name}",
            hint=f"Write [{said}] for the number, '[\"{said}\"]' for the text.",
        )
    return place.operate(server, operation, {**body, "key": again["key"]})


def _is_there(server: Server, place: Place, key: object) -> bool:
    try:
        place.operate(server, "get", {"key": key})
    except NotFound:
        return False
    return True
