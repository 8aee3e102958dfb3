"""Two panels of predictions held against outcomes on the bars that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.bootstrap import bootstrap_interval
from qts_core.analytics.significance import Interval
from qts_core.market.panel import Floats
from qts_core.market.timeline import BARS_PER_SESSION, Timeline
from qts_core.research.comparison.compared import Measure, SpanComparison
from qts_core.training.evaluation import rank_ic

__all__ = ["Scored", "measured", "rank_ic_by_session", "span_comparison"]

DRAWS = 1000
SEED = 7
FEWEST_SESSIONS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Two panels of predictions on one timeline.

    Attributes
    ----------
    timeline : Timeline
    scores : tuple of float64 [T, N]
        Out-of-sample predictions of both; NaN = none.
    outcomes : tuple of float64 [T, N]
        What each foretold.
    horizon_bars : int
        The longer one of both.
    """

    timeline: Timeline
    scores: tuple[Floats, Floats]
    outcomes: tuple[Floats, Floats]
    horizon_bars: int

    def common(self) -> Scored:
        """Return the same with only what both predicted and what is known of both."""
        known = np.isfinite(self.outcomes[0]) & np.isfinite(self.outcomes[1])
        both = np.isfinite(self.scores[0]) & np.isfinite(self.scores[1]) & known
        first, second = (np.where(both, scores, np.nan) for scores in self.scores)
        return Scored(self.timeline, (first, second), self.outcomes, self.horizon_bars)

    def correlation(self) -> float:
        """Return the mean over bars of the rank correlation of both predictions across symbols."""
        found = rank_ic(*self.scores)
        return _mean(found[np.isfinite(found)])


def span_comparison(scored: Scored, name: str, span: tuple[str, str]) -> SpanComparison:
    """Compare what `common` left over between two sessions, both included (ISO dates)."""
    first, last = (date.fromisoformat(day) for day in span)
    sessions = [rows for day, rows in scored.timeline.session_rows() if first <= day <= last]
    if not sessions:
        return _nothing(name, span)
    rows = slice(sessions[0].start, sessions[-1].stop)
    scores, outcomes = [s[rows] for s in scored.scores], [o[rows] for o in scored.outcomes]
    coefficients = np.stack([rank_ic(s, o) for s, o in zip(scores, outcomes, strict=True)])
    is_known = np.asarray(np.isfinite(coefficients).all(axis=0))
    by_session = np.array(list(_by_session(coefficients, is_known, sessions, rows.start)))
    if not len(by_session):
        return _nothing(name, span)
    # Sessions whose labels overlap are kept together.
    block = 1.0 + scored.horizon_bars / BARS_PER_SESSION
    return SpanComparison(
        name, span, int(is_known.sum()), len(by_session),
        (measured(by_session[:, 0], block), measured(by_session[:, 1], block)),
        measured(by_session[:, 1] - by_session[:, 0], block),
        (_hits(scores[0], outcomes[0]), _hits(scores[1], outcomes[1])),
        (_rmse(scores[0], outcomes[0]), _rmse(scores[1], outcomes[1])),
    )  # fmt: skip


def _by_session(
    coefficients: Floats, is_known: NDArray[np.bool_], sessions: Sequence[slice], start: int
) -> Iterator[Floats]:
    """Yield each session's mean rank correlations, float64 [2]; none for a session without a common bar."""
    for each in sessions:
        part = slice(each.start - start, each.stop - start)
        if is_known[part].any():
            yield coefficients[:, part][:, is_known[part]].mean(axis=1)


def measured(values: Floats, block: float) -> Measure:
    """Return the mean of figures by session [D], with its interval from resampled blocks of `block` sessions."""
    mean = _mean(values)
    if len(values) < FEWEST_SESSIONS:
        return Measure(mean, Interval(float("nan"), float("nan"), 0.95))
    generator = np.random.default_rng(SEED)
    return Measure(mean, bootstrap_interval(values, _mean, generator, mean_block=block, draws=DRAWS))


def rank_ic_by_session(timeline: Timeline, scores: Floats, outcomes: Floats) -> dict[date, float]:
    """Return the mean rank correlation over the bars of each session that has any; both are float64 [T, N]."""
    found = rank_ic(scores, outcomes)
    parts = ((day, found[rows][np.isfinite(found[rows])]) for day, rows in timeline.session_rows())
    return {day: _mean(part) for day, part in parts if len(part)}


def _hits(scores: Floats, outcomes: Floats) -> float:
    signs = np.sign(scores) * np.sign(outcomes)
    return _mean((signs[np.isfinite(signs) & (signs != 0)] > 0).astype(np.float64))


def _rmse(scores: Floats, outcomes: Floats) -> float:
    error = scores - outcomes
    return float(np.sqrt(_mean(error[np.isfinite(error)] ** 2)))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _nothing(name: str, span: tuple[str, str]) -> SpanComparison:
    none = Measure(float("nan"), Interval(float("nan"), float("nan"), 0.95))
    nan = (float("nan"), float("nan"))
    return SpanComparison(name, span, 0, 0, (none, none), none, nan, nan)
