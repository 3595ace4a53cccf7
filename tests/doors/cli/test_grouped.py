from __future__ import annotations

import shlex

import click
import pytest

from ensue.catalog import KINDS
from ensue.doors.cli.grouped import EXAMPLES, LEFT_OUT, group_commands

PATH = "/_ensue/schemas/shapes"
GROUPED = [
    (f"{kind.group} {each.name}", kind.group, each.name)
    for kind in KINDS.values()
    if kind.group is not None
    for each in kind.operations
]


def command_of(group, name):
    [found] = [each for each in group_commands() if each.name == group]
    return found.commands[name]


@pytest.fixture
def registry(answers):
    answers.resources.append(("shop", "schemas", "shapes"))


def test_each_operation_of_a_group_has_a_command_and_its_options_have_help(ensue):
    assert len(GROUPED) > 10
    for _, group, name in GROUPED:
        if name in LEFT_OUT.get(group, ()):
            continue
        assert ensue(group, name, "--help").exit_code == 0
        for option in command_of(group, name).params:
            assert not isinstance(option, click.Option) or option.help


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_the_examples_of_a_group_can_be_typed(line):
    words = shlex.split(line.partition(" > ")[0])
    command = command_of(words[1], words[2])

    assert command.make_context(words[2], words[3:], resilient_parsing=False)


def test_the_only_registry_need_not_be_named(ensue, answers, registry):
    answers.add(f"{PATH}/get", {"subject": "shop@A", "version": 2})

    assert "shop@A" in ensue("schema", "get", "shop@A", "--version", "2").output
    assert ensue("schema", "get", "shop@A", "--in", "shapes").exit_code == 0
    assert answers.asked == [
        (f"{PATH}/get", {"subject": "shop@A", "version": 2}),
        (f"{PATH}/get", {"subject": "shop@A"}),
    ]


def test_code_is_written_as_it_is(ensue, answers, registry):
    answers.add(f"{PATH}/code", '"""Types."""\n\nclass A:\n    b: int\n')

    assert ensue("schema", "code", "shop@A").output == '"""Types."""\n\nclass A:\n    b: int\n'


def test_of_several_registries_one_must_be_named(ensue, answers, registry):
    answers.resources.append(("shop", "schemas", "others"))

    result = ensue("schema", "list")

    assert result.exit_code == 1
    assert "expected a schema registry by --in, one of shapes, others" in result.output


def test_without_a_registry_there_is_a_hint(ensue):
    result = ensue("schema", "list")

    assert result.exit_code == 1
    assert "there is no schema registry. Declare one in the app." in result.output
