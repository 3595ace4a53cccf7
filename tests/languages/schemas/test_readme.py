"""The README of the language is its specification: every example of it is run."""

from __future__ import annotations

import json
import re
from functools import reduce
from pathlib import Path

import pytest

from ensue.engine.ids import seeded_random
from ensue.languages import schemas
from ensue.languages.patterns import compile_pattern
from ensue.words.errors import InvalidInput

README = Path(schemas.__file__).with_name("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^(```+)(\w+)\n(.*?)^\1$", README, re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(\w+) *(.*)$", re.MULTILINE)


def examples(kind):
    """Each block of a kind, as the values behind each of its words."""
    return [LINE.findall(text) for _, block, text in BLOCKS if block == kind]


def tree(text):
    return schemas.parse(json.loads(text))


def test_the_readme_has_examples_of_every_part():
    counts = {
        kind: len(examples(kind)) for kind in ("infer", "differs", "sample", "code", "pattern")
    }

    assert all(counts.values())
    assert counts["infer"] > 5


@pytest.mark.parametrize("lines", examples("infer"))
def test_events_of_the_readme_give_the_schema_that_it_says(lines):
    events = [json.loads(text) for word, text in lines if word == "event"]

    for given in (events, events[::-1]):
        written = schemas.write(reduce(schemas.merge, map(schemas.infer, given)))
        del written["$schema"]
        assert written == json.loads(lines[-1][1])


@pytest.mark.parametrize("lines", examples("differs"))
def test_versions_of_the_readme_differ_as_it_says(lines):
    given = dict(lines)

    found = schemas.differences(tree(given["old"]), tree(given["new"]))

    assert [str(each) for each in found] == [text for word, text in lines if word == "at"]


@pytest.mark.parametrize("lines", examples("sample"))
def test_a_sample_of_the_readme_is_drawn_or_refused_as_it_says(lines):
    given = dict(lines)
    if "gives" in given:
        assert schemas.sample(tree(given["schema"]), seeded_random(7)) == json.loads(given["gives"])
    else:
        with pytest.raises(InvalidInput) as caught:
            schemas.sample(tree(given["schema"]), seeded_random(7))
        assert caught.value.at == given["at"]


@pytest.mark.parametrize("text", [text for _, kind, text in BLOCKS if kind == "code"])
def test_code_of_the_readme_is_written_as_it_says(text):
    head, _, wanted = text.partition("\ngives\n")

    assert schemas.code(tree(head.removeprefix("schema ")), "OrderPlaced") == wanted


@pytest.mark.parametrize("lines", examples("pattern"))
def test_a_pattern_of_the_readme_is_in_doubt_where_it_says(lines):
    given = dict(lines)

    found = schemas.check_pattern(
        json.loads(given["pattern"]),
        {"version 1": tree(given["schema"])},
        at="$.detail",
        matches=lambda pattern, event: compile_pattern(pattern).matches(event),
    )

    assert [str(each) for each in found] == [text for word, text in lines if word == "at"]
