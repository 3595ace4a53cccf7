"""The outside as a test has it: what answers the apps' HTTP calls, and what they called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
import msgspec

Outside: TypeAlias = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Call:
    """A call of the apps to the outside that was answered.

    Attributes:
        method: such as ``POST``.
        url: where to.
        key: its idempotency key, the same at every try; None without one.
        body: the decoded JSON body; None when it is none.
    """

    method: str
    url: str
    key: str | None
    body: Any


def mounts_of(
    outside: Mapping[str, Outside], calls: list[Call]
) -> dict[str, httpx.AsyncBaseTransport]:
    """What answers the apps' HTTP calls, by base URL; each that is answered is added to ``calls``.

    Of several on one host the longest whose path the call's path begins with answers.
    """
    by_host: dict[str, dict[str, Outside]] = {}
    for base, answer in outside.items():
        parts = urlsplit(base)
        answers = by_host.setdefault(f"{parts.scheme}://{parts.netloc}", {})
        answers[parts.path.rstrip("/")] = _noting(answer, calls)
    mounts: dict[str, httpx.AsyncBaseTransport] = {"all://": httpx.MockTransport(_nobody)}
    for host, answers in by_host.items():
        mounts[host] = httpx.MockTransport(_by_path(answers))
    return mounts


def _by_path(
    answers: Mapping[str, Outside],
) -> Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]:
    longest_first = sorted(answers, key=len, reverse=True)

    async def answered(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        for base in longest_first:
            if path == base or path.startswith(f"{base}/"):
                found = answers[base](request)
                return found if isinstance(found, httpx.Response) else await found
        return _nobody(request)

    return answered


def _noting(answer: Outside, calls: list[Call]) -> Outside:
    def answered(request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
        calls.append(
            Call(
                request.method,
                str(request.url),
                request.headers.get("idempotency-key"),
                _json(request.content),
            )
        )
        return answer(request)

    return answered


def _json(content: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    try:
        return msgspec.json.decode(content) if content else None
    except msgspec.DecodeError:
        return None


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"nobody answers {request.url.host} in this test", request=request)
