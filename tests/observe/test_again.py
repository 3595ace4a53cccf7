"""What was published, written so that it is published again, runs as it stands."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import httpx
import pytest

from ensue import App
from ensue.app.imported import Place, imports_of
from ensue.observe import again
from ensue.observe.again import Again, Code, Matched, Server
from ensue.testing import running
from ensue.words.errors import InvalidInput
from ensue.words.names import Ref

HERE = Server("http://ensue.invalid:8080")
NASTY = 'it\'s \x1b[2J\x00 $(touch x) `id` \\n \u2028 \x9b \U0001f600 "JSON"\nJSON\n'
EVENT = {
    "detail-type": f"Order {NASTY}".replace("\x00", ""),
    "source": "shop\x1b\\",
    "resources": ["a b", "-c"],
    "detail": {"text": NASTY, NASTY: [1, 1.5, None, True, {"x" * 90: []}], "big": 2**53},
}
SHOWN = {
    "bus": EVENT,
    "topic": {"body": EVENT["detail"], "attributes": {"kind": NASTY}, "group": "g'1"},
    "stream": {"data": EVENT["detail"], "key": "k'1"},
}
KINDS = pytest.mark.parametrize("kind", ["bus", "topic", "stream"])


def sent(kind):
    """What the request has to be that publishes it again."""
    shown = SHOWN[kind]
    if kind == "stream":
        return "/_ensue/streams/log/append", {"data": shown["data"], "partition_key": "k'1"}
    plural = {"bus": "buses", "topic": "topics"}[kind]
    return f"/_ensue/{plural}/log/publish", shown


def words_of(line):
    """The words into which a shell takes a command line apart, and what it gives as its input."""
    code = "import json,sys; print(json.dumps([sys.argv[1:], sys.stdin.read()]))"
    show = f"{sys.executable} -c '{code}'"
    done = subprocess.run(
        ["sh", "-c", f'show() {{ {show} "$@"; }}; {line}'],
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@KINDS
def test_curl_sends_the_very_request(kind):
    line = Again(Ref("shop", kind, "log"), SHOWN[kind]).as_curl(HERE)

    assert line.replace("\n", "").isprintable()
    words, given = words_of("show" + line.removeprefix("curl"))

    path, body = sent(kind)
    assert words[1] == f"http://ensue.invalid:8080{path}?app=shop"
    assert words[-2:] == ["-d", "@-"]
    assert json.loads(given) == body


def test_curl_gives_a_short_body_as_an_argument_and_names_the_variable_of_the_key():
    shown = {"detail-type": "A", "detail": {"n": 1}}
    line = Again(Ref("shop", "bus", "log"), shown).as_curl(Server("http://x", has_key=True))

    words, given = words_of("ENSUE_KEY=secret; show" + line.removeprefix("curl"))

    assert "authorization: Bearer secret" in words
    assert (json.loads(words[-1]), given) == (shown, "")


@KINDS
def test_the_script_sends_the_very_request(kind, monkeypatch, capsys):
    script = Again(Ref("shop", kind, "log"), SHOWN[kind]).as_python(HERE._replace(has_key=True))
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(200, json={"id": "e-1"})

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(httpx, "post", client.post)
    monkeypatch.setenv("ENSUE_KEY", "secret")
    exec(compile(script, "script", "exec"), {})  # noqa: S102 - what is written is to run

    path, body = sent(kind)
    assert (asked[0].url.path, asked[0].url.query) == (path, b"app=shop")
    assert json.loads(asked[0].content) == body
    assert asked[0].headers["authorization"] == "Bearer secret"
    assert capsys.readouterr().out == "e-1\n"


@KINDS
def test_the_command_has_the_very_words(kind):
    line = Again(Ref("shop", kind, "log"), SHOWN[kind]).as_command(HERE)

    words, _ = words_of("show" + line.removeprefix("ensue"))

    shown = SHOWN[kind]
    assert line.replace("\n", "").isprintable()
    assert words[1] == f"shop/{kind}/log"
    if kind == "bus":
        assert (words[-2], json.loads(words[-1])) == (shown["detail-type"], shown["detail"])
        assert words[2:8] == ["--source", "shop\x1b\\", "--resources", "a b", "--resources", "-c"]
    else:
        body, option = ("body", "g'1") if kind == "topic" else ("data", "k'1")
        assert json.loads(words[-1]) == shown[body]
        assert option in words


def test_a_detail_type_that_ends_in_a_line_break_keeps_it_in_a_command():
    shown = {"detail-type": "A\n\n", "source": "s", "detail": {}}
    words, _ = words_of(
        "show" + Again(Ref("shop", "bus", "log"), shown).as_command(HERE).removeprefix("ensue")
    )
    assert words[-2] == "A\n\n"


@pytest.fixture
def shop(monkeypatch):
    """A module with an app that has a bus, a topic and a stream."""
    module = ModuleType("shop_of_again")
    module.app = app = App("shop")
    module.events = app.bus("log")
    parcels = app.queue("parcels")
    module.events.rule("pack", {"detail-type": [{"prefix": "Order"}]}, to=parcels)

    @app.on_event(module.events, {"detail": {"none": [1]}})
    def look(event, tx):
        raise AssertionError("this event does not match")

    app.topic("log").subscribe(parcels, filter={"kind": [NASTY]})
    app.stream("log")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


@KINDS
def test_the_test_passes_and_fails_where_something_else_took_it(shop, kind):
    found = imports_of([shop.app])
    ref = Ref("shop", kind, "log")
    code = Code([tuple(each) for each in found.apps], found.resources.get(ref))
    handle = shop.app.resources[ref]
    with running(shop.app) as t:
        shown = SHOWN[kind]
        published = t.wait(
            handle.publish(EVENT["detail-type"], EVENT["detail"], source=EVENT["source"])
            if kind == "bus"
            else handle.publish(shown["body"], attributes=shown["attributes"])
            if kind == "topic"
            else handle.append(shown["data"], key=shown["key"])
        )
        explained = [] if kind == "stream" else t.wait(handle.explain(published))
        rules = handle.described() if kind == "bus" else {}
    said = [{name: getattr(each, name) for name in each.__slots__} for each in explained]
    matched = None if kind == "stream" else again.matched_of(said, rules)

    def run(text):
        names = {}
        exec(compile(text, "test", "exec"), names)  # noqa: S102 - what is written is to run
        [test] = [each for name, each in names.items() if name.startswith("test_")]
        test()

    run(Again(ref, shown).as_test(code, matched))
    if matched is not None:
        with pytest.raises(AssertionError):
            run(Again(ref, shown).as_test(code, [*matched, Matched("zzz")]))


def test_two_apps_of_one_name_are_imported_by_two_names():
    code = Code([("shop.app", "app"), ("bank.app", "app")], ("shop.app", "running"))
    text = Again(Ref("shop", "bus", "log"), {"detail-type": "A", "detail": {}}).as_test(code, [])
    compile(text, "test", "exec")
    assert "from shop.app import app as shop_app_app" in text
    assert "running(shop_app_app, bank_app_app)" in text
    assert "from shop.app import running as shop_app_running" in text


def test_what_is_no_log_that_is_published_to_is_refused():
    with pytest.raises(InvalidInput, match="expected a bus, a topic or a stream, got table x"):
        Again(Ref("shop", "table", "x"), {}).as_curl(HERE)


def test_an_app_without_a_name_has_no_place_and_a_resource_of_its_module_has():
    app = App("shop")
    app.bus("log")
    found = imports_of([app])
    assert (found.apps, found.resources) == ((None,), {})


def test_a_resource_is_found_in_the_module_of_its_app(shop):
    found = imports_of([shop.app])
    assert found.apps == (Place("shop_of_again", "app"),)
    assert found.resources == {Ref("shop", "bus", "log"): Place("shop_of_again", "events")}
