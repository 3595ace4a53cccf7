"""The routes of ``/_ensue``, and the tree of errors with its statuses."""

# ruff: noqa: E501  # the prose of a page

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from ensue.app.app import App
from ensue.doors.http import statuses
from ensue.testing import running
from ensue.words import errors
from generator.markdown import code, first, table


def http_page() -> str:
    """The routes of ``/_ensue``, and what holds for every request."""
    with running(App("reference")) as t:
        paths: dict[str, dict[str, Any]] = t.get("/openapi.json").body["paths"]
    rows = [
        (code(f"{method.upper()} {path}"), said["summary"], _taken(said))
        for path, methods in paths.items()
        for method, said in methods.items()
    ]
    return "\n\n".join([
        "# HTTP",
        HTTP_WORDS,
        "## Routes under `/_ensue`",
        (
            "`{name}` is the name of a resource. Where several apps have one of that name, `app` chooses."
            " What only reads can be asked by GET too."
        ),
        table(("route", "what it does", "takes"), rows),
        "## Statuses",
        (
            "Every error is answered with"
            ' `{"error": {"code": ..., "message": ..., "at": ..., "hint": ...}}`; `at` and `hint` where'
            " there is something to say. [Errors](errors.md) lists the codes."
        ),
        table(("status", "error", "meaning"), _statuses()),
    ])


def _taken(said: dict[str, Any]) -> str:
    names = [each["name"] for each in said.get("parameters", []) if each["in"] == "query"]
    body = said.get("requestBody")
    parts = [f"query {', '.join(map(code, names))}"] if names else []
    return "; ".join([*parts, *([_body(body)] if body else [])])


def _body(body: dict[str, Any]) -> str:
    return "a JSON body" if "application/json" in body["content"] else "bytes"


def _statuses() -> Iterator[tuple[str, str, str]]:
    for error, status in statuses.STATUSES.items():
        if error is not errors.EnsueError:
            yield str(status), code(error.__name__), first(error.__doc__)
    yield "503", code("LimitExceeded"), "There are too many connections, or requests at once."
    yield "431", code("LimitExceeded"), "The request line and headers are too long."
    yield (
        "500",
        code("internal"),
        "A fault of the app or of ours; the log has it under the request's id.",
    )


HTTP_WORDS = """\
Each app has a port of its own; all ports of a process show the same `/_ensue`. `GET /openapi.json`
describes an app's routes, with `/_ensue`, as OpenAPI 3.1; `GET /asyncapi.json` what goes through its buses,
queues, topics, streams, destinations and signed routes, as AsyncAPI 3.0.

* Bodies are JSON (`content-type: application/json`). What a request gives is checked against the types
  of the route's function before the function runs; what does not fit is a 400 that says where, and
  nothing has happened.
* A route may have no function: [An API without handlers](../how-to/an-api-without-handlers.md).
* An answer to a request that wrote something has the header `x-request-id`: `ensue why` shows what it
  caused. A `traceparent` header (W3C Trace Context) is kept with the request.
* With an issuer (`--issuer`, `--audience`) a request may show one of its tokens instead, `Authorization: Bearer TOKEN`,
  with the role of operators, or for what only reads that of readers
  ([Issue and verify tokens](../how-to/issue-and-verify-tokens.md)).
* With a key (`--key`, `ENSUE_KEY`) a request shows `Authorization: Bearer KEY` or `X-API-Key: KEY`. Only
  `GET /_ensue/health` needs none. Without a key the server takes only loopback addresses, only a `Host`
  that names this machine, and no writes from pages of other origins but those that an app's `cors` names.
  [Serve browsers](../how-to/serve-browsers.md) has headers, cookies and other sites' pages.
* A POST, PUT, PATCH or DELETE may have an `Idempotency-Key`: the same request under the same key is done
  once and gets the same answer, with `idempotent-replayed: true`, for 24 hours. Another request under it is
  a 422; while the first is still being done, a 409. Only answers of 200 to 299 are kept.
  [Make a request idempotent](../how-to/make-a-request-idempotent.md) has what is promised.
* Objects of buckets are bytes, streamed both ways, with `Range`, `If-Match`, `If-None-Match` and their
  kin as RFC 9110 has them. `x-ensue-meta-NAME` is metadata. A page that is served from a bucket cannot run
  as one of ours: its `content-security-policy` is `sandbox`.
* A 429 says `retry-after`, in whole seconds: when there may be room, where that is known, or else 1. So do a
  busy store, a key in flight, and the 503 beyond the bound of open connections."""


def errors_page() -> str:
    """The tree of errors."""
    tree = inspect.cleandoc(errors.__doc__ or "").split("\n\n")[1]
    return "\n\n".join([
        "# Errors",
        (
            "Every error that Ensue raises is an `EnsueError`. It has a stable `code` for programs, a"
            " `message` that says what was expected and what came, `at` (where: a JSON path such as"
            " `$.quantity`, or a resource) and, where there is something to do about it, a `hint`."
        ),
        "```text\n" + inspect.cleandoc("\n" + tree) + "\n```",
        table(
            ("error", "code", "HTTP status", "meaning"),
            [
                (code(each.__name__), code(each.code), _status(each), first(each.__doc__))
                for each in _below(errors.EnsueError)
            ],
        ),
        (
            "`BodyTooLarge`, `WrongMediaType`, `PreconditionFailed`, `MethodNotAllowed` and `CrossSite` come from the HTTP door"
            " only. A fault of an app's own code is answered with the code `internal` and the status 500;"
            " the client learns nothing but the id under which the log has it."
        ),
    ])


def _below(kind: type[errors.EnsueError]) -> Iterator[type[errors.EnsueError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


def _status(kind: type[errors.EnsueError]) -> str:
    return str(next(statuses.STATUSES[each] for each in kind.__mro__ if each in statuses.STATUSES))
