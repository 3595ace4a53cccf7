"""Which fields there are: of a machine, and of each type of state in each query language."""

from __future__ import annotations

from typing import Final

JSONPATH: Final = "JSONPath"
JSONATA: Final = "JSONata"
LANGUAGES: Final = (JSONPATH, JSONATA)

_ALL: Final = frozenset({"Type", "Comment", "QueryLanguage"})
_ON: Final = frozenset({"Next", "End"})
_RESCUE: Final = frozenset({"Retry", "Catch"})

# What a state has in either language.
OWN: Final[dict[str, frozenset[str]]] = {
    "Pass": _ON | {"Assign"},
    "Task": _ON
    | _RESCUE
    | {"Assign", "Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
    "Choice": frozenset({"Assign", "Choices", "Default"}),
    "Wait": _ON | {"Assign", "Seconds", "Timestamp"},
    "Succeed": frozenset(),
    "Fail": frozenset({"Error", "Cause"}),
    "Parallel": _ON | _RESCUE | {"Assign", "Branches"},
    "Map": _ON
    | _RESCUE
    | {
        "Assign",
        "Iterator",
        "ItemProcessor",
        "ItemSelector",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "MaxConcurrency",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
        "Label",
    },
}

# What a state has in one language only.
_ENDS: Final = frozenset({"InputPath", "OutputPath"})
_WORKS: Final = _ENDS | {"Parameters", "ResultSelector", "ResultPath"}
OF_LANGUAGE: Final[dict[str, dict[str, frozenset[str]]]] = {
    JSONPATH: {
        "Pass": _ENDS | {"Parameters", "ResultPath", "Result"},
        "Task": _WORKS | {"TimeoutSecondsPath", "HeartbeatSecondsPath"},
        "Choice": _ENDS,
        "Wait": _ENDS | {"SecondsPath", "TimestampPath"},
        "Succeed": _ENDS,
        "Fail": frozenset({"ErrorPath", "CausePath"}),
        "Parallel": _WORKS,
        "Map": _WORKS
        | {
            "ItemsPath",
            "MaxConcurrencyPath",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentagePath",
        },
    },
    JSONATA: {
        "Pass": frozenset({"Output"}),
        "Task": frozenset({"Arguments", "Output"}),
        "Choice": frozenset({"Output"}),
        "Wait": frozenset({"Output"}),
        "Succeed": frozenset({"Output"}),
        "Fail": frozenset(),
        "Parallel": frozenset({"Arguments", "Output"}),
        "Map": frozenset({"Items", "Output"}),
    },
}

MACHINE: Final = frozenset({
    "Comment",
    "StartAt",
    "States",
    "TimeoutSeconds",
    "Version",
    "QueryLanguage",
})
SCOPE: Final = frozenset({"Comment", "StartAt", "States"})
PROCESSOR: Final = SCOPE | {"ProcessorConfig"}
RETRIER: Final = frozenset({
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "Comment",
})
CATCHER: Final = {
    JSONPATH: frozenset({"ErrorEquals", "Next", "ResultPath", "Assign", "Comment"}),
    JSONATA: frozenset({"ErrorEquals", "Next", "Output", "Assign", "Comment"}),
}
TYPES: Final = tuple(OWN)

# The same thing in the other language.
_INSTEAD: Final = {
    "Parameters": "Arguments",
    "Arguments": "Parameters",
    "ResultSelector": "Output",
    "ResultPath": "Output",
    "OutputPath": "Output",
    "InputPath": "Arguments",
    "Output": "ResultSelector, ResultPath or OutputPath",
    "ItemsPath": "Items",
    "Items": "ItemsPath",
    "Result": "Output",
}


def allowed(kind: str, language: str) -> frozenset[str]:
    """The fields that a state may have."""
    return _ALL | OWN[kind] | OF_LANGUAGE[language][kind]


def misplaced(name: str, kind: str, language: str) -> tuple[str, str] | None:
    """Why a state may not have a field, and what to do; None for one that no state has."""
    other = JSONATA if language == JSONPATH else JSONPATH
    if name in OF_LANGUAGE[other][kind]:
        instead = _INSTEAD.get(name) or f"{name.removesuffix('Path')} with {{% ... %}}"
        return (
            f"expected a field of {language}, got {name}, which is one of {other}",
            f"Write {instead}, or give the state QueryLanguage {other}.",
        )
    if any(name in OWN[each] | OF_LANGUAGE[language][each] for each in TYPES):
        return f"expected a field of a {kind} state, got {name}", "Remove the field."
    if any(name in OF_LANGUAGE[other][each] for each in TYPES):
        return f"expected a field of a {kind} state, got {name}", "Remove the field."
    return None
