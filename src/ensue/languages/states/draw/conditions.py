"""Conditions of a Choice in words: ``quantity > 5 and colour is "red"``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "Equals": "is",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "Matches": "matches",
}
_TYPES = re.compile(r"^(String|Numeric|Boolean|Timestamp)(\w+?)(Path)?$")
_TESTS: Mapping[str, str] = {
    "IsPresent": "present",
    "IsNull": "null",
    "IsString": "a string",
    "IsNumeric": "a number",
    "IsBoolean": "true or false",
    "IsTimestamp": "a time",
}
_EXPRESSION = re.compile(r"^\{%(.*)%\}$", re.DOTALL)


def condition_words(rule: Mapping[str, object]) -> str:
    """When a rule of a Choice is met, in words.

    Args:
        rule: the rule, as the definition has it, in either query language.
    """
    if "Condition" in rule:
        return expression_words(rule["Condition"])
    return _words(rule, alone=True)


def expression_words(value: object) -> str:
    """A value or an expression as people write it: ``{% $states.input.n > 1 %}`` is ``n > 1``.

    Args:
        value: what a definition holds.
    """
    if isinstance(value, bool):
        return "always" if value else "never"
    found = _EXPRESSION.match(value) if isinstance(value, str) else None
    if found is None:
        return _value(value)
    text = " ".join(found[1].split())
    return re.sub(r"\$states\.input\.(?=\w)", "", text).replace("$states.", "")


def path_words(path: object) -> str:
    """A path as people would write it: ``$.order.id`` is ``order.id``.

    Args:
        path: the path.
    """
    text = str(path)
    if text == "$":
        return "the input"
    return text.removeprefix("$.")


def _words(rule: Mapping[str, object], *, alone: bool = False) -> str:
    for name, joint in (("And", " and "), ("Or", " or ")):
        if isinstance(rules := rule.get(name), list):
            said = joint.join(_words(each) for each in rules if isinstance(each, Mapping))
            return said if alone or len(rules) < 2 else f"({said})"
    if isinstance(inner := rule.get("Not"), Mapping):
        said = _words(inner, alone=True)
        return f"not ({said})" if " " in said else f"not {said}"
    return _comparison(rule)


def _comparison(rule: Mapping[str, object]) -> str:
    subject = path_words(rule.get("Variable", ""))
    for name, wanted in rule.items():
        if name in _TESTS:
            return f"{subject} is {'' if wanted is True else 'not '}{_TESTS[name]}"
        found = _TYPES.match(name)
        if found and found[2] in _WORDS:
            said = path_words(wanted) if found[3] else _value(wanted)
            return f"{subject} {_WORDS[found[2]]} {said}"
    return subject


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
