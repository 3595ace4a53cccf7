"""Which version an event has, whether a new one may come, and what discovery makes of an event."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ensue.languages.schemas import Tree, breaks, infer, merge, parse, write
from ensue.resources.schemas.model import DISCOVERED, Version
from ensue.words import values
from ensue.words.errors import Conflict
from ensue.words.values import Json

BREAKS_SHOWN = 5


def digest_of(schema: Mapping[str, Any]) -> str:
    """What tells a schema from others, whatever the order of its keywords."""
    text = values.encode(_sorted(schema))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def said_by_people(found: Sequence[Version]) -> list[Version]:
    """The versions that count: those that were declared or registered, or else all."""
    return [each for each in found if each.origin != DISCOVERED] or list(found)


def check_compatible(rule: str, found: Sequence[Version], new: Tree, subject: str) -> None:
    """Check that a new version breaks nobody.

    Raises:
        Conflict: it does; says where, and against which version.
    """
    earlier = [(each.version, parse(each.schema)) for each in said_by_people(found)]
    broken = breaks(rule, earlier, new)
    if not broken:
        return
    said = "; ".join(map(str, broken[:BREAKS_SHOWN]))
    more = f"; and {len(broken) - BREAKS_SHOWN} more" if len(broken) > BREAKS_SHOWN else ""
    raise Conflict(
        f"expected a version of {subject} that is {rule} compatible: {said}{more}",
        at=broken[0].path,
        hint="Make it fit, or register it under another detail-type.",
    )


def discovered(latest: Version | None, detail: Mapping[str, Any], title: str) -> dict[str, Json]:
    """The schema of a subject after one more event: the newest one, widened by it."""
    tree = infer(detail)
    if latest is not None:
        tree = merge(parse(latest.schema), tree)
    made: dict[str, Any] = write(tree, title=title)
    return made


def _sorted(value: Any) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list | tuple) else value
