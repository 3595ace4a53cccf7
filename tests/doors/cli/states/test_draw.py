import xml.etree.ElementTree as ET

from tests.doors.cli.states.conftest import CHARGE
from tests.languages.states.draw.machines import history

DECLINED = history(
    ("ExecutionStarted", 0),
    ("TaskStateEntered", 0, "Charge"),
    ("TaskScheduled", 2),
    ("TaskFailed", 3),
    ("TaskStateExited", 4, "Charge"),
    ("FailStateEntered", 5, "Refused"),
    ("ExecutionFailed", 6),
)


def test_a_picture_is_svg(ensue, charge):
    done = ensue("states", "draw", charge)

    assert done.exit_code == 0
    assert ET.fromstring(done.stdout).tag.endswith("svg")  # noqa: S314 - we wrote it
    assert ">Charge</text>" in done.stdout


def test_mermaids_text_is_another_format(ensue, charge):
    done = ensue("states", "draw", charge, "--format", "mermaid")

    assert done.stdout.startswith('flowchart TD\n    s0["Charge<br/>function charge')


def test_an_execution_is_drawn_on_its_definition(ensue, file, charge):
    done = ensue("states", "draw", charge, "--history", file({"events": DECLINED}, "history.json"))

    assert 'class="Task caught"' in done.stdout
    assert 'class="Succeed untouched"' in done.stdout


def test_an_execution_is_drawn_alone(ensue, file):
    done = ensue("states", "draw", "--history", file(DECLINED, "history.json"))

    assert 'class="Fail failed"' in done.stdout
    assert ">Done</text>" not in done.stdout


def test_a_run_gives_the_history_of_its_picture(ensue, file, charge):
    mocks = file({"Charge": {"error": "Declined"}}, "mocks.json")
    told = ensue("states", "run", charge, "--mock", mocks, "--json", "--trace").stdout

    done = ensue("states", "draw", charge, "--history", file(told, "history.json"))

    assert 'class="Task caught"' in done.stdout


def test_a_picture_is_written_to_a_file(ensue, charge, tmp_path):
    done = ensue("states", "draw", charge, "--output", str(tmp_path / "a.svg"))

    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    missing = ensue("states", "draw", charge, "--output", str(tmp_path / "no" / "a.svg"))
    assert missing.exit_code == 1


def test_a_faulty_definition_is_not_drawn(ensue, file):
    done = ensue("states", "draw", file({**CHARGE, "StartAt": "Nowhere"}))

    assert done.exit_code == 1
    assert "/StartAt" in done.stderr


def test_what_is_no_history_is_an_error(ensue, file):
    assert "expected a list of events" in ensue("states", "draw", "--history", file({})).stderr
    assert "$[0]" in ensue("states", "draw", "--history", file([{"id": 1}])).stderr


def test_nothing_to_draw_is_wrong_usage(ensue):
    assert ensue("states", "draw").exit_code == 2
