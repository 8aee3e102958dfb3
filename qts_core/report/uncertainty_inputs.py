"""What the report shows of a model's uncertainty: plain values, kept in the lake as JSON (specification 9.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["CoverageMonth", "ReliabilityBin", "Silence", "UncertaintyRecord"]


@dataclass(frozen=True, slots=True)
class CoverageMonth:
    """One month out of sample.

    Attributes
    ----------
    month : str
        ``2024-03``.
    share, low, high : float
        Outcomes inside, and where that share lies with 95 % probability if the promise is kept; NaN = none promised.
    effective : float
        Independent outcomes that scatter as these do.
    fixed : float
        The share had the level stayed; NaN unless it is adaptive.
    silent : float
        Share of scores of which the model had no opinion.
    """

    month: str
    share: float
    low: float
    high: float
    effective: float
    fixed: float
    silent: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Mean probability that was foretold, share that came, and how many there were."""

    foretold: float
    happened: float
    count: int


@dataclass(frozen=True, slots=True)
class Silence:
    """What abstaining changed: the same predictions traded with it and without.

    Attributes
    ----------
    reasons : mapping of str to int
        How often each rule silenced a symbol.
    abstaining, outspoken : mapping of str to float
        Figures of the run that abstains and of the one that does not: ``net_return``, ``net_sharpe``,
        ``max_drawdown``, ``costs_dollars``, ``trades``.
    """

    reasons: Mapping[str, int]
    abstaining: Mapping[str, float]
    outspoken: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class UncertaintyRecord:
    """What was promised out of sample and what came.

    Attributes
    ----------
    level : float
        Share of outcomes promised.
    kind : str
        ``intervals``, ``sets``, or empty when neither.
    horizon_bars : int
    months : tuple of CoverageMonth
    bins, raw_bins : tuple of ReliabilityBin
        After and before calibration; empty of a regression, and before where nothing was calibrated.
    figures : mapping of str to float
        Over all months, by name.
    """

    level: float
    kind: str
    horizon_bars: int
    months: tuple[CoverageMonth, ...] = ()
    bins: tuple[ReliabilityBin, ...] = ()
    raw_bins: tuple[ReliabilityBin, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> UncertaintyRecord:
        """Return what :meth:`as_dict` gave (raw JSON is of any shape)."""
        return cls(
            float(content["level"]),
            str(content["kind"]),
            int(content["horizon_bars"]),
            tuple(CoverageMonth(**month) for month in content["months"]),
            tuple(ReliabilityBin(**one) for one in content["bins"]),
            tuple(ReliabilityBin(**one) for one in content["raw_bins"]),
            dict(content["figures"]),
        )
