"""Files with definitions, for tests of what commands make of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHARGE = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "ensue:function:charge",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 86_400, "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["Declined"], "Next": "Refused"}],
            "Next": "Later",
        },
        "Later": {"Type": "Wait", "Seconds": 86_400, "Next": "Done"},
        "Done": {"Type": "Succeed"},
        "Refused": {"Type": "Fail", "Error": "OrderRefused", "Cause": "no money"},
    },
}
EACH = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "End": True,
            "ItemProcessor": {
                "StartAt": "Pack",
                "States": {
                    "Pack": {"Type": "Task", "Resource": "ensue:function:pack", "End": True}
                },
            },
        }
    },
}


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Write a JSON value, or a text as it stands, to a file; gives its name."""

    def write(value: Any, name: str = "machine.json") -> str:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def charge(file: Callable[..., str]) -> str:
    """A machine that charges, waits a day, and is done."""
    return file(CHARGE)
