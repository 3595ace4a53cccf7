"""What comes in and goes out: the names are those of the clients."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

import msgspec

from ensue import Body, Meta

Text = Annotated[str, Meta(min_length=1, max_length=128)]
Short = Annotated[str, Meta(max_length=128)]
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
# RFC 3339, days that there are: what fits is a time, and what does not is refused by its form.
_DAY = (
    r"(19|2\d)\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)"
    r"|02-(0[1-9]|1\d|2[0-8]))|(19|2\d)(0[48]|[2468][048]|[13579][26])-02-29"
)
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
When = Annotated[str, Meta(pattern=rf"^({_DAY})T{_TIME}$")] | msgspec.UnsetType


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


_NAME = {"type": "string", "minLength": 1, "maxLength": 128}


def _either(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"required": [each], "properties": {each: _NAME}} for each in names]}


def _asks(actions: list[str], *needed: tuple[str, ...]) -> dict[str, Any]:
    return {
        "required": ["action"],
        "properties": {"action": {"enum": actions}},
        "allOf": [_either(*each) for each in needed],
    }


_EXPERIMENT, _USER = ("experimentId", "experiment_id"), ("userId", "user_id")
_NEEDED = {
    "anyOf": [
        _asks(["log_impression", "log_click"], _EXPERIMENT, _USER, ("variant",)),
        _asks(["get_stats"], _EXPERIMENT),
    ]
}


class Asking(msgspec.Struct):
    """An event, or a question; the names may also be written ``experiment_id``, ``user_id``."""

    action: str | None = None
    experimentId: Short | None = None  # noqa: N815
    userId: Short | None = None  # noqa: N815
    variant: Short | None = None
    experiment_id: Short | None = None
    user_id: Short | None = None
    eventId: Text | None = None  # noqa: N815
    start: When = msgspec.UNSET
    end: When = msgspec.UNSET
    from_: When = msgspec.field(default=msgspec.UNSET, name="from")
    to: When = msgspec.UNSET


# What is missing is told in words that clients know, and not by the decoder.
Collect = Annotated[Asking, Meta(extra_json_schema=_NEEDED)]


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


def ms_of(first: When, second: When, default_ms: int) -> int:
    """The time that is given, as ms."""
    given = second if first is msgspec.UNSET else first
    if given is msgspec.UNSET:
        return default_ms
    return round(datetime.fromisoformat(given).timestamp() * 1_000)


def iso(ms: int) -> str:
    """A time in ISO 8601, to the millisecond."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
