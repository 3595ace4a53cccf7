"""The description of what the door serves: OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0).

Everything comes from the declarations: types from the functions' signatures, words from their
docstrings, ``/_ensue`` from the catalog.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from ensue.app.app import App
from ensue.app.routes import Parameter, Route, Said
from ensue.doors.http import answers
from ensue.doors.http.answers import OwnErrors, Refusing
from ensue.doors.http.arguments import query_form
from ensue.doors.http.house import HouseRoute
from ensue.doors.http.once import IDEMPOTENCY_KEY_LENGTH_MAX
from ensue.doors.http.resources import BYTES
from ensue.doors.http.routing import names_in, shape_of
from ensue.doors.http.schemas import Schema, Schemas
from ensue.languages.cloudevents import SCHEMA, STRUCTURED, CloudEvent
from ensue.words.shapes import TypeForm
from ensue.words.version import VERSION

OPENAPI_VERSION = "3.1.0"
HOUSE_TAG = "ensue"
JSON, HTML = "application/json", "text/html"
_PLACES = frozenset({"path", "query", "body", "header", "cookie"})
_SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:", "Example:", "Examples:")


_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same for every try of one request: it is done once, and answered alike.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": IDEMPOTENCY_KEY_LENGTH_MAX,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
}


@dataclass(frozen=True)
class _Entry:
    """A method on a path, wherever it was declared."""

    method: str
    path: str
    name: str
    tag: str
    words: str
    parameters: tuple[Parameter, ...]
    returns: TypeForm
    status: int
    refused: Sequence[int] = ()
    statuses: Mapping[int, Said] = field(default_factory=dict)
    takes_key: bool = False
    media: str = "application/json"
    takes_bytes: bool = False
    needs_key: bool = False
    takes_raw: bool = False
    security: list[Schema] | None = None
    content: Mapping[str, Schema] | None = None
    is_limited: bool = False
    own_errors: OwnErrors = field(default_factory=lambda: OwnErrors({}))


def described_api(
    apps: Sequence[App], house: Sequence[HouseRoute], prefix: str, *, has_key: bool
) -> dict[str, Any]:
    """The description, as a JSON object.

    Args:
        apps: whose routes are served.
        house: what is served under ``prefix``.
        prefix: such as ``/_ensue``.
        has_key: whether requests must show a key.
    """
    entries = [_of_app(app, route, has_key=has_key) for app in apps for route in app.routes]
    entries += [_of_house(route, prefix, has_key=has_key) for route in house]
    schemas = Schemas(_types_in(entries))
    paths: dict[str, Schema] = {}
    templates: dict[str, str] = {}
    taken: set[str] = set()
    for entry in entries:
        # Paths that differ only in the names of their parameters are one path, and one entry.
        template = templates.setdefault(shape_of(entry.path), entry.path)
        described = _operation(entry, template, schemas, taken)
        if has_key and entry.path == f"{prefix}/health":
            described["security"] = []
        paths.setdefault(template, {})[entry.method.lower()] = described
    made: dict[str, Any] = {
        "openapi": OPENAPI_VERSION,
        "info": {"title": ", ".join(app.name for app in apps) or HOUSE_TAG, "version": VERSION},
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, answers.ERROR: answers.error_schema()},
            "responses": answers.components(),
        },
        "tags": [{"name": name} for name in [*(app.name for app in apps), HOUSE_TAG]],
    }
    if has_key:
        made["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        made["security"] = [{"bearer": []}, {"key": []}]
    signed = {
        name: scheme
        for app in apps
        for route in app.routes
        if route.verify is not None
        for name, scheme in route.verify.described().items()
    }
    if signed:
        made["components"].setdefault("securitySchemes", {}).update(signed)
    return made


def _of_app(app: App, route: Route, *, has_key: bool) -> _Entry:
    empty = route.returns is type(None) and route.status == HTTPStatus.OK
    may_return = Any if _media_of(route) != JSON else answers.body_type(route.returns)
    returns, statuses = may_return, dict(route.statuses)
    if route.status == HTTPStatus.OK and not empty:
        returns = answers.something(may_return)
    if returns is not may_return:
        statuses.setdefault(int(HTTPStatus.NO_CONTENT), "There is nothing to answer.")
    takes_raw = route.method != "GET" and any(
        each.place in {"raw", "signed"} for each in route.parameters
    )
    refusing = Refusing(
        takes_body=takes_raw or any(each.place == "body" for each in route.parameters),
        takes_key=route.takes_key,
        needs_caller=has_key and route.verify is None,
        has_rate=route.rate_per_second is not None or route.limit is not None,
    )
    return _Entry(
        method=route.method,
        path=route.path,
        name=str(getattr(route.function, "__name__", "answer")),
        tag=app.name,
        words=inspect.getdoc(route.function) or "",
        parameters=tuple(each for each in route.parameters if each.place in _PLACES),
        returns=returns,
        media=_media_of(route),
        status=HTTPStatus.NO_CONTENT if empty else route.status,
        refused=refusing.statuses(),
        statuses=statuses,
        own_errors=OwnErrors(app.error_answers),
        takes_key=route.takes_key,
        needs_key=route.idempotency == "required",
        is_limited=route.limit is not None,
        takes_raw=takes_raw,
        security=None
        if route.verify is None
        else [{name: []} for name in route.verify.described()],
    )


def _media_of(route: Route) -> str:
    if route.streams:
        return BYTES
    return JSON if route.pages is None else HTML


def _of_house(route: HouseRoute, prefix: str, *, has_key: bool) -> _Entry:
    refusing = Refusing(
        takes_body=route.body is not None or route.takes_bytes,
        takes_key=route.writes,
        needs_caller=has_key or route.is_barred,
    )
    parameters = [Parameter(name, "path", str, required=True) for name in names_in(route.path)]
    for kind in route.query:
        parameters += [
            Parameter(each.encode_name, "query", each.type, each.required, _default_of(each))
            for each in msgspec.structs.fields(kind)
        ]
    if route.body is not None:
        needed = any(each.required for each in msgspec.structs.fields(route.body))
        parameters.append(Parameter("body", "body", route.body, required=needed))
    return _Entry(
        method=route.method,
        path=prefix + route.path.replace(":path}", "}"),
        name=f"{HOUSE_TAG}_{route.name}",
        tag=HOUSE_TAG,
        words=route.summary,
        parameters=tuple(parameters),
        returns=route.returns,
        status=HTTPStatus.NO_CONTENT if route.method == "DELETE" else HTTPStatus.OK,
        refused=[*refusing.statuses(), *([HTTPStatus.NOT_FOUND] if names_in(route.path) else [])],
        takes_key=route.writes,
        media="application/json" if route.takes_bytes else route.media,
        takes_bytes=route.takes_bytes,
        content=route.content,
    )


def _default_of(given: msgspec.structs.FieldInfo) -> object:
    return None if given.default is msgspec.NODEFAULT else given.default


def _types_in(entries: Iterable[_Entry]) -> Iterator[TypeForm]:
    for entry in entries:
        yield entry.returns
        yield from answers.types_told(entry.statuses)
        yield from entry.own_errors.types
        for parameter in entry.parameters:
            yield parameter.type


def _operation(entry: _Entry, template: str, schemas: Schemas, taken: set[str]) -> Schema:
    summary, description = worded(entry.words)
    described: Schema = {"operationId": _unique(entry, taken), "tags": [entry.tag]}
    if summary:
        described["summary"] = summary
    if description:
        described["description"] = description
    names = dict(zip(names_in(entry.path), names_in(template), strict=True))
    parameters = [
        _parameter(each, names.get(each.name, each.name), schemas)
        for each in entry.parameters
        if each.place != "body"
    ]
    if entry.takes_key:
        parameters.append(_KEY | {"required": entry.needs_key})
    if parameters:
        described["parameters"] = parameters
    if entry.security is not None:
        # A list without any says that none of the API's own credentials are asked for.
        described["security"] = entry.security
    body = _request_body(entry, schemas)
    if body is not None:
        described["requestBody"] = body
    described["responses"] = _responses(entry, schemas)
    return described


def _request_body(entry: _Entry, schemas: Schemas) -> Schema | None:
    if entry.takes_bytes:
        return {"required": True, "content": {"*/*": {}}}
    if entry.content is not None:
        content = {kind: {"schema": schema} for kind, schema in entry.content.items()}
        return {"required": True, "content": content}
    for each in entry.parameters:
        if each.place == "body" and each.type is CloudEvent:
            return {
                "required": True,
                "description": "An event in one piece; or its data, of any type, with its"
                " attributes in headers such as `ce-id` (the binary mode of CloudEvents).",
                "content": {STRUCTURED: {"schema": SCHEMA}},
            }
        if each.place == "body":
            content = {"application/json": {"schema": schemas.of(each.type)}}
            return {"required": each.required, "content": content}
    return {"required": True, "content": {"*/*": {"schema": {}}}} if entry.takes_raw else None


def worded(text: str) -> tuple[str, str]:
    """Summary and description of a docstring, without the sections that are for programmers."""
    paragraphs = [each.strip() for each in text.split("\n\n")]
    shown = [each for each in paragraphs if each and not each.startswith(_SECTIONS)]
    return " ".join("".join(shown[:1]).split()), "\n\n".join(shown[1:])


def _unique(entry: _Entry, taken: set[str]) -> str:
    name = entry.name
    if name in taken:
        words = "".join(each if each.isalnum() else " " for each in entry.path).split()
        name = "_".join([entry.method.lower(), *words])
    base, number = name, 2
    while name in taken:
        name = f"{base}_{number}"
        number += 1
    taken.add(name)
    return name


def _parameter(given: Parameter, name: str, schemas: Schemas) -> Schema:
    schema = dict(schemas.of(given.type))
    if not given.required and given.default is not None:
        # A default is the app's own; one that JSON cannot hold is not told.
        with suppress(TypeError, ValueError):
            schema["default"] = msgspec.json.decode(msgspec.json.encode(given.default))
    is_json = given.place == "query" and query_form(given.type) == "json"
    return {
        "name": given.wire or name,
        "in": given.place,
        "required": given.required or given.place == "path",
        # What is an object, or may be anything, is one text of JSON.
        **(
            {"content": {"application/json": {"schema": schema}}} if is_json else {"schema": schema}
        ),
    }


def _responses(entry: _Entry, schemas: Schemas) -> Schema:
    answer: Schema = {"description": answers.phrase(entry.status)}
    if entry.status != HTTPStatus.NO_CONTENT:
        schema = {"type": "string"} if entry.media == HTML else schemas.of(entry.returns)
        answer["content"] = {entry.media: {"schema": schema}}
    responses: Schema = {str(int(entry.status)): answer}
    responses |= answers.refused(entry.refused, entry.statuses, entry.own_errors, schemas)
    responses = answers.limited(responses) if entry.is_limited else responses
    return answers.as_pages_too(responses) if entry.media == HTML else responses
