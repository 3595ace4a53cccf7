"""EventBridge Scheduler: schedules of ours, by its API.

Source: EventBridge Scheduler API reference, CreateSchedule, UpdateSchedule and DeleteSchedule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from ensue.engine.transaction import Transaction
from ensue.integrations.faults import NOT_FOUND, Fault, Wording
from ensue.integrations.names import ACCOUNT, REGION, Resources, last_part
from ensue.integrations.parameters import OBJECT, TEXT, Parameters
from ensue.integrations.service import Action, Asked, Service
from ensue.resources import schedule as schedule_kind
from ensue.resources.schedule import ScheduleOptions, Schedules
from ensue.words.errors import Conflict, InvalidInput
from ensue.words.errors import NotFound as NoSuchThing
from ensue.words.names import Ref
from ensue.words.values import Json

T = TypeVar("T")

DEFAULT: Final = "default"
CONFLICT: Final = 409
_KINDS: Final = {
    "sqs": "queue",
    "lambda": "function",
    "sns": "topic",
    "states": "workflow",
    "events": "bus",
}
_OURS = re.compile(r"ensue:(?P<kind>[a-z][a-z-]*):(?P<name>[A-Za-z0-9_/-]+)\Z")
_CREATE: Final = Parameters(
    required={
        "Name": TEXT,
        "ScheduleExpression": TEXT,
        "Target": OBJECT,
        "FlexibleTimeWindow": OBJECT,
    },
    optional={
        "GroupName": TEXT,
        "ScheduleExpressionTimezone": TEXT,
        "StartDate": TEXT,
        "EndDate": TEXT,
        "ActionAfterCompletion": TEXT,
    },
    passed_over=frozenset({"ClientToken", "Description"}),
    lacking={
        "KmsKeyArn": "schedules are kept in the store; encrypt the disk",
        "State": "a schedule is made enabled; pause it by the handle",
    },
)
_DELETE: Final = Parameters(
    required={"Name": TEXT},
    optional={"GroupName": TEXT},
    passed_over=frozenset({"ClientToken"}),
)


def create_schedule(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Make a schedule; it is there when the transition has committed."""
    given = asked.arguments
    group = _group(asked.resources, given.get("GroupName"))
    name = str(given["Name"])
    ref, body, options = _target(asked.resources, given)
    window = given.get("FlexibleTimeWindow")
    if isinstance(window, dict) and window.get("Mode") == "FLEXIBLE":
        minutes = window.get("MaximumWindowInMinutes")
        if not isinstance(minutes, int):
            raise _invalid("MaximumWindowInMinutes must be a number of minutes")
        options["window"] = f"{minutes}m"
    if "ScheduleExpressionTimezone" in given:
        options["timezone"] = str(given["ScheduleExpressionTimezone"])
    if "StartDate" in given:
        options["start"] = str(given["StartDate"])
    if "EndDate" in given:
        options["end"] = str(given["EndDate"])
    if given.get("ActionAfterCompletion") == "DELETE":
        options["after"] = "delete"
    expression = str(given["ScheduleExpression"])

    def create() -> None:
        plan = schedule_kind.plan_of(expression, ref, body, options)
        schedule_kind.create(tx, group.model, name, plan)

    try:
        _refusing(create)
    except Conflict:
        raise Fault(
            "ConflictException", f"Schedule {name} already exists.", status=CONFLICT
        ) from None
    arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group.ref.name}/{name}"
    return {"ScheduleArn": arn}


def delete_schedule(tx: Transaction, asked: Asked) -> dict[str, Json]:
    """Forget a schedule."""
    given = asked.arguments
    group = _group(asked.resources, given.get("GroupName"))
    name = str(given["Name"])
    try:
        was_there = _refusing(lambda: schedule_kind.delete(tx, group.model, name))
    except Conflict as fault:
        raise Fault("ConflictException", str(fault), status=CONFLICT) from None
    if not was_there:
        raise Fault(
            "ResourceNotFoundException", f"Schedule {name} does not exist.", status=NOT_FOUND
        )
    return {}


def _group(resources: Resources, name: Json) -> Schedules:
    """The group of a schedule; without a name the one of that are made where none is named."""
    said = schedule_kind.GROUP_DEFAULT if name in (None, DEFAULT) else str(name)
    found = resources.find("schedule", said)
    if not isinstance(found, Schedules):
        raise Fault(
            "ResourceNotFoundException",
            f"Schedule group {said} does not exist.",
            status=NOT_FOUND,
        )
    return found


def _target(resources: Resources, given: Mapping[str, Json]) -> tuple[Ref, Json, ScheduleOptions]:
    """Who gets the firings, and what."""
    target = given.get("Target")
    address = target.get("Arn") if isinstance(target, dict) else None
    if not isinstance(target, dict) or not isinstance(address, str):
        raise _invalid("Target.Arn is required.")
    ours = _OURS.match(address)
    if ours is not None:
        kind, name = ours["kind"], ours["name"]
    else:
        service = address.split(":")[2] if address.count(":") > 2 else ""
        kind, name = _KINDS.get(service, ""), last_part(address)
    found = resources.find(kind, name)
    if found is None:
        raise _invalid(f"Provided Arn is not in correct format or does not exist: {address}")
    options: ScheduleOptions = {}
    parameters = target.get("SqsParameters")
    if isinstance(parameters, dict) and parameters.get("MessageGroupId") is not None:
        options["group"] = str(parameters["MessageGroupId"])
    return found.ref, _input(target.get("Input")), options


def _input(given: Json) -> Json:
    """What the target gets: a value, or, as the API has it, the text of one."""
    if not isinstance(given, str):
        return {} if given is None else given
    try:
        found: Json = msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError):
        return given
    return found


def _refusing(run: Callable[[], T]) -> T:
    try:
        return run()
    except (InvalidInput, NoSuchThing) as fault:
        raise _invalid(str(fault)) from None


def _invalid(message: str) -> Fault:
    return Fault("ValidationException", message)


SERVICES: Final = (
    Service(
        "aws-sdk:scheduler",
        "schedule",
        {
            "createSchedule": Action("createSchedule", _CREATE, create_schedule),
            "deleteSchedule": Action("deleteSchedule", _DELETE, delete_schedule),
        },
        Wording("Scheduler", "Scheduler", "SchedulerException"),
        lacking="groups, which an app declares; universal targets, and retry policies of a target",
    ),
)
