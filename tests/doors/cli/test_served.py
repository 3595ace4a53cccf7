"""Every command against a server that runs for real."""

import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ensue.__main__ import make_cli
from tests.doors.cli.served import serving, typed

APP = """
from ensue import App

app = App("shop")
stock = app.table("stock", key="model", indexes={"by-maker": ("maker", "model")})
lines = app.table("lines", key=("order", "line"))
payments = app.queue("payments", max_receives=1)
events = app.bus("order-events")
letters = app.mail("letters", to="all@example.org")


@payments.consumer(retry_base=0.001)
def refuse(message, tx):
    raise ValueError("no money")


@payments.on_dead_letter
def tell(message, tx):
    tx.publish(events, "Refused", {"body": message.body})


@app.on_event(events, {"detail-type": ["OrderPlaced"]})
def reserve(event, tx):
    tx.put(stock, {"model": event.detail["model"], "quantity": 0})


@app.function
def reprice(body, tx):
    tx.publish(events, "Repriced", {"model": body})


@app.get("/stock/{model}")
def look(model: str, tx):
    return tx.get(stock, model)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running server with one resource of each kind."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "shop").mkdir()
    (folder / "shop/app.py").write_text(APP)
    with serving("shop", "--data", str(folder / "data"), cwd=folder) as found:
        yield found
        assert found.stop() == 0


@pytest.fixture
def ensue(server):
    """Run a command against the running server."""

    def run(*words, stdin=None):
        cli = make_cli(serve=lambda *_: None)
        done = CliRunner().invoke(cli, words, input=stdin, env={"ENSUE_URL": server.url})
        if done.exit_code == 0:
            return done.stdout.rstrip("\n")
        return f"{done.exit_code} {done.stderr}"

    return run


def _json(text):
    return json.loads(text)


def test_ready_is_a_line_for_the_app_and_commands_that_work_as_printed(server, tmp_path):
    assert server.lines[0] == f"shop ready at {server.url}"
    assert server.lines[1] == f"console at {server.url}/console"
    assert "sqlite" in server.lines[2]
    for line in server.tries:
        assert server.url in line
        done = typed(line, tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


def test_an_item_is_put_read_and_queried(ensue):
    assert ensue("put", "stock", '{"model": "LX", "maker": "7", "quantity": 5}') == "stored  yes"
    assert ensue("put", "stock", "-", stdin='{"model": "349", "maker": "7"}') == "stored  yes"
    assert _json(ensue("get", "stock", "LX", "--json"))["quantity"] == 5
    assert ensue("get", "stock", "349") == "model  349\nmaker  7"
    found = _json(ensue("query", "stock", "7", "--index", "by-maker", "--limit", "1", "--json"))
    assert [item["model"] for item in found["items"]] == ["349"]
    rest = ensue("query", "stock", "7", "--index", "by-maker", "--after", found["next"])
    assert rest.split("\n")[1].startswith("LX")


def test_a_condition_that_is_false_stores_nothing(ensue):
    ensue("put", "stock", '{"model": "once"}')
    again = ensue("put", "stock", '{"model": "once"}', "--where", "attribute_not_exists(model)")
    assert again == "stored  no"


def test_what_is_not_there_is_an_error(ensue):
    assert ensue("get", "stock", "none").startswith("1 error: there is no item with the key")
    told = "1 error: there is no table, adopted table or schedule group nothing"
    assert ensue("get", "nothing", "x").startswith(told)
    assert ensue("query", "stock", "x", "--index", "none").startswith("1 error: ")


def test_a_fault_that_the_server_finds_is_located(ensue):
    done = ensue("put", "stock", '{"quantity": 1}')
    assert done.startswith("1 error: expected a string, number or bytes")
    assert "$.model" in done


def test_a_message_that_fails_is_looked_at_and_redriven(ensue):
    sent = ensue("send", "payments", '{"n": 1}', "--attributes", '{"from": "test"}')
    assert "no money" in _waited_for(ensue, "Refused", 1, why=sent)
    (message,) = _json(ensue("peek", "payments-dlq", "--json"))
    assert message["body"] == {"n": 1}
    assert _json(ensue("dlq", "redrive", "payments-dlq", "--json"))["moved"] == 1
    _waited_for(ensue, "Refused", 2, why=sent)
    assert ensue("dlq", "redrive", "payments").startswith("1 error: expected a dead-letter queue")


def test_an_event_is_published_explained_and_has_consequences(ensue):
    published = ensue("publish", "order-events", "OrderPlaced", '{"model": "MX"}')
    (explained,) = _json(ensue("explain", "order-events", published, "--json"))
    assert explained["matched"] is True
    tree = ensue("why", published)
    assert published in tree
    assert "└─ " in tree
    other = ensue("publish", "order-events", "Other", "{}")
    (missed,) = _json(ensue("explain", "order-events", other, "--json"))
    assert missed["matched"] is False
    assert missed["reasons"]


def test_a_function_is_invoked_and_a_letter_is_sent(ensue):
    invoked = ensue("invoke", "reprice", "LX")
    _waited_for(ensue, "Repriced", 1, why=invoked)
    sent = ensue("send", "letters", "Hello", "How are you?")
    assert sent in ensue("why", sent, "--json")
    assert "error" not in ensue("why", "--up", sent)


def test_ls_and_describe_show_what_runs(ensue):
    rows = _json(ensue("ls", "--json"))
    assert {row["kind"] for row in rows} == {"table", "queue", "bus", "mail", "function"}
    assert all("status" in row for row in rows)
    assert "payments-dlq" in ensue("ls")
    assert "ensue send payments BODY" in ensue("describe", "payments")
    assert _json(ensue("describe", "table/stock", "--json"))["declared"]["key"] == ["model"]


def test_an_item_is_named_by_its_key(ensue):
    ensue("put", "stock", '{"model": "a/b c"}')
    assert "a/b c" in ensue("why", "a/b c")
    ensue("put", "lines", '{"order": "349", "line": "1"}')
    assert '{"order":"349","line":"1"}' in ensue("why", "349/1")


@pytest.mark.parametrize("words", ["get stock $'\\xff'", "why $'\\xff'", "ls --key $'\\xff'"])
def test_arguments_that_are_no_text_are_refused(words, tmp_path):
    done = typed(f"ensue {words}", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: expected text of UTF-8, got '\\udcff', at argument ")


def test_tail_follows_until_ctrl_c(server, ensue):
    ensue("publish", "order-events", "Before", "{}")
    command = [sys.executable, "-m", "ensue", "tail", "--json", "--limit", "1"]
    with subprocess.Popen(
        [*command, "--url", server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stdout is not None
        seen = _json(tail.stdout.readline())["detail-type"]
        ensue("publish", "order-events", "During", "{}")
        while seen != "During":
            seen = _json(tail.stdout.readline())["detail-type"]
        tail.send_signal(signal.SIGINT)
        _, said = tail.communicate(timeout=10)
    assert (tail.returncode, said) == (0, "")


def test_several_apps_run_on_one_server(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"apps/{name}").mkdir(parents=True)
        text = f'from ensue import App\n\napp = App("{name}")\napp.queue("work")\n'
        (tmp_path / f"apps/{name}/app.py").write_text(text)
    with serving("apps", "--data", "data", cwd=tmp_path) as served:
        assert [line.split(" ready at ")[0] for line in served.lines[:2]] == ["one", "two"]
        cli = make_cli(serve=lambda *_: None)
        run = CliRunner(env={"ENSUE_URL": served.url}).invoke
        assert "two/queue/work" in run(cli, ["send", "work", "1"]).stderr
        assert run(cli, ["send", "two/queue/work", "1"]).exit_code == 0
        (message,) = _json(run(cli, ["peek", "two/queue/work", "--json"]).stdout)
        assert message["body"] == 1


def test_a_server_with_a_key_demands_it(tmp_path):
    (tmp_path / "shop.py").write_text('from ensue import App\n\napp = App("shop")\n')
    with serving("shop.py", "--key", "gehéim", cwd=tmp_path) as served:
        assert not any("gehéim" in line for line in served.lines)
        cli = make_cli(serve=lambda *_: None)
        run = CliRunner(env={"ENSUE_URL": served.url}).invoke
        refused = run(cli, ["ls"])
        assert refused.exit_code == 1
        assert "key" in refused.stderr
        assert run(cli, ["ls", "--key", "gehéim"]).exit_code == 0
        assert run(cli, ["ls"], env={"ENSUE_KEY": "gehéim"}).exit_code == 0


def _waited_for(ensue, detail_type, count, *, why):
    """Wait, by tailing, for events of a type; then the tree of what caused them."""
    limit = 1
    while True:
        events = [
            _json(line) for line in ensue("tail", "--count", str(limit), "--json").split("\n")
        ]
        found = [event for event in events if event["detail-type"] == detail_type]
        if len(found) >= count:
            return ensue("why", why)
        limit += 1
