"""The specification of paths, functions, faults and trials is what they do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ensue.languages import states
from ensue.languages.states.check import check
from ensue.languages.states.comparisons import OPERATORS
from ensue.languages.states.intrinsics import ARITIES, compile_intrinsic
from ensue.languages.states.paths import MISSING, compile_path
from ensue.languages.states.trial import read_trial, try_state
from tests.languages.states.environment import GivenFacts, seen

README = Path(states.__file__).parent.joinpath("README.md").read_text(encoding="utf-8")


def fenced(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def rows(heading):
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(.+?)` \| (?:`(.+?)`|nothing) \|", section, re.MULTILINE)
    return [tuple(text.replace("\\|", "|") for text in row) for row in found]


DOCUMENT = json.loads(fenced("document")[0])


@pytest.mark.parametrize(("path", "finds"), rows("Paths"))
def test_a_path_finds_what_the_readme_says(path, finds):
    found = compile_path(path, at="/").probe(DOCUMENT, seen())
    assert found == (json.loads(finds) if finds else MISSING)


@pytest.mark.parametrize(("call", "gives"), rows("Intrinsic functions"))
def test_a_function_gives_what_the_readme_says(call, gives):
    assert compile_intrinsic(call, at="/").call(DOCUMENT, seen()) == json.loads(gives)


@pytest.mark.parametrize("example", fenced("check"))
def test_the_checker_says_what_the_readme_says(example):
    definition, *said = example.splitlines()
    found = [f"{each.severity} {each.path} {each.message}" for each in check(definition)]
    assert found == said


@pytest.mark.parametrize("example", fenced("trial"))
def test_a_trial_answers_what_the_readme_says(example):
    request, answer = (json.loads(line) for line in example.splitlines())
    assert try_state(read_trial(request), GivenFacts()).as_dict() == answer


def test_every_function_and_every_kind_of_comparison_is_in_the_readme():
    for name in ARITIES:
        assert f"States.{name}(" in README
    for name in OPERATORS:
        assert name.startswith(("String", "Numeric", "Timestamp", "Boolean")) or name in README
    assert len(rows("Paths")) >= 20
    assert len(fenced("trial")) == 2
