"""Routes as declared: a method, a path, a function, and where its arguments come from."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeAlias, TypedDict, Unpack

from typing_extensions import TypeVar

from ensue.app import signed
from ensue.app.cors import Cors
from ensue.app.headers import Header, SetCookie, carried_type, check_plain, source_of
from ensue.app.limiting import Limiting, RateLimit
from ensue.app.signed import SignedRequest, Verification
from ensue.pages import Pages
from ensue.resilience import Limit
from ensue.resources.bucket import Bucket
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref
from ensue.words.units import rate_per_second
from ensue.words.values import Json

Place = Literal["path", "query", "body", "raw", "signed", "header", "cookie"]
Idempotency = Literal["required"]
Said: TypeAlias = str | type
B = TypeVar("B", default=Any)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PATH_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATH = re.compile(r"/([A-Za-z0-9_.~/-]|\{[A-Za-z_][A-Za-z0-9_]*\})*\Z")


@dataclass(frozen=True)
class Parameter:
    """One argument of a route's function.

    Attributes:
        name: its name.
        place: where it comes from.
        type: what it must be; a type that msgspec can decode.
        required: whether it must be given.
        default: what it is when it is not given.
        wire: what the request calls it, where that is another name.
    """

    name: str
    place: Place
    type: Any
    required: bool
    default: object = None
    wire: str = ""


@dataclass(frozen=True)
class Route:
    """A method and a path, and the function that answers.

    Attributes:
        method: GET, POST, PUT, PATCH or DELETE.
        path: such as ``/orders/{id}``.
        function: the application's.
        parameters: where its arguments come from.
        returns: what it returns; a type, for the description.
        status: the status of its answer.
        is_action: whether it is an ``async def``.
        wants_tx: whether it takes a transaction.
        statuses: other statuses it answers with, for the description: what one means, or the type
            of its body, whose docstring says it.
        rate_per_second: how many requests it takes a second; None for no limit.
        burst: how many it takes at once.
        idempotency: ``required`` when each request must have an idempotency key.
        target: the resource that it works on without a handler; None with one.
        verify: what verifies that requests are signed; None when they need not be.
        cors: which pages of other sites may call it; ``app``: those that may call the app.
        limit: how many requests each caller may make; None for any number.
        pages: those that it answers with; None for a route that answers with none.
        private: whether a secret is in its requests or answers; see `App.route`.
    """

    method: str
    path: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    returns: Any
    status: int
    is_action: bool
    wants_tx: bool
    statuses: Mapping[int, Said] = field(default_factory=dict)
    rate_per_second: float | None = None
    burst: int = 1
    idempotency: Idempotency | None = None
    target: Ref | None = None
    verify: Verification | None = None
    cors: Cors | Literal["app"] | None = "app"
    limit: Limiting | None = None
    pages: Pages | None = None
    private: bool = False

    @property
    def name(self) -> str:
        """What hops call it: ``POST /orders``."""
        return f"{self.method} {self.path}"

    def ref_in(self, app: str) -> Ref:
        """What it is called among all apps: for figures of what goes through it."""
        return Ref(app, "route", self.name)

    def declared(self) -> dict[str, Json]:
        """Its declaration, for people."""
        said: dict[str, Json] = {"runs": "outside" if self.is_action else "in the transaction"}
        if self.verify is not None:
            schemes = self.verify.schemes()
            said["signed"] = schemes.get("", schemes)
        if self.limit is not None:
            said["limited_by"] = self.limit.by
        more: dict[str, Json] = {
            "rate_per_second": self.rate_per_second,
            "idempotency": self.idempotency,
            "private": self.private or None,
        }
        return said | {name: value for name, value in more.items() if value is not None}

    @property
    def streams(self) -> bool:
        """Whether it answers with objects of a bucket."""
        return self.returns is ObjectAnswer

    @property
    def takes_key(self) -> bool:
        """Whether it takes an idempotency key: its answer is kept under it then."""
        return self.method != "GET" and not self.private

    @property
    def reads_only(self) -> bool:
        """Whether it runs on a snapshot: a GET by a ``def``."""
        return self.method == "GET" and not self.is_action


@dataclass(frozen=True)
class Answer(Generic[B]):
    """What a route answers, where a plain value says too little.

    A function that answers so says by ``Answer[Order]`` of what type the body is.

    Attributes:
        body: a JSON value, a Struct or a dataclass; None for an empty body.
        status: the HTTP status.
        headers: further headers.
        cookies: what cookies it sets.
    """

    body: B | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[SetCookie] = ()


@dataclass(frozen=True)
class ObjectAnswer:
    """What a GET answers with where it streams an object of a bucket, with ranges and conditions.

    Attributes:
        bucket: where the object is.
        key: its key; 404 where there is no such object.
        version: one of its versions; None for the current one.
    """

    bucket: Bucket
    key: str
    version: int | None = None


class RouteOptions(TypedDict, total=False):
    """How a route answers; see `App.route`."""

    status: int
    statuses: Mapping[int, Said] | None
    rate: str | None
    burst: int
    idempotency: Idempotency | None
    verify: signed.Given | Mapping[str, signed.Given] | None
    limit: str | Limit | RateLimit | None
    cors: Cors | None
    private: bool


def make_route(
    method: str, path: str, function: Callable[..., Any], **options: Unpack[RouteOptions]
) -> Route:
    """A route from a function's signature.

    Arguments named in the path come from it; ``body`` is the decoded body, ``raw: bytes`` the body
    as it came; one of the type `SignedRequest` is the verified request; one that is annotated with
    `Header` or `Cookie` comes from there; ``tx`` is the transaction of a ``def``; all others come
    from the query.

    Raises:
        InvalidDeclaration: the path is no path, an argument of it is missing or has no type, a GET
            takes a body or needs an idempotency key, an ``async def`` takes a tx, or a header
            cannot give what an argument is.
    """
    at = f"{method} {path}"
    check_path(method, path)
    is_action = inspect.iscoroutinefunction(function)
    in_path = parameters_in(path)
    signature = inspect.signature(function)
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as fault:
        raise InvalidDeclaration(
            f"expected types that can be looked up: {fault}",
            at=at,
            hint="Define the type in the module, before the route.",
        ) from None
    for name in in_path:
        if name not in signature.parameters:
            raise InvalidDeclaration(f"expected an argument {name} for the path", at=at)
    wants_tx = "tx" in signature.parameters
    if wants_tx and is_action:
        raise InvalidDeclaration(
            "expected an async def without tx", at=at, hint="From it, await app.run(function, ...)."
        )
    parameters = tuple(
        _parameter(declared, hints, in_path, at)
        for declared in signature.parameters.values()
        if declared.name != "tx"
    )
    made = Route(
        method=method,
        path=path,
        function=function,
        parameters=parameters,
        returns=hints.get("return", Any),
        status=200,
        is_action=is_action,
        wants_tx=wants_tx,
    )
    return with_options(made, **options)


def check_path(method: str, path: str) -> None:
    """Check that there can be a route.

    Raises:
        InvalidDeclaration: there is no such method, or the path is none.
    """
    if method not in METHODS or not _PATH.match(path):
        raise InvalidDeclaration(
            f"expected a method and a path such as /orders/{{id}}, got {method} {path}"
        )


def parameters_in(path: str) -> list[str]:
    """The names of the parameters in a path."""
    return _PATH_PARAMETER.findall(path)


def with_options(route: Route, **options: Unpack[RouteOptions]) -> Route:
    """A route that answers as these options say.

    Raises:
        InvalidDeclaration: a GET takes a body or needs an idempotency key, what is no GET answers
            with an object, what it takes is to be verified and nothing verifies it, or its limit
            cannot tell callers apart.
        InvalidValue: the rate or the limit is written wrong.
    """
    rate, idempotency = options.get("rate"), options.get("idempotency")
    places = {each.place for each in route.parameters}
    if route.method == "GET" and places & {"body", "raw"}:
        raise InvalidDeclaration("expected no body for a GET", at=route.name)
    if route.method != "GET" and route.streams:
        raise InvalidDeclaration("expected a GET that answers with an object", at=route.name)
    if route.method == "GET" and idempotency is not None:
        raise InvalidDeclaration(
            "expected no idempotency for a GET, which changes nothing", at=route.name
        )
    if options.get("private") and idempotency is not None:
        raise InvalidDeclaration(
            "expected no idempotency for what is private: its answer would be kept", at=route.name
        )
    given = options.get("verify")
    if "signed" in places and given is None:
        raise InvalidDeclaration(
            "expected verify= on a route that takes a SignedRequest", at=route.name
        )
    in_path = parameters_in(route.path)
    verify = None if given is None else Verification(given, in_path, route.name)
    limit = options.get("limit")
    return replace(
        route,
        status=options.get("status", route.status),
        statuses={
            **_statuses(verify),
            **route.statuses,
            **(options.get("statuses") or {}),
        },
        verify=verify,
        rate_per_second=None if rate is None else rate_per_second(rate),
        burst=options.get("burst", 1),
        idempotency=idempotency,
        private=options.get("private", False),
        cors=options.get("cors", "app"),
        limit=None
        if limit is None
        else Limiting(limit, in_path, route.name, verifies=verify is not None),
    )


def _statuses(verify: Verification | None) -> dict[int, Said]:
    if verify is None:
        return {}
    found: dict[int, Said] = dict(verify.statuses)
    if verify.has_providers:
        found[404] = "there is no such provider"
    if verify.refuses_replays:
        found[409] = "the request is a copy of one that was taken"
    return found


def _parameter(
    declared: inspect.Parameter, hints: Mapping[str, Any], in_path: list[str], at: str
) -> Parameter:
    if declared.kind not in {declared.POSITIONAL_OR_KEYWORD, declared.KEYWORD_ONLY}:
        raise InvalidDeclaration(
            f"expected plain arguments, got {declared}", at=at, hint="Name each argument."
        )
    if declared.name not in hints:
        raise InvalidDeclaration(f"expected a type for the argument {declared.name}", at=at)
    required = declared.default is inspect.Parameter.empty
    default = None if required else declared.default
    kind = hints[declared.name]
    source = source_of(kind)
    if source is not None:
        return Parameter(
            name=declared.name,
            place="header" if isinstance(source, Header) else "cookie",
            type=carried_type(kind),
            required=not check_plain(kind, at) and required,
            default=default,
            wire=source.name,
        )
    place: Place = "query"
    if declared.name in in_path:
        place = "path"
    elif declared.name == "body":
        place = "body"
    elif declared.name == "raw" and kind is bytes:
        place = "raw"
    elif kind is SignedRequest:
        place = "signed"
    return Parameter(name=declared.name, place=place, type=kind, required=required, default=default)
