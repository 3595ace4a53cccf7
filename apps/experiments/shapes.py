"""What comes in and goes out: the names are those of the clients."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypedDict

import msgspec

from ensue import Body, InvalidValue, Meta

Text = Annotated[str, Meta(min_length=1, max_length=128)]
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
When = str | int | None


class Variant(Body):
    """A variant, and its share of the users by its weight."""

    id: Text
    weight: Weight


class Plan(Body):
    """An experiment as it is to be: the first variant is the control, unless another is named."""

    variants: Annotated[list[Variant], Meta(min_length=1, max_length=20)]
    active: bool = True
    control: Text | None = None


class Listed(msgspec.Struct):
    """An experiment in the manifest."""

    id: str
    active: bool
    variants: list[Variant]


class Manifest(msgspec.Struct):
    """All experiments."""

    experiments: list[Listed]


class Asked(Body):
    """Whose variants are wanted: of one experiment, or of all that are active."""

    experimentId: Text | None = None  # noqa: N815 - the clients' names
    userId: Text | None = None  # noqa: N815


class Assigned(msgspec.Struct):
    """The variants of a user, by experiment."""

    userId: str  # noqa: N815
    variants: dict[str, str]


class Collect(msgspec.Struct):
    """An event, or a question; the names may also be written ``experiment_id``, ``user_id``."""

    action: str | None = None
    experimentId: str | None = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    variant: str | None = None
    experiment_id: str | None = None
    user_id: str | None = None
    eventId: Text | None = None  # noqa: N815
    start: When = None
    end: When = None
    from_: When = msgspec.field(default=None, name="from")
    to: When = None


class Data(TypedDict):
    """An event as it was logged."""

    userId: str
    ts: str
    experimentId: str
    variant: str
    action: str


class Counts(TypedDict):
    """What was counted; ``ctr`` is clicks by impressions, and may be above 1."""

    impressions: int
    clicks: int
    ctr: float
    uniqueUsers: int


Window = TypedDict("Window", {"from": str, "to": str})


class Collected(TypedDict, total=False):
    """What became of it: ``message`` and ``data`` of an event, the rest for a question."""

    message: str
    data: Data
    experimentId: str
    window: Window
    totals: Counts
    variants: dict[str, Counts]


def moment(given: When, default_ms: int, at: str) -> int:
    """A time of ISO 8601 (in UTC, where it has no zone) or in ms, as ms.

    Raises:
        InvalidValue: it is none.
    """
    if given is None:
        return default_ms
    try:
        if isinstance(given, str) and not given.isdigit():
            found = datetime.fromisoformat(given)
            given = round(
                (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1_000
            )
        return datetime.fromtimestamp(int(given) / 1_000, UTC) and int(given)
    except (ValueError, OverflowError, OSError):
        raise InvalidValue(
            f"expected a time such as 2026-11-21T13:47:03Z, got {given!r}", at=at
        ) from None


def iso(ms: int) -> str:
    """A time in ISO 8601, to the millisecond."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
