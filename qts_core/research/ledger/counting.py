"""How much was tried: different trials, and to how many independent ones they come (specification 7.3, 11.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qts_core.analytics.overfitting import effective_trials
from qts_core.research.ledger.returns import ReturnSeries, aligned
from qts_core.research.ledger.trial import Trial, TrialKind

__all__ = ["FEWEST_SESSIONS", "TrialSummary", "distinct_trials", "has_returns", "sharpe_spread", "summarise"]

FEWEST_SESSIONS = 20
"""Sessions below which the returns of a trial say nothing of its likeness to others."""


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """How much was tried.

    Attributes
    ----------
    count : int
        Different trials: backtests, trials of searches, choices, and trainings that never reached a backtest.
    failed : int
        Those of them that gave no result.
    sharpe_variance : float or None
        :func:`sharpe_spread` of the trials that have a Sharpe ratio; None below two.
    effective : float or None
        Number of independent trials that would give the same luck, at most `count`; None where it is not known,
        and then `count` stands in.
    chance_variance : float or None
        What that variance would be on average if all of them were worthless: the mean of 1 / (n - 1) over their
        sessions n. None where it is not known.
    """

    count: int
    failed: int
    sharpe_variance: float | None
    effective: float | None = None
    chance_variance: float | None = None

    @property
    def independent(self) -> float:
        """The number of independent trials to deflate by: `effective`, or `count`; never above `count`, nor below 1."""
        known = float(self.count) if self.effective is None else min(self.effective, float(self.count))
        return max(known, 1.0)


def distinct_trials(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Return one trial of each identity, the last; a training that a backtest judges is part of that backtest."""
    last = {(t.kind is TrialKind.TRAINING, t.identity): t for t in trials}
    judged = {t.parent for t in trials if t.kind is TrialKind.BACKTEST}
    return tuple(t for t in last.values() if t.kind is not TrialKind.TRAINING or t.identity not in judged)


def has_returns(trial: Trial) -> bool:
    """Whether the returns of `trial` say how like others it is: enough sessions, and not all the same."""
    series = trial.returns
    return series is not None and len(series) >= FEWEST_SESSIONS and float(np.ptp(series.values)) > 0.0


def summarise(trials: Sequence[Trial]) -> TrialSummary:
    """Count different trials; the last result of each counts."""
    distinct = distinct_trials(trials)
    count = sum(t.alternatives for t in distinct)
    measured = [(t.daily_sharpe, t.sessions) for t in distinct if t.daily_sharpe is not None]
    variance = sharpe_spread([sharpe for sharpe, _ in measured])
    # Of a trial whose length is not known nothing is put down to chance.
    chance = float(np.mean([1.0 / (n - 1) if n > 1 else 0.0 for _, n in measured])) if measured else None
    known = {t.returns for t in distinct if has_returns(t) and t.returns is not None}
    like = sum(1 for t in distinct if has_returns(t))
    failed = sum(t.alternatives for t in distinct if t.failure)
    return TrialSummary(count, failed, variance, count - like + _independent(known), chance)


def sharpe_spread(sharpes: Sequence[float]) -> float | None:
    """Return the variance of Sharpe ratios per session, in which it does not matter how much a trial loses.

    The smaller of the variance and of twice the mean square of what is above zero; None below two.

    Notes
    -----
    Of worthless trials, which lie around zero, both are the same on average. A trial that loses, to costs say, is no
    chance to be the lucky best, however far below zero it lies: in the variance alone, one ruinous strategy would put
    the hurdle out of reach of every other.
    """
    if len(sharpes) < 2:
        return None
    gains = np.maximum(sharpes, 0.0)
    return min(float(np.var(sharpes, ddof=1)), 2.0 * float(np.mean(gains**2)))


def _independent(series: set[ReturnSeries]) -> float:
    if len(series) < 2:
        return float(len(series))
    # A fixed order, so that the same trials give the same number whatever the order in which they were written.
    ordered = sorted(series, key=lambda each: (each.days.tobytes(), each.values.tobytes()))
    return effective_trials(aligned(ordered)[1])
