"""The specification of templates is what they do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ensue.languages import templates
from ensue.languages.templates import compile_template
from ensue.words.errors import InvalidDeclaration, InvalidValue

README = Path(templates.__file__).parent.joinpath("README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SAMPLE = json.loads(re.search(r'^behind|`(\{"path".*\})`', README, re.MULTILINE)[1])
GIVEN = {name: lambda value=value: value for name, value in SAMPLE.items()}
TEMPLATES = [text.splitlines() for kind, text in BLOCKS if kind == "template"]
INVALID = [text for kind, text in BLOCKS if kind == "invalid"]


@pytest.mark.parametrize(("template", "told"), TEMPLATES)
def test_a_template_gives_what_the_readme_says(template, told):
    made = compile_template(json.loads(template), SAMPLE)
    verb, _, rest = told.partition(" ")
    if verb == "gives":
        assert made.render(GIVEN) == json.loads(rest)
    else:
        with pytest.raises(InvalidValue) as caught:
            made.render(GIVEN)
        assert caught.value.at == rest


@pytest.mark.parametrize("template", INVALID)
def test_what_the_readme_calls_invalid_does_not_compile(template):
    with pytest.raises(InvalidDeclaration) as caught:
        compile_template(json.loads(template), SAMPLE)
    assert caught.value.at is not None


def test_there_are_examples_of_each():
    assert len(TEMPLATES) >= 10
    assert len(INVALID) >= 5
