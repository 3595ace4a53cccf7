"""What goes through the channels of apps, from their declarations: messages, and who gets them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ensue.app.app import App
from ensue.app.routes import Route
from ensue.engine.typed import named_type
from ensue.resources.bus import Bus, Event
from ensue.resources.destination import Destination
from ensue.resources.function import Function
from ensue.resources.queue import Message, Queue
from ensue.resources.schemas import Schemas
from ensue.resources.stream import Stream, StreamRecord
from ensue.resources.topic import Notification, Topic
from ensue.words.names import Ref
from ensue.words.shapes import TypeForm
from ensue.words.values import Json

ANY_EVENT = "event"
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Carried:
    """A message that goes through a channel.

    Attributes:
        key: its name, one of its channel.
        title: what it is called, for people.
        type: the type of its body, or of its detail; None where nobody names one.
        detail_type: of an event of a bus: its detail-type; None for any.
    """

    key: str
    title: str
    type: TypeForm | None = None
    detail_type: str | None = None


@dataclass(frozen=True)
class Channel:
    """A place that messages go through.

    Attributes:
        key: its name, one of all apps.
        kind: the kind of its resource; ``webhook`` for a route.
        ref: the resource; of a route the app, and the route's path as its name.
        messages: what goes through it.
        destination: of a destination: it.
        route: of a webhook: its route.
    """

    key: str
    kind: str
    ref: Ref
    messages: tuple[Carried, ...]
    destination: Destination | None = None
    route: Route | None = None


@dataclass(frozen=True)
class Doing:
    """What an app does with a channel.

    Attributes:
        key: its name, one of all apps.
        action: ``send`` or ``receive``, as the app does it.
        channel: which.
        messages: which of its messages; all for none.
        words: what is said of it.
    """

    key: str
    action: str
    channel: Channel
    messages: tuple[str, ...] = ()
    words: str = ""


@dataclass
class Messaging:
    """The channels of apps, and what is done with them."""

    channels: list[Channel] = field(default_factory=list)
    doings: list[Doing] = field(default_factory=list)


def messaging(apps: Sequence[App], known: Mapping[Ref, Iterable[str]] | None = None) -> Messaging:
    """The channels of apps, and what they do with them.

    Args:
        apps: whose.
        known: for a bus the detail-types that a registry of schemas knows.
    """
    found = Messaging()
    for app in apps:
        for resource in app.resources.values():
            match resource:
                case Bus():
                    _add_bus(found, app, resource, (known or {}).get(resource.ref, ()))
                case Queue():
                    _add_queue(found, resource)
                case Topic():
                    _add_topic(found, app, resource)
                case Stream():
                    _add_stream(found, app, resource)
                case Destination():
                    _add_destination(found, resource)
                case _:
                    pass
        for route in app.routes:
            if route.verify is not None:
                _add_webhook(found, app, route)
    return found


async def kept_schemas(apps: Sequence[App]) -> dict[Ref, dict[str, Mapping[str, Json]]]:
    """For each bus with a registry the newest schema of each detail-type in it."""
    found: dict[Ref, dict[str, Mapping[str, Json]]] = {}
    for app in apps:
        for bus in app.resources.values():
            name = bus.declared().get("schemas") if isinstance(bus, Bus) else None
            registry = app.resources.get(Ref(app.name, "schemas", str(name)))
            if not isinstance(registry, Schemas):
                continue
            newest: dict[str, Mapping[str, Json]] = {}
            for version in sorted(await registry.export(), key=lambda each: each.version):
                newest[version.subject.partition("@")[2]] = version.schema
            found[bus.ref] = newest
    return found


def _add_bus(found: Messaging, app: App, bus: Bus, known: Iterable[str]) -> None:
    types: dict[str, TypeForm | None] = dict.fromkeys(known)
    receivers: list[tuple[Function, tuple[str, ...]]] = []
    is_open = False
    for rule in bus.rules.all():
        names = tuple(dict.fromkeys(_detail_types(rule.pattern)))
        is_open = is_open or not names
        for name in names:
            types.setdefault(name, None)
        for target in rule.targets:
            function = app.resources.get(target.ref)
            if isinstance(function, Function):
                receivers.append((function, names))
                named = named_type(function.function, Event)
                for name in names:
                    types[name] = types[name] or named
    keys = _keys(types)
    messages = [Carried(keys[name], name, kind, name) for name, kind in types.items()]
    if is_open or not messages:
        keys[ANY_EVENT] = _keys([*types, ANY_EVENT])[ANY_EVENT]
        messages.append(Carried(keys[ANY_EVENT], "Any event"))
    channel = _channel(bus.ref, messages)
    found.channels.append(channel)
    found.doings.append(_sending(channel, "Publish an event."))
    for function, names in receivers:
        heard = tuple(keys[name] for name in names or (ANY_EVENT,))
        found.doings.append(_receiving(channel, function.ref, function.function, heard))
    found.doings.extend(_following(channel, app))


def _add_queue(found: Messaging, queue: Queue[Any]) -> None:
    if queue.dead_letters is None:
        return
    shape, consumer = queue.model.shape, queue.consumed_by
    kind = shape.kind if shape is not None else None
    if kind is None and consumer is not None:
        kind = named_type(consumer, Message)
    channel = _channel(queue.ref, [Carried("message", _title(kind, "Message"), kind)])
    found.channels.append(channel)
    found.doings.append(_sending(channel, "Send a message."))
    if consumer is not None:
        found.doings.append(_receiving(channel, queue.ref, consumer))


def _add_topic(found: Messaging, app: App, topic: Topic) -> None:
    targets = [app.resources.get(each.target) for each in topic.subscriptions.all()]
    functions = [each for each in targets if isinstance(each, Function)]
    kind = _first(functions, Notification)
    channel = _channel(topic.ref, [Carried("message", _title(kind, "Message"), kind)])
    found.channels.append(channel)
    found.doings.append(_sending(channel, "Publish a message."))
    for function in functions:
        found.doings.append(_receiving(channel, function.ref, function.function))


def _add_stream(found: Messaging, app: App, stream: Stream[Any]) -> None:
    shape = stream.model.shape
    kind = shape.kind if shape is not None else _first(_followers(stream.ref, app), StreamRecord)
    channel = _channel(stream.ref, [Carried("record", _title(kind, "Record"), kind)])
    found.channels.append(channel)
    found.doings.append(_sending(channel, "Append a record."))
    found.doings.extend(_following(channel, app))


def _add_destination(found: Messaging, destination: Destination) -> None:
    channel = Channel(
        _channel_key(destination.ref),
        "destination",
        destination.ref,
        (Carried("request", "Request"),),
        destination=destination,
    )
    found.channels.append(channel)
    found.doings.append(_sending(channel, "Send a request."))


def _add_webhook(found: Messaging, app: App, route: Route) -> None:
    ref = Ref(app.name, "webhook", route.path)
    carried = Carried("request", "Signed request")
    channel = Channel(
        _key(f"{app.name}.webhook.{route.path}"), "webhook", ref, (carried,), None, route
    )
    found.channels.append(channel)
    found.doings.append(_receiving(channel, ref, route.function))


def _following(channel: Channel, app: App) -> Iterator[Doing]:
    for function in _followers(channel.ref, app):
        yield _receiving(channel, function.ref, function.function)


def _followers(ref: Ref, app: App) -> list[Function]:
    every = [each for each in app.resources.values() if isinstance(each, Function)]
    return [each for each in every if each.follows == ref]


def _first(functions: Sequence[Function], kind: type[Any]) -> TypeForm | None:
    """The type that the first of these functions names which names one."""
    named = (named_type(each.function, kind) for each in functions)
    return next((each for each in named if each is not None), None)


def _detail_types(pattern: Mapping[str, Json]) -> Iterator[str]:
    """The detail-types that a pattern names exactly."""
    given = pattern.get("detail-type")
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, str):
            yield each


def _channel(ref: Ref, messages: Sequence[Carried]) -> Channel:
    return Channel(_channel_key(ref), ref.kind, ref, tuple(messages))


def _channel_key(ref: Ref) -> str:
    return f"{ref.app}.{ref.kind}.{ref.name}"


def _sending(channel: Channel, words: str) -> Doing:
    return Doing(f"{channel.key}.send", "send", channel, words=words)


def _receiving(
    channel: Channel, by: Ref, function: Callable[..., Any], messages: tuple[str, ...] = ()
) -> Doing:
    name = str(getattr(function, "__name__", by.name))
    words = inspect.getdoc(function) or ""
    return Doing(_key(f"{channel.key}.receive.{name}"), "receive", channel, messages, words)


def _title(kind: TypeForm | None, otherwise: str) -> str:
    return str(getattr(kind, "__name__", otherwise))


def _keys(names: Iterable[str]) -> dict[str, str]:
    """A key for each name: what has odd characters in common is told apart by a number."""
    keys: dict[str, str] = {}
    for name in names:
        key, number = _key(name), 2
        while key in keys.values():
            key, number = f"{_key(name)}_{number}", number + 1
        keys[name] = key
    return keys


def _key(text: str) -> str:
    return _ODD.sub("_", text).strip("_") or "_"
