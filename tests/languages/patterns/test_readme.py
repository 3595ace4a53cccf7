"""The README of the language is its specification: every example of it is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ensue.languages.patterns import compile_pattern, operators, parse_event
from ensue.words.errors import InvalidPattern

README = Path(operators.__file__).with_name("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(pattern|invalid)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^(matches|fails|at) +(.*)$", re.MULTILINE)


def examples(kind):
    """Each line of each block of a kind, with the block's pattern."""
    return [
        (text[: LINE.search(text).start()].strip(), verb, rest)
        for block, text in BLOCKS
        if block == kind
        for verb, rest in LINE.findall(text)
    ]


def test_the_readme_has_examples_of_every_kind():
    assert len(examples("pattern")) > 50
    assert len(examples("invalid")) > 10
    assert all(LINE.search(text) for _, text in BLOCKS)


@pytest.mark.parametrize("operator", operators._OPERATORS)
def test_the_readme_has_an_example_of_each_operator(operator):
    assert any(f'"{operator}"' in pattern for pattern, _, _ in examples("pattern"))


@pytest.mark.parametrize(("pattern", "verb", "event"), examples("pattern"))
def test_an_event_of_the_readme_matches_or_fails_as_it_says(pattern, verb, event):
    assert compile_pattern(pattern).matches(parse_event(event)) == (verb == "matches")


@pytest.mark.parametrize(("pattern", "verb", "place"), examples("invalid"))
def test_an_invalid_pattern_of_the_readme_fails_where_it_says(pattern, verb, place):
    with pytest.raises(InvalidPattern) as caught:
        compile_pattern(pattern)
    assert (verb, caught.value.at) == ("at", place)
