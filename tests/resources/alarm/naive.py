"""M out of N, word for word as CloudWatch's page on alarms and missing data tells it.

Slow and literal: it writes the evaluation range out slot by slot, fills in what is missing, and
looks at it.
"""

from __future__ import annotations

from collections.abc import Sequence

EXTRA = 2


def naive_state(
    slots: Sequence[bool | None], needed: int, out_of: int, missing: str, before: str
) -> str:
    """The state after the evaluation range.

    Args:
        slots: whether each period breaches, oldest first; None where nothing was measured.
        needed: M.
        out_of: N.
        missing: ``ok``, ``breaching``, ``ignore`` or ``insufficient``.
        before: the state that the alarm was in.
    """
    wanted = out_of + EXTRA
    seen = ([None] * wanted + list(slots))[-wanted:]
    real = [each for each in seen if each is not None]
    newest = real[-out_of:]  # where enough are there, what is missing among them does not count
    lacking = out_of - len(newest)
    filled = {"breaching": [True] * lacking, "ok": [False] * lacking}
    if not lacking or missing in filled:
        full = newest + filled.get(missing, [])
        return "ALARM" if sum(full) >= needed else "OK"
    return _with_gaps(seen, needed, missing, before)


def _with_gaps(seen: Sequence[bool | None], needed: int, missing: str, before: str) -> str:
    real = [each for each in seen if each is not None]
    if sum(real) >= needed:
        return "ALARM"
    if False in real:
        return "OK"
    if missing == "ignore":
        return before
    if not real:
        return "INSUFFICIENT_DATA"
    # "when the oldest available breaching datapoint is at least as old as the value of Datapoints
    # to Alarm, and all other more recent data points are breaching or missing"
    age = len(seen) - list(seen).index(True)
    return "ALARM" if age >= needed else before
