"""A server that answers from memory, for tests of what commands ask and print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from ensue.doors.cli import make_cli
from ensue.doors.cli.client import HttpServer, open_server

RESOURCES = [
    ("shop", "table", "stock"),
    ("shop", "queue", "payments"),
    ("shop", "queue", "payments-dlq"),
    ("shop", "bus", "order-events"),
    ("shop", "mail", "letters"),
    ("shop", "function", "reprice"),
]


class Answers:
    """Answers requests by path, and remembers what was asked."""

    def __init__(self) -> None:
        self.resources = list(RESOURCES)
        self.by_path: dict[str, list[httpx.Response | BaseException]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.requests: list[httpx.Request] = []

    def add(self, path: str, body: object, status: int = 200) -> None:
        """Answer the next request to a path; the last answer stays."""
        self.by_path.setdefault(path, []).append(httpx.Response(status, json=body))

    def interrupt(self, path: str) -> None:
        """Press Ctrl-C during the next request to a path."""
        self.by_path.setdefault(path, []).append(KeyboardInterrupt())

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/_ensue/resources":
            rows = [
                {"app": app, "kind": kind, "name": name, "declared": {}}
                for app, kind, name in self.resources
            ]
            return httpx.Response(200, json=rows)
        body = httpx.Response(200, content=request.content).json() if request.content else None
        self.asked.append((request.url.path, body))
        found = self.by_path[request.url.path]
        answer = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def answers() -> Answers:
    """What the server answers."""
    return Answers()


@pytest.fixture
def ensue(answers: Answers) -> Callable[..., Result]:
    """Run a command against the server that answers from memory."""

    @contextmanager
    def connect(url: str, key: str | None) -> Iterator[HttpServer]:
        with open_server(url, key, transport=httpx.MockTransport(answers)) as server:
            yield server

    def run(*words: str, stdin: str | None = None, **rest: Any) -> Result:
        cli = make_cli(serve=_nobody, connect=connect)
        return CliRunner().invoke(cli, words, input=stdin, **rest)

    return run


def _nobody(*_: object) -> None:
    raise AssertionError("this test serves nothing")
