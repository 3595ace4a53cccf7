"""Coming in: by the key or a token, once; then by a session."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ensue.app.platform import Platform
from ensue.doors.console.access import (
    CREDENTIAL_LENGTH_MAX,
    SESSION_MS,
    Entry,
    Role,
    Session,
    Sessions,
    cookie_in,
    set_cookie,
)
from ensue.doors.console.forms import fields_of
from ensue.doors.console.rendering import ROOT, Rendering
from ensue.pages import HEADERS
from ensue.words.errors import LimitExceeded, NotPermitted

FAILURES_MAX = 10
FAILURES_WINDOW_MS = 60_000
LOCAL = "this machine"


class Login:
    """Who comes in, and how.

    Args:
        platform: for its clock and its ids.
        entry: who may.
        sessions: makes their cookies.
        rendering: makes the page that asks.
    """

    def __init__(
        self, platform: Platform, entry: Entry, sessions: Sessions, rendering: Rendering
    ) -> None:
        self._platform = platform
        self._entry = entry
        self._sessions = sessions
        self._rendering = rendering
        self._failures: list[int] = []

    def shows_credential(self, request: Request) -> bool:
        """Whether a request shows a key or a token by itself, as programs do."""
        return self._entry.asks and _credential(request) is not None

    async def session_of(self, request: Request) -> tuple[Session | None, bool]:
        """Whose request it is, None for somebody unknown; and whether the session is new."""
        credential = _credential(request)
        if self._entry.asks and credential is not None:
            role = await self._role_of(credential)
            return (None if role is None else self._session(role)), False
        cookie = cookie_in(request.headers.get("cookie", ""))
        found = cookie and self._sessions.session(cookie, self._platform.now_ms())
        if found:
            return found, False
        return (None, False) if self._entry.asks else (self._session("operator", LOCAL), True)

    async def answer(self, request: Request) -> Response:
        """Answer the page that asks for a key: show it, or take what was put in.

        Raises:
            LimitExceeded: too many wrong ones were tried.
        """
        if request.method != "POST":
            return self._page(request, HTTPStatus.OK)
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
            raise NotPermitted("expected a form of this console")
        fields = await fields_of(request)
        given, to = fields.get("key", "").strip(), fields.get("to", "")
        role = await self._role_of(given)
        if role is None:
            return self._page(request, HTTPStatus.UNAUTHORIZED, to=to, wrong=True)
        # Only to a page of ours: an address that begins with two slashes is another site's.
        there = to if to.startswith(f"{ROOT}/") else ROOT
        answer = RedirectResponse(there, HTTPStatus.SEE_OTHER)
        self.remember(request, answer, self._session(role))
        return answer

    def ask(self, request: Request, *, wants_json: bool) -> Response:
        """Send somebody unknown to the page that asks.

        Raises:
            NotPermitted: it is a program.
        """
        if wants_json or request.method == "POST" or "hx-request" in request.headers:
            raise NotPermitted(
                "expected the key", hint="Send `Authorization: Bearer KEY`, or log in again."
            )
        to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{ROOT}/login?to={quote(to)}", HTTPStatus.SEE_OTHER)

    def remember(self, request: Request, answer: Response, session: Session) -> None:
        """Let an answer carry the session's cookie."""
        secure = request.url.scheme == "https"
        answer.headers.append(
            "set-cookie", set_cookie(self._sessions.cookie(session), secure=secure)
        )

    def leave(self, request: Request) -> Response:
        """End a session."""
        del request
        answer = RedirectResponse(f"{ROOT}/login", HTTPStatus.SEE_OTHER)
        answer.headers.append("set-cookie", f"{set_cookie('', secure=False)}; Max-Age=0")
        return answer

    async def _role_of(self, credential: str) -> Role | None:
        now_ms = self._platform.now_ms()
        recent = [each for each in self._failures if each > now_ms - FAILURES_WINDOW_MS]
        if len(recent) >= FAILURES_MAX:
            raise LimitExceeded(
                "expected fewer wrong keys",
                hint="Wait a minute.",
                retry_after_ms=FAILURES_WINDOW_MS,
            )
        if not credential or len(credential) > CREDENTIAL_LENGTH_MAX:
            return None
        role = await self._entry.role_of(credential)
        self._failures = recent if role else [*recent, now_ms]
        return role

    def _session(self, role: Role, who: str | None = None) -> Session:
        until_ms = self._platform.now_ms() + SESSION_MS
        return Session(who or f"{role} by key", role, until_ms, self._platform.new_id())

    def _page(
        self, request: Request, status: int, *, to: str | None = None, wrong: bool = False
    ) -> Response:
        values = {"to": to or request.query_params.get("to", ROOT), "wrong": wrong}
        page = self._rendering.alone("login.html", values)
        return HTMLResponse(page, status, headers=HEADERS)


def _credential(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-api-key")
