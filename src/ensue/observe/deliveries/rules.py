"""Who got an event of a bus: its rules and its archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from ensue.engine.hops import Hop
from ensue.engine.since import SWITCHED, Since
from ensue.observe.deliveries.filters import mismatches_of
from ensue.observe.deliveries.model import Got, Outcome, Receiver
from ensue.observe.deliveries.traces import Traces, is_delivery_of
from ensue.resources.bus import ArchiveState, Bus, Rule, text_for
from ensue.words import values
from ensue.words.values import Json

UNMATCHED_MAX = 200
REPLAY = "replay "


def of_rules(
    bus: Bus, event: dict[str, Json], traces: Traces, since: Mapping[str, Since], sequence: int
) -> tuple[list[Receiver], int]:
    """What each rule of a bus made of an event; and how many that did not match are not told.

    Args:
        bus: the bus.
        event: the event in its envelope.
        traces: looks for what came of it.
        since: since when each rule is as it is.
        sequence: the event's place in the log.
    """
    seen = values.as_plain(event)
    matched = {rule.name for rule in bus.rules.matching(seen)}
    told: list[Receiver] = []
    unmatched: list[Rule] = []
    for rule in bus.rules.all():
        is_enabled = bus.rules.is_enabled(rule.name)
        if rule.name in matched or (not is_enabled and not mismatches_of(rule.pattern, seen)):
            told.append(_of_rule(bus, rule, event, traces, since, sequence))
        else:
            unmatched.append(rule)
    for rule in unmatched[:UNMATCHED_MAX]:
        wrong = mismatches_of(rule.pattern, seen)
        at_ms = _since_ms(since.get(rule.name))
        told.append(
            Receiver(
                "rule",
                rule.name,
                bus.ref,
                "not matched",
                "; ".join(map(str, wrong)),
                to=[target.ref for target in rule.targets],
                mismatches=wrong,
                since_ms=at_ms,
            )
        )
    return told, max(0, len(unmatched) - UNMATCHED_MAX)


def _of_rule(  # noqa: PLR0917 - each is a part of the question
    bus: Bus,
    rule: Rule,
    event: dict[str, Json],
    traces: Traces,
    since: Mapping[str, Since],
    sequence: int,
) -> Receiver:
    """What a rule that matches an event made of it."""
    got: list[Got] = []
    declared, switched = since.get(rule.name), since.get(SWITCHED + rule.name)
    for target in () if _is_after(declared, sequence) else rule.targets:

        def text(hop: Hop, target=target) -> str | None:  # type: ignore[no-untyped-def]  # noqa: ANN001
            seen = event
            if hop.actor.startswith(REPLAY):
                seen = event | {"replay-name": hop.actor.removeprefix(REPLAY)}
            return text_for(bus.model, rule, target, seen, hop.at_ms)

        is_ours = is_delivery_of(rule.name, target.ref, str(event["id"]))
        got += traces.sent_to(target.ref, text, is_ours=is_ours)
    is_enabled = bus.rules.is_enabled(rule.name)
    is_later = _is_after(declared, sequence) or _is_after(switched, sequence)
    outcome, why = _outcome(got, is_enabled=is_enabled, is_later=is_later)
    to = [target.ref for target in rule.targets]
    latest = max(filter(None, (declared, switched)), default=None)
    make = partial(Receiver, "rule", rule.name, bus.ref, outcome, why)
    return make(to=to, got=got, since_ms=_since_ms(latest))


def _is_after(since: Since | None, sequence: int) -> bool:
    """Whether something is as it is only since after a record."""
    return since is not None and since.sequence >= sequence


def _outcome(got: Sequence[Got], *, is_enabled: bool, is_later: bool) -> tuple[Outcome, str]:
    if got:
        return "got", ""
    if not is_enabled:
        return "disabled", "the rule is disabled"
    if is_later:
        return "later", "the rule was declared, changed or enabled only after that"
    return "nothing kept", "it matches, and nothing of what came of it is kept"


def of_archives(
    bus: Bus, archives: Iterable[ArchiveState], seen: dict[str, Json]
) -> list[Receiver]:
    """Which archives of a bus keep an event."""
    told: list[Receiver] = []
    for archive in archives:
        wrong = mismatches_of(archive.pattern, seen)
        outcome: Outcome = "not matched" if wrong else "got"
        why = "; ".join(map(str, wrong)) or "it is kept, or will be when the bus forgets it"
        told.append(Receiver("archive", archive.name, bus.ref, outcome, why, mismatches=wrong))
    return told


def _since_ms(since: Since | None) -> int | None:
    return since.at_ms if since is not None and since.sequence > 0 else None
