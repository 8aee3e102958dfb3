"""Signs of overfitting, each a figure with its threshold: they warn where gates refuse (specification 11.4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats, Panel

__all__ = [
    "OverfitFlag",
    "few_trades",
    "flag_tags",
    "high_turnover",
    "in_sample_gap",
    "parameter_sensitivity",
    "regime_dependence",
    "session_market",
    "session_turbulence",
]

LEAST_KEPT = 0.2
LEAST_IN_SAMPLE_IC = 0.02
LEAST_LOST = 0.1
SPIKE = 0.5
FEWEST_TRADES = 100
MOST_TURNOVER = 2.0
SIGNIFICANCE = 0.05
LEFT_WITHOUT = 0.5
REGIME_SESSIONS = 20
TURBULENCE_SESSIONS = 3
QUARTER_SESSIONS = 63
BLOCK_SESSIONS = 5
DRAWS = 400


@dataclass(frozen=True, slots=True)
class OverfitFlag:
    """One sign of overfitting.

    Attributes
    ----------
    name : str
        ``flag.few_trades`` and so on, as registry tags spell it.
    value, threshold : float
    is_raised : bool
        Never where `applies` is False.
    applies : bool
        Whether there was something to judge.
    sentence : str
        What was found, for a person.
    """

    name: str
    value: float
    threshold: float
    is_raised: bool
    applies: bool
    sentence: str

    @property
    def verdict(self) -> str:
        """``raised``, ``not raised`` or ``not applicable``."""
        if not self.applies:
            return "not applicable"
        return "raised" if self.is_raised else "not raised"


def flag_tags(flags: Iterable[OverfitFlag]) -> dict[str, str]:
    """Return tags ``flag.<name>`` with verdict and sentence."""
    return {flag.name: f"{flag.verdict}: {flag.sentence}" for flag in flags}


def in_sample_gap(inside: Sequence[float], outside: Sequence[float]) -> OverfitFlag:
    """Judge mean rank ICs of the folds, in sample and out of sample.

    The statistic is the share of the mean in-sample rank IC that is left out of sample. Boosted trees always lose
    most of it, so only less than a fifth is a sign, and only where at least a tenth of correlation is lost: who
    remembers noise shows it by a high in-sample IC. What is lost below that cannot be told from the chance of a few
    folds, and whether the little that is left is worth anything the gates judge. Below an in-sample IC of 0.02 there
    is nothing to lose.
    """
    pairs = [(i, o) for i, o in zip(inside, outside, strict=True) if math.isfinite(i) and math.isfinite(o)]
    before = float(np.mean([i for i, _ in pairs])) if pairs else math.nan
    if len(pairs) < 2 or before < LEAST_IN_SAMPLE_IC:
        return _silent("in_sample_gap", LEAST_KEPT, "fewer than two folds, or nothing learned in sample")
    after = float(np.mean([o for _, o in pairs]))
    kept = after / before
    said = f"rank IC {before:.3f} in sample and {after:.3f} out of sample: {kept:.0%} is left"
    is_raised = kept < LEAST_KEPT and before - after >= LEAST_LOST
    return OverfitFlag("flag.in_sample_gap", kept, LEAST_KEPT, is_raised, True, said)


def parameter_sensitivity(chosen: float, neighbours: Sequence[float]) -> OverfitFlag:
    """Judge the objective of the chosen trial against the trials next to it: a spike is luck, a plateau is not."""
    known = [value for value in neighbours if math.isfinite(value)]
    if len(known) < 2 or not math.isfinite(chosen) or chosen == 0.0:
        return _silent("parameter_sensitivity", SPIKE, "no search with trials next to the chosen one")
    lost = (chosen - float(np.median(known))) / abs(chosen)
    said = f"trials next to the chosen one lose {lost:.0%} of its objective"
    return OverfitFlag("flag.parameter_sensitivity", lost, SPIKE, lost > SPIKE, True, said)


def few_trades(trades: int) -> OverfitFlag:
    """Judge on how many trades a backtest rests."""
    said = f"the backtest rests on {trades:,} trades"
    return OverfitFlag("flag.few_trades", float(trades), float(FEWEST_TRADES), trades < FEWEST_TRADES, True, said)


def high_turnover(turnover_per_session: float) -> OverfitFlag:
    """Judge traded value per session over equity, both sides counted."""
    if not math.isfinite(turnover_per_session):
        return _silent("turnover", MOST_TURNOVER, "no session was traded")
    said = f"it trades {turnover_per_session:.2f} times its equity each session"
    is_raised = turnover_per_session > MOST_TURNOVER
    return OverfitFlag("flag.turnover", turnover_per_session, MOST_TURNOVER, is_raised, True, said)


def regime_dependence(
    returns: Floats, market: Floats, turbulence: Floats | None = None, *, seed: int = 7
) -> OverfitFlag:
    """Judge whether what was earned comes from one regime of volatility, of trend, or from one quarter of a year.

    Parameters
    ----------
    returns, market : float64 [D]
        Net return of each session, and of the market on it.
    turbulence : float64 [D], optional
        How much the market moved within each session (:func:`session_turbulence`); guessed from its moves from
        session to session otherwise, which finds far less.
    seed : int

    Notes
    -----
    The statistic is the largest Welch t of a regime's mean return less that of all other sessions, over terciles of
    the market's turbulence around a session and of its move over 20 sessions, and over stretches of 63 sessions. The
    regime is a description after the fact, so it may look to both sides. Its p value comes from shuffling
    the returns in blocks of a week, so that choosing the largest is paid for. The flag is raised when p is below 0.05
    and the sessions outside earn less than half of what an average session earns.
    """
    rough = np.abs(market) if turbulence is None else turbulence
    known = np.isfinite(returns) & np.isfinite(market) & np.isfinite(rough)
    reach = REGIME_SESSIONS if turbulence is None else TURBULENCE_SESSIONS
    values, groups = returns[known], _regimes(market[known], rough[known], reach)
    if groups.shape[1] < 2 or not values.mean() > 0:
        return _silent("regime_dependence", SIGNIFICANCE, "nothing was earned, or there are too few sessions")
    rng = np.random.default_rng(seed)
    observed = _advantages(values[None, :], groups)[0]
    best = int(observed.argmax())
    blocks = np.array_split(np.arange(len(values)), max(1, len(values) // BLOCK_SESSIONS))
    order = [np.concatenate([blocks[b] for b in rng.permutation(len(blocks))]) for _ in range(DRAWS)]
    shuffled = _advantages(values[np.array(order)], groups).max(axis=1)
    p = float((1 + (shuffled >= observed[best]).sum()) / (DRAWS + 1))
    outside = float(values[~groups[:, best]].mean())
    left = outside / float(values.mean())
    said = f"sessions outside its best regime earn {left:.0%} of an average session, p = {p:.3f} of as much by chance"
    return OverfitFlag(
        "flag.regime_dependence", p, SIGNIFICANCE, p < SIGNIFICANCE and left < LEFT_WITHOUT, True, said
    )  # fmt: skip


def session_market(panel: Panel, days: NDArray[np.int32]) -> Floats:
    """Return the mean return of all symbols from close to close on each of `days`, float64 [D]; NaN where unknown."""
    line = panel.timeline
    is_last = line.slot == line.slots - 1
    mean = _mean_moves((panel["close"] * panel["factor"])[is_last])
    by_day = dict(zip(line.session[is_last][1:].tolist(), mean.tolist(), strict=True))
    return np.array([by_day.get(day, math.nan) for day in days.tolist()], dtype=np.float64)


def session_turbulence(panel: Panel, days: NDArray[np.int32]) -> Floats:
    """Return how much the mean symbol moved from bar to bar on each of `days`, float64 [D]; NaN where unknown.

    The root of the sum of squared moves: realised volatility, which one session is enough to measure.
    """
    line = panel.timeline
    moves = _mean_moves(panel["close"] * panel["factor"])
    sessions = line.session[1:]
    first = np.flatnonzero(np.r_[True, sessions[1:] != sessions[:-1]])
    total = np.sqrt(np.add.reduceat(moves**2, first))
    by_day = dict(zip(sessions[first].tolist(), total.tolist(), strict=True))
    return np.array([by_day.get(day, math.nan) for day in days.tolist()], dtype=np.float64)


def _mean_moves(closes: Floats) -> Floats:
    """Return the mean move of all symbols from row to row, float64 [T - 1]; 0 where none moved."""
    move = closes[1:] / closes[:-1] - 1.0
    known = np.isfinite(move)
    mean: Floats = np.where(known, move, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return mean


def _regimes(market: Floats, rough: Floats, reach: int) -> NDArray[np.bool_]:
    """Return one column a regime, bool [D, G]; of those with 20 sessions inside and as many outside."""
    count = len(market)
    if count < 3 * REGIME_SESSIONS:
        return np.empty((count, 0), dtype=bool)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(rough, (reach // 2, (reach - 1) // 2), mode="edge"), reach)
    padded = np.r_[np.full(REGIME_SESSIONS - 1, market[0]), market]
    behind = np.lib.stride_tricks.sliding_window_view(padded, REGIME_SESSIONS)
    columns: list[NDArray[np.bool_]] = []
    for measure in (around.mean(axis=1), behind.sum(axis=1)):
        third = np.searchsorted(np.quantile(measure, [1 / 3, 2 / 3]), measure)
        columns += [third == k for k in range(3)]
    quarter = np.arange(count) // QUARTER_SESSIONS
    columns += [quarter == k for k in range(int(quarter[-1]) + 1)]
    kept = [c for c in columns if REGIME_SESSIONS <= c.sum() <= count - REGIME_SESSIONS]
    return np.column_stack(kept) if kept else np.empty((count, 0), dtype=bool)


def _advantages(values: Floats, groups: NDArray[np.bool_]) -> Floats:
    """Return Welch's t of each group against the rest, float64 [K, G], of float64 [K, D] returns."""
    inside = groups.astype(np.float64)
    n, total = inside.sum(axis=0), values.shape[1]
    sums, squares = values @ inside, values**2 @ inside
    rest, rest_squares = values.sum(axis=1)[:, None] - sums, (values**2).sum(axis=1)[:, None] - squares
    mean, other = sums / n, rest / (total - n)
    spread = (squares / n - mean**2) / (n - 1) + (rest_squares / (total - n) - other**2) / (total - n - 1)
    advantages: Floats = (mean - other) / np.sqrt(np.maximum(spread, np.finfo(np.float64).tiny))
    return advantages


def _silent(name: str, threshold: float, why: str) -> OverfitFlag:
    return OverfitFlag(f"flag.{name}", math.nan, threshold, False, False, why)
