"""The rules of a bus, or the subscriptions of a topic: who wants what."""

from __future__ import annotations

from typing import Any

from ensue.doors.console.sections.events.logs import bus_of, place_of, told
from ensue.doors.console.view import Done, View
from ensue.doors.console.visit import Visit


async def show_rules(visit: Visit) -> View:
    """The rules with their patterns and targets."""
    place = place_of(visit)
    ref = place.ref
    operation = {"bus": "rules", "topic": "subscriptions"}.get(ref.kind)
    found: Any = await visit.operate(place.handle, operation) if operation else {}
    rules = [_bus_rule(name, rule) for name, rule in found.items()] if ref.kind == "bus" else []
    subscriptions = found if ref.kind == "topic" else []
    return View(
        "events/rules.html",
        f"Rules of {ref.name}",
        {"log": told(ref), "rules": rules, "subscriptions": subscriptions},
        {"kind": place.kind},
    )


async def enable(visit: Visit) -> Done:
    """Let a rule deliver."""
    return await _switch(visit, "enable", "delivers again")


async def disable(visit: Visit) -> Done:
    """Let a rule deliver no more."""
    return await _switch(visit, "disable", "delivers no more, until it is enabled")


async def _switch(visit: Visit, operation: str, said: str) -> Done:
    bus, rule = bus_of(visit), visit.path["rule"]
    await visit.operate(bus, operation, {"rule": rule})
    return Done(f"The rule {rule} {said}.", to=f"/events/{bus.ref.app}/{bus.ref.name}/rules")


def _bus_rule(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    targets = [each if isinstance(each, dict) else {"to": each} for each in rule["targets"]]
    return {
        "name": name,
        "pattern": rule.get("pattern"),
        "schedule": rule.get("schedule"),
        "enabled": rule.get("enabled", True),
        "targets": targets,
    }
