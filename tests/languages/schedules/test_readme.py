"""The examples of the language's README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ensue
from ensue.languages.schedules import compile_schedule, moment_ms, shown_ms, upcoming_ms
from ensue.words.errors import InvalidExpression

README = (Path(ensue.__file__).parent / "languages/schedules/README.md").read_text()
EXAMPLES = re.findall(r"^```schedule\n(.*) in (.*) from (.*)\n((?:.+\n)*)```", README, re.MULTILINE)
INVALID = re.findall(r"^```invalid\n(.*)\nat (.*)\n```", README, re.MULTILINE)


def test_the_readme_has_examples_to_run():
    assert len(EXAMPLES) > 10
    assert len(INVALID) > 5


@pytest.mark.parametrize(("expression", "zone", "since", "expected"), EXAMPLES)
def test_an_example_is_due_when_the_readme_says(expression, zone, since, expected):
    table = compile_schedule(expression, zone)
    since_ms = moment_ms(since, zone)
    lines = expected.split()
    found = upcoming_ms(table, since_ms - 1, start_ms=since_ms, count=len(lines))
    assert [shown_ms(due_ms, zone) for due_ms in found] == lines


@pytest.mark.parametrize(("expression", "at"), INVALID)
def test_an_invalid_example_is_refused_at_its_place(expression, at):
    with pytest.raises(InvalidExpression) as caught:
        compile_schedule(expression)
    assert caught.value.at == at
