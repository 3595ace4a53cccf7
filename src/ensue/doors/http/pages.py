"""Pages over HTTP: rendered answers, errors as people read them, and the files that pages need."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from starlette.types import Receive, Scope, Send

from ensue.app.app import App
from ensue.app.calls import Seal
from ensue.app.claims import Sealed
from ensue.app.routes import Answer
from ensue.doors.http.routing import Endpoint
from ensue.doors.http.statuses import headers_of, seal, status_of
from ensue.doors.http.wire import headers_of_request, respond
from ensue.pages import HEADERS, STATIC, Asset, Page, Pages, error_page
from ensue.words.errors import EnsueError, NotFound

# The address of a file has its content's hash, so what is there never changes.
_FOR_GOOD = (b"cache-control", b"max-age=31536000, immutable")
_POLICY = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")


def sealing(pages: Pages) -> Seal:
    """What seals an answer that may be a page: it is rendered before the transaction commits."""

    def sealed(answer: Answer) -> Sealed:
        if not isinstance(answer.body, Page):
            return seal(answer)
        headers = HEADERS | {name.lower(): value for name, value in answer.headers.items()}
        around = seal(Answer(None, answer.status, headers, answer.cookies))
        return Sealed(answer.status, pages.render(answer.body), around.headers)

    return sealed


def asks_for_a_page(scope: Scope) -> bool:
    """Whether a request comes from somebody who looks at it in a browser."""
    return b"text/html" in headers_of_request(scope).get(b"accept", b"")


async def respond_error_page(scope: Scope, send: Send, error: EnsueError) -> None:
    """Answer an error as a page."""
    status = status_of(error)
    body = error_page(status, HTTPStatus(status).phrase, error.message, error.hint)
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await respond(scope, send, status, body, [*headers_of(error), *headers])


def static_routes(apps: Iterable[App]) -> list[tuple[str, str, Endpoint]]:
    """The route of the files that the apps' pages need; none where no app has pages."""
    assets: dict[str, Asset] = {}
    for app in apps:
        for route in app.routes:
            if route.pages is not None:
                assets |= {each.path: each for each in route.pages.assets}
    if not assets:
        return []

    async def answer_file(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        owner, name = scope["path_params"]["p0"], scope["path_params"]["p1"]
        found = assets.get(f"{STATIC}/{owner}/{name}")
        if found is None:
            raise NotFound(f"there is no file {name[:100]}")
        headers = [(b"content-type", found.media_type.encode()), _FOR_GOOD, _POLICY]
        await respond(scope, send, HTTPStatus.OK, found.content, headers)

    return [("GET", f"{STATIC}/{{owner}}/{{name:path}}", answer_file)]
