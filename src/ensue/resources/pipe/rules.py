"""What an enrichment's answer means, and by what order is kept. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from ensue.engine.lanes import HORIZON, LATEST, Start, parse_start
from ensue.languages.expressions import compile_condition
from ensue.languages.patterns import compile_pattern
from ensue.languages.transformers import Input
from ensue.resources.pipe.model import Event, Filter, PipeModel, Wanted
from ensue.words import values
from ensue.words.errors import InvalidInput, TooLarge, Unfit
from ensue.words.values import Json

GROUP_LENGTH_MAX = 128

_FINAL = frozenset({InvalidInput.code, Unfit.code, TooLarge.code})


class Answered(NamedTuple):
    """What an enrichment's answer stands for.

    Attributes:
        events: what goes on, each with the place of the event that it comes from in the batch.
        one_for_one: whether each event of the batch has an answer of its own.
    """

    events: list[tuple[int, Event]]
    one_for_one: bool


def is_empty(answer: Json) -> bool:
    """Whether an answer means that nothing goes on: null, or an empty text, list or object."""
    return answer is None or (isinstance(answer, str | list | dict) and not answer)


def answered(batch: Sequence[Event], answer: Json) -> Answered:
    """The events that an enrichment's answer stands for.

    A list of as many answers as there were events is taken one for one: each keeps the key of its
    event. Of one event all answers keep the key. Other answers have no key, and come from the
    first event.
    """
    if is_empty(answer):
        return Answered([], one_for_one=False)
    answers = answer if isinstance(answer, list) else [answer]
    if len(answers) == len(batch):
        pairs = enumerate(zip(answers, batch, strict=True))
        events = [
            (place, event._replace(value=each, text=None))
            for place, (each, event) in pairs
            if not is_empty(each)
        ]
        return Answered(events, one_for_one=True)
    first = batch[0]
    key = first.key if len(batch) == 1 else None
    events = [(0, Event(each, None, key, first.cause)) for each in answers if not is_empty(each)]
    return Answered(events, one_for_one=False)


def group_of(pipe: PipeModel, event: Event) -> str | None:
    """By what the order of an event is kept at the target: at most 128 characters."""
    text = event.key if pipe.group is None else _at(pipe.group, event.value)
    if text is None or 1 <= len(text) <= GROUP_LENGTH_MAX:
        return text or None
    return hashlib.sha256(text.encode()).hexdigest()


def _at(path: Input, event: Json) -> str | None:
    try:
        text = path.render(event, {}, 0)
    except Unfit:
        return None
    found = values.decode(text)
    return found if isinstance(found, str) else None if found is None else text


def is_final(code: str) -> bool:
    """Whether no retry mends a refusal with this code: it is about what was delivered."""
    return code in _FINAL or code.startswith("invalid_")


def wanted(given: Filter) -> Wanted:
    """A filter as an app declares it: an event pattern, or a condition expression.

    Raises:
        InvalidPattern: the pattern does not compile; says where.
        InvalidExpression: the expression does not compile, or names values that nobody gives.
    """
    if isinstance(given, str):
        condition = compile_condition(given, strict_values=True)
        condition.check_values({})

        def unmet(text: str) -> list[str]:
            return [] if condition.holds(_object(text), {}) else [f"expected {given}"]

        return Wanted(given, lambda text: not unmet(text), unmet)
    pattern = compile_pattern(given)

    def reasons(text: str) -> list[str]:
        return [
            f"{fault.path}: expected {fault.expected}, found {fault.found}"
            for fault in pattern.explain(_plain(text))
        ]

    return Wanted(dict(given), lambda text: pattern.matches(_plain(text)), reasons)


def _plain(text: str) -> dict[str, Json]:
    """An event as patterns see it: bytes as base64, sets as lists."""
    return _object(text) if values.is_plain(text) else values.as_plain(_object(text))


def _object(text: str) -> dict[str, Json]:
    found = values.decode(text)
    return found if isinstance(found, dict) else {}


def start_of(given: str | int) -> tuple[Start, bool]:
    """Where a new pipe begins, and whether with what is there.

    Raises:
        InvalidValue: it is no such place.
    """
    if given == "snapshot":
        return LATEST, True
    return (HORIZON if given == "horizon" else parse_start(given)), False
