"""The words of topics: messages published once, and the subscriptions that each get them.

A message is kept in the topic's log and becomes deliveries to its subscribers in one transaction;
from there on each delivery has the life of its target's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal

from typing_extensions import TypeVar

from ensue.words.names import Ref, sql_name
from ensue.words.values import Item, Json

Body_co = TypeVar("Body_co", default=Any, covariant=True)

SUBSCRIPTIONS_MAX = 1_000
PAGE_MAX = 1_000
GROUP_LENGTH_MAX = 128
DEDUPLICATION_ID_LENGTH_MAX = 128
PUBLISHED = "published"  # the kind of its log's records

FilterOn = Literal["attributes", "body"]


@dataclass(frozen=True)
class TopicModel:
    """A topic as declared.

    Attributes:
        ref: what it is called.
    """

    ref: Ref

    @cached_property
    def log(self) -> str:
        """The SQL table that holds the log of messages."""
        return sql_name(self.ref.app, self.ref.name, "_published")


@dataclass(frozen=True)
class Subscription:
    """Who gets which messages.

    Attributes:
        target: who gets them.
        filter: an event pattern that they match; None for all messages.
        filter_on: what the pattern is about: the attributes, or the body.
        raw: whether the target gets the body as it is, with the attributes beside it; otherwise it
            gets a notification that says where it comes from.
    """

    target: Ref
    filter: Mapping[str, Json] | None = None
    filter_on: FilterOn = "attributes"
    raw: bool = True

    @property
    def name(self) -> str:
        """What it is called, one of its topic: its target."""
        return str(self.target)


@dataclass(frozen=True, slots=True)
class Notification(Generic[Body_co]):
    """A message of a topic as a handler of `App.on_message` gets it.

    Attributes:
        id: the same at every delivery and for every subscriber.
        topic: the topic's name.
        body: what was published, of the type that the handler names: ``Notification[News]``.
        sent_ms: when it was published.
        attributes: what was published beside the body.
        group: its message group; None for none.
    """

    id: str
    topic: str
    body: Body_co
    sent_ms: int
    attributes: dict[str, Json] = field(default_factory=dict)
    group: str | None = None

    @classmethod
    def from_envelope(cls, envelope: Json) -> Notification[Json]:
        """The notification in the body of a subscription that is not raw."""
        said = envelope if isinstance(envelope, dict) else {}
        body, sent_ms, group = said.get("body"), said.get("sent_ms"), said.get("group")
        attributes = said.get("attributes")
        return Notification(
            id=str(said.get("id", "")),
            topic=str(said.get("topic", "")),
            body=Item(body) if isinstance(body, dict) else body,
            sent_ms=sent_ms if isinstance(sent_ms, int) else 0,
            attributes=attributes if isinstance(attributes, dict) else {},
            group=group if isinstance(group, str) else None,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a subscription matches a message, and if not, why.

    Attributes:
        subscription: its target.
        matched: whether it does.
        reasons: for each field that failed: where, what was expected, what was found.
    """

    subscription: str
    matched: bool
    reasons: list[str]
