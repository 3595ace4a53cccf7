"""What can be done to a bus from outside: by a route and by a command."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ensue.engine.sockets import Refusal
from ensue.resources.bus.handle import Bus
from ensue.resources.bus.model import (
    ENTRIES_MAX,
    EVERY_RULE,
    REPLAYS_SHOWN_MAX,
    TRIED_MAX,
    TRIED_SHOWN_MAX,
    ArchiveState,
    Match,
    PatternTrial,
    Replay,
    ReplayOptions,
    ReplayPreview,
    RuleTrial,
)
from ensue.words.errors import InvalidInput
from ensue.words.kinds import Operation
from ensue.words.names import Ref
from ensue.words.values import Json
from ensue.words.wiring import Link, Part, Wiring, into

SINCE = msgspec.Meta(description="From where: horizon, a time, or a sequence number.")
UNTIL = msgspec.Meta(description="Up to where: latest, before a time, or with a sequence number.")
PATTERN = msgspec.Meta(description="Which events: an event pattern.")
GROUP = msgspec.Meta(description="Only the events of this group.")
TO = msgspec.Meta(
    description="A rule or positioned consumer, may be given again; * for every enabled rule."
)
RATE = msgspec.Meta(description="How many a second at most, such as 1000/s.")
DRY_RUN = msgspec.Meta(description="Say what would be delivered, and deliver nothing.")
LAST = msgspec.Meta(description="On how many of the newest events.")
SHOW = msgspec.Meta(description="Of how many of them to tell.")
LOOKS = msgspec.Meta(description="At how many of the events to look at most.")
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Publish(msgspec.Struct, forbid_unknown_fields=True, rename={"detail_type": "detail-type"}):
    """An event to publish."""

    detail_type: Word
    detail: dict[str, Any]
    source: Word | None = None
    resources: list[str] = []
    time: str | None = None


class PublishBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Events to publish, each an object as `publish` takes it; a bad one is refused alone."""

    entries: Annotated[list[Any], msgspec.Meta(max_length=ENTRIES_MAX)]


class Tail(msgspec.Struct, forbid_unknown_fields=True):
    """From where to read, how much, how many milliseconds to wait, and only what matches."""

    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10
    wait: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0
    pattern: Annotated[dict[str, Any] | None, PATTERN] = None
    before: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Explain(msgspec.Struct, forbid_unknown_fields=True):
    """Which event."""

    id: str


class OfRule(msgspec.Struct, forbid_unknown_fields=True):
    """Which rule."""

    rule: str


class Rules(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is asked for but the bus."""


async def _publish(bus: Bus, given: Publish) -> dict[str, Json]:
    published = await bus.publish(
        given.detail_type,
        given.detail,
        source=given.source,
        resources=given.resources,
        time=given.time,
    )
    return {"id": published}


async def _publish_batch(bus: Bus, given: PublishBatch) -> dict[str, Json]:
    answers = await bus.publish_batch(given.entries)
    refused = [each for each in answers if isinstance(each, Refusal)]
    return {
        "ids": [None if isinstance(each, Refusal) else each for each in answers],
        "failed": [
            {"index": each.index, "code": each.code, "message": each.message} for each in refused
        ],
    }


async def _tail(bus: Bus, given: Tail) -> dict[str, Json]:
    events, position = await bus.tail(
        after=given.after,
        limit=given.limit,
        wait_ms=given.wait,
        pattern=given.pattern,
        before=given.before,
    )
    return {"events": events, "position": position}


class TryPattern(msgspec.Struct, forbid_unknown_fields=True):
    """An event pattern, as an object or as text; on how many events, and how many to tell of."""

    pattern: Any
    last: Annotated[int, LAST, msgspec.Meta(ge=1, le=TRIED_MAX)] = 100
    show: Annotated[int, SHOW, msgspec.Meta(ge=0, le=TRIED_SHOWN_MAX)] = 10


class TryEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event: its ``detail-type``, its ``detail``, and what else is to be so."""

    event: dict[str, Any]


async def _try_pattern(bus: Bus, given: TryPattern) -> PatternTrial:
    return await bus.try_pattern(given.pattern, last=given.last, show=given.show)


async def _try_event(bus: Bus, given: TryEvent) -> list[RuleTrial]:
    return await bus.try_event(given.event)


async def _explain(bus: Bus, given: Explain) -> list[Match]:
    return await bus.explain(given.id)


async def _enable(bus: Bus, given: OfRule) -> dict[str, Json]:
    await bus.enable(given.rule)
    return {"rule": given.rule, "enabled": True}


async def _disable(bus: Bus, given: OfRule) -> dict[str, Json]:
    await bus.disable(given.rule)
    return {"rule": given.rule, "enabled": False}


async def _rules(bus: Bus, given: Rules) -> dict[str, Json]:
    del given
    return bus.described()


class Archives(msgspec.Struct, forbid_unknown_fields=True):
    """All archives of the bus."""


class ReplayAsked(msgspec.Struct, forbid_unknown_fields=True):
    """Which events to deliver again, to whom and how fast.

    To whom must be said, but for a dry run: what is delivered cannot be taken back.
    """

    name: Word
    since: Annotated[str | None, SINCE] = None
    until: Annotated[str | None, UNTIL] = None
    pattern: Annotated[dict[str, Any] | None, PATTERN] = None
    group: Annotated[str | None, GROUP] = None
    to: Annotated[list[str], TO] = []
    rate: Annotated[str | None, RATE] = None
    dry_run: Annotated[bool, DRY_RUN] = False


class TryReplay(msgspec.Struct, forbid_unknown_fields=True):
    """What a replay would be asked for; nothing is delivered."""

    since: Annotated[str | None, SINCE] = None
    until: Annotated[str | None, UNTIL] = None
    pattern: Annotated[dict[str, Any] | None, PATTERN] = None
    group: Annotated[str | None, GROUP] = None
    to: Annotated[list[str], TO] = []
    looks: Annotated[int, LOOKS, msgspec.Meta(ge=1)] | None = None


class Replays(msgspec.Struct, forbid_unknown_fields=True):
    """How many at most."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=REPLAYS_SHOWN_MAX)] = 10


class NamedReplay(msgspec.Struct, forbid_unknown_fields=True):
    """Which replay."""

    name: Word


async def _archives(bus: Bus, given: Archives) -> list[ArchiveState]:
    del given
    return await bus.archives()


def _to(given: ReplayAsked) -> list[str] | None:
    """To whom a replay delivers; None for every enabled rule."""
    if EVERY_RULE in given.to and len(given.to) > 1:
        raise InvalidInput(f"expected {EVERY_RULE} alone, or names, got both", at="$.to")
    if given.to or given.dry_run:
        return None if EVERY_RULE in given.to else given.to or None
    raise InvalidInput(
        "expected to whom the events are delivered again, got nobody",
        at="$.to",
        hint=f'Name rules or positioned consumers; "{EVERY_RULE}" is every enabled rule.'
        " A dry run says what each would get.",
    )


async def _replay(bus: Bus, given: ReplayAsked) -> Replay | ReplayPreview:
    asked: ReplayOptions = {
        "since": given.since,
        "until": given.until,
        "pattern": given.pattern,
        "group": given.group,
        "to": _to(given),
        "rate": given.rate,
    }
    if given.dry_run:
        return await bus.replay(given.name, dry_run=True, **asked)
    return await bus.replay(given.name, **asked)


async def _try_replay(bus: Bus, given: TryReplay) -> ReplayPreview:
    return await bus.try_replay(
        looks=given.looks,
        since=given.since,
        until=given.until,
        pattern=given.pattern,
        group=given.group,
        to=None if EVERY_RULE in given.to else given.to or None,
    )


async def _replays(bus: Bus, given: Replays) -> list[Replay]:
    return await bus.replays(given.limit)


async def _pause(bus: Bus, given: NamedReplay) -> Replay:
    return await bus.pause_replay(given.name)


async def _resume(bus: Bus, given: NamedReplay) -> Replay:
    return await bus.resume_replay(given.name)


async def _cancel(bus: Bus, given: NamedReplay) -> Replay:
    return await bus.cancel_replay(given.name)


async def status(bus: Bus) -> dict[str, Json]:
    """How a bus is doing, in figures."""
    return await bus.depth() | await bus.kept()


def wiring(bus: Bus) -> Wiring:
    """The rules of a bus with their targets, its registry, and where its dead letters go."""
    ref, app, registry = bus.ref, bus.ref.app, bus.declared().get("schemas")
    links = [Link(ref, bus.model.dead_letters, "dead letters")]
    parts: list[Part] = []
    if isinstance(registry, str):
        links.append(Link(ref, Ref(app, "schemas", registry), "schemas"))
    for rule in bus.rules.all():
        first, *more = rule.targets
        said: dict[str, Json] = {"pattern": dict(rule.pattern)}
        if rule.schedule is not None:
            said = {"schedule": rule.schedule}
        if not rule.enabled:
            said["enabled"] = False
        # What `App.on_event` declares is one thing: the function and the rule that feeds it.
        if not more and first.ref == Ref(app, "function", rule.name):
            links.append(Link(ref, first.ref, "events", rule.name, said))
            continue
        own = Ref(app, "rule", f"{ref.name}/{rule.name}")
        parts.append(Part(own, said))
        links.append(Link(ref, own, "events"))
        links += [Link(own, to.ref, into(to.ref.kind), said=to.said) for to in rule.targets]
    return Wiring(tuple(links), tuple(parts), told=("rules",))


OPERATIONS = (
    Operation("publish", "Publish an event.", Publish, _publish, writes=True),
    Operation(
        "publish-batch",
        "Publish up to 1,000 events; a bad one is refused alone.",
        PublishBatch,
        _publish_batch,
        writes=True,
    ),
    Operation("tail", "Read the newest events, or wait for new ones.", Tail, _tail, writes=False),
    Operation(
        "explain",
        "Say which rules matched an event, and why not.",
        Explain,
        _explain,
        writes=False,
    ),
    Operation(
        "try-pattern",
        "Try a pattern on the newest events.",
        TryPattern,
        _try_pattern,
        writes=False,
    ),
    Operation(
        "try-event",
        "Say what each rule would do with an event.",
        TryEvent,
        _try_event,
        writes=False,
    ),
    Operation("rules", "List the rules, with their targets.", Rules, _rules, writes=False),
    Operation("enable", "Let a rule deliver.", OfRule, _enable, writes=True),
    Operation("disable", "Let a rule deliver no more.", OfRule, _disable, writes=True),
    Operation(
        "archives", "List the archives, and what they hold.", Archives, _archives, writes=False
    ),
    Operation("replay", "Deliver events again that are kept.", ReplayAsked, _replay, writes=True),
    Operation(
        "try-replay",
        "Say what a replay would deliver, and deliver nothing.",
        TryReplay,
        _try_replay,
        writes=False,
    ),
    Operation(
        "replays", "List the replays, and how far they have come.", Replays, _replays, writes=False
    ),
    Operation("pause", "Let a replay stop where it is.", NamedReplay, _pause, writes=True),
    Operation("resume", "Let a paused replay go on.", NamedReplay, _resume, writes=True),
    Operation("cancel", "End a replay where it is.", NamedReplay, _cancel, writes=True),
)
