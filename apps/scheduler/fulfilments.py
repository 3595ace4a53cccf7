"""What each action does: its fulfilment, and with what (ES-5)."""

from __future__ import annotations

import os

import msgspec

from apps.scheduler.actions import Action, Alert, Asked, Notice, SubscriptionChange
from ensue import App, InvalidInput, NotFound, Secret, StandardWebhooks, Tx

TASKS = os.environ.get("SCHEDULER_TASKS", "http://127.0.0.1:8081/tasks")

app = App("scheduler")
text_messages = app.queue("text-messages")
letters = app.mail("letters", to="operators@scheduler.invalid")
subscriptions = app.table(
    "subscriptions",
    key="id",
    seed=[{"id": "demo", "plan": "premium", "status": "ACTIVE"}],
)
hook = StandardWebhooks(Secret.env("SCHEDULER_WEBHOOK_SECRET", demo="whsec_c2NoZWR1bGVyLWRlbW8="))
tasks = app.destination("tasks", url=TASKS, sign=hook)


# A def runs in the transaction that settles its message, with all that it does


def send_notification(action: Action, tx: Tx) -> object:
    """Hand a notification to the gateway for text messages, or to the mail server."""
    data = msgspec.convert(action.data, Notice)
    if data.notificationType == "SMS":
        return {"sent": tx.send(text_messages, action.data)}
    letter = {
        "to": data.email,
        "subject": data.subject,
        "text": f"Dear {data.name}: {data.templateType}",
    }
    return {"sent": tx.send(letters, letter)}


def send_alert(action: Action, tx: Tx) -> object:
    """Write to whoever is on duty."""
    data = msgspec.convert(action.data, Alert)
    said = {
        "to": data.recipient,
        "subject": data.messageType,
        "text": data.text or data.messageType,
    }
    return {"sent": tx.send(letters, said)}


def change_subscription(action: Action, tx: Tx) -> object:
    """Let a cancellation or a downgrade take effect."""
    data = msgspec.convert(action.data, SubscriptionChange)
    found = tx.get(subscriptions, data.subscriptionId)
    if found is None:
        raise NotFound(f"there is no subscription {data.subscriptionId}")
    is_end = data.change == "CANCEL"
    change = {"status": "CANCELLED"} if is_end else {"plan": data.plan}
    tx.put(subscriptions, {**found, **change})
    return change


INSIDE = {
    "SEND_NOTIFICATION": send_notification,
    "SEND_ALERT": send_alert,
    "CHANGE_SUBSCRIPTION": change_subscription,
}
OUTSIDE = {"EXECUTE_TASK": tasks}


def check_fulfilment(asked: Asked, tx: Tx) -> None:
    """Check what an action's fulfilment will need (ES-1); its types were checked before.

    Raises:
        InvalidInput: it says where what is missing should be.
    """
    data = asked.data
    if isinstance(data, Notice):
        name = "mobile" if data.notificationType == "SMS" else "email"
        if getattr(data, name) is None:
            raise InvalidInput(f"expected {name} for {data.notificationType}", at=f"$.data.{name}")
    if isinstance(data, SubscriptionChange):
        if data.change == "DOWNGRADE" and data.plan is None:
            raise InvalidInput("expected the plan of a downgrade", at="$.data.plan")
        if tx.get(subscriptions, data.subscriptionId) is None:
            raise InvalidInput("expected a subscription that there is", at="$.data.subscriptionId")
