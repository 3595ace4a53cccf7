"""What a route answers, as OpenAPI describes it: each status, what it means, its body and headers.

The statuses of errors follow from the declaration: who takes a body may refuse it, who verifies may
refuse the caller, who has a rate may be full. What only the function knows it says in ``statuses``.
``default`` is for what may befall any route: another site's page, a store that is busy, a fault.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ensue.app.routes import Answer, Said
from ensue.doors.http.schemas import REF, Schema, Schemas
from ensue.doors.http.statuses import STATUSES
from ensue.words.errors import EnsueError
from ensue.words.shapes import TypeForm

ERROR = "EnsueError"
"""The component of the body of an error; no type of an app has such a name by chance."""

_KEYED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
_BODIED = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
_TEXT: Schema = {"type": "string"}
_SECONDS: Schema = {"type": "integer", "minimum": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}


@dataclass(frozen=True)
class _Refusal:
    """An error that the platform answers.

    Attributes:
        name: of its component.
        meaning: for people.
        example: an error of that kind.
        headers: what goes along.
    """

    name: str
    meaning: str
    example: Mapping[str, str]
    headers: Mapping[str, Schema] = field(default_factory=dict)

    def described(self) -> Schema:
        """The response that says so."""
        said: Schema = {"description": self.meaning}
        if self.headers:
            said["headers"] = dict(self.headers)
        content = {"schema": {"$ref": REF.format(name=ERROR)}, "example": {"error": self.example}}
        return said | {"content": {"application/json": content}}


def _header(words: str, schema: Schema) -> Schema:
    return {"description": words, "schema": schema}


_WAIT = _header("In how many seconds to try again.", _SECONDS)
_CHALLENGE = _header("How to show who asks (RFC 9110).", _TEXT)
_STANDING = {
    "X-RateLimit-Limit": _header("How many requests the caller may make.", _COUNT),
    "X-RateLimit-Remaining": _header("How many of them are left.", _COUNT),
    "X-RateLimit-Reset": _header("In how many seconds all of them are there again.", _COUNT),
}
_REFUSALS: Mapping[int, _Refusal] = {
    400: _Refusal(
        "BadRequest",
        "What was sent does not fit: `at` says where. Nothing was changed.",
        {
            "code": "invalid_value",
            "message": "expected an integer from 1 to 1000, got 0, at $.quantity",
            "at": "$.quantity",
        },
    ),
    401: _Refusal(
        "NotPermitted",
        "Nothing shows who asks, or not as it must be shown.",
        {
            "code": "not_permitted",
            "message": "expected the key, got none, at headers.authorization",
            "at": "headers.authorization",
        },
        {"WWW-Authenticate": _CHALLENGE},
    ),
    404: _Refusal(
        "NotFound",
        "There is no such thing.",
        {"code": "not_found", "message": "there is no item with the key 7"},
    ),
    409: _Refusal(
        "Conflict",
        "The state of things forbids it, or the same request is being done at this moment.",
        {"code": "conflict", "message": "there is one already"},
    ),
    413: _Refusal(
        "TooLarge",
        "The body is larger than the server takes.",
        {"code": "body_too_large", "message": "expected a body of at most 1048576 bytes, at $"},
    ),
    415: _Refusal(
        "UnsupportedMediaType",
        "The body is said to be of a type that is not taken.",
        {
            "code": "unsupported_media_type",
            "message": "expected the content-type application/json, got text/plain,"
            " at headers.content-type",
            "at": "headers.content-type",
        },
    ),
    422: _Refusal(
        "TokenReused",
        "The idempotency key stands for another request.",
        {
            "code": "token_reused",
            "message": "expected a new token for another request,"
            " got one that stands for an earlier one",
        },
    ),
    429: _Refusal(
        "TooManyRequests",
        "More requests than the route takes; later there is room.",
        {"code": "limit_exceeded", "message": "expected at most 5 requests a second"},
        {"Retry-After": _WAIT},
    ),
}
_ANY = _Refusal(
    "Error",
    "An error: what was expected, what came, where, and what to do about it.",
    {"code": "store_busy", "message": "another process holds the write lock"},
)


@dataclass(frozen=True)
class Refusing:
    """What may be refused on a route, beside what its declaration says.

    Attributes:
        takes_body: whether it takes one.
        takes_key: whether it takes an idempotency key.
        needs_caller: whether it must be shown who asks.
        has_rate: whether it takes so many requests at a time only.
    """

    takes_body: bool
    takes_key: bool
    needs_caller: bool = False
    has_rate: bool = False

    def statuses(self) -> list[int]:
        """The statuses of these refusals."""
        found = [HTTPStatus.BAD_REQUEST]
        found += [HTTPStatus.UNAUTHORIZED] * self.needs_caller
        found += [HTTPStatus.TOO_MANY_REQUESTS] * self.has_rate
        found += [*_KEYED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE] if self.takes_key else []
        found += _BODIED if self.takes_body else []
        return [int(status) for status in found]


class OwnErrors:
    """The errors to which an app has answers of its own.

    Args:
        answers: what answers the errors of each class; the type of the body stands in the
            annotation, as ``Answer[Refusal]``.
    """

    def __init__(self, answers: Mapping[type[EnsueError], Callable[..., Any]]) -> None:
        self._kinds = {kind: _body_of(given) for kind, given in answers.items()}

    @property
    def types(self) -> list[TypeForm]:
        """The types of their bodies."""
        return list(self._kinds.values())

    @property
    def has_all(self) -> bool:
        """Whether no error is left to the platform."""
        return EnsueError in self._kinds

    def of(self, status: int) -> list[TypeForm | None]:
        """The types that the body of an error with a status may be of; None is the platform's."""
        found: list[TypeForm | None] = []
        for kind in {**dict.fromkeys(_classes_of(status)), **self._of_status(status)}:
            own = next((self._kinds[each] for each in kind.__mro__ if each in self._kinds), None)
            found.append(own)
        return list({id(each): each for each in found}.values()) or [None]

    def _of_status(self, status: int) -> dict[type[EnsueError], TypeForm]:
        """The app's own classes that have a status from a class above them."""
        return {kind: own for kind, own in self._kinds.items() if _status_of(kind) == status}


def _status_of(kind: type[EnsueError]) -> int | None:
    return next((STATUSES[each] for each in kind.__mro__ if each in STATUSES), None)


def _classes_of(status: int) -> Iterable[type[EnsueError]]:
    return (kind for kind, given in STATUSES.items() if given == status)


def _body_of(given: Callable[..., Any]) -> TypeForm:
    try:
        return body_type(typing.get_type_hints(given, include_extras=True).get("return", Any))
    except NameError:
        return Any


def body_type(returns: TypeForm) -> TypeForm:
    """The type of the body that a function answers, by its annotation."""
    origin: object = typing.get_origin(returns)
    if origin is Answer:
        inner: TypeForm = typing.get_args(returns)[0]
        return inner
    return Any if returns is Answer else returns


def something(returns: TypeForm) -> TypeForm:
    """The type that a function returns when it does not return None; the same where it never does.

    A None is answered with 204 and no body.
    """
    kinds = typing.get_args(returns)
    origin: object = typing.get_origin(returns)
    if origin not in {typing.Union, types.UnionType} or type(None) not in kinds:
        return returns
    return typing.Union[tuple(each for each in kinds if each is not type(None))]  # noqa: UP007


def types_told(statuses: Mapping[int, Said]) -> list[TypeForm]:
    """The types of bodies among what is said of statuses."""
    return [each for each in statuses.values() if not isinstance(each, str)]


def told(said: Said, schemas: Schemas) -> Schema:
    """The response that a declaration names: a meaning, or a type whose docstring is one."""
    if isinstance(said, str):
        return {"description": said}
    words = " ".join((inspect.getdoc(said) or "").split("\n\n")[0].split())
    content = {"application/json": {"schema": schemas.of(said)}}
    return {"description": words or "The answer", "content": content}


def refused(
    statuses: Collection[int], said: Mapping[int, Said], own: OwnErrors, schemas: Schemas
) -> Schema:
    """The responses of errors, by status.

    Args:
        statuses: those that the platform may answer.
        said: what the declaration says of these, and of others.
        own: the app's own answers.
        schemas: of all types that are named.
    """
    made: Schema = {}
    for status in sorted({*statuses, *said}):
        words = said.get(status)
        if words is not None and not isinstance(words, str):
            made[str(status)] = told(words, schemas)
        else:
            made[str(status)] = _refusal(status, words, own.of(status), schemas)
    made["default"] = _default(own, schemas)
    return made


def limited(responses: Schema) -> Schema:
    """The responses of a route with a limit: each says how the caller stands."""
    shared = components()
    made: Schema = {}
    for status, response in responses.items():
        whole = dict(response)
        name = whole.pop("$ref", "").rpartition("/")[2]
        whole = shared.get(name, {}) | whole
        made[status] = whole | {"headers": {**whole.get("headers", {}), **_STANDING}}
    return made


def _refusal(
    status: int, words: str | None, kinds: list[TypeForm | None], schemas: Schemas
) -> Schema:
    known = _REFUSALS.get(status)
    if status < HTTPStatus.BAD_REQUEST:
        return {"description": words or phrase(status)}
    if kinds == [None] and known is not None:
        reference: Schema = {"$ref": f"#/components/responses/{known.name}"}
        return reference | ({} if words is None else {"description": words})
    said: Schema = {"description": words or (known.meaning if known else phrase(status))}
    if known is not None and known.headers:
        said["headers"] = dict(known.headers)
    return said | _content(kinds, schemas)


def _content(kinds: list[TypeForm | None], schemas: Schemas) -> Schema:
    shapes = [
        {"$ref": REF.format(name=ERROR)} if each is None else schemas.of(each) for each in kinds
    ]
    schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    return {"content": {"application/json": {"schema": schema}}}


def _default(own: OwnErrors, schemas: Schemas) -> Schema:
    if not own.types:
        return {"$ref": f"#/components/responses/{_ANY.name}"}
    kinds = own.types if own.has_all else [None, *own.types]
    return {"description": "An error, perhaps in a form of this app."} | _content(kinds, schemas)


def phrase(status: int) -> str:
    """What a status is called."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "The answer"


def components() -> Schema:
    """The responses that many operations share."""
    return {each.name: each.described() for each in (*_REFUSALS.values(), _ANY)}


def as_pages_too(responses: Schema) -> Schema:
    """The responses of a route of pages: its errors are pages for who asks for one."""
    shared = {f"#/components/responses/{name}": each for name, each in components().items()}
    made = {}
    for status, said in responses.items():
        whole = shared.get(said.get("$ref", ""), {}) | said
        whole.pop("$ref", None)
        if status == "default" or int(status) >= HTTPStatus.BAD_REQUEST:
            whole["content"] = {**whole.get("content", {}), "text/html": {"schema": _TEXT}}
        made[status] = whole
    return made


def error_schema() -> Schema:
    """The schema of the body of an error."""
    inner = {
        "type": "object",
        "required": ["code", "message"],
        "additionalProperties": False,
        "properties": {
            "code": {**_TEXT, "description": "What kind of error it is, for machines."},
            "message": {**_TEXT, "description": "What was expected, and what came, for people."},
            "at": {**_TEXT, "description": "Where: a JSON path, a header, a resource."},
            "hint": {**_TEXT, "description": "What to do about it."},
        },
    }
    return {
        "type": "object",
        "title": "An error",
        "required": ["error"],
        "additionalProperties": False,
        "properties": {"error": inner},
    }
