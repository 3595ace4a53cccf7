"""What a Task calls: the text of its Resource, taken apart.

arn:aws:states:::dynamodb:updateItem                 service dynamodb, action updateItem
arn:aws:states:::sqs:sendMessage.waitForTaskToken    the same, and who has the token ends it
arn:aws:states:::states:startExecution.sync:2        the same, and it lasts as what it starts
arn:aws:states:::aws-sdk:s3:getObject                service aws-sdk:s3, action getObject
arn:aws:lambda:REGION:ACCOUNT:function:NAME          service lambda, called directly
arn:aws:states:REGION:ACCOUNT:activity:NAME          service activity
ensue:queue:payments                                 a resource of the app: kind and name
ensue:activity:approve                               an activity of the app
ensue:workflow:shop/ship.sync                        one of another app in the process
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from ensue.words.errors import InvalidValue
from ensue.words.values import shown

Mode = Literal["request-response", "sync", "sync:2", "wait-for-task-token"]
REQUEST_RESPONSE: Final = "request-response"
SYNC: Final = "sync"
SYNC_2: Final = "sync:2"
WAIT_FOR_TASK_TOKEN: Final = "wait-for-task-token"  # noqa: S105 - the name of a mode

LAMBDA: Final = "lambda"
ACTIVITY: Final = "activity"
ENSUE: Final = "ensue"

_MODES: Final[dict[str, Mode]] = {
    "": REQUEST_RESPONSE,
    ".sync": SYNC,
    ".sync:2": SYNC_2,
    ".waitForTaskToken": WAIT_FOR_TASK_TOKEN,
}
_MODE = r"(?P<mode>|\.sync|\.sync:2|\.waitForTaskToken)"
_SERVICE = re.compile(
    r"arn:aws[a-z-]*:states:::(?P<service>aws-sdk:[A-Za-z0-9-]+|[A-Za-z0-9-]+)"
    rf":(?P<action>[A-Za-z0-9-]+(?::[A-Za-z0-9-]+)?){_MODE}\Z"
)
_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[^:]+:[^:]+:function:(?P<action>[^:]+)(?::(?P<version>[^:]+))?\Z"
)
_ACTIVITY = re.compile(r"arn:aws[a-z-]*:states:[^:]+:[^:]+:activity:(?P<action>[^:]+)\Z")
_OURS = re.compile(
    rf"ensue:(?P<kind>[a-z][a-z-]*):(?P<name>[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)?){_MODE}\Z"
)


@dataclass(frozen=True)
class TaskResource:
    """What a Task calls. Made by ``parse_resource``; what follows from it is worked out once.

    Attributes:
        text: as written.
        service: ``dynamodb``, ``aws-sdk:s3``, ``lambda``, ``activity``, or ``ensue``.
        action: what it does (``updateItem``); the name of a function or an activity; for ``ensue``
            the kind and the name, ``queue:payments``.
        mode: when the task is done: with the answer, with the end of what it starts, or when
            someone gives its token back.
        version: the version or alias of a function; None for none.
    """

    text: str
    service: str
    action: str
    mode: Mode = REQUEST_RESPONSE
    version: str | None = None

    @cached_property
    def kind(self) -> str:
        """The kind of a resource of ours: ``queue``; empty for others."""
        return self.action.partition(":")[0] if self.service == ENSUE else ""

    @cached_property
    def name(self) -> str:
        """The name of a resource of ours: ``payments`` or ``app/payments``; else the action."""
        return self.action.partition(":")[2] if self.service == ENSUE else self.action

    @cached_property
    def is_function(self) -> bool:
        """Whether it is a function named by its own ARN: its events are LambdaFunction*."""
        return self.service == LAMBDA and ":states:" not in self.text

    @cached_property
    def is_activity(self) -> bool:
        """Whether workers outside poll for it: its events are Activity*."""
        return self.service == ACTIVITY

    @cached_property
    def wants_token(self) -> bool:
        """Whether whoever has the task's token ends it."""
        return self.mode == WAIT_FOR_TASK_TOKEN or self.is_activity

    @property
    def resource_type(self) -> str:
        """What history events call ``resourceType``: the service, or our kind."""
        return self.service

    @cached_property
    def resource(self) -> str:
        """What history events call ``resource``: the action with its mode."""
        if self.is_function or self.is_activity:
            return self.text
        return self.text.removeprefix("ensue:") if self.service == ENSUE else self._written_action

    @cached_property
    def events(self) -> str:
        """How the names of its events begin: LambdaFunction, Activity or Task."""
        if self.is_function:
            return "LambdaFunction"
        return "Activity" if self.is_activity else "Task"

    @property
    def _written_action(self) -> str:
        return self.text.partition(f":::{self.service}:")[2]


def parse_resource(text: object) -> TaskResource:
    """A task's resource, from its text.

    Raises:
        InvalidValue: the text names no resource; says which forms there are.
    """
    if isinstance(text, str):
        if found := _SERVICE.match(text):
            return TaskResource(text, found["service"], found["action"], _MODES[found["mode"]])
        if found := _OURS.match(text):
            if found["kind"] == ACTIVITY and not found["mode"]:
                return TaskResource(text, ACTIVITY, found["name"])
            action = f"{found['kind']}:{found['name']}"
            return TaskResource(text, ENSUE, action, _MODES[found["mode"]])
        if found := _FUNCTION.match(text):
            return TaskResource(text, LAMBDA, found["action"], version=found["version"])
        if found := _ACTIVITY.match(text):
            return TaskResource(text, ACTIVITY, found["action"])
    raise InvalidValue(
        f"expected the name of a resource, got {shown(text)}",
        hint="Write arn:aws:states:::SERVICE:ACTION, the ARN of a function or an activity,"
        " or ensue:KIND:NAME.",
    )
