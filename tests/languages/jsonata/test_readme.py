"""The specification of JSONata inputs is what they do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ensue.languages import jsonata
from ensue.languages.jsonata import JSONata
from ensue.languages.transformers import compile_input
from ensue.words.errors import InvalidExpression, Unfit

README = Path(jsonata.__file__).with_name("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```([a-z]+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EVENT = json.loads(next(text for kind, text in BLOCKS if kind == "event"))
NOW_MS = 1_795_268_823_000
EXAMPLES = [
    re.fullmatch(r"(.*)\n(gives|fails) ?(.*)\n", text, re.DOTALL).groups()
    for kind, text in BLOCKS
    if kind == "jsonata"
]


@pytest.mark.parametrize(("expression", "verb", "rest"), EXAMPLES)
def test_an_expression_gives_what_the_readme_says(expression, verb, rest):
    made = compile_input(JSONata(expression))
    if verb == "gives":
        assert json.loads(made.render(EVENT, {}, NOW_MS)) == json.loads(rest)
    else:
        with pytest.raises(Unfit) as caught:
            made.render(EVENT, {}, NOW_MS)
        assert caught.value.message.startswith(rest)
        assert caught.value.at == "expression"


@pytest.mark.parametrize("expression", [text for kind, text in BLOCKS if kind == "invalid"])
def test_what_the_readme_calls_invalid_does_not_compile(expression):
    with pytest.raises(InvalidExpression, match=r"S0\d\d\d") as caught:
        compile_input(JSONata(expression))
    assert caught.value.at == "expression"


def test_there_are_examples_of_each():
    assert len(EXAMPLES) >= 11
