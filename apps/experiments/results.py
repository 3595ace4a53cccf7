"""What an experiment shows: the counts, how sure they are, and a verdict in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.experiments.shapes import iso
from apps.experiments.statistics import (
    MISMATCH,
    Arm,
    Comparison,
    Fate,
    Rate,
    compared,
    mismatch,
    rate_of,
)
from ensue import Item, charts

_WIDE = 3.0
_TONES: dict[Fate, charts.Tone] = {"better": "good", "worse": "bad", "undecided": "plain"}


@dataclass(frozen=True)
class Results:
    """What an experiment shows.

    Attributes:
        experimentId: which.
        active: whether it goes on.
        since: since when it has these weights; None for since the beginning.
        control: what the others are compared with.
        variants: the share of users who clicked, of each.
        comparisons: each other one against the control.
        mismatch: how surprising it is that they have so many users each; None for too few.
        crossed: how many users are counted in more than one.
        trusted: whether the numbers are to be believed.
        verdict: what they show, in a sentence.
    """

    experimentId: str  # noqa: N815 - JSON's usage
    active: bool
    since: str | None
    control: str
    variants: list[Rate]
    comparisons: list[Comparison]
    mismatch: float | None
    crossed: int
    trusted: bool
    verdict: str


def results_of(plan: Item, arms: Sequence[Arm], crossed: int) -> Results:
    """What the counts of an experiment show.

    Args:
        plan: the experiment as stored.
        arms: its variants as counted.
        crossed: how many users are counted in more than one.
    """
    [control] = [each for each in arms if each.variant == plan["control"]]
    others = [each for each in arms if each is not control]
    comparisons = [compared(each, control, len(others)) for each in others]
    surprise = mismatch(arms)
    trusted = surprise is None or surprise >= MISMATCH
    return Results(
        experimentId=plan["id"],
        active=plan["active"],
        since=iso(plan["sinceMs"]) if plan["sinceMs"] else None,
        control=control.variant,
        variants=[rate_of(each) for each in arms],
        comparisons=comparisons,
        mismatch=surprise,
        crossed=crossed,
        trusted=trusted,
        verdict=_verdict(
            comparisons, control.variant, sum(each.users for each in arms), trusted=trusted
        ),
    )


def _verdict(found: Sequence[Comparison], control: str, users: int, *, trusted: bool) -> str:
    if not users:
        return "Nobody has taken part yet."
    if not trusted:
        return "Nothing can be said: the variants have other numbers of users than they should."
    decided = [each for each in found if each.fate != "undecided"]
    better = [each for each in decided if each.fate == "better"]
    if better:
        best = max(better, key=lambda each: each.lift or 0)
        return f"{best.variant} is better than {control}: its users click {_by(best)} more often."
    if decided and len(decided) == len(found):
        return f"{control} is better than every other variant."
    if decided:
        names = ", ".join(each.variant for each in decided)
        return f"{names} is worse than {control}; of the others nothing is shown yet."
    return f"No difference to {control} is shown yet. Look again when more users took part."


def _by(found: Comparison) -> str:
    low = max(0.0, found.liftLow or 0.0)
    return f"at least {low:.1%}" if found.liftHigh is None else f"{low:.1%} to {found.liftHigh:.1%}"


def charts_of(found: Results) -> tuple[charts.Chart, charts.Chart]:
    """The pictures of the results page: shares, and lifts."""
    return (
        charts.intervals(
            "Users who click",
            [
                charts.Interval(each.variant, each.rate, each.low, each.high)
                for each in found.variants
            ],
            form="percent",
        ),
        charts.intervals(
            f"More or fewer clicks than {found.control}",
            [_lift_of(each) for each in found.comparisons],
            form="percent",
            mark=0.0,
        ),
    )


def _lift_of(found: Comparison) -> charts.Interval:
    """An interval; one that still says nothing would only make the others small."""
    is_wide = found.liftHigh is None or found.liftHigh > _WIDE
    if is_wide and found.fate == "undecided":
        return charts.Interval(found.variant, None, None, None)
    return charts.Interval(
        found.variant, found.lift, found.liftLow, found.liftHigh, _TONES[found.fate]
    )
