"""What an execution failed with, in words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

CAUSE_LENGTH_MAX = 4_000

_HINTS = {
    "States.Timeout": "Nobody answered in time. Redrive it when whoever is to answer is there"
    " again, or fork it with a longer time.",
    "States.HeartbeatTimeout": "Whoever was at it fell silent. Redrive it.",
    "States.DataLimitExceeded": "A value is larger than 256 KiB: keep it in a bucket or a table,"
    " and hand on its key. Then fork from the state before.",
    "States.Runtime": "The definition does not fit the data: fork from the state with other data,"
    " or mend the definition and start anew.",
    "States.NoChoiceMatched": "No rule fits and there is no Default: fork from the Choice with"
    " other data, or mend the definition and start anew.",
    "States.ParameterPathFailure": "A path of the definition finds nothing in the data: fork from"
    " the state with other data.",
    "States.QueryEvaluationError": "An expression of the definition fails on the data: fork from"
    " the state with other data.",
    "Ensue.ProcessDied": "The process died each time that this was done. See the log of the"
    " process, then redrive it.",
    "Rejected": "Somebody rejected it. Fork it to ask again.",
}
_OTHERWISE = (
    "When the reason is gone, redrive it: what has succeeded stays. Or fork it from the state that"
    " failed, with other data."
)


@dataclass(frozen=True)
class Fault:
    """What went wrong.

    Attributes:
        error: the name of the error.
        said: what happened, in words.
        hint: what to do.
    """

    error: str
    said: str
    hint: str


def fault_of(execution: dict[str, Any]) -> Fault | None:
    """What an execution failed with; None where it did not."""
    status = execution["status"]
    if status not in {"FAILED", "TIMED_OUT", "ABORTED"}:
        return None
    error = execution["error"] or ("States.Timeout" if status == "TIMED_OUT" else "")
    said = words_of(execution["cause"])
    if status == "ABORTED":
        return Fault(error, said or "It was stopped.", "Redrive it to let it go on.")
    if not said and status == "TIMED_OUT":
        said = "Its time was over."
    return Fault(error, said, _HINTS.get(error, _OTHERWISE))


def words_of(cause: str | None) -> str:
    """A cause in words: that of a function that failed is an object around them."""
    if cause is None:
        return ""
    try:
        found = msgspec.json.decode(cause)
    except msgspec.DecodeError:
        return cause[:CAUSE_LENGTH_MAX]
    said = found.get("errorMessage") if isinstance(found, dict) else None
    return str(said or cause)[:CAUSE_LENGTH_MAX]
