"""The gates that ask whether it is luck: deflation, overfitting, reality check, permutation (specification 11.4)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.overfitting import permutation_test, probability_of_overfitting, reality_check
from qts_core.analytics.significance import SharpeEstimate, deflated_sharpe_ratio
from qts_core.config.backtest import GateSettings
from qts_core.market.panel import Floats
from qts_core.research.gates.evidence import GateEvidence
from qts_core.research.gates.report import Gate, at_least, at_most, not_applicable
from qts_core.research.ledger import ReturnSeries, TrialSummary

__all__ = ["deflated_gate", "hurdle", "luck_gates", "overfitting_gates", "shared_sessions"]

FEWEST_COVERED: Final = 0.8
"""Share of the judged sessions that another trial must cover to be held against this one."""
BLOCKS: Final = 16
MANY_TRIALS, BLOCKS_OF_MANY = 200, 12


def luck_gates(evidence: GateEvidence, estimate: SharpeEstimate, settings: GateSettings) -> tuple[Gate, ...]:
    """Return the gates of luck, four or five; `estimate` is that of the net returns."""
    return (
        deflated_gate(estimate, evidence.trials, settings),
        *overfitting_gates(shared_sessions(evidence.study), settings, "trials of this model"),
        _reality(evidence, settings),
        _permutation(evidence, settings),
    )


def shared_sessions(series: Sequence[ReturnSeries]) -> Floats:
    """Return the trials that share sessions, float64 [T, N]: on the sessions that most trials have in common.

    Of several sets of sessions that equally many trials cover, the largest is taken.
    """
    patterns = Counter(each.days.tobytes() for each in series)
    sets = [np.frombuffer(pattern, dtype=np.int32) for pattern in patterns]
    covering = [[each for each in series if _known(days, each.days).all()] for days in sets]
    if not sets:
        return np.empty((0, 0))
    chosen = max(range(len(sets)), key=lambda i: (len(covering[i]), len(sets[i])))
    days = sets[chosen]
    columns = [each.values[np.searchsorted(each.days, days)] for each in covering[chosen]]
    return np.stack(columns, axis=1).astype(np.float64)


def hurdle(trials: TrialSummary, sessions: int) -> tuple[int, float]:
    """Return by how many independent trials to deflate a Sharpe ratio over `sessions`, and their variance.

    Everything that deflates asks here: gates of models and of walk-forwards, searches, comparisons, pages.

    Notes
    -----
    Chance alone spreads the Sharpe ratios of worthless strategies by 1 / (n - 1); trials that agree more than that are
    near copies of each other and must not make the hurdle lower. What trials differ by beyond the chance of their own
    lengths is added: of trials as long as the judged record that is the paper's variance of all trials, and of shorter
    ones, such as the windows of a walk-forward, their greater chance is not taken for a greater difference.
    """
    chance = 1.0 / max(sessions - 1, 1)
    expected = chance if trials.chance_variance is None else trials.chance_variance
    return math.ceil(trials.independent), chance + max(0.0, (trials.sharpe_variance or 0.0) - expected)


def deflated_gate(estimate: SharpeEstimate, trials: TrialSummary, settings: GateSettings) -> Gate:
    """Return whether a Sharpe ratio is more than the luck of the best of all `trials`."""
    count = max(trials.count, 1)
    independent, variance = hurdle(trials, estimate.n)
    counted = f"{count} trial{'s' * (count != 1)}"
    if independent < count:
        counted += f", as many as {independent} independent ones"
    value = math.nan
    if estimate.n >= 2:
        value = deflated_sharpe_ratio(estimate, trials=independent, variance=variance)
    return at_least(
        "deflated_sharpe", value, settings.min_deflated_sharpe_probability,
        f"probability that the Sharpe ratio is more than luck after {counted}",
    )  # fmt: skip


def overfitting_gates(table: Floats, settings: GateSettings, what: str) -> tuple[Gate, ...]:
    """Return whether choosing the best of several trials is overfitting; one gate that does not apply for too few.

    Parameters
    ----------
    table : float64 [T, N]
        Net return of each trial on the sessions that they share.
    what : str
        What the trials are, in the plural.

    Notes
    -----
    The first gate is the rule of the paper: a choice that is below the median more often than above it says nothing of
    what comes. The second asks how often it is below the median *and loses*: it is the stricter one where trials are
    worthless, and tells them from trials of which all are good, whose order is a coin toss.
    """
    sessions, trials = table.shape
    needed = settings.min_overfitting_trials
    if trials < needed or sessions < 2 * BLOCKS:
        found = f"{trials} {what} with returns on the same {sessions} sessions"
        why = f"overfitting is not judged: {found}, needs {needed} on {2 * BLOCKS}"
        return (not_applicable("pbo", settings.max_overfitting_probability, "<=", why),)
    found_of = probability_of_overfitting(table, blocks=BLOCKS_OF_MANY if trials > MANY_TRIALS else BLOCKS)
    best = f"probability that the best of {trials} {what} on half of the sessions is below their median"
    return (
        at_most("pbo", found_of.probability, settings.max_overfitting_probability, f"{best} on the other half"),
        at_most("pbo_loss", found_of.losing, settings.max_overfitting_loss_probability,
                f"{best} and loses on the other half"),
    )  # fmt: skip


def _reality(evidence: GateEvidence, settings: GateSettings) -> Gate:
    name, limit = "reality_check", settings.max_reality_check_p
    if len(evidence.net_returns) < 2 or not np.isfinite(evidence.net_returns).all():
        return at_most(name, math.nan, limit, "p-value that no trial beats cash")
    beside = _beside(evidence)
    table = np.stack([evidence.net_returns, *beside], axis=1)
    left_out = len(evidence.others) - len(beside)
    among = f"best of {table.shape[1]} trials" if beside else "trial"
    what = f"p-value that the {among} does not beat cash"
    if left_out:
        what += f" ({left_out} of other sessions left out)"
    result = reality_check(table, candidate=0)
    return at_most(name, result.consistent, limit, f"{what} (plain reality check {result.white:.2g})")


def _beside(evidence: GateEvidence) -> list[Floats]:
    """Return the other trials on the judged sessions; where one has no session it held cash."""
    days = evidence.days
    if days is None:
        return []
    covered = [(each, _known(each.days, days)) for each in evidence.others]
    return [_laid_out(each, known, days) for each, known in covered if known.sum() >= FEWEST_COVERED * len(days)]


def _known(days: NDArray[np.int32], among: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which of `days` are `among` others; most trials share their sessions, so that is asked first."""
    if np.array_equal(days, among):
        return np.ones(len(days), dtype=bool)
    return np.isin(days, among, assume_unique=True)


def _laid_out(series: ReturnSeries, known: NDArray[np.bool_], days: NDArray[np.int32]) -> Floats:
    laid = np.zeros(len(days))
    laid[np.searchsorted(days, series.days[known])] = series.values[known]
    return laid


def _permutation(evidence: GateEvidence, settings: GateSettings) -> Gate:
    name, limit, link = "permutation", settings.max_permutation_p, evidence.link
    if link is None:
        return not_applicable(name, limit, "<=", "the signal is not held against returns: there are no predictions")
    result = permutation_test(link.scores, link.outcomes, horizon_rows=link.horizon_rows)
    what = f"p-value that the predictions know nothing of the returns (rank correlation {result.statistic:.3f})"
    return at_most(name, result.p_value, limit, what)
