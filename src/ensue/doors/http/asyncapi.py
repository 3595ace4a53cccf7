"""The description of what apps send and receive: AsyncAPI 3.0 (https://www.asyncapi.com/docs).

Everything comes from the declarations: channels from buses, queues, topics, streams, destinations
and signed routes; messages from the detail-types that rules name and the types that handlers name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ensue.app.app import App
from ensue.app.messaging import Carried, Channel, Doing, Messaging, messaging
from ensue.doors.http.openapi import HOUSE_TAG, worded
from ensue.doors.http.routing import names_in
from ensue.doors.http.schemas import REF, Schema, Schemas
from ensue.resources.destination import ApiKey, Basic, Destination, OAuthClientCredentials
from ensue.words.names import Ref
from ensue.words.shapes import TypeForm
from ensue.words.values import Json
from ensue.words.version import VERSION

ASYNCAPI_VERSION = "3.0.0"
BINDING_VERSION = "0.3.0"
JSON = "application/json"

_EVENT = {
    "version": {"type": "string"},
    "id": {"type": "string"},
    "detail-type": {"type": "string"},
    "source": {"type": "string"},
    "account": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "region": {"type": "string"},
    "resources": {"type": "array", "items": {"type": "string"}},
    "detail": {"type": "object"},
}


Kept = Mapping[Ref, Mapping[str, Mapping[str, Json]]]


def described_messaging(apps: Sequence[App], kept: Kept | None = None) -> dict[str, Any]:
    """The description, as a JSON object.

    Args:
        apps: whose channels are described.
        kept: for a bus with a registry of schemas, the schema of each detail-type in it.
    """
    found = messaging(apps, kept)
    schemas = Schemas(_types_in(found))
    parts = _Parts(schemas, kept or {})
    made: dict[str, Any] = {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {"title": ", ".join(app.name for app in apps) or HOUSE_TAG, "version": VERSION},
        "defaultContentType": JSON,
        "channels": {each.key: parts.channel(each) for each in found.channels},
        "operations": _operations(found.doings),
        "components": {"messages": parts.messages, "schemas": schemas.components | parts.kept},
    }
    if parts.servers:
        made["servers"] = parts.servers
    if parts.security:
        made["components"]["securitySchemes"] = parts.security
    return made


class _Parts:
    """What channels share, collected as they are described."""

    def __init__(self, schemas: Schemas, kept: Kept) -> None:
        self._schemas = schemas
        self._kept = kept
        self.kept: dict[str, Schema] = {}
        self.messages: dict[str, Schema] = {}
        self.servers: dict[str, Schema] = {}
        self.security: dict[str, Schema] = {}

    def channel(self, channel: Channel) -> Schema:
        """A channel; its messages, and its server where it has one, are noted."""
        said: Schema = {
            "address": channel.ref.name,
            "title": channel.ref.name,
            "summary": f"The {channel.kind} {channel.ref.name} of {channel.ref.app}.",
            "messages": {
                each.key: {"$ref": f"#/components/messages/{self._message(channel, each)}"}
                for each in channel.messages
            },
            "tags": [{"name": channel.ref.app}, {"name": channel.kind}],
        }
        if channel.destination is not None:
            said |= self._outside(channel.key, channel.destination)
        elif names_in(channel.ref.name):
            said["parameters"] = {name: {} for name in names_in(channel.ref.name)}
        return said

    def _message(self, channel: Channel, message: Carried) -> str:
        key = f"{channel.key}.{message.key}"
        said: Schema = {"name": message.title, "title": message.title, "contentType": JSON}
        payload = self._payload(channel, message)
        if payload:
            said["payload"] = payload
        self.messages[key] = said
        return key

    def _payload(self, channel: Channel, message: Carried) -> Schema:
        body = self._schemas.of(message.type) if message.type is not None else {}
        if channel.kind != "bus":
            return body
        own = self._kept.get(channel.ref, {}).get(message.detail_type or "")
        if own is not None:
            key = f"{channel.key}.{message.key}"
            self.kept[key] = _rooted(own, key)
            body = {"$ref": REF.format(name=key)}
        properties: Schema = dict(_EVENT)
        if message.detail_type is not None:
            properties["detail-type"] = {"type": "string", "const": message.detail_type}
        if body:
            properties["detail"] = body
        required = ["id", "detail-type", "source", "time", "resources", "detail"]
        return {"type": "object", "required": required, "properties": properties}

    def _outside(self, key: str, destination: Destination) -> Schema:
        model = destination.model
        parts = urlsplit(model.url)
        server: Schema = {"host": parts.netloc, "protocol": parts.scheme}
        scheme = _security_scheme(model.connection)
        if scheme is not None:
            self.security[key] = scheme
            server["security"] = [{"$ref": f"#/components/securitySchemes/{key}"}]
        self.servers[key] = server
        said: Schema = {
            "address": parts.path or "/",
            "servers": [{"$ref": f"#/servers/{key}"}],
        }
        if model.path:
            said["parameters"] = {
                name: {"location": _location(given)} if given.startswith("$.") else {}
                for name, given in model.path.items()
            }
        return said


def _rooted(schema: Mapping[str, Json], key: str) -> Schema:
    """A schema of its own as a component: what it refers to within itself is found there."""

    def moved(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: _moved_ref(name, inner, key, moved) for name, inner in value.items()}
        return [moved(each) for each in value] if isinstance(value, list) else value

    return {name: moved(inner) for name, inner in schema.items() if name not in {"$schema", "$id"}}


def _moved_ref(name: str, inner: Json, key: str, moved: Callable[[Json], Json]) -> Json:
    if name == "$ref" and isinstance(inner, str) and inner.startswith("#"):
        return REF.format(name=key) + inner[1:]
    return moved(inner)


def _operations(doings: Sequence[Doing]) -> dict[str, Schema]:
    made: dict[str, Schema] = {}
    for doing in doings:
        key, number = doing.key, 2
        while key in made:
            key, number = f"{doing.key}_{number}", number + 1
        made[key] = _operation(doing)
    return made


def _operation(doing: Doing) -> Schema:
    channel = doing.channel
    said: Schema = {"action": doing.action, "channel": {"$ref": f"#/channels/{channel.key}"}}
    summary, description = worded(doing.words)
    if summary:
        said["summary"] = summary
    if description:
        said["description"] = description
    if doing.messages:
        said["messages"] = [
            {"$ref": f"#/channels/{channel.key}/messages/{each}"} for each in doing.messages
        ]
    method = _method(channel)
    if method is not None:
        said["bindings"] = {"http": {"method": method, "bindingVersion": BINDING_VERSION}}
    return said


def _method(channel: Channel) -> str | None:
    if channel.destination is not None:
        return channel.destination.model.method
    return None if channel.route is None else channel.route.method


def _location(path: str) -> str:
    """A path into the body as AsyncAPI writes it: a JSON pointer into the payload."""
    return "$message.payload#/" + path[2:].replace("[", "/").replace("]", "").replace(".", "/")


def _security_scheme(connection: object) -> Schema | None:
    match connection:
        case ApiKey():
            return {"type": "httpApiKey", "name": connection.header, "in": "header"}
        case Basic():
            return {"type": "http", "scheme": "basic"}
        case OAuthClientCredentials():
            scopes = dict.fromkeys((connection.scope or "").split(), "")
            flow = {"tokenUrl": connection.token_url, "availableScopes": scopes}
            return {"type": "oauth2", "flows": {"clientCredentials": flow}}
        case _:
            return None


def _types_in(found: Messaging) -> Iterator[TypeForm]:
    for channel in found.channels:
        for message in channel.messages:
            if message.type is not None:
                yield message.type
