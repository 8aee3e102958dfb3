"""What each member weighs: by its realised performance on predictions whose outcome is known (specification 9.1).

Performance is measured bar by bar. A member's profit at a bar is what one unit of gross exposure, spread over the
symbols by its demeaned scores, would have earned; so members are compared whatever the size of their scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from qts_core.market.panel import Floats

__all__ = ["WEIGHTINGS", "BarRecord", "Weighting", "bar_record", "best_members", "decayed", "weights_by", "with_floor"]

Weighting = Literal["equal", "sharpe_weighted", "ic", "inverse_variance", "optimised"]
RIDGE = 0.1
"""Share of the covariance's mean variance added to its diagonal: optimised weights of few bars are mostly noise."""
FEWEST_BARS = 20
"""Performance over fewer bars says nothing: members weigh the same."""


@dataclass(frozen=True, slots=True, eq=False)
class BarRecord:
    """How M members did at each of B bars.

    Attributes
    ----------
    row : int64 [B]
        Bars in order.
    known_row : int64 [B]
        Last bar that any label of the bar uses: from then on its outcome is known.
    profit : float64 [B, M]
        Return of one unit of gross exposure; NaN = the member was silent.
    ic : float64 [B, M]
        Correlation of scores and returns across symbols.
    error : float64 [B, M]
        Mean squared error, ratio squared.
    """

    row: NDArray[np.int64]
    known_row: NDArray[np.int64]
    profit: Floats
    ic: Floats
    error: Floats

    def __len__(self) -> int:
        return len(self.row)

    def known_at(self, now: int) -> BarRecord:
        """Return the bars whose outcomes are known when bar `now` has closed."""
        keep = self.known_row <= now
        return BarRecord(self.row[keep], self.known_row[keep], self.profit[keep], self.ic[keep], self.error[keep])


def bar_record(scores: Floats, returns: Floats, row: NDArray[np.integer], end_row: NDArray[np.integer]) -> BarRecord:
    """Measure members bar by bar.

    Parameters
    ----------
    scores : float64 [R, M]
        Each from a model that did not learn from the row; NaN = no opinion.
    returns : float64 [R]
        Forward returns; NaN = unknown.
    row, end_row : int [R]
        Bar of each sample, ascending, and the last bar its outcome uses.
    """
    bars, first = np.unique(row, return_index=True)
    known = np.maximum.reduceat(end_row, first) if len(bars) else np.empty(0, dtype=np.int64)
    place = np.searchsorted(bars, row)
    parts = [_member_record(scores[:, m], returns, place, len(bars)) for m in range(scores.shape[1])]
    profit, ic, error = (np.column_stack([part[i] for part in parts]) for i in range(3))
    return BarRecord(bars.astype(np.int64), np.asarray(known, dtype=np.int64), profit, ic, error)


def _member_record(
    scores: Floats, returns: Floats, place: NDArray[np.int64], bars: int
) -> tuple[Floats, Floats, Floats]:
    both = np.isfinite(scores) & np.isfinite(returns)
    s, r, at = scores[both], returns[both], place[both]
    count = np.bincount(at, minlength=bars)
    safe = np.maximum(count, 1)
    s0 = s - (np.bincount(at, s, bars) / safe)[at]
    r0 = r - (np.bincount(at, r, bars) / safe)[at]
    gross, gain = np.bincount(at, np.abs(s0), bars), np.bincount(at, s0 * r, bars)
    spread = np.sqrt(np.bincount(at, s0**2, bars) * np.bincount(at, r0**2, bars))
    speaks, varies = count > 0, (count > 1) & (gross > 0)
    profit = np.where(speaks, np.where(varies, gain / np.where(varies, gross, 1.0), 0.0), np.nan)
    has_ic = varies & (spread > 0)
    ic = np.where(speaks, np.where(has_ic, np.bincount(at, s0 * r0, bars) / np.where(has_ic, spread, 1.0), 0.0), np.nan)
    error = np.where(speaks, np.bincount(at, (r - s) ** 2, bars) / safe, np.nan)
    return profit, ic, error


def weights_by(method: Weighting, record: BarRecord, *, floor: float = 0.0, importance: Floats | None = None) -> Floats:
    """Return the members' weights, float64 [M]: not negative, at least `floor` each, summing to 1.

    Parameters
    ----------
    method : Weighting
        ``sharpe_weighted`` by the Sharpe ratio of profits, ``ic`` by mean information coefficient, both from zero up;
        ``inverse_variance`` by the inverse of the mean squared error; ``optimised`` for the highest Sharpe ratio of
        the combined profits; ``equal``.
    record : BarRecord
        Of known outcomes only.
    floor : float
        Smallest weight of a member, at most 1 / M.
    importance : float64 [B], optional
        Weight of each bar, such as by its age; equal by default.

    Notes
    -----
    Where nothing can be said, or no member gained anything, members weigh the same.
    """
    members = record.profit.shape[1]
    bars = np.ones(len(record)) if importance is None else importance
    if method == "equal" or (bars > 0).sum() < FEWEST_BARS:
        return with_floor(np.ones(members), floor)
    return with_floor(np.nan_to_num(_RAW[method](record, bars), nan=0.0, posinf=0.0), floor)


def with_floor(raw: Floats, floor: float) -> Floats:
    """Return weights [M] that sum to 1, each at least `floor`, the rest in proportion to `raw` from zero up."""
    members = len(raw)
    if not 0.0 <= floor * members <= 1.0 + 1e-12:
        raise ValueError(f"a floor of {floor} for {members} members is more than there is")
    share = np.maximum(raw, 0.0)
    total = float(share.sum())
    share = share / total if total > 0 and np.isfinite(total) else np.full(members, 1.0 / members)
    weights = floor + (1.0 - members * floor) * share
    return np.asarray(weights / weights.sum())


def best_members(record: BarRecord, keep: int, importance: Floats | None = None) -> NDArray[np.bool_]:
    """Return which `keep` members had the highest Sharpe ratio of profits, bool [M]; of equals the first."""
    bars = np.ones(len(record)) if importance is None else importance
    merit = np.nan_to_num(_sharpe(record, bars), nan=-np.inf)
    chosen = np.zeros(len(merit), dtype=bool)
    chosen[np.argsort(-merit, kind="stable")[:keep]] = True
    return chosen


def decayed(record: BarRecord, now: int, half_life_bars: float) -> Floats:
    """Return the weight of each bar by the age of its outcome, float64 [B]: half after `half_life_bars`, 0 if unknown.

    What is not known when bar `now` has closed weighs nothing.
    """
    age = now - record.known_row
    return np.where(age >= 0, 0.5 ** (np.maximum(age, 0) / half_life_bars), 0.0)


def _moments(values: Floats, bars: Floats) -> tuple[Floats, Floats]:
    """Return weighted mean and standard deviation of each column, NaN left out."""
    given = ~np.isnan(values) & (bars[:, None] > 0)
    weight = np.where(given, bars[:, None], 0.0)
    mass = weight.sum(axis=0)
    filled = np.where(given, values, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weight * filled).sum(axis=0) / mass
        spread = np.sqrt((weight * (filled - mean) ** 2).sum(axis=0) / mass)
    return mean, spread


def _sharpe(record: BarRecord, bars: Floats) -> Floats:
    mean, spread = _moments(record.profit, bars)
    return np.where(spread > 0, mean / np.where(spread > 0, spread, 1.0), 0.0)


def _information(record: BarRecord, bars: Floats) -> Floats:
    return _moments(record.ic, bars)[0]


def _inverse_variance(record: BarRecord, bars: Floats) -> Floats:
    mean, _ = _moments(record.error, bars)
    return np.where(mean > 0, 1.0 / np.where(mean > 0, mean, 1.0), 0.0)


def _optimised(record: BarRecord, bars: Floats) -> Floats:
    """Return the non-negative weights of the highest Sharpe ratio: those nearest to solving ``cov w = mean``."""
    mean, _ = _moments(record.profit, bars)
    centred = np.nan_to_num(record.profit - mean, nan=0.0)
    covariance = (centred * bars[:, None]).T @ centred / bars.sum()
    covariance = covariance + np.eye(len(mean)) * (RIDGE * float(np.trace(covariance)) / len(mean))
    if not np.isfinite(mean).all() or np.trace(covariance) <= 0:
        return np.zeros(len(mean))
    root = np.linalg.cholesky(covariance)
    # min |root' w - root^-1 mean| over w >= 0 has the direction of the best Sharpe ratio
    solution, _ = nnls(root.T, np.linalg.solve(root, mean))
    return np.asarray(solution, dtype=np.float64)


_RAW = MappingProxyType(
    {
        "sharpe_weighted": _sharpe,
        "ic": _information,
        "inverse_variance": _inverse_variance,
        "optimised": _optimised,
    }
)
WEIGHTINGS: Mapping[str, str] = MappingProxyType(
    {
        "equal": "the same for all",
        "sharpe_weighted": "the Sharpe ratio of each member's profits",
        "ic": "each member's mean information coefficient",
        "inverse_variance": "the inverse of each member's squared error",
        "optimised": "the highest Sharpe ratio of the combination",
    }
)
"""Ways to weigh members, in words."""
