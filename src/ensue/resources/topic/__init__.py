"""The topic: one message for every subscriber that wants it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.resources.topic.audit import audit
from ensue.resources.topic.handle import Topic
from ensue.resources.topic.model import FilterOn, Match, Notification, Subscription
from ensue.resources.topic.store import publish
from ensue.words.kinds import Kind, Operation
from ensue.words.values import Json

__all__ = ["KIND", "FilterOn", "Match", "Notification", "Subscription", "Topic", "publish"]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
PATTERN = msgspec.Meta(description="Which messages: an event pattern on body, attributes, group.")


class Publish(msgspec.Struct, forbid_unknown_fields=True):
    """A message to publish."""

    body: Any
    attributes: dict[str, Any] = {}
    group: Text | None = None
    deduplication_id: Text | None = None


class Explain(msgspec.Struct, forbid_unknown_fields=True):
    """Which message."""

    id: str


class Tail(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, how many milliseconds to wait, and only what matches."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10
    wait: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0
    pattern: Annotated[dict[str, Any] | None, PATTERN] = None
    before: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Subscribed(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is asked for but the topic."""


async def _publish(topic: Topic, given: Publish) -> dict[str, Json]:
    published = await topic.publish(
        given.body,
        attributes=given.attributes,
        group=given.group,
        deduplication_id=given.deduplication_id,
    )
    return {"id": published}


async def _explain(topic: Topic, given: Explain) -> list[Match]:
    return await topic.explain(given.id)


async def _tail(topic: Topic, given: Tail) -> dict[str, Json]:
    found, position = await topic.tail(
        after=given.after,
        limit=given.limit,
        wait_ms=given.wait,
        pattern=given.pattern,
        before=given.before,
    )
    return {"messages": found, "position": position}


async def _subscriptions(topic: Topic, given: Subscribed) -> dict[str, Json]:
    del given
    return topic.subscribed()


async def _status(topic: Topic) -> dict[str, Json]:
    return {"messages": await topic.count(), "subscriptions": len(topic.subscribed())}


KIND = Kind(
    name="topic",
    plural="topics",
    summary="Messages for every subscriber that wants them.",
    aws="SNS",
    operations=(
        Operation("publish", "Publish a message.", Publish, _publish, writes=True),
        Operation(
            "tail", "Read the newest messages, or wait for new ones.", Tail, _tail, writes=False
        ),
        Operation(
            "subscriptions",
            "List the subscriptions, with their filters.",
            Subscribed,
            _subscriptions,
            writes=False,
        ),
        Operation(
            "explain",
            "Say which subscriptions a message matched, and why not.",
            Explain,
            _explain,
            writes=False,
        ),
    ),
    status=_status,
    audit=audit,
    wiring=Topic.wiring,
)
