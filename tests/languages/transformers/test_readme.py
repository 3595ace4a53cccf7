"""The specification of inputs is what they do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ensue.languages import transformers
from ensue.languages.transformers import Constant, InputPath, InputTransformer, compile_input
from ensue.words.errors import InvalidExpression, Unfit
from ensue.words.values import decode

README = Path(transformers.__file__).with_name("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```([a-z-]+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EVENT = json.loads(next(text for kind, text in BLOCKS if kind == "event"))
NOW_MS = 1_795_268_823_000
RESERVED = {"aws.events.rule-name": "big-orders"}


def examples(*kinds):
    """Each block of these kinds: its kind, its text and what its last line says."""
    return [
        (kind, *re.fullmatch(r"(.*)\n(gives|fails|at) (.*)\n", text, re.DOTALL).groups())
        for kind, text in BLOCKS
        if kind in kinds
    ]


def declared(kind, text):
    """What a block declares."""
    if kind == "constant":
        return Constant(json.loads(text))
    if kind.endswith("path"):
        return InputPath(text)
    paths, form, template = re.fullmatch(r"(.*?)\n(---[a-z ]*)\n(.*)", text, re.DOTALL).groups()
    given = json.loads(template) if form == "--- as value" else template
    return InputTransformer(json.loads(paths), given)


@pytest.mark.parametrize(("kind", "text", "verb", "rest"), examples("constant", "path", "template"))
def test_an_input_gives_what_the_readme_says(kind, text, verb, rest):
    made = compile_input(declared(kind, text))
    if verb == "gives":
        expected = EVENT if rest == "whole" else json.loads(rest)
        assert decode(made.render(EVENT, RESERVED, NOW_MS)) == expected
    else:
        with pytest.raises(Unfit) as caught:
            made.render(EVENT, RESERVED, NOW_MS)
        assert caught.value.at == rest


@pytest.mark.parametrize(("kind", "text", "verb", "rest"), examples("invalid", "invalid-path"))
def test_what_the_readme_calls_invalid_is_refused_where_it_says(kind, text, verb, rest):
    with pytest.raises(InvalidExpression) as caught:
        compile_input(declared(kind, text))
    assert caught.value.at == rest


def test_there_are_examples_of_each_kind():
    assert len(examples("path")) >= 8
    assert len(examples("template")) >= 14
    assert len(examples("invalid", "invalid-path")) >= 14


@pytest.mark.parametrize("name", sorted(transformers.RULE_NAMES | transformers.PIPE_NAMES))
def test_the_readme_names_each_reserved_name(name):
    assert f"`{name}`" in README
