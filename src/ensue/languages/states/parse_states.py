"""The states of a definition, by their types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ensue.languages.states.comparisons import compile_comparison
from ensue.languages.states.fields import Fields
from ensue.languages.states.parse_maps import read_distributed
from ensue.languages.states.paths import compile_reference_path
from ensue.languages.states.program import (
    DISCARD,
    DISTRIBUTED,
    INLINE,
    Catcher,
    Choice,
    Data,
    Fail,
    Map,
    Mode,
    Parallel,
    Pass,
    PathData,
    QueryData,
    Retrier,
    Rule,
    Scope,
    State,
    Succeed,
    Task,
    Wait,
)
from ensue.languages.states.resource_names import parse_resource
from ensue.words.errors import InvalidExpression, InvalidInput
from ensue.words.values import shown

_OF_OTHERS: Final = frozenset({"ItemProcessor", "Iterator", "Branches"})
_CONTEXT = re.compile(r"\$\$|\$states\b(?!\s*\.\s*(?:input|result|errorOutput)\b)")


class Scopes(Protocol):
    """Who reads the scopes within a state."""

    def read(self, fields: Fields) -> Scope:
        """The states of a scope."""
        ...


@dataclass(frozen=True, slots=True)
class _Base:
    """What all states have, read."""

    name: str
    scope: str
    fields: Fields
    next: str | None

    def given(self, data: Data) -> dict[str, Any]:
        """The arguments of a state's class."""
        own = {key: it for key, it in self.fields.written.items() if key not in _OF_OTHERS}
        return {
            "name": self.name,
            "scope": self.scope,
            "definition": self.fields.written,
            "language": self.fields.language,
            "data": data,
            "next": self.next,
            "reads_context": bool(_CONTEXT.search(json.dumps(own))),
        }


def read_state(name: str, scope: str, fields: Fields, scopes: Scopes) -> State | None:
    """A state; None, with a fault noted, when its type is none."""
    kind = fields.written.get("Type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        fields.fault(
            "Type", f"expected one of {', '.join(_READERS)}, got {shown(kind)}", "Mend the type."
        )
        return None
    following = None if kind in _WITHOUT_NEXT else fields.text("Next")
    if kind not in _WITHOUT_NEXT and following is None and fields.written.get("End") is not True:
        fields.fault("", "expected Next or End", "Name the next state, or write End as true.")
    return reader(_Base(name, scope, fields, following), scopes)


def _data(fields: Fields, *, works: bool = True, fills: bool = True) -> Data:
    """What a state does with its data.

    Args:
        fields: its fields.
        works: whether it has a result of its own.
        fills: whether it may have Parameters.
    """
    if fields.is_jsonata:
        return QueryData(
            arguments=fields.query("Arguments") if works else None,
            output=fields.query("Output"),
            assign=fields.query("Assign"),
        )
    return PathData(
        input_path=fields.path_or_null("InputPath"),
        parameters=fields.payload("Parameters") if fills else None,
        result_selector=fields.payload("ResultSelector") if works else None,
        result_path=_result_path(fields),
        output_path=fields.path_or_null("OutputPath"),
        assign=fields.payload("Assign"),
    )


def _inner_data(fields: Fields) -> QueryData:
    """What a rule or a catcher does with the data, in JSONata."""
    *_, name, position = fields.at.split("/")
    return QueryData(
        output=fields.query("Output"),
        assign=fields.query("Assign"),
        place=f"{name}[{position}]/",
    )


def _result_path(fields: Fields) -> Any:  # noqa: ANN401 - a ReferencePath, Discard or None
    if "ResultPath" in fields.written and fields.written["ResultPath"] is None:
        return DISCARD
    if fields.written.get("ResultPath") == "$":
        return None
    return fields.compiled("ResultPath", compile_reference_path)


def _pass(base: _Base, _scopes: Scopes) -> State:
    fields = base.fields
    return Pass(
        **base.given(_data(fields)),
        result=fields.written.get("Result"),
        has_result="Result" in fields.written and not fields.is_jsonata,
    )


def _task(base: _Base, _scopes: Scopes) -> State | None:
    fields = base.fields
    resource = None
    try:
        resource = parse_resource(fields.written.get("Resource"))
    except InvalidInput as fault:
        fields.fault("Resource", fault.message, fault.hint or "")
    given = base.given(_data(fields))
    task: dict[str, Any] = {
        "timeout": fields.amount("TimeoutSeconds"),
        "heartbeat": fields.amount("HeartbeatSeconds"),
        "credentials": fields.template("Credentials"),
        "retry": _retriers(fields),
        "catch": _catchers(fields),
    }
    return None if resource is None else Task(**given, **task, resource=resource)


def _choice(base: _Base, _scopes: Scopes) -> State:
    fields = base.fields
    data = _data(fields, works=False, fills=False)
    rules = [_rule(each, data) for each in fields.listed("Choices", required=True)]
    return Choice(
        **base.given(data),
        rules=tuple(rule for rule in rules if rule is not None),
        default=fields.text("Default"),
    )


def _rule(fields: Fields, around: Data) -> Rule | None:
    to = fields.text("Next", required=True)
    if isinstance(around, QueryData):
        condition = fields.query("Condition")
        is_constant = isinstance(fields.written.get("Condition"), bool)
        if condition is None or (condition.constant and not is_constant):
            written = shown(fields.written.get("Condition"))
            fields.fault(
                "Condition", f"expected JSONata, got {written}", "Write {% ... %}, or true."
            )
        data: Data = _inner_data(fields)
        return (
            None if condition is None or to is None else Rule(condition, to, data, fields.written)
        )
    assign = fields.payload("Assign")
    data = PathData(input_path=around.input_path, output_path=around.output_path, assign=assign)
    more: list[InvalidExpression] = []
    try:
        comparison = compile_comparison(fields.written, at=fields.at, faults=more)
    except InvalidExpression as fault:
        for each in [fault, *more]:
            fields.refused(each, fields.at, "Mend the rule.")
        return None
    return None if to is None else Rule(comparison, to, data, fields.written)


def _wait(base: _Base, _scopes: Scopes) -> State:
    fields = base.fields
    seconds = fields.amount("Seconds")
    timestamp: Any = None
    if fields.is_jsonata:
        timestamp = fields.query("Timestamp")
    elif "TimestampPath" in fields.written:
        timestamp = fields.path("TimestampPath")
    else:
        timestamp = fields.text("Timestamp")
    named = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} & set(fields.written)
    if len(named) != 1:
        fields.fault(
            "",
            f"expected one of Seconds, SecondsPath, Timestamp, TimestampPath, got {len(named)}",
            "Say once how long to wait.",
        )
    return Wait(
        **base.given(_data(fields, works=False, fills=False)),
        seconds=seconds,
        timestamp=timestamp,
    )


def _succeed(base: _Base, _scopes: Scopes) -> State:
    return Succeed(**base.given(_data(base.fields, works=False, fills=False)))


def _fail(base: _Base, _scopes: Scopes) -> State:
    fields = base.fields
    data: Data = QueryData() if fields.is_jsonata else PathData()
    return Fail(**base.given(data), error=fields.words("Error"), cause=fields.words("Cause"))


def _parallel(base: _Base, scopes: Scopes) -> State:
    fields = base.fields
    return Parallel(
        **base.given(_data(fields)),
        branches=tuple(scopes.read(each) for each in fields.listed("Branches", required=True)),
        retry=_retriers(fields),
        catch=_catchers(fields),
    )


def _map(base: _Base, scopes: Scopes) -> State:
    fields = base.fields
    is_old = "Iterator" in fields.written and "ItemProcessor" not in fields.written
    name = "Iterator" if is_old else "ItemProcessor"
    processor = fields.inner(name)
    selector = "ItemSelector" if "ItemSelector" in fields.written else "Parameters"
    config = processor.written.get("ProcessorConfig")
    config = config if isinstance(config, Mapping) else {}
    mode: Mode = INLINE
    distributed: dict[str, Any] = {}
    if config.get("Mode") == DISTRIBUTED:
        mode = DISTRIBUTED
        distributed = read_distributed(fields, config)
    return Map(
        **base.given(_data(fields, fills=False)),
        processor=scopes.read(processor),
        mode=mode,
        items=fields.query("Items") if fields.is_jsonata else fields.path("ItemsPath"),
        item_selector=fields.query(selector) if fields.is_jsonata else fields.payload(selector),
        max_concurrency=fields.amount("MaxConcurrency") or 0,
        tolerated_count=fields.amount("ToleratedFailureCount"),
        tolerated_percentage=fields.amount("ToleratedFailurePercentage", whole=False),
        **distributed,
        retry=_retriers(fields),
        catch=_catchers(fields),
    )


def _retriers(fields: Fields) -> tuple[Retrier, ...]:
    return tuple(
        Retrier(
            errors=each.texts("ErrorEquals"),
            interval_s=each.number("IntervalSeconds", 1),
            max_attempts=each.number("MaxAttempts", 3),
            backoff_rate=each.number("BackoffRate", 2.0, least=1, whole=False),
            max_delay_s=each.number("MaxDelaySeconds", None, least=1),
            full_jitter=each.text("JitterStrategy") == "FULL",
        )
        for each in fields.listed("Retry")
    )


def _catchers(fields: Fields) -> tuple[Catcher, ...]:
    found = []
    for each in fields.listed("Catch"):
        if each.is_jsonata:
            data: Data = _inner_data(each)
        else:
            data = PathData(result_path=_result_path(each), assign=each.payload("Assign"))
        to = each.text("Next", required=True)
        found.append(Catcher(each.texts("ErrorEquals"), to or "", data))
    return tuple(found)


_Reader = Callable[[_Base, Scopes], "State | None"]
_WITHOUT_NEXT: Final = frozenset({"Choice", "Succeed", "Fail"})
_READERS: Final[dict[str, _Reader]] = {
    "Pass": _pass,
    "Task": _task,
    "Choice": _choice,
    "Wait": _wait,
    "Succeed": _succeed,
    "Fail": _fail,
    "Parallel": _parallel,
    "Map": _map,
}
