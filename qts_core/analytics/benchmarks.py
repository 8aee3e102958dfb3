"""The benchmarks by name: SPY, IWM, 60/40, Treasury bills, or any symbol, where bars reach (11.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.returns import DailyCurve
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import SESSIONS_PER_YEAR

__all__ = [
    "BENCHMARKS",
    "BILLS",
    "Benchmark",
    "benchmark_returns",
    "bill_returns",
    "custom_benchmark",
    "session_closes",
]

BILLS: Final = "T-bill"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A portfolio that anyone could hold, rebalanced at the first session of each month.

    Attributes
    ----------
    name : str
    parts : tuple of (tuple of str, float)
        For each part the symbols that may fill it, the first that has bars is taken, and its weight.
    """

    name: str
    parts: tuple[tuple[tuple[str, ...], float], ...]


BENCHMARKS: Final = (
    Benchmark("SPY", ((("SPY",), 1.0),)),
    Benchmark("IWM", ((("IWM",), 1.0),)),
    Benchmark("60/40", ((("SPY",), 0.6), (("AGG", "BND", "IEF", "TLT"), 0.4))),
    Benchmark(BILLS, ((("BIL", "SHV", "SGOV"), 1.0),)),
)
"""Treasury bills without such a fund in the lake earn a constant rate, if one is given."""


def custom_benchmark(name: str, weights: Mapping[str, float]) -> Benchmark:
    """Return a benchmark of one's own: symbols and weights.

    Raises
    ------
    ValueError
        If there is no symbol.
    """
    if not weights:
        raise ValueError(f"benchmark {name} holds nothing")
    return Benchmark(name, tuple(((symbol,), weight) for symbol, weight in weights.items()))


def session_closes(panel: Panel) -> dict[str, DailyCurve]:
    """Return the close of each session with splits and dividends taken in, by symbol.

    A session without a bar of a symbol keeps its last close; a symbol that has no bar on the first session is left out.
    """
    closes = panel["close"] * panel["factor"]
    line = panel.timeline
    found: dict[str, DailyCurve] = {}
    for column, symbol in enumerate(panel.symbols):
        known = np.isfinite(closes[:, column])
        last = np.maximum.accumulate(np.where(known, np.arange(len(line)), -1))
        filled = np.where(last >= 0, closes[np.maximum(last, 0), column], np.nan)
        curve = DailyCurve.of(line, filled, initial=float("nan"))
        if len(curve) and np.isfinite(curve.equity[0]):
            found[symbol] = curve
    return found


def benchmark_returns(
    closes: Mapping[str, DailyCurve],
    days: NDArray[np.int32],
    *,
    benchmarks: Sequence[Benchmark] = BENCHMARKS,
    bill_rate: float | None = None,
) -> dict[str, Floats]:
    """Return the return of each benchmark on each of `days`, float64 [D], for those whose parts all have bars.

    Parameters
    ----------
    closes : mapping of str to DailyCurve
        Session closes by symbol (:func:`session_closes`).
    days : int32 [D]
        Days since 1970-01-01, increasing; a benchmark must have a close before the first, else that one's return is 0.
    bill_rate : float, optional
        Annual ratio of Treasury bills where no fund of them has bars.
    """
    found: dict[str, Floats] = {}
    for benchmark in benchmarks:
        chosen = [(_first(symbols, closes, days), weight) for symbols, weight in benchmark.parts]
        if all(symbol is not None for symbol, _ in chosen):
            table = np.column_stack([_returns(closes[symbol], days) for symbol, _ in chosen if symbol is not None])
            found[benchmark.name] = _blended(table, np.array([weight for _, weight in chosen]), days)
    if BILLS not in found and bill_rate is not None:
        found[BILLS] = bill_returns(bill_rate, len(days))
    return found


def bill_returns(annual_rate: float, sessions: int) -> Floats:
    """Return what a constant annual rate gives each session, compounding to it over 252, float64 [sessions]."""
    return np.full(sessions, (1.0 + annual_rate) ** (1 / SESSIONS_PER_YEAR) - 1.0)


def _first(symbols: Sequence[str], closes: Mapping[str, DailyCurve], days: NDArray[np.int32]) -> str | None:
    covering = (s for s in symbols if s in closes and len(days) and _covers(closes[s], days))
    return next(covering, None)


def _covers(curve: DailyCurve, days: NDArray[np.int32]) -> bool:
    return bool(curve.days[0] <= days[0] and np.isin(days, curve.days).all())


def _returns(curve: DailyCurve, days: NDArray[np.int32]) -> Floats:
    place = np.searchsorted(curve.days, days)
    before = np.maximum(place - 1, 0)
    before[1:] = place[:-1]
    moved: Floats = curve.equity[place] / curve.equity[before] - 1.0
    return moved


def _blended(table: Floats, weights: Floats, days: NDArray[np.int32]) -> Floats:
    """Return the returns of parts [D, k] held at `weights`, set anew before the first session of each month."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    held, blended = weights.copy(), np.empty(len(days))
    for row in range(len(days)):
        if row and months[row] != months[row - 1]:
            held = weights.copy()
        gain = float(held @ table[row])
        blended[row] = gain
        held = held * (1.0 + table[row]) / (1.0 + gain)
    return blended
