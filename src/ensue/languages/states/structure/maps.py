"""The rules of a Map's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ensue.languages.states.faults import step
from ensue.languages.states.structure.notes import Notes
from ensue.words.values import shown

LABEL_CHARS_MAX = 40
TOLERATED_COUNT_MAX = 10_000_000
CONCURRENCY_MAX = 10_000
PERCENTAGE_MAX = 100
_MODES: Final = ("INLINE", "DISTRIBUTED")
_TYPES: Final = ("STANDARD", "EXPRESS")
_OF_DISTRIBUTED: Final = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)


def check_map(state: Mapping[str, Any], at: str, notes: Notes) -> None:
    """Note what is wrong in the fields that only a Map has."""
    notes.once(state, ("ItemProcessor", "Iterator"), at)
    notes.once(state, ("ItemSelector", "Parameters"), at)
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        notes.once(state, (name, f"{name}Path"), at)
    notes.number(state, "MaxConcurrency", 0, CONCURRENCY_MAX, at)
    notes.number(state, "ToleratedFailureCount", 0, TOLERATED_COUNT_MAX, at)
    notes.number(state, "ToleratedFailurePercentage", 0, PERCENTAGE_MAX, at)
    label = state.get("Label")
    if isinstance(label, str) and not 0 < len(label) <= LABEL_CHARS_MAX:
        notes.error(
            step(at, "Label"),
            f"expected 1 to {LABEL_CHARS_MAX} characters, got {len(label)}",
            "Shorten the label.",
        )
    _check_processor(state, at, notes)


def _check_processor(state: Mapping[str, Any], at: str, notes: Notes) -> None:
    name = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor = state.get(name)
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, Mapping) else {}
    place = step(step(at, name), "ProcessorConfig")
    if not isinstance(config, Mapping):
        notes.error(place, f"expected an object, got {shown(config)}", "Write an object.")
        return
    notes.known(config, ("Mode", "ExecutionType"), place)
    notes.one_of(config, "Mode", _MODES, place)
    notes.one_of(config, "ExecutionType", _TYPES, place)
    distributed = config.get("Mode") == "DISTRIBUTED"
    if distributed and "ExecutionType" not in config:
        notes.error(
            place,
            "expected ExecutionType beside Mode DISTRIBUTED",
            "Write STANDARD or EXPRESS.",
        )
    for field in _OF_DISTRIBUTED:
        if field in state and not distributed:
            notes.warning(
                step(at, field),
                f"{field} is for a Map whose Mode is DISTRIBUTED",
                "Set the Mode in ProcessorConfig, or remove the field.",
            )
