from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from ensue import App
from ensue.app.held import HeldTime
from ensue.doors.cli import make_cli
from ensue.doors.cli.loading import Loaded
from ensue.doors.cli.run import things_to_try
from ensue.identity import Issuer
from ensue.words.errors import NotPermitted

DEFAULT = "http://127.0.0.1:8080"


@dataclass
class Started:
    """What a server says once it is ready."""

    addresses: Sequence[tuple[str, str]]
    version: str = "0.1.0"
    engine: str = "sqlite:///data/ensue.db"
    held_ms: int | None = None


class Served:
    """Serves nothing, and remembers what was to be served."""

    def __call__(self, apps, options, ready):
        self.apps, self.options = apps, options
        url = f"http://{options.host}:{options.port}"
        ready(Started([(app.name, url) for app in apps]))


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A server that serves nothing, in a folder with one app."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ensue.doors.cli.run.shutil.which", lambda _: "/bin/ensue")
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("shop_of_run.py").write_text('from ensue import App\n\napp = App("shop")\n')
    return Served()


def _run(served, *words, **environment):
    return CliRunner().invoke(make_cli(serve=served), ["run", *words], env=environment)


def test_the_defaults_are_this_machine_and_a_file_below_data(served):
    assert _run(served, "shop_of_run.py").exit_code == 0
    options = served.options
    assert (options.host, options.port, options.key, options.smtp) == (
        "127.0.0.1",
        8080,
        None,
        None,
    )
    assert (options.data, options.engine) == (Path("data"), "sqlite:///data/ensue.db")
    assert Path("data").is_dir()


def test_options_come_from_the_environment_too(served):
    done = _run(
        served,
        "shop_of_run.py",
        ENSUE_HOST="0.0.0.0",  # noqa: S104
        ENSUE_PORT="9000",
        ENSUE_DATA="/tmp/ensue-test",  # noqa: S108
        ENSUE_ENGINE="sqlite::memory:",
        ENSUE_KEY="k",
        ENSUE_SMTP="smtp://mail",
    )
    assert done.exit_code == 0
    options = served.options
    assert (options.host, options.port, options.engine) == ("0.0.0.0", 9000, "sqlite::memory:")  # noqa: S104
    assert (options.key, options.smtp) == ("k", "smtp://mail")


def test_an_option_wins_over_the_environment_and_moves_the_store(served):
    assert _run(served, "shop_of_run.py", "--data", "here", ENSUE_DATA="there").exit_code == 0
    assert served.options.engine == "sqlite:///here/ensue.db"
    assert not Path("there").exists()


def test_when_ready_it_says_where_and_what_to_try(served):
    assert _run(served, "shop_of_run.py").stdout.splitlines() == [
        "shop ready at http://127.0.0.1:8080",
        "console at http://127.0.0.1:8080/console",
        "Ensue 0.1.0 on sqlite:///data/ensue.db; Ctrl-C stops it",
        "",
        "Try:",
        "  ensue ls",
        "  curl -s http://127.0.0.1:8080/openapi.json",
        "  curl -s http://127.0.0.1:8080/_ensue/health",
    ]


def test_a_key_is_never_printed(served):
    done = _run(served, "shop_of_run.py", "--key", "secret")
    assert "secret" not in done.output
    assert "with ENSUE_KEY set" in done.output


@pytest.mark.usefixtures("served")
def test_a_refusal_to_serve_is_an_error():
    def refuses(*_):
        raise NotPermitted("expected a key", hint="Give one.")

    done = _run(refuses, "shop_of_run.py", "--host", "0.0.0.0")  # noqa: S104
    assert (done.exit_code, done.stderr) == (1, "error: expected a key. Give one.\n")


def test_an_app_that_fails_is_shown_where_it_fails(served):
    Path("fails_in_run.py").write_text("1 / 0\n")
    done = _run(served, "fails_in_run.py")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        '  File "fails_in_run.py", line 1, in <module>',
        "    1 / 0",
        "    ~~^~~",
        "ZeroDivisionError: division by zero",
        (
            "error: fails_in_run.py cannot be loaded: ZeroDivisionError: division by zero,"
            " at fails_in_run.py:1"
        ),
    ]


@pytest.mark.parametrize("words", [(), ("a", "--port", "65536"), ("a", "--port", "x")])
def test_wrong_usage_exits_with_2(served, words):
    assert _run(served, *words).exit_code == 2


def _loaded(name, *lines):
    module = ModuleType(name)
    if lines:
        module.TRY = lines
    app = App(name)
    app.table("stock", key="id")
    return Loaded(app, module)


@pytest.fixture
def on_path(monkeypatch):
    monkeypatch.setattr("ensue.doors.cli.run.shutil.which", lambda _: "/bin/ensue")


@pytest.mark.usefixtures("on_path")
def test_an_apps_own_commands_are_printed_as_they_are_at_the_default_address():
    loaded = _loaded("shop", f"curl {DEFAULT}/x -d '{{\"a\": 1}}'", "ensue ls", "third", "fourth")
    assert things_to_try([loaded], [("shop", DEFAULT)]) == [
        f"curl {DEFAULT}/x -d '{{\"a\": 1}}'",
        "ensue ls",
        "third",
    ]


@pytest.mark.usefixtures("on_path")
def test_commands_are_changed_to_where_the_server_is():
    loaded = _loaded("shop", f"curl {DEFAULT}/x", "ensue ls")
    assert things_to_try([loaded], [("shop", "http://127.0.0.1:9000")])[:2] == [
        "curl http://127.0.0.1:9000/x",
        "ensue ls --url http://127.0.0.1:9000",
    ]


@pytest.mark.usefixtures("on_path")
def test_commands_may_name_the_address_as_fields():
    loaded = _loaded("shop", "curl localhost:{port}/x -d '{{}}'", "curl {url}/y")
    assert things_to_try([loaded], [("shop", "http://127.0.0.1:9000")])[:2] == [
        "curl localhost:9000/x -d '{}'",
        "curl http://127.0.0.1:9000/y",
    ]


@pytest.mark.usefixtures("on_path")
def test_json_in_a_command_with_an_address_need_not_be_escaped():
    loaded = _loaded("shop", "curl {url}/y -d '{\"a\": {}}'")
    assert (
        things_to_try([loaded], [("shop", DEFAULT)])[0] == f"curl {DEFAULT}/y -d '{{\"a\": {{}}}}'"
    )


@pytest.mark.usefixtures("on_path")
def test_too_few_commands_of_an_app_are_filled_up_to_three():
    assert things_to_try([_loaded("shop", "ensue ls", "one")], [("shop", DEFAULT)]) == [
        "ensue ls",
        "one",
        f"curl -s {DEFAULT}/openapi.json",
    ]


def test_a_data_folder_that_cannot_be_made_is_told(served):
    Path("file").touch()
    done = _run(served, "shop_of_run.py", "--data", "file/below")
    assert (done.exit_code, done.stderr) == (
        1,
        (
            "error: cannot make the folder file/below: Not a directory."
            " Name another one with --data or ENSUE_DATA.\n"
        ),
    )


@pytest.mark.usefixtures("on_path")
def test_each_apps_commands_go_to_its_own_address():
    first, second = _loaded("one", "curl {url}"), _loaded("two", "curl {url}")
    addresses = [("one", DEFAULT), ("two", "http://127.0.0.1:8081")]
    assert things_to_try([first, second], addresses)[:2] == [
        f"curl {DEFAULT}",
        "curl http://127.0.0.1:8081",
    ]


def test_where_ensue_is_not_on_the_path_its_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("ensue.doors.cli.run.shutil.which", lambda _: None)
    monkeypatch.chdir(tmp_path)
    script = tmp_path / ".venv/bin/ensue"
    script.parent.mkdir(parents=True)
    script.touch()
    monkeypatch.setattr("ensue.doors.cli.run.sys.executable", str(script.with_name("python")))
    assert things_to_try([_loaded("shop")], [("shop", DEFAULT)])[0] == ".venv/bin/ensue ls"
    script.unlink()
    line = things_to_try([_loaded("shop")], [("shop", DEFAULT)])[0]
    assert line == f"{script.with_name('python')} -m ensue ls"


def test_how_long_to_keep_and_whether_a_branch_acts_are_decided_by_options(served):
    assert _run(served, "shop_of_run.py").exit_code == 0
    assert (served.options.keep_ms, served.options.act) == (86_400_000, False)

    assert _run(served, "shop_of_run.py", "--keep", "30d", "--act").exit_code == 0
    assert (served.options.keep_ms, served.options.act) == (30 * 86_400_000, True)

    refused = _run(served, "shop_of_run.py", "--keep", "long")
    assert refused.exit_code == 1
    assert "expected a duration such as" in refused.output


def test_an_issuer_is_named_with_whom_its_tokens_are_for(served):
    words = ["shop_of_run.py", "--issuer", "https://login.example"]
    assert _run(served, *words, "--audience", "shop").exit_code == 0
    assert served.options.issuer == Issuer("https://login.example", "shop")

    _run(
        served,
        "shop_of_run.py",
        ENSUE_ISSUER="https://login.example",
        ENSUE_AUDIENCE="shop",
        ENSUE_JWKS="https://login.example/keys",
        ENSUE_ROLE="admin",
        ENSUE_READER_ROLE="viewer",
    )
    assert served.options.issuer == Issuer(
        "https://login.example", "shop", "https://login.example/keys", "admin", "viewer"
    )


def test_an_issuer_without_an_audience_is_refused(served):
    for words in (["--issuer", "https://login.example"], ["--audience", "shop"]):
        done = _run(served, "shop_of_run.py", *words)
        assert done.exit_code == 1
        assert "--issuer and --audience" in done.output


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("held", HeldTime()),
        ("held:2031-07-05T10:00Z", HeldTime(1_941_012_000_000)),
        ("held:2031-07-05T12:00+02:00", HeldTime(1_941_012_000_000)),
    ],
)
def test_a_clock_is_held_from_now_or_from_a_time_on_a_store_of_its_own(served, said, held):
    assert _run(served, "shop_of_run.py", "--clock", said).exit_code == 0

    assert served.options.held == held
    assert served.options.engine == "sqlite:///data-held/ensue.db"


def test_with_a_folder_for_its_data_a_held_clock_is_for_that(served):
    assert _run(served, "shop_of_run.py", "--clock", "held", ENSUE_DATA="here").exit_code == 0

    assert served.options.engine == "sqlite:///here/ensue.db"


@pytest.mark.parametrize("said", ["real", "held:soon", "held:2031-07-05T10:00", ""])
def test_a_clock_that_is_none_is_refused(served, said):
    done = _run(served, "shop_of_run.py", "--clock", said)

    assert (done.exit_code, done.stderr.startswith("error: expected")) == (1, True)
