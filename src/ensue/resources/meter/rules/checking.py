"""Whether an event can be recorded, looked at in the order in which a refusal is told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from ensue.resources.meter.model import (
    ID_LENGTH_MAX,
    PROPERTIES_BYTES_MAX,
    PROPERTY_LENGTH_MAX,
    SUBJECT_LENGTH_MAX,
    TYPE_LENGTH_MAX,
    MeterEvent,
    MeterModel,
    RefusedEvent,
)
from ensue.words import values
from ensue.words.errors import InvalidInput, InvalidValue, LimitExceeded
from ensue.words.units import human_ms
from ensue.words.values import shown

_SCALARS = {str, int, float, bool, Decimal}


def refusal(
    meter: MeterModel, event: MeterEvent, index: int, *, now_ms: int, kept_from_ms: int
) -> RefusedEvent | None:
    """Why an event is not recorded, as far as its time and its names tell; None where they do not.

    Args:
        meter: where it is to be recorded.
        event: as it was given, whatever that is.
        index: its place in the batch.
        now_ms: the present.
        kept_from_ms: before that the log may have forgotten what it was told.
    """
    said: tuple[Literal["future", "past", "invalid"], str] | None = None
    time_ms = event.time_ms
    if type(time_ms) is not int:
        said = "invalid", f"expected a time in ms since 1970, got {shown(time_ms)}"
    elif time_ms > now_ms + meter.future_ms:
        said = "future", f"its time is more than {human_ms(meter.future_ms)} ahead"
    elif time_ms < now_ms - meter.past_ms or time_ms < kept_from_ms or time_ms < 0:
        said = "past", f"its time is more than {human_ms(meter.past_ms)} ago"
    else:
        try:
            _check_text(event.id, "id", ID_LENGTH_MAX)
            _check_text(event.subject, "subject", SUBJECT_LENGTH_MAX)
            _check_text(event.type, "type", TYPE_LENGTH_MAX)
        except InvalidValue as fault:
            said = "invalid", str(fault)
    return None if said is None else refused(index, event, *said)


def refused(
    index: int, event: MeterEvent, code: Literal["future", "past", "invalid"], reason: str
) -> RefusedEvent:
    """An event that was refused, whatever it has as an id."""
    event_id: object = event.id  # whatever somebody gave
    return RefusedEvent(index, event_id if isinstance(event_id, str) else "", code, reason)


def properties_text(given: object) -> str:
    """The properties of an event as JSON text.

    Raises:
        InvalidValue: they are no texts, numbers and bools by name, or one is too long.
        TooLarge: all together are too long.
    """
    if not isinstance(given, Mapping):
        raise InvalidValue(
            f"expected properties by name, got {type(given).__name__}", at="$.properties"
        )
    for name, value in given.items():
        if not isinstance(name, str) or type(value) not in _SCALARS:
            raise InvalidValue(
                f"expected a text, a number or a bool, got {shown(value)}",
                at=f"$.properties.{name}",
            )
        if type(value) is str and len(value) > PROPERTY_LENGTH_MAX:
            raise InvalidValue(
                f"expected at most {PROPERTY_LENGTH_MAX} characters, got {len(value)}",
                at=f"$.properties.{name}",
            )
    text = values.encode(dict(given))
    if len(text) > PROPERTIES_BYTES_MAX:
        raise InvalidValue(
            f"expected at most {PROPERTIES_BYTES_MAX} characters of JSON, got {len(text)}",
            at="$.properties",
        )
    return text


UNUSABLE = (InvalidInput, LimitExceeded)


def _check_text(found: object, what: str, length_max: int) -> None:
    if isinstance(found, str) and 0 < len(found) <= length_max and found.isascii():
        return
    if found is None:
        raise InvalidValue(f"expected {what}, got none", at=f"$.{what}")
    values.check_name(found, what, length_max, f"$.{what}")
