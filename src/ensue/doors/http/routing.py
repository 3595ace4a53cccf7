"""Paths to endpoints, on Starlette's router, without its request and response objects."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.routing import Mount, Router
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from ensue.doors.http.statuses import MethodNotAllowed
from ensue.words.errors import InvalidDeclaration, NotFound

Endpoint = Callable[[Scope, Receive, Send], Awaitable[None]]

# `{name}` is a part without a slash, `{name:path}` is all that is left.
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::path)?\}")


def names_in(path: str) -> list[str]:
    """The names of a path's parameters, in the order in which they stand in it."""
    return _PARAMETER.findall(path)


class _Methods:
    """One path: its endpoint for each method, as a raw ASGI application."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = dict(endpoints)
        if "GET" in endpoints:
            self._endpoints["HEAD"] = endpoints["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoints[scope["method"]](scope, receive, send)


class _Path(StarletteRoute):
    """One path. The router comes here with a method that it lacks only when no other path fits."""

    def __init__(self, path: str, endpoint: _Methods, methods: list[str]) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.path_regex = _with_line_breaks(self.path_regex)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            raise MethodNotAllowed(scope["method"], ", ".join(sorted(self.methods or ())))
        await self.app(scope, receive, send)


def _with_line_breaks(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """A pattern of Starlette's that takes line breaks as any character, at the end too."""
    return re.compile(pattern.pattern.removesuffix("$") + r"\Z", re.DOTALL)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    del receive, send
    raise NotFound(f"there is nothing at {scope['path'][:200]}", hint="/openapi.json says what is.")


def make_router(
    endpoints: Iterable[tuple[str, str, Endpoint]],
    *,
    mounts: Iterable[Mount] = (),
    default: Endpoint = _nowhere,
) -> Router:
    """A router of ``(method, path, endpoint)``.

    Paths that differ only in the names of their parameters are one path. Among paths that fit the
    same request the one with a fixed word goes before the one with a parameter.

    Raises:
        InvalidDeclaration: two endpoints have the same method and path.
    """
    paths: dict[str, dict[str, Endpoint]] = {}
    for method, path, endpoint in endpoints:
        methods = paths.setdefault(shape_of(path), {})
        if method in methods:
            raise InvalidDeclaration(
                f"there are two functions for {method} {path}",
                hint="Give one another path, or serve the apps on ports of their own.",
            )
        methods[method] = endpoint
    routes = [
        _Path(shape, _Methods(methods), methods=list(methods))
        for shape, methods in sorted(paths.items(), key=lambda each: _order(each[0]))
    ]
    mounts = list(mounts)
    for each in mounts:
        each.path_regex = _with_line_breaks(each.path_regex)
    return Router([*mounts, *routes], redirect_slashes=False, default=default)


def shape_of(path: str) -> str:
    """A path whose parameters are named by their place: ``/orders/{p0}``."""
    for place, name in enumerate(names_in(path)):
        path = re.sub(rf"\{{{name}(?=[:}}])", f"{{p{place}", path, count=1)
    return path


def _order(shape: str) -> tuple[bool, list[tuple[bool, str]]]:
    return "{" in shape, [("{" in part, part) for part in shape.split("/")]
