"""The console: an ASGI application that shows a platform, and lets it be mended."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ensue.app.platform import Platform
from ensue.catalog import KINDS
from ensue.doors.console.access import Entry, Session, Sessions
from ensue.doors.console.banner import Banner
from ensue.doors.console.flows import events_of
from ensue.doors.console.live import live
from ensue.doors.console.login import Login
from ensue.doors.console.modes import Modes
from ensue.doors.console.notices import put_notice, take_notice
from ensue.doors.console.palette import palette_of
from ensue.doors.console.rendering import ROOT, Around, Rendering
from ensue.doors.console.routing import Addresses, Found
from ensue.doors.console.section import Action, Feed, Page, Section
from ensue.doors.console.view import View
from ensue.doors.console.visit import TOKEN_FIELD, Visit, plain
from ensue.pages import HEADERS
from ensue.words.errors import EnsueError, Forbidden, NotFound, NotPermitted

JSON = ".json"
_FOR_GOOD = {"cache-control": "max-age=31536000, immutable"}
_NO_SNIFF = {"x-content-type-options": "nosniff"}
_DATA = {"cache-control": "no-store", "content-type": "application/json", **_NO_SNIFF}

CLOCK = "clock"  # the bar that moves a held clock, on every page
log = logging.getLogger("ensue.console")


class Console:
    """The console of a platform.

    Args:
        platform: what it shows.
        entry: who may come in.
        sections: what it has, in the order of the menu.
        modes: what it hides and forbids.
        secret: what sessions are signed with.

    Raises:
        InvalidDeclaration: two views have one address, or a template does not compile.
    """

    def __init__(
        self,
        platform: Platform,
        entry: Entry,
        sections: Sequence[Section],
        modes: Modes,
        secret: bytes,
    ) -> None:
        self._platform = platform
        self._entry = entry
        self._sections = sections
        self._modes = modes
        self._addresses = Addresses([_OWN, *sections])
        sessions = Sessions(secret)
        self._sessions = sessions
        kinds = {kind: section.name for section in sections for kind in section.kinds}
        self._rendering = Rendering(Around(sections, kinds), sessions)
        self._login = Login(platform, entry, sessions, self._rendering)
        self._assets = {each.path: each for each in self._rendering.assets}
        self._banner = Banner(platform)

    def check(self) -> None:
        """Compile all templates; see `Rendering.check`."""
        self._rendering.check()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request to ``/console`` or below."""
        request = Request(scope, receive, send)
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix(ROOT)
        if path.startswith("/static/"):
            await self._file(ROOT + path)(scope, receive, send)
            return
        wants_json = path.endswith(JSON)
        try:
            answer = await self._answer(request, path)
        except EnsueError as error:
            answer = self._refused(error, wants_json=wants_json)
        await answer(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> Response:
        if path == "/login":
            return await self._login.answer(request)
        session, made = await self._login.session_of(request)
        if session is None:
            return self._login.ask(request, wants_json=path.endswith(JSON))
        if request.method == "POST":
            answer = await self._posted(request, path, session)
        elif request.method in {"GET", "HEAD"}:
            answer = await self._got(request, path, session)
        else:
            answer = Response(status_code=HTTPStatus.METHOD_NOT_ALLOWED, headers=_NO_SNIFF)
        if made:
            self._login.remember(request, answer, session)
        return answer

    async def _got(self, request: Request, path: str, session: Session) -> Response:
        if path == "/palette.json":
            places = palette_of(self._platform, self._sections, self._rendering.address_of)
            return _json(places | {"searches": self._addresses.find("GET", "/search") is not None})
        if path in {"", "/"}:
            return RedirectResponse(ROOT + self._sections[0].home, HTTPStatus.SEE_OTHER)
        wants_json = path.endswith(JSON)
        found = self._addresses.find("GET", path.removesuffix(JSON))
        if found is None or isinstance(found.what, Action):
            raise NotFound(f"there is nothing at {ROOT}{path[:200]}")
        visit = self._visit(request, found, session)
        if isinstance(found.what, Feed):
            events = events_of(found.what.follow(visit), visit, self._rendering)
            return StreamingResponse(
                events, media_type="text/event-stream", headers={"cache-control": "no-store"}
            )
        view = await found.what.show(visit)
        if wants_json:
            return _json(plain(view.values))
        return self._page(request, view, visit, found)

    def _page(self, request: Request, view: View, visit: Visit, found: Found) -> Response:
        target = request.headers.get("hx-target")
        if target == CLOCK:
            around = {"here": visit.here, "can_write": visit.can_write}
            bar = self._rendering.fragment("clock.html", around, visit)
            return HTMLResponse(bar, headers=HEADERS)
        if target is not None:
            block = self._rendering.block(view, visit, target)
            # A page without such a block has nothing to bring up to date.
            return (
                Response(status_code=204) if block is None else HTMLResponse(block, headers=HEADERS)
            )
        page = found.what.path if isinstance(found.what, Page) else ""
        around = {
            "section": found.section,
            "page_path": page,
            "banner": self._banner.now(),
            "held": self._platform.time.held,
            "notice": take_notice(request),
            "who": visit.session.who,
            "asks": self._entry.asks,
            "modes": self._modes,
        }
        answer = HTMLResponse(self._rendering.page(view, visit, around), headers=HEADERS)
        if around["notice"] is not None:
            answer.delete_cookie("ensue_notice", path=ROOT)
        return answer

    async def _posted(self, request: Request, path: str, session: Session) -> Response:
        if path == "/logout":
            return self._login.leave(request)
        found = self._addresses.find("POST", path)
        if found is None or not isinstance(found.what, Action):
            raise NotFound(f"nothing is done at {ROOT}{path[:200]}")
        visit = self._visit(request, found, session)
        fields = await visit.fields()
        self._check_form(request, fields, session)
        visit.act()
        visit.check_write()
        hidden = {*found.what.secret, TOKEN_FIELD}
        given = {
            name: visit.payload(text[:1_000]) for name, text in fields.items() if name not in hidden
        }
        number = await self._platform.audit.begin(session.who, found.what.name, path, given)
        try:
            done = await found.what.act(visit)
        except EnsueError as error:
            await self._platform.audit.end(number, f"refused: {visit.fault(str(error))}")
            raise
        except Exception as fault:
            await self._platform.audit.end(number, f"failed: {type(fault).__name__}")
            raise
        await self._platform.audit.end(number, done.said)
        answer = RedirectResponse(ROOT + done.to, HTTPStatus.SEE_OTHER)
        put_notice(answer, done.said)
        return answer

    def _check_form(self, request: Request, fields: Mapping[str, str], session: Session) -> None:
        """Check that a form comes from a page of ours.

        Raises:
            Forbidden: it does not.
        """
        if self._login.shows_credential(request):
            return  # no browser does that by itself
        origin = request.headers.get("origin")
        same = origin is None or origin.partition("://")[2] == request.headers.get("host")
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            same = False
        if not (same and self._sessions.is_form_token(session, fields.get(TOKEN_FIELD, ""))):
            raise Forbidden(
                "expected a form of this console",
                hint="Go back, load the page again and send it once more: the server may have been"
                " started anew since.",
            )

    def _visit(self, request: Request, found: Found, session: Session) -> Visit:
        return Visit(
            self._platform,
            request,
            found.path,
            session,
            can_write=session.role == "operator" and not self._modes.read_only,
            hides=self._modes.masked,
            asks=self._entry.asks,
            address=self._rendering.address_of,
        )

    def _file(self, path: str) -> Response:
        found = self._assets.get(path)
        if found is None:
            return Response(status_code=HTTPStatus.NOT_FOUND, headers=_NO_SNIFF)
        headers = {**_FOR_GOOD, **_NO_SNIFF, "content-type": found.media_type}
        return Response(found.content, headers=headers)

    def _refused(self, error: EnsueError, *, wants_json: bool) -> Response:
        status = 403 if isinstance(error, Forbidden) else self._entry.status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("the console: %s", error)
        if wants_json:
            return _json({"error": error.as_dict()}, status)
        values = {
            "status": status,
            "phrase": HTTPStatus(status).phrase,
            "message": error.message,
            "at": error.at,
            "hint": error.hint,
            "is_out": isinstance(error, NotPermitted),
        }
        page = self._rendering.alone("error.html", values)
        return HTMLResponse(page, status, headers=HEADERS)


_OWN = Section("live", "Live", (Feed("/live", live),))


def _json(value: Any, status: int = 200) -> Response:  # noqa: ANN401 - JSON
    return Response(msgspec.json.encode(value), status, headers=_DATA)


def kinds_without(sections: Iterable[Section]) -> list[str]:
    """The kinds that have no section of their own."""
    taken = {kind for section in sections for kind in section.kinds}
    return [name for name in KINDS if name not in taken]
