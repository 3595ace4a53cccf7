"""What a trial of one state is asked: the state, its input, and what its work is to give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ensue.languages.states.reading import read_json
from ensue.words.errors import InvalidValue
from ensue.words.values import Json, shown

Level = Literal["INFO", "DEBUG", "TRACE"]
LEVELS: Final[tuple[Level, ...]] = ("INFO", "DEBUG", "TRACE")
VALIDATIONS: Final = ("STRICT", "PRESENT", "NONE")

_FIELDS: Final = frozenset({
    "definition",
    "input",
    "stateName",
    "inspectionLevel",
    "mock",
    "context",
    "variables",
    "roleArn",
    "stateConfiguration",
    "revealSecrets",
})


@dataclass(frozen=True, slots=True)
class Given:
    """What a state's work gives.

    Attributes:
        result: its result, where it has no error.
        failed: whether it fails.
        error: the name of the error; None for none.
        cause: its cause; None for none.
    """

    result: Json = None
    failed: bool = False
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A state that is tried, and with what.

    Attributes:
        definition: one state, or a whole state machine.
        state: the name of the state, where the definition is a whole machine.
        input: the state's input.
        level: INFO: the outcome only. DEBUG, TRACE: the data at every stage too.
        mock: what the state's work gives; None where the state does none.
        context: the context object; None for one that is made up.
        variables: the variables that earlier states set.
        role: the ARN of the role it has; None for none.
        retried: how often each retrier was used.
        failures: how many iterations of a Map failed; None: as many as it takes.
        items: what a Map's ItemReader reads; None for none.
    """

    definition: Mapping[str, Any]
    state: str | None = None
    input: Json = field(default_factory=dict)
    level: Level = "INFO"
    mock: Given | None = None
    context: dict[str, Json] | None = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    role: str | None = None
    retried: int = 0
    failures: int | None = None
    items: Json = None


def read_trial(request: Mapping[str, Any]) -> Trial:
    """A trial, from the fields that the API TestState has; values may be JSON texts or JSON.

    Raises:
        InvalidValue: a field is none of them, or does not hold what it must.
    """
    for name in request:
        if name not in _FIELDS:
            raise InvalidValue(f"expected one of {', '.join(sorted(_FIELDS))}, got {shown(name)}")
    definition = _value(request, "definition")
    if not isinstance(definition, dict):
        raise InvalidValue("expected a state or a state machine", at="definition")
    level = request.get("inspectionLevel", "INFO")
    if level not in LEVELS:
        raise InvalidValue(
            f"expected one of {', '.join(LEVELS)}, got {shown(level)}", at="inspectionLevel"
        )
    settings = _object(request, "stateConfiguration") or {}
    return Trial(
        definition=definition,
        state=request.get("stateName"),
        input=_value(request, "input", {}),
        level=level,
        mock=_given(request.get("mock")),
        context=_object(request, "context"),
        variables=_object(request, "variables") or {},
        role=request.get("roleArn"),
        retried=_count(settings, "retrierRetryCount") or 0,
        failures=_count(settings, "mapIterationFailureCount"),
        items=_value(settings, "mapItemReaderData"),
    )


def _value(written: Mapping[str, Any], name: str, default: Json = None) -> Any:  # noqa: ANN401 - JSON
    value = written.get(name, default)
    if not isinstance(value, str):
        return value
    try:
        return read_json(value)
    except ValueError:
        raise InvalidValue(f"expected JSON, got {shown(value)}", at=name) from None


def _object(written: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = _value(written, name)
    if value is not None and not isinstance(value, dict):
        raise InvalidValue(f"expected an object, got {shown(value)}", at=name)
    return value


def _count(written: Mapping[str, Any], name: str) -> int | None:
    value = written.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise InvalidValue(f"expected a number of at least 0, got {shown(value)}", at=name)
    return value


def _given(mock: object) -> Given | None:
    if mock is None:
        return None
    if not isinstance(mock, Mapping):
        raise InvalidValue(f"expected an object, got {shown(mock)}", at="mock")
    validation = mock.get("fieldValidationMode", "STRICT")
    if validation not in VALIDATIONS:
        raise InvalidValue(
            f"expected one of {', '.join(VALIDATIONS)}, got {shown(validation)}",
            at="mock.fieldValidationMode",
        )
    if ("result" in mock) == ("errorOutput" in mock):
        raise InvalidValue("expected either result or errorOutput", at="mock")
    if "result" in mock:
        return Given(result=_value(mock, "result"))
    failure = mock["errorOutput"]
    if not isinstance(failure, Mapping):
        raise InvalidValue(f"expected an object, got {shown(failure)}", at="mock.errorOutput")
    return Given(failed=True, error=failure.get("error"), cause=failure.get("cause"))
