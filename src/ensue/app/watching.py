"""Watching what is published to buses, topics and streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ensue.app.feeds import feed_of
from ensue.app.platform import Platform
from ensue.languages.patterns import compile_pattern
from ensue.observe.watching import Watch, Watched
from ensue.words.names import Ref

KINDS = ("bus", "topic", "stream")


def watch(
    platform: Platform,
    refs: Sequence[Ref],
    *,
    pattern: str | Mapping[str, Any] | None = None,
    after: Mapping[Ref, int] | None = None,
) -> Watch:
    """A watch over what is published to buses, topics and streams.

    Args:
        platform: what runs.
        refs: which of them.
        pattern: an event pattern: only what matches it; as an object or as JSON text.
        after: from which positions on; one that is not there begins at its end.

    Raises:
        NotFound: there is no such resource.
        InvalidDeclaration: one has nothing that can be watched.
        InvalidPattern: the pattern does not compile; says where.
    """
    logs = []
    for ref in refs:
        feed = feed_of(platform.resource(ref.kind, ref.name, ref.app), str(ref))
        if feed.of_record is not None:
            logs.append(Watched(ref, feed.of_record))
    wants = None if pattern is None else compile_pattern(pattern).matches
    return Watch(platform.engine, logs, wants, after or {})


def position_of(platform: Platform, ref: Ref, sought: str) -> int | None:
    """The position of what was published to a resource under an id; None where the id is another's.

    What is there may be forgotten by now.
    """
    place = platform.engine.records.place(sought)
    if place is None or place.number != platform.engine.number(ref):
        return None
    return place.sequence
