"""What was published, as what publishes it again: ready to be copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ensue.app.imported import imports_of
from ensue.doors.console.visit import Visit
from ensue.observe import again
from ensue.observe.again import Again, Code, matched_of
from ensue.words.names import Ref


async def copies_of(
    visit: Visit,
    ref: Ref,
    event: Mapping[str, Any],
    explained: Any,  # noqa: ANN401 - JSON
) -> dict[str, str | None]:
    """An event as curl, Python, pytest and ensue; None for a form that it has not.

    Args:
        visit: the visit.
        ref: where it was published.
        event: as `tail` shows it, as it may be shown.
        explained: for each rule or subscription whether it matches; nothing for a stream.
    """
    server = again.Server(visit.origin, visit.asks)
    sent = Again(ref, event)
    return {
        "curl": sent.as_curl(server),
        "python": sent.as_python(server),
        "pytest": _test(visit, sent, explained),
        "ensue": sent.as_command(server),
    }


def code_of(visit: Visit, ref: Ref) -> Code | None:
    """Where in Python the apps and a resource are; None where one of the apps has no name."""
    found = imports_of(visit.platform.apps)
    apps = [(each.module, each.name) for each in found.apps if each is not None]
    if len(apps) < len(found.apps):
        return None
    place = found.resources.get(ref)
    return Code(apps, None if place is None else (place.module, place.name))


def _test(visit: Visit, sent: Again, explained: Any) -> str | None:  # noqa: ANN401 - JSON
    code = code_of(visit, sent.ref)
    if code is None:
        return None
    if sent.ref.kind == "stream":
        return sent.as_test(code, None)
    handle = visit.resource(sent.ref.kind, sent.ref.name, sent.ref.app)
    rules = handle.described() if sent.ref.kind == "bus" else {}
    return sent.as_test(code, matched_of(explained, rules))
