import json

FAULTY = {
    "StartAt": "Nowhere",
    "States": {"A": {"Type": "Task", "Next": "B"}, "B": {"Type": "Wait", "End": True}},
}


def test_a_definition_without_faults_is_valid(ensue, charge):
    done = ensue("states", "validate", charge)

    assert (done.exit_code, done.stdout) == (0, "It is valid.\n")


def test_all_faults_are_told_at_once_with_place_and_what_to_do(ensue, file):
    done = ensue("states", "validate", file(FAULTY))

    assert done.exit_code == 1
    for place in ("/StartAt", "/States/A/Resource", "/States/B"):
        assert f"error {place}" in done.stdout
    assert "3 faults" in done.stdout


def test_faults_are_json_for_programs(ensue, file):
    done = ensue("states", "validate", file(FAULTY), "--json")

    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert len(found) == 3
    assert all(each.keys() == {"path", "message", "hint", "severity"} for each in found)


def test_a_definition_is_read_from_standard_input(ensue):
    done = ensue("states", "validate", "-", stdin="{")

    assert done.exit_code == 1
    assert "expected JSON" in done.stdout


def test_a_file_that_is_not_there_is_an_error(ensue, tmp_path):
    done = ensue("states", "validate", str(tmp_path / "none.json"))

    assert done.exit_code == 1
    assert "No such file" in done.stderr
