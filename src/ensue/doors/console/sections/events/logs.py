"""What can be watched, and how one piece of it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ensue.app.watching import KINDS
from ensue.doors.console.visit import Handle, Visit, plain
from ensue.words.errors import InvalidValue, NotFound
from ensue.words.names import Ref
from ensue.words.units import iso
from ensue.words.values import shown

TEXT_LENGTH_MAX = 240
HELD = {"bus": "events", "topic": "messages", "stream": "records"}


class Place(NamedTuple):
    """A bus, a topic or a stream, as the address names it.

    Attributes:
        handle: the resource.
        kind: its kind, where the address has to say it; None where its name says enough.
    """

    handle: Handle
    kind: str | None

    @property
    def ref(self) -> Ref:
        """What it is called."""
        found: Ref = self.handle.ref
        return found


def place_of(visit: Visit, kind: str | None = None) -> Place:
    """What the address's ``{app}`` and ``{name}`` are: a bus, else a topic, else a stream.

    Args:
        visit: the visit.
        kind: which of the three, where the address says it.

    Raises:
        NotFound: there is none.
    """
    asked = Ref(visit.path["app"], kind or "", visit.path["name"])
    for each in KINDS if kind is None else (kind,):
        if each in KINDS and Ref(asked.app, each, asked.name) in visit.platform.refs():
            return Place(visit.resource(each), kind)
    raise NotFound(f"there is no bus, topic or stream {asked.name} of {asked.app}")


def bus_of(visit: Visit) -> Handle:
    """The bus that the address names.

    Raises:
        NotFound: there is none.
    """
    return visit.resource("bus")


def logs_of(visit: Visit) -> list[Ref]:
    """All that can be watched, in the order of declaration."""
    return [ref for ref in visit.platform.refs() if ref.kind in KINDS]


def told(ref: Ref) -> dict[str, str]:
    """What a resource is called, for a twin in JSON."""
    return {"app": ref.app, "kind": ref.kind, "name": ref.name}


def row_of(visit: Visit, ref: Ref, event: Mapping[str, Any]) -> dict[str, Any]:
    """An event, a message or a record as a line."""
    row: dict[str, Any] = {**told(ref), "id": event.get("id"), "replay": None}
    if ref.kind == "bus":
        row |= {
            "time": event.get("time"),
            "title": event.get("detail-type"),
            "source": event.get("source"),
            "replay": event.get("replay-name"),
        }
        body = event.get("detail")
    elif ref.kind == "topic":
        attributes = visit.payload(event.get("attributes") or {})
        row |= {
            "time": _time(event.get("sent_ms")),
            "title": shown(attributes, 60) if attributes else "message",
            "source": event.get("group"),
        }
        body = event.get("body")
    else:
        row |= {
            "time": _time(event.get("at_ms")),
            "title": event.get("key") or "record",
            "source": f"shard {event.get('shard')}",
        }
        body = event.get("data")
    return row | {"text": shown(visit.payload(body), TEXT_LENGTH_MAX)}


def masked_event(visit: Visit, ref: Ref, event: Mapping[str, Any]) -> dict[str, Any]:
    """A whole event, with what users put in as it may be shown."""
    hidden = {"bus": "detail", "topic": "body", "stream": "data"}[ref.kind]
    return {
        name: visit.payload(value) if name in {hidden, "attributes", "resources"} else value
        for name, value in plain(dict(event)).items()
    }


def written(ref: Ref) -> str:
    """A resource as one word of an address: ``bus/shop/order-events``."""
    return f"{ref.kind}/{ref.app}/{ref.name}"


def positions_of(text: str | None) -> dict[Ref, int]:
    """Positions by log, as an address has them: ``bus/shop/order-events:17,…``.

    Raises:
        InvalidValue: it is none of these.
    """
    return dict(_positions(text)) if text else {}


def positions_text(positions: Mapping[Ref, int]) -> str:
    """Positions by log as an address has them."""
    return ",".join(f"{written(ref)}:{position}" for ref, position in positions.items())


def _positions(text: str) -> Iterator[tuple[Ref, int]]:
    for part in text.split(","):
        place, _, position = part.rpartition(":")
        words = place.split("/")
        if len(words) != 3 or not position.isdigit() or len(position) > 18:
            raise InvalidValue(
                f"expected positions such as bus/shop/order-events:17, got {part[:80]!r}",
                at="query.after",
            )
        kind, app, name = words
        yield Ref(app, kind, name), int(position)


def _time(ms: object) -> str | None:
    return iso(ms) if isinstance(ms, int) else None
