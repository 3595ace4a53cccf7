"""What the counts of an experiment say, and how sure that is. The statistics are SciPy's.

Everything is counted by user: who took part, and who of them clicked. Events of one user depend on
each other; users do not. SciPy is imported where it is needed, so that the app starts without it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

CONFIDENCE = 0.95
MISMATCH = 0.001
USERS_MIN = 100
# What the test looks for: lifts of about 100 %, 25 % and 8 %, up or down, alike.
CONCENTRATIONS = (8.0, 80.0, 800.0)

Fate = Literal["better", "worse", "undecided"]


@dataclass(frozen=True)
class Arm:
    """A variant as it was counted.

    Attributes:
        variant: its id.
        weight: its share of the users, as declared.
        users: how many took part.
        clickers: how many of them clicked.
    """

    variant: str
    weight: float
    users: int
    clickers: int


@dataclass(frozen=True)
class Rate:
    """The share of users who clicked, with Wilson's interval.

    Attributes:
        variant: whose.
        users: how many took part.
        clickers: how many of them clicked.
        rate: the share; None without users.
        low: the lower end.
        high: the upper end.
    """

    variant: str
    users: int
    clickers: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Comparison:
    """A variant against the control.

    Attributes:
        variant: its id.
        difference: of the shares; None without users.
        low: the lower end of its interval, for one look at the end.
        high: the upper end.
        lift: by how much more of its users click, as a fraction; None where nobody of the control
            does. It is of those who click, by the weights, as the test is.
        liftLow: the lower end, for any number of looks; None while it is not bounded.
        liftHigh: the upper end.
        p: the p-value for any number of looks: no difference is that surprising.
        fate: what is shown.
    """

    variant: str
    difference: float | None
    low: float | None
    high: float | None
    lift: float | None
    liftLow: float | None  # noqa: N815 - JSON's usage
    liftHigh: float | None  # noqa: N815
    p: float
    fate: Fate


def rate_of(arm: Arm) -> Rate:
    """The share of users who clicked, with Wilson's score interval (Wilson 1927)."""
    if not arm.users:
        return Rate(arm.variant, 0, 0, None, None, None)
    from scipy.stats import binomtest  # noqa: PLC0415 - it takes a second

    found = binomtest(arm.clickers, arm.users).proportion_ci(CONFIDENCE, method="wilson")
    rate = arm.clickers / arm.users
    return Rate(arm.variant, arm.users, arm.clickers, rate, float(found.low), float(found.high))


def compared(arm: Arm, control: Arm, comparisons: int) -> Comparison:
    """A variant against the control.

    Args:
        arm: the variant.
        control: the control.
        comparisons: how many variants are compared: the error is divided among them (Bonferroni).
    """
    one, base = rate_of(arm), rate_of(control)
    alpha = (1 - CONFIDENCE) / comparisons
    difference, low, high = newcombe(one, base)
    share = arm.weight / (arm.weight + control.weight) if arm.weight else 0.0
    if not share or share == 1:
        return Comparison(arm.variant, difference, low, high, None, None, None, 1.0, "undecided")
    clicks, of_both = arm.clickers, arm.clickers + control.clickers
    p = min(1.0, math.exp(min(0.0, -evidence(clicks, of_both, share, share))) * comparisons)
    ends = [_lift(each, share) for each in sequence(clicks, of_both, share, alpha)]
    lift = _lift(clicks / of_both, share) if of_both else None
    fate: Fate = "undecided"
    if p <= 1 - CONFIDENCE:
        fate = "better" if clicks > share * of_both else "worse"
    return Comparison(arm.variant, difference, low, high, lift, ends[0], ends[1], p, fate)


def newcombe(one: Rate, base: Rate) -> tuple[float | None, float | None, float | None]:
    """The difference of two shares with its interval, from Wilson's (Newcombe 1998, method 10)."""
    if one.rate is None or one.low is None or one.high is None:
        return None, None, None
    if base.rate is None or base.low is None or base.high is None:
        return None, None, None
    difference = one.rate - base.rate
    below = math.hypot(one.rate - one.low, base.high - base.rate)
    above = math.hypot(one.high - one.rate, base.rate - base.low)
    return difference, difference - below, difference + above


def evidence(clicks: Any, of_both: Any, share: float, told: Any) -> Any:  # noqa: ANN401 - arrays too
    """The logarithm of the evidence against ``told``: it may be looked at any time (an e-process).

    Users get their variants by lot. So where these make no difference, each user who clicks is of
    the variant with the probability ``share``, however many click, and whenever. The evidence is
    the likelihood under a mixture of other probabilities, by that under ``told`` (Robbins 1970; for
    counts by variant: Lindon and Malek 2022, "Anytime-Valid Inference for Multinomial Count Data").

    Args:
        clicks: users of the variant who clicked.
        of_both: those of the control as well.
        share: the probability where the variants make no difference.
        told: the probability that the evidence is against.
    """
    from scipy.special import betaln, logsumexp, xlog1py, xlogy  # noqa: PLC0415 - as above

    mixed = [
        betaln(each * share + clicks, each * (1 - share) + of_both - clicks)
        - betaln(each * share, each * (1 - share))
        for each in CONCENTRATIONS
    ]
    likely = xlogy(clicks, told) + xlog1py(of_both - clicks, -told)
    return logsumexp(mixed, axis=0) - math.log(len(mixed)) - likely


def sequence(clicks: int, of_both: int, share: float, alpha: float) -> tuple[float, float]:
    """Between which probabilities the truth lies, at every look: a confidence sequence.

    It is made of all that the evidence does not speak against.

    Args:
        clicks: users of the variant who clicked.
        of_both: those of the control as well.
        share: the probability where the variants make no difference.
        alpha: how often the truth may ever be outside.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 - as above

    def over(told: float) -> float:
        return float(evidence(clicks, of_both, share, told)) - math.log(1 / alpha)

    tiny, middle = 1e-12, clicks / of_both if of_both else share
    low = 0.0 if not clicks or over(tiny) <= 0 else float(brentq(over, tiny, middle))
    high = (
        1.0 if clicks == of_both or over(1 - tiny) <= 0 else float(brentq(over, middle, 1 - tiny))
    )
    return low, high


def _lift(told: float, share: float) -> float | None:
    """By how much more users click, where those who click are of the variant so often."""
    return None if told >= 1 else told / (1 - told) * (1 - share) / share - 1


def mismatch(arms: Sequence[Arm]) -> float | None:
    """How surprising the numbers of users are (chi-square); None for too few users.

    Args:
        arms: the variants, with their weights.
    """
    drawn = [each for each in arms if each.weight > 0]
    users, weights = sum(each.users for each in drawn), sum(each.weight for each in drawn)
    if users < USERS_MIN or len(drawn) < 2:
        return None
    from scipy.stats import chisquare  # noqa: PLC0415 - as above

    expected = [users * each.weight / weights for each in drawn]
    return float(chisquare([each.users for each in drawn], expected).pvalue)
