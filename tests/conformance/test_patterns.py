"""Cases that others wrote for the pattern language, read from outside the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ensue.languages.patterns import Matcher, compile_pattern, parse_event
from ensue.words.errors import InvalidPattern

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ENSUE_CONFORMANCE", REPOSITORY.parent / "shared" / "conformance"))
FILES = sorted((FOLDER / "patterns").glob("*.jsonl"))
CASES = [json.loads(line) for file in FILES for line in file.read_text("utf-8").splitlines()]
ABSENT = f"no cases to run: {FOLDER / 'patterns'} has none; ENSUE_CONFORMANCE names the folder"
PARAMETERS = [pytest.param(case, id=case["id"]) for case in CASES] or [
    pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
]

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_case_is_decided_as_recorded(case):
    assert decide(case) == case["expect"]


def decide(case):
    try:
        patterns = [compile_pattern(text) for text in case["patterns"]]
    except InvalidPattern:
        return "invalid"
    if case["expect"] in {"valid", "invalid"}:
        return "valid"
    event = parse_event(case["event"])
    matched = any(pattern.matches(event) for pattern in patterns)
    matcher = Matcher()
    for number, pattern in enumerate(patterns):
        matcher.add(number, pattern)
    assert bool(matcher.match(event)) == matched
    return "match" if matched else "nomatch"
