"""Two reports held against each other on the sessions they share: figures with intervals, and what differs (7.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.bootstrap import stationary_indices
from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.ratios import sharpe_ratio
from qts_core.analytics.returns import annualised_return, annualised_volatility, total_return
from qts_core.analytics.sharpe_difference import SharpeDifference, sharpe_difference
from qts_core.analytics.significance import Interval
from qts_core.market.errors import DataNotFoundError
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.report.record import COST_MODE, ReportRecord

__all__ = ["Changed", "FigureDifference", "ReportDifference", "compare_reports", "difference_headline"]

FEWEST: Final = 20
DRAWS: Final = 1000
MEAN_BLOCK_SESSIONS: Final = 10.0
SEED: Final = 20


def _deepest(returns: Floats) -> float:
    return max_drawdown(np.r_[1.0, np.cumprod(1.0 + returns)])


MEASURES: Final[Mapping[str, Callable[[Floats], float]]] = {
    "total_return": total_return,
    "annualised_return": annualised_return,
    "annualised_volatility": annualised_volatility,
    "sharpe_ratio": sharpe_ratio,
    "max_drawdown": _deepest,
}
"""Of net returns per session; the drawdown is that at session closes."""


@dataclass(frozen=True, slots=True)
class FigureDifference:
    """One figure of both, and the second less the first with its interval."""

    name: str
    first: float
    second: float
    difference: float
    interval: Interval

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval.low > 0 or self.interval.high < 0


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing in which they differ; empty = not there."""

    part: str
    name: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, eq=False)
class ReportDifference:
    """Two reports on their D common sessions.

    Attributes
    ----------
    returns : float64 [D, 2]
        Net, first and second.
    sharpe : SharpeDifference
        Second less first, Ledoit and Wolf (2008).
    changed : tuple of Changed
        Hashes, settings and features that are not the same.
    """

    first: ReportRecord
    second: ReportRecord
    days: tuple[date, ...]
    returns: Floats
    figures: tuple[FigureDifference, ...]
    sharpe: SharpeDifference
    correlation: float
    changed: tuple[Changed, ...]

    @property
    def are_costs_unlike(self) -> bool:
        """Whether the two were run under other costs, which alone may tell them apart."""
        return any(one.name == COST_MODE for one in self.changed)

    def to_json(self) -> dict[str, object]:
        """Return plain values; NaN as None."""
        content: dict[str, object] = {
            "first": {"id": self.first.id, "name": self.first.name},
            "second": {"id": self.second.id, "name": self.second.name},
            "sessions": len(self.days),
            "figures": [asdict(each) for each in self.figures],
            "sharpe": asdict(self.sharpe),
            "correlation": self.correlation,
            "changed": [asdict(each) for each in self.changed],
        }
        return {name: _plain(value) for name, value in content.items()}


def _grown(returns: Floats) -> Floats:
    return np.cumprod(1.0 + returns, axis=1, dtype=np.float64)


def _drawdowns(returns: Floats) -> Floats:
    equity = np.concatenate([np.ones((len(returns), 1)), _grown(returns)], axis=1)
    deepest: Floats = (1.0 - equity / np.maximum.accumulate(equity, axis=1)).max(axis=1)
    return deepest


def _deviations(returns: Floats) -> Floats:
    spread: Floats = np.std(returns, axis=1, ddof=1, dtype=np.float64)
    return spread


def _sharpes(returns: Floats) -> Floats:
    spread = _deviations(returns)
    ratio = np.divide(returns.mean(axis=1), spread, out=np.full(len(returns), np.nan), where=spread > 0)
    return np.asarray(ratio * math.sqrt(SESSIONS_PER_YEAR), dtype=np.float64)


_RESAMPLED: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "total_return": lambda r: _grown(r)[:, -1] - 1.0,
    "annualised_return": lambda r: np.maximum(_grown(r)[:, -1], 0.0) ** (SESSIONS_PER_YEAR / r.shape[1]) - 1.0,
    "annualised_volatility": lambda r: _deviations(r) * math.sqrt(SESSIONS_PER_YEAR),
    "sharpe_ratio": _sharpes,
    "max_drawdown": _drawdowns,
}
"""The same measures of many series at once, [draws, n] to [draws]."""


def compare_reports(first: ReportRecord, second: ReportRecord) -> ReportDifference:
    """Compare two reports on the sessions that both have; resampling is paired and seeded.

    Raises
    ------
    DataNotFoundError
        ``QTS-EXEC-078``, if they share fewer than twenty sessions.

    References
    ----------
    Ledoit and Wolf (2008), Journal of Empirical Finance 15(5), 850-859. Politis and Romano (1994), Journal of the
    American Statistical Association 89(428), 1303-1313.
    """
    common = sorted(set(first.days) & set(second.days))
    if len(common) < FEWEST:
        raise DataNotFoundError(
            "QTS-EXEC-078", "the two reports share too few sessions", where=f"{first.name} and {second.name}",
            found=len(common), expected=f"at least {FEWEST}", fix="compare reports of the same span",
        )  # fmt: skip
    columns = []
    for record in (first, second):
        place = {day: row for row, day in enumerate(record.days)}
        columns.append(record.net[[place[day] for day in common]])
    table: Floats = np.column_stack(columns)
    generator = np.random.default_rng(SEED)
    picks = stationary_indices(generator, len(common), mean_block=MEAN_BLOCK_SESSIONS, draws=DRAWS)
    figures = tuple(_figure(name, of, table, picks) for name, of in MEASURES.items())
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = float(np.asarray(np.corrcoef(table, rowvar=False), dtype=np.float64)[0, 1])
    return ReportDifference(
        first, second, tuple(common), table, figures,
        sharpe_difference(table[:, 1], table[:, 0], generator), alike, _changed(first, second),
    )  # fmt: skip


def difference_headline(found: ReportDifference) -> str:
    """Say in a sentence whether the second can be told from the first."""
    sharpe = found.sharpe
    if not math.isfinite(sharpe.difference):
        return "One of the two never moved: there is nothing to compare"
    better = found.second.name if sharpe.difference > 0 else found.first.name
    low, high = sharpe.interval.low, sharpe.interval.high
    said = f"Sharpe ratio {sharpe.difference:+.2f} ({low:+.2f} to {high:+.2f}), p = {sharpe.bootstrap_p:.3f}"
    if low <= 0.0 <= high:
        return f"The two cannot be told apart: {said}"
    if found.are_costs_unlike:
        return f"{better} is ahead, but under other costs: {said}"
    return f"{better} is better beyond chance: {said}"


def _figure(name: str, of: Callable[[Floats], float], table: Floats, picks: NDArray[np.int64]) -> FigureDifference:
    first, second = of(table[:, 0]), of(table[:, 1])
    drawn = _RESAMPLED[name](table[picks, 1]) - _RESAMPLED[name](table[picks, 0])
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist() if len(drawn) else (math.nan, math.nan)
    return FigureDifference(name, first, second, second - first, Interval(low, high, 0.95))


def _changed(first: ReportRecord, second: ReportRecord) -> tuple[Changed, ...]:
    found = [
        Changed(part, name, one.get(name, ""), other.get(name, ""))
        for part, one, other in (
            ("identity", first.hashes, second.hashes),
            ("setting", first.configuration, second.configuration),
        )
        for name in sorted(one.keys() | other.keys())
        if one.get(name, "") != other.get(name, "")
    ]
    found += [Changed("feature", name, "used", "") for name in sorted(set(first.features) - set(second.features))]
    found += [Changed("feature", name, "", "used") for name in sorted(set(second.features) - set(first.features))]
    return tuple(found)


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
