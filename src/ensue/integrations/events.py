"""EventBridge: buses of ours, by the API of EventBridge.

Source: EventBridge API reference, PutEvents; Step Functions developer guide, "Amazon EventBridge".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import msgspec

from ensue.engine.sockets import Refusal
from ensue.engine.transaction import Transaction
from ensue.integrations.answers import Wire
from ensue.integrations.faults import Wording, invalid
from ensue.integrations.names import Resources, last_part, workflow_arn
from ensue.integrations.parameters import LIST, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.languages.states.errors import StateError
from ensue.resources import bus as bus_kind
from ensue.resources.bus import Bus, Entry
from ensue.words import values
from ensue.words.values import Json

FAILED_ENTRY: Final = "EventBridge.FailedEntry"
DEFAULT: Final = "default"
ENTRIES_MAX = 10
_ENTRIES: Final = Parameters(
    required={"Entries": LIST},
    lacking={"EndpointId": "there are no global endpoints; name the bus in each entry"},
)


def put_events(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Publish events, those that are good; one that is not fails the task, and all are undone.

    The execution and its state machine are among the resources that each is about.

    Raises:
        StateError: EventBridge.FailedEntry: one was refused; the cause is the answer, as JSON.
    """
    call = asked.call
    about = [workflow_arn(call.workflow.name), call.execution_arn]
    answer = _put(tx, asked, about)
    if answer["FailedEntryCount"]:
        raise StateError(FAILED_ENTRY, values.encode(answer))
    return answer


def put_events_in_sdk(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Publish events, those that are good; what was refused is told in the answer."""
    return _put(tx, asked, [])


def _put(tx: Transaction, asked: Asked, about: list[str]) -> dict[str, Json]:
    entries = asked.arguments.get("Entries")
    if not isinstance(entries, list) or not 1 <= len(entries) <= ENTRIES_MAX:
        raise invalid(
            f"1 validation error detected: Value '{values.shown(entries)}' at 'entries' failed to"
            " satisfy constraint: Member must have length less than or equal to"
            f" {ENTRIES_MAX}"
        )
    answers = [_put_one(tx, asked.resources, entry, about) for entry in entries]
    failed = sum("ErrorCode" in each for each in answers)
    return {"Entries": cast("list[Json]", answers), "FailedEntryCount": failed}


def _put_one(
    tx: Transaction, resources: Resources, given: Json, about: list[str]
) -> dict[str, Json]:
    entry = given if isinstance(given, dict) else {}
    for name in ("Source", "DetailType", "Detail"):
        if entry.get(name) in (None, ""):
            return _failed(
                "InvalidArgument",
                f"Parameter {name} is not valid. Reason: {name} is a required argument.",
            )
    detail = _detail(entry["Detail"])
    if detail is None:
        return _failed("MalformedDetail", "Detail is malformed.")
    bus = _bus(resources, entry.get("EventBusName"))
    if bus is None:
        asked = values.shown(entry.get("EventBusName") or DEFAULT)
        return _failed("ResourceNotFoundException", f"Event bus {asked} does not exist.")
    said: dict[str, object] = {
        "detail_type": entry["DetailType"],
        "detail": detail,
        "source": entry["Source"],
        "resources": [*_list(entry.get("Resources")), *about],
    }
    if entry.get("Time") is not None:
        said["time"] = entry["Time"]
    [answer] = bus_kind.publish_batch(tx, bus.model, bus.rules, [cast(Entry, said)])
    if isinstance(answer, Refusal):
        return _failed("InvalidArgument", answer.message)
    return {"EventId": answer}


def _detail(given: Json) -> Mapping[str, Json] | None:
    """The detail of an event: an object, or the text of one."""
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, RecursionError):
            return None
    return given if isinstance(given, dict) else None


def _bus(resources: Resources, name: Json) -> Bus | None:
    """The bus of an entry; without a name the one called so, or the only one."""
    if name is None or (isinstance(name, str) and last_part(name) == DEFAULT):
        buses = resources.names("bus")
        name = buses[0] if len(buses) == 1 else DEFAULT
    found = resources.find("bus", last_part(name)) if isinstance(name, str) else None
    return found if isinstance(found, Bus) else None


def _list(given: Json) -> list[Json]:
    return given if isinstance(given, list) else []


def _failed(code: str, message: str) -> dict[str, Json]:
    return {"ErrorCode": code, "ErrorMessage": message}


SERVICES: Final = (
    Service(
        "events",
        "bus",
        {"putEvents": Action("putEvents", _ENTRIES, put_events)},
        Wording(
            "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException", is_optimised=True
        ),
        Wire("application/x-amz-json-1.1"),
        lacking="global endpoints",
    ),
    Service(
        "aws-sdk:eventbridge",
        "bus",
        {"putEvents": Action("putEvents", _ENTRIES, put_events_in_sdk)},
        Wording("EventBridge", "EventBridge", "EventBridgeException"),
        lacking="making buses and rules: an app declares them",
    ),
)
