"""Signatures that are good for one method and path only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ensue import App, Hmac, Secret
from ensue.testing import Running, running
from tests.identity.signing import mac

WRITTEN = "{timestamp}.{method} {path}\n{body}"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("CLIENT", "secret")
    app = App("actions")
    scheme = Hmac(
        Secret.env("CLIENT"), header="X-Signature", timestamp_header="X-Time", content=WRITTEN
    )

    @app.delete("/actions/{name}", verify=scheme)
    def forget(name: str) -> str:
        return name

    @app.get("/actions", verify=scheme)
    def find(status: str = "all") -> str:
        return status

    return app


@pytest.fixture
def actions(app: App) -> Iterator[Running]:
    with running(app) as kit:
        yield kit


def signed(t: Running, method: str, path: str) -> dict[str, str]:
    at = str(t.now_ms() // 1_000)
    return {"x-time": at, "x-signature": mac("secret", f"{at}.{method} {path}\n".encode())}


@pytest.mark.parametrize("line", [("DELETE", "/actions/7"), ("GET", "/actions?status=FAILED")])
def test_a_request_is_verified_with_its_method_its_path_and_its_query(actions, line):
    assert actions.request(*line, headers=signed(actions, *line)).status == 200


@pytest.mark.parametrize(
    "line",
    [
        ("DELETE", "/actions/8"),
        ("GET", "/actions/7"),
        ("DELETE", "/actions/%37"),
        ("DELETE", "/actions/7?x=1"),
    ],
)
def test_a_signature_of_another_method_path_or_spelling_of_it_is_refused(actions, line):
    headers = signed(actions, "DELETE", "/actions/7")

    assert actions.request(*line, headers=headers).status in {401, 405}


def test_headers_that_are_called_like_the_line_do_not_stand_for_it(actions):
    line = signed(actions, "DELETE", "/actions/7") | {":path": "/actions/7"}

    assert actions.request("DELETE", "/actions/8", headers=line).status in {400, 401}
