"""Rules that are enabled or disabled while the app runs."""

from __future__ import annotations

from ensue.engine import logs, since
from ensue.engine.transaction import Transaction
from ensue.resources.bus.model import BusModel
from ensue.resources.bus.rules.matching import RuleSet
from ensue.words.errors import NotFound


def switch(tx: Transaction, bus: BusModel, rules: RuleSet, name: str, *, enabled: bool) -> None:
    """Note that a rule delivers, or does not, whatever its declaration says."""
    rule = rules.find(name)
    if rule is None:
        raise NotFound(f"there is no rule {name} of {bus.ref}")
    tx.execute(
        f"INSERT INTO {bus.switched} (rule, enabled, declared) VALUES (?, ?, ?)"
        " ON CONFLICT (rule) DO UPDATE SET enabled = excluded.enabled,"
        " declared = excluded.declared",
        (name, int(enabled), int(rule.enabled)),
    )
    since.switched(tx, tx.number(bus.ref), name, logs.last_sequence(tx, bus.events))


def recall(tx: Transaction, bus: BusModel, rules: RuleSet) -> None:
    """Let each rule deliver, or not, as it was switched last.

    A declaration that has changed since, or a rule that is gone, ends that.
    """
    switched = {
        name: (bool(enabled), bool(declared))
        for name, enabled, declared in tx.execute(f"SELECT * FROM {bus.switched}")
    }
    for rule in rules.all():
        enabled, declared = switched.pop(rule.name, (rule.enabled, rule.enabled))
        if declared != rule.enabled:
            switched[rule.name] = (enabled, declared)
            enabled = rule.enabled
        if enabled != rules.is_enabled(rule.name):
            rules.switch(rule.name, enabled=enabled)
    for name in switched:
        tx.execute(f"DELETE FROM {bus.switched} WHERE rule = ?", (name,))
