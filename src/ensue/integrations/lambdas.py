"""Lambda: functions of ours, by the API of Lambda, and by their ARNs.

A ``def`` runs inside, in the transaction of its task; an ``async def`` outside. What a function
raises fails the task under the name of the exception's class, with the cause that Lambda has.

Source: Lambda API reference, Invoke; Step Functions developer guide, "AWS Lambda".
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Final

import msgspec

from ensue.engine.transaction import Transaction
from ensue.integrations.answers import Wire
from ensue.integrations.faults import NOT_FOUND, Fault, Wording
from ensue.integrations.names import ACCOUNT, REGION, Resources
from ensue.integrations.parameters import ANY, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.languages.states.errors import StateError
from ensue.resources import function as function_kind
from ensue.resources.function import Function
from ensue.words import values
from ensue.words.errors import StoreError
from ensue.words.values import Json

LATEST: Final = "$LATEST"
_STACK_MAX: Final = 20
_INVOKE: Final = Parameters(
    required={"FunctionName": TEXT},
    optional={"Payload": ANY, "Qualifier": TEXT, "InvocationType": TEXT},
    passed_over=frozenset({"LogType", "ClientContext"}),
)


def function_name(address: str) -> str:
    """The name of a function in its ARN, without version, alias and account."""
    _, _, bare = address.rpartition(":function:")
    return bare.rpartition("function:")[2].partition(":")[0]


def function_of(resources: Resources, address: Json) -> Function:
    """The function that a name, an ARN, or a part of one stands for.

    Raises:
        Fault: there is none.
    """
    name = function_name(address) if isinstance(address, str) else ""
    found = resources.find("function", name) if name else None
    if not isinstance(found, Function):
        raise Fault(
            "ResourceNotFoundException",
            f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            status=NOT_FOUND,
        )
    return found


def is_outside(resources: Resources, arguments: Mapping[str, Json]) -> bool:
    """Whether a function works outside of any transaction."""
    if arguments.get("InvocationType") == "Event":
        return False
    try:
        return function_of(resources, arguments.get("FunctionName")).is_action
    except Fault:
        return False


def invoke(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Call a function in the transaction, or hand it its payload as work of its own."""
    given = asked.arguments
    function = function_of(asked.resources, given.get("FunctionName"))
    payload = _payload(given.get("Payload"))
    match given.get("InvocationType", "RequestResponse"):
        case "Event":
            function_kind.invoke(tx, function.model, payload)
            return {"StatusCode": 202}
        case "DryRun":
            return {"StatusCode": 204}
        case "RequestResponse":
            return _answered(call_inside(tx, function, payload), asked)
    raise Fault(
        "InvalidParameterValueException",
        "1 validation error detected: Value at 'invocationType' failed to satisfy constraint:"
        " Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
    )


async def invoke_outside(asked: Asked) -> dict[str, Json]:
    """Call a function that works outside."""
    given = asked.arguments
    function = function_of(asked.resources, given.get("FunctionName"))
    return _answered(await call_outside(function, _payload(given.get("Payload"))), asked)


def call_inside(tx: Transaction, function: Function, payload: Json) -> Json:
    """What a ``def`` answers.

    Raises:
        StateError: it raises; the error is named by the class of the exception.
    """
    try:
        return plain(function.call_in(tx, payload))
    except (StoreError, StateError):
        raise
    except Exception as fault:
        raise failed(fault) from fault


async def call_outside(function: Function, payload: Json) -> Json:
    """What an ``async def`` answers.

    Raises:
        StateError: it raises; the error is named by the class of the exception.
    """
    try:
        return plain(await function.call(payload))
    except (StoreError, StateError):
        raise
    except Exception as fault:
        raise failed(fault) from fault


def plain(answer: Json) -> Json:
    """An answer as JSON has it.

    Raises:
        InvalidValue: it has no JSON form.
    """
    text = values.encode(answer)
    return values.as_json(values.decode(text))


def failed(fault: Exception) -> StateError:
    """What a function raised, as Lambda tells it."""
    frames = traceback.extract_tb(fault.__traceback__)[-_STACK_MAX:]
    stack: list[Json] = [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n'
        for frame in frames
    ]
    name = type(fault).__name__
    cause: dict[str, Json] = {
        "errorMessage": str(fault),
        "errorType": name,
        "stackTrace": stack,
    }
    return StateError(name, values.encode(cause))


def _payload(given: Json) -> Json:
    """A payload: a value, or, as the API has it, the text of one."""
    if not isinstance(given, str):
        return {} if given is None else given
    try:
        found: Json = msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError):
        return given
    return found if isinstance(found, dict | list) else given


def _answered(answer: Json, asked: Asked) -> dict[str, Json]:
    version = asked.arguments.get("Qualifier", LATEST)
    return {"ExecutedVersion": version, "Payload": answer, "StatusCode": 200}


def _answered_in_sdk(answer: dict[str, Json]) -> dict[str, Json]:
    """An answer of the SDK: its payload is a text."""
    if "Payload" not in answer:
        return answer
    return answer | {"Payload": values.encode(answer["Payload"])}


def _invoke_in_sdk(tx: Transaction, asked: Asked) -> dict[str, Json]:
    return _answered_in_sdk(invoke(tx, asked))


async def _invoke_outside_in_sdk(asked: Asked) -> dict[str, Json]:
    return _answered_in_sdk(await invoke_outside(asked))


SERVICES: Final = (
    Service(
        "lambda",
        "function",
        {"invoke": Action("invoke", _INVOKE, invoke, invoke_outside, is_outside)},
        Wording("Lambda", "AWSLambda", "AWSLambdaException", is_optimised=True),
        Wire("application/json", connection="Connection"),
        addressed="FunctionName",
        lacking="versions of functions: a qualifier is answered, and chooses nothing",
    ),
    Service(
        "aws-sdk:lambda",
        "function",
        {"invoke": Action("invoke", _INVOKE, _invoke_in_sdk, _invoke_outside_in_sdk, is_outside)},
        Wording("Lambda", "Lambda", "LambdaException"),
        addressed="FunctionName",
        lacking="making functions: an app declares them",
    ),
)
