"""Files into buckets and out of them."""

from __future__ import annotations

from contextlib import contextmanager

import httpx
import pytest
from click.testing import CliRunner

from ensue.doors.cli import make_cli
from ensue.doors.cli.client import open_server

ROWS = [{"app": "shop", "kind": "bucket", "name": "files", "declared": {}}]
PLACE = "/_ensue/buckets/files/objects/"


class Store:
    """Answers as a server with one bucket does."""

    def __init__(self):
        self.objects = {}
        self.asked = []

    def __call__(self, request):
        if request.url.path == "/_ensue/resources":
            return httpx.Response(200, json=ROWS)
        self.asked.append(request)
        key = request.url.path.removeprefix(PLACE)
        if request.method == "PUT":
            if request.headers.get("if-none-match") and key in self.objects:
                error = {"code": "precondition_failed", "message": "expected no object"}
                return httpx.Response(412, json={"error": error})
            self.objects[key] = request.content
            return httpx.Response(200, json={"key": key, "size": len(request.content)})
        if key not in self.objects:
            error = {"code": "not_found", "message": "there is no object"}
            return httpx.Response(404, json={"error": error})
        return httpx.Response(200, content=iter([self.objects[key][:3], self.objects[key][3:]]))


@pytest.fixture
def server():
    return Store()


@pytest.fixture
def ensue(server):
    @contextmanager
    def connect(url, key):
        with open_server(url, key, transport=httpx.MockTransport(server)) as opened:
            yield opened

    def run(*words, stdin=None):
        return CliRunner().invoke(make_cli(serve=None, connect=connect), words, input=stdin)

    return run


def test_a_file_is_put_with_the_type_that_its_ending_says(ensue, server, tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"%PDF")

    done = ensue("put-object", "files", "2026/a b.pdf", str(file), "--meta", "origin=scanner")

    assert done.exit_code == 0, done.output
    assert "size  4" in done.output
    assert server.objects == {"2026/a b.pdf": b"%PDF"}
    [request] = server.asked
    assert request.headers["content-type"] == "application/pdf"
    assert request.headers["x-ensue-meta-origin"] == "scanner"
    assert request.url.params["app"] == "shop"


def test_standard_input_is_put_and_an_object_goes_to_standard_output(ensue, server):
    put = ensue("put-object", "files", "k", "-", "--content-type", "text/csv", stdin="a,b\n")
    got = ensue("get-object", "files", "k")

    assert put.exit_code == 0
    assert server.asked[0].headers["content-type"] == "text/csv"
    assert got.stdout_bytes == b"a,b\n"


def test_an_object_goes_into_a_new_file_only(ensue, server, tmp_path):
    server.objects["k"] = b"hello"
    target = tmp_path / "new"

    first = ensue("get-object", "files", "k", str(target), "--version", "7")
    again = ensue("get-object", "files", "k", str(target))

    assert first.exit_code == 0
    assert target.read_bytes() == b"hello"
    assert server.asked[0].url.params["version"] == "7"
    assert again.exit_code == 1
    assert "there is such a file already" in again.output


def test_a_file_that_could_not_be_written_whole_is_removed(ensue, server, tmp_path, monkeypatch):
    def broken():
        yield b"he"
        raise httpx.ReadError("cut off")

    monkeypatch.setattr(
        Store, "__call__",
        lambda self, request: httpx.Response(200, json=ROWS)
        if request.url.path == "/_ensue/resources" else httpx.Response(200, content=broken()),
    )  # fmt: skip

    done = ensue("get-object", "files", "k", str(tmp_path / "new"))

    assert done.exit_code == 1
    assert "stopped answering" in done.output
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_is_told(ensue, server, tmp_path):
    server.objects["k"] = b"hello"
    (tmp_path / "x").write_bytes(b"x")

    there = ensue("put-object", "files", "k", str(tmp_path / "x"), "--if-absent")
    missing = ensue("get-object", "files", "nothing", str(tmp_path / "new"))
    unread = ensue("put-object", "files", "k", str(tmp_path / "nothing"))
    pair = ensue("put-object", "files", "k", str(tmp_path / "x"), "--meta", "origin")
    unwritten = ensue("get-object", "files", "k", str(tmp_path / "no" / "new"))

    assert (there.exit_code, missing.exit_code, unwritten.exit_code) == (1, 1, 1)
    assert "expected no object" in there.output
    assert "there is no object" in missing.output
    assert "cannot read the file" in unread.output
    assert "NAME=VALUE" in pair.output
    assert "cannot write the file" in unwritten.output
    assert not (tmp_path / "new").exists()
