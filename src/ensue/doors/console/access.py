"""Who is at the console: a session in a cookie, signed; and forms that no other site can send.

Nothing is kept on the server. The cookie says who it is, what they may and until when, under an
HMAC; a form carries an HMAC of the cookie that its page was made for, so a page of another site,
which cannot read either, has nothing to send (https://owasp.org/www-community/attacks/csrf).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Literal, Protocol, TypeAlias

from ensue.words.errors import EnsueError

Role: TypeAlias = Literal["operator", "reader"]

COOKIE = "ensue_console"
SESSION_MS = 12 * 3_600_000
CREDENTIAL_LENGTH_MAX = 8_192
_PURPOSE = b"ensue console"


class Entry(Protocol):
    """Who may come in, as the server that the console is on decides it."""

    @property
    def asks(self) -> bool:
        """Whether it wants to see a key or a token at all."""

    async def role_of(self, credential: str) -> Role | None:
        """What somebody may who shows a key or a token; None for nothing."""

    def status_of(self, error: EnsueError) -> int:
        """The HTTP status of an error."""


@dataclass(frozen=True)
class Session:
    """Somebody at the console.

    Attributes:
        who: as the audit log names them.
        role: what they may: an operator everything, a reader only look.
        until_ms: when they are asked again.
        nonce: tells this session from others of the same.
    """

    who: str
    role: Role
    until_ms: int
    nonce: str


class Sessions:
    """Makes and checks cookies and form tokens.

    Args:
        secret: what they are signed with.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.new(secret, _PURPOSE, hashlib.sha256).digest()

    def cookie(self, session: Session) -> str:
        """A session as a cookie's value."""
        said = f"{session.role}|{session.until_ms}|{session.nonce}|{session.who}"
        text = base64.urlsafe_b64encode(said.encode()).decode()
        return f"{text}.{self._mac(text)}"

    def session(self, value: str, now_ms: int) -> Session | None:
        """The session that a cookie's value stands for; None for one that is none, or over."""
        text, _, mac = value.partition(".")
        if not hmac.compare_digest(self._mac(text).encode(), mac.encode()):
            return None
        said = base64.urlsafe_b64decode(text).decode()
        role, until, nonce, who = said.split("|", 3)
        if int(until) < now_ms:
            return None
        return Session(who, "operator" if role == "operator" else "reader", int(until), nonce)

    def form_token(self, session: Session) -> str:
        """What a form of a page that was made for a session carries."""
        return self._mac(f"form {session.nonce}")

    def is_form_token(self, session: Session, given: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(self.form_token(session).encode(), given.encode())

    def _mac(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def cookie_in(header: str) -> str | None:
    """The session's cookie in a Cookie header; None where it is not."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value


def set_cookie(value: str, *, secure: bool) -> str:
    """A Set-Cookie header: for this site's requests only, and for no script."""
    flags = "; Secure" if secure else ""
    return f"{COOKIE}={value}; Path=/console; HttpOnly; SameSite=Strict{flags}"
