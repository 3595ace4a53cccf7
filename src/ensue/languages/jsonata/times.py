"""The time that ``$now`` tells."""

from __future__ import annotations

import json

from ensue.languages.jsonata.library import compiled
from ensue.words.units import iso
from ensue.words.values import Json, encode


def told_time(now_ms: int, picture: str | None = None, zone: str | None = None) -> Json:
    """A time in ISO 8601, or as a picture says.

    Args:
        now_ms: the time.
        picture: how to write it, such as ``[Y0001]-[M01]-[D01]``.
        zone: where, such as ``+0100``.

    Raises:
        ValueError: the picture or the zone is none.
    """
    if picture is None and zone is None:
        return iso(now_ms)
    given: dict[str, Json] = {"at": now_ms, "picture": picture, "zone": zone}
    known = {name: value for name, value in given.items() if value is not None}
    found = compiled("$fromMillis(at, picture, zone)").evaluate_json_or_none(encode(known))
    told: Json = None if found is None else json.loads(found)
    return told
