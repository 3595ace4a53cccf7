"""The official test suite of JSONata, or a sample of it, read from outside the repository."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ensue.languages.jsonata import UNDEFINED, JSONataError, compile_expression
from ensue.languages.jsonata.library import compiled
from ensue.words.errors import InvalidExpression, LimitExceeded

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("ENSUE_CONFORMANCE", REPOSITORY.parent / "shared" / "conformance"))
GROUPS, DATASETS = FOLDER / "jsonata" / "groups", FOLDER / "jsonata" / "datasets"
# One case compares a time of day that the library reads with today's date.
NOW_MS = json.loads(compiled("$millis()").evaluate_json_or_none("null"))
CODE = re.compile(r": ([A-Z][0-9]{4}): ")
ABSENT = f"no cases to run: {GROUPS} is not there; ENSUE_CONFORMANCE names the folder"


def cases():
    for file in sorted(GROUPS.glob("*/*.json")):
        found = json.loads(file.read_text("utf-8"))
        for number, case in enumerate(found if isinstance(found, list) else [found]):
            if "expr-file" in case:
                case["expr"] = (file.parent / case["expr-file"]).read_text("utf-8")
            yield pytest.param(case, id=f"{file.parent.name}/{file.stem}-{number}")


PARAMETERS = list(cases()) or [
    pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
]

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_case_is_evaluated_as_recorded(case):
    code = case.get("code") or case.get("error", {}).get("code")
    if code:
        assert refusal(case) == code
    elif case.get("undefinedResult"):
        assert evaluate(case) is UNDEFINED
    else:
        assert evaluate(case) == case["result"]


def evaluate(case):
    dataset = case.get("dataset")
    value = case.get("data", UNDEFINED)
    if dataset:
        value = json.loads((DATASETS / f"{dataset}.json").read_text("utf-8"))
    expression = compile_expression(case["expr"])
    return expression.evaluate(value, now_ms=NOW_MS, seed=b"", bindings=case.get("bindings"))


def refusal(case):
    try:
        evaluate(case)
    except InvalidExpression as fault:
        return CODE.findall(fault.message)[-1]
    except JSONataError as fault:
        return fault.reason
    except LimitExceeded:
        return "D1012"
    return None
