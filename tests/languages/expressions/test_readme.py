"""README.md is the specification: its examples run, and its bounds are the code's."""

import doctest
import re
from pathlib import Path

import pytest

from ensue.languages import expressions
from ensue.languages.expressions import arithmetic, build, parse, reader, tokens

README = Path(expressions.__file__).with_name("README.md")
TEXT = README.read_text(encoding="utf-8")
FENCES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
OPERATORS = [
    *("`=` `<>`", "`<` `<=` `>` `>=`", "`BETWEEN` ... `AND`", "`IN`", "`AND` `OR` `NOT`"),
    *("`attribute_exists", "`attribute_type", "`begins_with", "`contains", "`size"),
    *("`SET", "`+` `-`", "`if_not_exists", "`list_append", "`REMOVE", "`ADD", "`DELETE"),
    *("Projections", "Key conditions"),
]


def test_every_example_of_the_specification_gives_what_it_says():
    examples = doctest.DocTestParser().get_doctest("\n".join(FENCES), {}, "README", str(README), 0)
    assert len(examples.examples) > 50
    report: list[str] = []
    outcome = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert outcome.failed == 0, "".join(report)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_a_section_with_an_example(operator):
    sections = [part for part in re.split(r"\n##+ ", TEXT) if part.startswith(operator)]
    assert len(sections) == 1
    assert ">>> " in sections[0]


def test_the_bounds_in_the_specification_are_those_of_the_code():
    said = dict(re.findall(r"\| `([A-Z_]+)` \| (\d+)", TEXT))
    modules = (arithmetic, build, parse, reader, tokens)
    assert said
    for name, bound in said.items():
        (value,) = {vars(module)[name] for module in modules if name in vars(module)}
        assert value == int(bound), name
