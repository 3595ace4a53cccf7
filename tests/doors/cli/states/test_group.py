import pytest


@pytest.mark.parametrize("command", ["validate", "run", "test", "draw"])
def test_each_command_has_help_with_examples_that_name_it(ensue, command):
    done = ensue("states", command, "--help")

    assert done.exit_code == 0
    _, _, examples = done.stdout.partition("Examples:\n")
    assert f"ensue states {command} " in examples
