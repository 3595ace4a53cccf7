"""The rules of Retry and Catch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ensue.languages.states.errors import ALL, STATES_ERRORS, TERMINAL_ERRORS
from ensue.languages.states.faults import step
from ensue.languages.states.structure.fields import CATCHER, JSONATA, JSONPATH, RETRIER
from ensue.languages.states.structure.notes import Notes
from ensue.words.values import shown

SECONDS_MAX = 99_999_999
DELAY_SECONDS_MAX = 31_622_400
ATTEMPTS_MAX = 99_999_999
BACKOFF_RATE_MAX = 1_000_000
JITTERS: Final = ("FULL", "NONE")


def check_rescue(state: Mapping[str, Any], language: str, at: str, notes: Notes) -> None:
    """Note what is wrong in a state's Retry and Catch."""
    retriers, catchers = _listed(state, "Retry", at), _listed(state, "Catch", at)
    for place, retrier in retriers:
        notes.known(retrier, RETRIER, place)
        notes.number(retrier, "IntervalSeconds", 1, SECONDS_MAX, place)
        notes.number(retrier, "MaxAttempts", 0, ATTEMPTS_MAX, place)
        notes.number(retrier, "BackoffRate", 1, BACKOFF_RATE_MAX, place)
        notes.number(retrier, "MaxDelaySeconds", 1, DELAY_SECONDS_MAX, place)
        notes.one_of(retrier, "JitterStrategy", JITTERS, place)
        delay, interval = retrier.get("MaxDelaySeconds"), retrier.get("IntervalSeconds", 1)
        if isinstance(delay, int) and isinstance(interval, int) and delay <= interval:
            notes.warning(
                step(place, "MaxDelaySeconds"),
                f"expected more than IntervalSeconds, {interval}, got {delay}",
                "Make it longer, or remove it.",
            )
    for place, catcher in catchers:
        _check_catcher(catcher, language, place, notes)
    for clauses in (retriers, catchers):
        _check_names(clauses, notes)


def _listed(state: Mapping[str, Any], name: str, at: str) -> list[tuple[str, Mapping[str, Any]]]:
    written = state.get(name)
    if not isinstance(written, list):
        return []
    base = step(at, name)
    found = [(step(base, i), each) for i, each in enumerate(written)]
    return [(place, each) for place, each in found if isinstance(each, Mapping)]


def _check_catcher(catcher: Mapping[str, Any], language: str, place: str, notes: Notes) -> None:
    other = JSONATA if language == JSONPATH else JSONPATH
    for name in catcher:
        if name in CATCHER[other] - CATCHER[language]:
            instead = "Output" if name == "ResultPath" else "ResultPath"
            notes.error(
                step(place, name),
                f"expected a field of {language}, got {name}, which is one of {other}",
                f"Write {instead}.",
            )
    notes.known(catcher, CATCHER[JSONPATH] | CATCHER[JSONATA], place)


def _check_names(clauses: list[tuple[str, Mapping[str, Any]]], notes: Notes) -> None:
    for number, (place, clause) in enumerate(clauses):
        names = clause.get("ErrorEquals")
        if not isinstance(names, list):
            continue
        at = step(place, "ErrorEquals")
        if ALL in names:
            if len(names) > 1:
                notes.error(
                    at,
                    f"expected {ALL} alone, got it with {len(names) - 1} more",
                    "Remove the other names: it stands for them too.",
                )
            if number < len(clauses) - 1:
                notes.error(
                    at,
                    f"expected {ALL} in the last one, got it before others",
                    "Put it last: those behind it would never be looked at.",
                )
        for i, name in enumerate(names):
            _check_name(name, step(at, i), notes)


def _check_name(name: object, at: str, notes: Notes) -> None:
    if not isinstance(name, str) or not name.startswith("States."):
        return
    if name not in STATES_ERRORS:
        notes.warning(
            at,
            f"expected an error of the language, got {shown(name)}",
            f"There are {', '.join(sorted(STATES_ERRORS))}; names of your own begin otherwise.",
        )
    elif name in TERMINAL_ERRORS:
        notes.warning(
            at,
            f"{name} is never retried, and States.ALL does not catch it",
            "Check the data before the state instead.",
        )
