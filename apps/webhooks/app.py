"""The webhook broker: what payment providers tell is kept as it came, and can be told again.

POST /webhooks/{provider} ─(verified)─▶ events, a stream of 7 days ─▶ process ─▶ subscription-state
                                          │                             │         processed-events
                                          │                             └▶ process-dlq
                                          └▶ archive, a bucket: an object per hour and provider
replay: events or archive, from then to then ─▶ as process
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from apps.webhooks.providers import (
    PROVIDERS,
    advanced,
    event_of,
    kept,
    new_state,
    verifiers,
    version_of,
)
from apps.webhooks.replays import Deletion, Kept, Replay, chunks, millis
from ensue import (
    App,
    InvalidInput,
    InvalidValue,
    Item,
    ReadTx,
    SignedRequest,
    StreamRecord,
    Tx,
)

MARKS_KEPT_S = 90 * 86_400
PAGE = 500
UNSEEN = "attribute_not_exists(eventId) OR version < :at"


app = App("webhooks")
events = app.stream("events", retention="7d")
processed = app.table(
    "processed-events",
    key=("provider", "eventId"),
    indexes={"by-subscription": ("subscription", "eventId")},
    ttl="expiresAt",
)
states = app.table("subscription-state", key=("provider", "subscriptionId"))
archive = app.bucket("archive")


class Received(msgspec.Struct):
    """The event is kept, and will be processed."""

    received: bool
    id: str


@app.post(
    "/webhooks/{provider}",
    verify=verifiers(os.environ),
    rate="100/s",
    burst=200,
)
def receive(provider: str, request: SignedRequest, tx: Tx) -> Received:
    """Keep a provider's event as it came (WB-1, WB-2)."""
    data = kept(request)
    try:
        subscription = event_of(data).subscription
    except InvalidValue:
        subscription = None  # kept all the same; whoever processes it says what is wrong with it
    return Received(
        received=True, id=tx.append(events, data, key=f"{provider}:{subscription or ''}")
    )


@app.on_record(events, start="horizon", retries=3, dead_letter_retention="14d")
def process(record: StreamRecord[Any], tx: Tx) -> None:
    """Process each event once, in the order of its subscription (WB-4, WB-5)."""
    take(record.data, tx)


def take(data: Mapping[str, Any], tx: Tx, version: int | None = None) -> str:
    """Process an event, unless that was done; mark and state are one transaction (WB-10).

    Args:
        data: what is kept of it.
        tx: where to write.
        version: of the state that it is for; by default that which the subscription has. Under a
            new version all events are new, and the state begins anew.

    Returns:
        ``processed``, ``skipped``, or ``ignored`` for an event of no subscription.
    """
    event = event_of(data)
    if event.subscription is None:
        return "ignored"
    provider: str = data["provider"]
    state = tx.get(states, (provider, event.subscription))
    at = version_of(state, version)
    mark = {
        "provider": provider,
        "eventId": event.id,
        "subscriptionId": event.subscription,
        "subscription": f"{provider}:{event.subscription}",
        "timestamp": event.timestamp,
        "version": at,
        "expiresAt": tx.now_ms // 1_000 + MARKS_KEPT_S,
    }
    if not tx.put(processed, mark, where=UNSEEN, at=at):
        return "skipped"
    begun = (
        state if state is not None and state["version"] >= at else new_state(provider, event, at)
    )
    tx.put(states, advanced(begun, event))
    return "processed"


# The archive


@app.on_records(events, start="horizon", name="archive", batch=PAGE, window="5m")
def keep(records: list[StreamRecord[Any]], tx: Tx) -> None:
    """Keep a cold copy of what comes: objects of many records, by provider and hour (WB-3)."""
    groups: dict[str, list[StreamRecord[Any]]] = {}
    for record in records:
        hour = datetime.fromtimestamp(record.at_ms / 1_000, UTC)
        groups.setdefault(f"{record.data['provider']}/{hour:%Y/%m/%d/%H}", []).append(record)
    for folder, group in groups.items():
        for first, lines in chunks(group):
            tx.put_object(
                archive, f"{folder}/{first:020}.jsonl", lines, content_type="application/jsonl"
            )


# What operators do (WB-6): ensue call delete_subscription_data ..., ensue call replay ...


@app.function
def delete_subscription_data(body: Deletion, tx: Tx) -> dict[str, Any]:
    """Forget the state of a subscription, and that its events were processed."""
    marks: list[Item] = []
    after: str | None = None
    while not marks or after:
        page = tx.query(
            processed,
            f"{body.provider}:{body.subscription}",
            index="by-subscription",
            limit=1_000,
            after=after,
        )
        marks, after = marks + page.items, page.next
        if not marks:
            break
    key = (body.provider, body.subscription)
    there = tx.get(states, key) is not None
    if body.execute:
        tx.delete(states, key)
        for mark in marks:
            tx.delete(processed, (mark["provider"], mark["eventId"]))
    return {"executed": body.execute, "states": int(there), "processedEvents": len(marks)}


@app.function
async def replay(body: Replay) -> dict[str, Any]:
    """Process what was kept again: what was processed is skipped (WB-6, WB-7, WB-8)."""
    if body.fromBeginning == (body.since is not None):
        raise InvalidInput("expected fromBeginning, or a time in since")
    if body.version is not None and not body.fromBeginning:
        raise InvalidInput("expected fromBeginning for a new version: it begins with no state")
    counts = Counter(read=0, processed=0, skipped=0, ignored=0, unreadable=0)
    seen: set[tuple[str, str]] = set()
    async for page in wanted(body):
        if body.execute:
            fates = await app.run(take_all, page, body.version)
        else:
            fates = await app.read(foretell, page, body.version, seen)
        counts.update(fates, read=len(page))
    return {"executed": body.execute, **counts}


def take_all(page: list[Kept], version: int | None, tx: Tx) -> Counter[str]:
    """Process a page of events; what cannot be read is told, and stands in the way of nothing."""
    check_marked(page, version, tx)
    fates: Counter[str] = Counter()
    for each in page:
        try:
            fates[take(each.data, tx, version)] += 1
        except InvalidValue:
            fates["unreadable"] += 1
    return fates


def check_marked(page: list[Kept], version: int | None, tx: ReadTx) -> None:
    """Refuse what is older than its mark would be, and would count twice."""
    oldest_ms = min(each.at_ms for each in page)
    if version is None and tx.now_ms - oldest_ms > MARKS_KEPT_S * 1_000:
        raise InvalidInput(
            "expected events of the last 90 days, which are marked, got older ones",
            hint="Give a version: the states are built anew, each event once.",
        )


def foretell(
    page: list[Kept], version: int | None, seen: set[tuple[str, str]], tx: ReadTx
) -> Counter[str]:
    """What `take_all` would do."""
    check_marked(page, version, tx)
    fates: Counter[str] = Counter()
    for each in page:
        try:
            event = event_of(each.data)
        except InvalidValue:
            fates["unreadable"] += 1
            continue
        key = (each.data["provider"], event.id)
        if event.subscription is None:
            fates["ignored"] += 1
            continue
        mark = tx.get(processed, key)
        at = version_of(tx.get(states, (key[0], event.subscription)), version)
        fates["skipped" if key in seen or (mark and mark["version"] >= at) else "processed"] += 1
        seen.add(key)
    return fates


async def wanted(body: Replay) -> AsyncIterator[list[Kept]]:
    """Pages of what a replay is about, in the order of each subscription."""
    begin, end = millis(body.since, 0), millis(body.until, 1 << 60)
    if body.source == "archive":
        pages = from_archive(body.provider, begin)
    elif body.subscription is not None:
        pages = from_keys([f"{each}:{body.subscription}" for each in PROVIDERS])
    else:
        pages = from_stream()
    async for page in pages:
        found = [
            each
            for each in page
            if begin <= each.at_ms <= end
            and body.provider in {None, each.data["provider"]}
            and body.subscription in {None, each.key.partition(":")[2]}
        ]
        if found:
            yield found


async def from_keys(keys: list[str]) -> AsyncIterator[list[Kept]]:
    """What the stream has of some subscriptions."""
    for key in keys:
        after = 0
        while found := await events.by_key(key, after=after, limit=PAGE):
            yield [Kept(key, each.at_ms, each.data) for each in found]
            after = found[-1].sequence


async def from_stream() -> AsyncIterator[list[Kept]]:
    """All that the stream has."""
    found, after = await events.tail(after=0, limit=PAGE)
    while found:
        yield [Kept(each.key or "", each.at_ms, each.data) for each in found]
        found, after = await events.tail(after=after, limit=PAGE)


async def from_archive(provider: str | None, begin_ms: int) -> AsyncIterator[list[Kept]]:
    """What the archive has, since the hour of a time."""
    hour = datetime.fromtimestamp(begin_ms / 1_000, UTC)
    for each in PROVIDERS if provider is None else (provider,):
        after: str | None = None
        behind = f"{each}/{hour:%Y/%m/%d/%H}"
        while True:
            page = await archive.list(f"{each}/", after=after, start_after=behind)
            for info in page.objects:
                lines = (await archive.get(info.key) or b"").splitlines()
                yield [msgspec.json.decode(line, type=Kept) for line in lines]
            after = page.next
            if after is None:
                break
