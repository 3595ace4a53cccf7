"""States that others tried on Step Functions, read from outside the repository."""

from __future__ import annotations

import json

import pytest

from ensue.languages.states.trial import read_trial, try_state
from tests.conformance.test_states import ABSENT, FILES, agrees
from tests.languages.states.environment import GivenFacts


def cases():
    for file in FILES:
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            case = json.loads(line)
            if case["kind"] == "test_state":
                named = case["test"].rpartition("::")[2]
                yield pytest.param(case, id=f"{named}-{number}")


PARAMETERS = list(cases()) or [
    pytest.param(None, id="absent", marks=pytest.mark.skip(reason=ABSENT))
]

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_trial_answers_as_recorded(case):
    recorded = {key: it for key, it in case["expected"].items() if key != "ResponseMetadata"}

    found = try_state(read_trial(case["request"]), GivenFacts()).as_dict()

    assert agrees(recorded, found)
