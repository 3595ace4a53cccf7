"""The providers: how they sign, what their events say, and what that makes of a subscription."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ensue import Bearer, InvalidValue, Item, Jws, Secret, SignedRequest, Stripe, Verifier

PROVIDERS = ("stripe", "apple", "google")


@dataclass(frozen=True)
class Event:
    """An event of a provider.

    Attributes:
        id: the same for every delivery of it.
        kind: what happened, in the provider's words.
        subscription: which subscription it is about; None for none.
        timestamp: when it happened, in ms since 1970.
        status: how the subscription is now, where the event says so.
    """

    id: str
    kind: str
    subscription: str | None
    timestamp: int
    status: str | None = None


def verifiers(settings: Mapping[str, str]) -> dict[str, Verifier]:
    """What verifies each provider; only those are there whose keys are named."""
    found: dict[str, Verifier] = {"stripe": Stripe(Secret.env("STRIPE_SECRET", demo="whsec_demo"))}
    if "APPLE_ROOTS" in settings:
        bundle = settings.get("APPLE_BUNDLE_ID")
        found["apple"] = Jws(roots=Secret.file(settings["APPLE_ROOTS"]), bundle_id=bundle)
    if "GOOGLE_KEYS" in settings:
        found["google"] = Bearer(
            keys=Secret.file(settings["GOOGLE_KEYS"]),
            issuer=["https://accounts.google.com", "accounts.google.com"],
            audience=settings["GOOGLE_AUDIENCE"],
            email=settings["GOOGLE_SENDER"],
        )
    return found


def kept(request: SignedRequest) -> dict[str, Any]:
    """A verified request as it is kept: raw, and, where the body is a token, what that claims."""
    found: dict[str, Any] = {"provider": request.provider, "raw": request.text}
    if request.scheme == "jws":
        found["claims"] = dict(request.claims)
    return found


def event_of(data: Mapping[str, Any]) -> Event:
    """The event in what is kept.

    Raises:
        InvalidValue: it says nothing that its provider would say.
    """
    try:
        return _READERS[data["provider"]](data)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as fault:
        raise InvalidValue(
            f"expected an event of {data.get('provider')}: {type(fault).__name__} {fault}"
        ) from None


def _stripe(data: Mapping[str, Any]) -> Event:
    """https://docs.stripe.com/api/events/object."""
    event = msgspec.json.decode(data["raw"])
    subject = event["data"]["object"]
    is_subscription = subject.get("object") == "subscription"
    subscription = subject["id"] if is_subscription else subject.get("subscription")
    return Event(
        id=str(event["id"]),
        kind=str(event["type"]),
        subscription=_text(subscription),
        timestamp=int(event["created"]) * 1_000,
        status=_text(subject.get("status")) if is_subscription else None,
    )


def _apple(data: Mapping[str, Any]) -> Event:
    """https://developer.apple.com/documentation/appstoreservernotifications."""
    claims = data["claims"]
    about = claims.get("data", {})
    kind = [claims["notificationType"], claims.get("subtype")]
    return Event(
        id=str(claims["notificationUUID"]),
        kind=".".join(filter(None, kind)),
        subscription=_text(about.get("transactionInfo", {}).get("originalTransactionId")),
        timestamp=int(claims["signedDate"]),
        status=_text(about.get("status")),
    )


def _google(data: Mapping[str, Any]) -> Event:
    """https://developer.android.com/google/play/billing/rtdn-reference."""
    message = msgspec.json.decode(data["raw"])["message"]
    said = msgspec.json.decode(base64.b64decode(message["data"], validate=True))
    about = said.get("subscriptionNotification", {})
    return Event(
        id=str(message["messageId"]),
        kind=f"subscriptionNotification.{about['notificationType']}" if about else "other",
        subscription=_text(about.get("purchaseToken")),
        timestamp=int(said["eventTimeMillis"]),
    )


def _text(found: object) -> str | None:
    return None if found is None or found == "" else str(found)


_READERS = {"stripe": _stripe, "apple": _apple, "google": _google}


# What events make of a subscription


def version_of(state: Item | None, version: int | None) -> int:
    """For which version of a subscription's state an event is."""
    return version or (1 if state is None else state["version"])


def new_state(provider: str, event: Event, version: int) -> Item:
    """The state of a subscription before its first event."""
    return Item(provider=provider, subscriptionId=event.subscription, eventCount=0, version=version)


def advanced(state: Item, event: Event) -> Item:
    """A state after an event: whatever the order of events, in the end it is the same (WB-10)."""
    after = Item(state, eventCount=state["eventCount"] + 1)
    place = [event.timestamp, event.id]
    if place > state.get("latest", []):
        after |= {"latest": place, "lastEvent": event.kind, "lastEventAt": event.timestamp}
    if event.status is not None and place > state.get("statusFrom", []):
        after |= {"statusFrom": place, "status": event.status}
    return after
