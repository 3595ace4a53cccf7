"""What requests to an app under test are answered with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Reply:
    """What a request to the app answered.

    Attributes:
        status: the HTTP status.
        body: the decoded JSON body, or the bytes of one of another type; None for an empty one.
        headers: by lower-case name.
    """

    status: int
    body: Any
    headers: Mapping[str, str]


class Begun:
    """A request that was sent, and is answered when what its handler waits for has come.

    Args:
        task: what answers it.
    """

    def __init__(self, task: asyncio.Task[Reply]) -> None:
        self._task = task

    @property
    def reply(self) -> Reply | None:
        """The answer; None as long as there is none."""
        return self._task.result() if self._task.done() else None


def reply_of(answer: httpx.Response) -> Reply:
    """An answer, as tests see it."""
    return Reply(answer.status_code, _decoded(answer), dict(answer.headers))


def _decoded(answer: httpx.Response) -> Any:  # noqa: ANN401 - any JSON value
    if not answer.content:
        return None
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.json() if is_json else answer.content
