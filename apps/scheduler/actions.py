"""The words of scheduled actions: what may be asked for, what is kept of it, when it is due."""

from __future__ import annotations

# ruff: noqa: N815  # the fields are those of the original
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import field

from ensue import Body, InvalidInput, Meta, months_later_ms, next_due_ms

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
LOG_MAX = 50
NOTES_MAX = 4_096
ASKED_MAX = 65_536
EVERY_MS = {
    "TEN_MINS": 10 * MINUTE_MS,
    "HOURLY": HOUR_MS,
    "DAILY": DAY_MS,
    "WEEKLY": 7 * DAY_MS,
    "MONTHLY": 30 * DAY_MS,
}

Text = Annotated[str, Meta(min_length=1, max_length=256)]
Moment = Annotated[int, Meta(ge=0, le=253_402_300_799_999, description="In ms since 1970.")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Over: TypeAlias = Literal["COMPLETED", "FAILED", "NO_ACTION"]
Status: TypeAlias = Literal["PENDING", "IN_PROGRESS", "COMPLETED", "FAILED", "NO_ACTION"]
Frequency: TypeAlias = Literal["TEN_MINS", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "CALENDAR_MONTH"]


class Notice(Body):
    """A notification by text message or letter."""

    subject: Text
    name: Text
    templateType: Text
    notificationType: Literal["SMS", "EMAIL"]
    mobile: Text | None = None
    email: Text | None = None


class Alert(Body):
    """An alert to whoever is on duty."""

    recipient: Text
    messageType: Text
    text: Annotated[str, Meta(max_length=4_096)] = ""


class Task(Body):
    """Something that a service outside does."""

    task: Text
    parameters: dict[str, Any] = field(default_factory=dict)


class SubscriptionChange(Body):
    """A cancellation or a downgrade that takes effect at the end of a cycle."""

    subscriptionId: Text
    change: Literal["CANCEL", "DOWNGRADE"]
    plan: Text | None = None


class Timing(Body):
    """When an action is due, and how often."""

    executionTime: Moment
    repeat: bool = False
    frequency: Frequency | None = None
    cron: Annotated[Text, Meta(description="Instead of a frequency.")] | None = None
    timezone: Annotated[Text, Meta(description="For cron and CALENDAR_MONTH.")] = "UTC"
    executionRemainder: Count | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class SendNotification(Timing, kw_only=True, tag_field="action", tag="SEND_NOTIFICATION"):
    """Send a notification."""

    data: Notice


class SendAlert(Timing, kw_only=True, tag_field="action", tag="SEND_ALERT"):
    """Send an alert."""

    data: Alert


class ExecuteTask(Timing, kw_only=True, tag_field="action", tag="EXECUTE_TASK"):
    """Have a task done outside."""

    data: Task


class ChangeSubscription(Timing, kw_only=True, tag_field="action", tag="CHANGE_SUBSCRIPTION"):
    """Change a subscription."""

    data: SubscriptionChange


Asked: TypeAlias = SendNotification | SendAlert | ExecuteTask | ChangeSubscription


class Action(Body):
    """An action as it is kept (ES-1)."""

    id: str
    action: str
    data: dict[str, Any]
    executionTime: int
    status: Status = "PENDING"
    repeat: bool = False
    frequency: str | None = None
    cron: str | None = None
    timezone: str = "UTC"
    executionRemainder: int | None = None
    executions: int = 0
    firstExecutionTime: int = 0
    retryCount: int = 0
    createdAt: int = 0
    updatedAt: int = 0
    message: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    ttl: int | None = None

    def log(self, status: Status, now_ms: int, **more: object) -> None:
        """Note a transition, its time and its result; the oldest are forgotten (ES-2)."""
        self.status, self.updatedAt = status, now_ms
        self.keep("log", {"status": status, "at": now_ms, **more})

    def keep(self, name: str, what: object) -> None:
        """Add to a list in the metadata, which keeps the last fifty."""
        self.metadata = {
            **self.metadata,
            name: [*self.metadata.get(name, []), what][-LOG_MAX:],
        }

    @property
    def run(self) -> str:
        """What the run that is due is called: the same at each of its tries."""
        return f"{self.id}-{self.executions + 1}"


class Actions(Body):
    """A page of actions."""

    actions: list[Action]
    next: str | None = None


class Counts(Body):
    """How many actions are in each status."""

    PENDING: int = 0
    IN_PROGRESS: int = 0
    COMPLETED: int = 0
    FAILED: int = 0
    NO_ACTION: int = 0


class Many(Body):
    """How many actions that was done to, and whether there are more."""

    count: int
    more: bool


def brief(notes: object) -> object:
    """What a run answered, as far as it is kept."""
    text = msgspec.json.encode(notes, enc_hook=str)
    return notes if len(text) <= NOTES_MAX else {"cut": text[:NOTES_MAX].decode(errors="ignore")}


def check_size(asked: Timing) -> None:
    """Check that an action leaves room for its log.

    Raises:
        InvalidInput: its data and metadata are too large.
    """
    size = len(msgspec.json.encode(asked))
    if size > ASKED_MAX:
        raise InvalidInput(f"expected at most {ASKED_MAX} bytes of an action, got {size}", at="$")


def check_timing(asked: Timing) -> None:
    """Check when an action is due and how often, before anything is stored.

    Raises:
        InvalidInput: it repeats and does not say how, or how often; or it does not repeat.
        InvalidExpression: cron does not compile, or is never due.
        InvalidValue: there is no such time zone.
    """
    months_later_ms(0, 0, asked.timezone)
    if not asked.repeat:
        if asked.frequency or asked.cron:
            raise InvalidInput("expected repeat with a frequency or cron", at="$.repeat")
        return
    if (asked.frequency is None) == (asked.cron is None):
        raise InvalidInput("expected a frequency or cron of what repeats", at="$.frequency")
    if not asked.executionRemainder:
        raise InvalidInput(
            "expected how often it is to run, once at least", at="$.executionRemainder"
        )
    if asked.cron is not None and not asked.cron.startswith("cron("):
        raise InvalidInput("expected cron(...), such as cron(0 9 ? * MON *)", at="$.cron")
    if (
        asked.cron is not None
        and next_due_ms(asked.cron, asked.executionTime, asked.timezone) is None
    ):
        raise InvalidInput("expected cron that is due after executionTime", at="$.cron")


def following_ms(action: Action) -> int | None:
    """When it is due after the run that just ended: from when that was due, so nothing drifts.

    Calendar months are counted from the first, so the 31st comes back (ES-13, ES-14).
    """
    if action.cron is not None:
        return next_due_ms(action.cron, action.executionTime, action.timezone)
    if action.frequency == "CALENDAR_MONTH":
        return months_later_ms(action.firstExecutionTime, action.executions, action.timezone)
    return action.executionTime + EVERY_MS[action.frequency or ""]
