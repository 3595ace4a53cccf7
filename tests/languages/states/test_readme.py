"""The specification of the states language is what it does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ensue.languages import states
from ensue.languages.states.execute import execute
from ensue.languages.states.parse import compile_machine
from ensue.languages.states.signals import Failed, Succeeded

README = Path(states.__file__).parent.joinpath("README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```run\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_machine_does_what_the_readme_says(example):
    definition, said = {}, {"task": []}
    for line in example.splitlines():
        word, _, rest = line.partition(" ")
        if word == "language":
            definition["QueryLanguage"] = rest
        elif word == "task":
            said["task"].append(answer(rest))
        elif word in {"input", "gives", "fails", "after"}:
            said[word] = rest
        else:
            definition["States"] = json.loads(line)
            definition["StartAt"] = next(iter(definition["States"]))
    left = iter(said["task"])

    ended = execute(
        compile_machine(definition), json.loads(said["input"]), lambda _task: next(left, None)
    )

    if "gives" in said:
        assert (ended.status, ended.output) == ("SUCCEEDED", json.loads(said["gives"]))
    else:
        assert (ended.status, ended.error) == ("FAILED", said["fails"])
    assert ended.ended_ms == int(said.get("after", 0)) * 1000
    assert next(left, None) is None


def answer(told):
    if told.startswith("error "):
        _, error, *cause = told.split(" ", 2)
        return Failed(error, *cause)
    return Succeeded(json.loads(told))


def test_there_is_an_example_of_each_state():
    shown = "".join(EXAMPLES)

    for kind in ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"):
        assert f'"Type": "{kind}"' in shown
    assert len(EXAMPLES) >= 20
