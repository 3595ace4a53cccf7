"""What was done, told on the page behind it: carried there by a cookie that lives for one page."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "ensue_notice"
NOTICE_LENGTH_MAX = 300
NOTICE_S_MAX = 30


def put_notice(answer: Response, said: str) -> None:
    """Let the next page say something."""
    text = base64.urlsafe_b64encode(said[:NOTICE_LENGTH_MAX].encode()).decode()
    answer.set_cookie(
        COOKIE, text, max_age=NOTICE_S_MAX, path="/console", httponly=True, samesite="strict"
    )


def take_notice(request: Request) -> str | None:
    """What this page is to say; None for nothing."""
    try:
        return base64.urlsafe_b64decode(request.cookies.get(COOKIE, "")).decode() or None
    except (binascii.Error, ValueError):
        return None
