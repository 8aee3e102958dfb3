"""Where the profit comes from: results by volatility and trend of the market (specification 11.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.ratios import sharpe_ratio
from qts_core.analytics.returns import total_return
from qts_core.analytics.significance import t_test
from qts_core.market.panel import Floats

__all__ = ["RegimeLine", "regimes"]

WINDOW: Final = 20
"""Sessions that describe the market a session opens into."""


@dataclass(frozen=True, slots=True)
class RegimeLine:
    """Results on the `n` sessions of one regime.

    Attributes
    ----------
    kind, name : str
        ``volatility``: calm, usual, turbulent; ``trend``: falling, sideways, rising.
    mean : float
        Return of a session, ratio.
    sharpe : float
        Annualised.
    total : float
        Compound return of its sessions, ratio.
    share : float
        Its part of the sum of all returns that are in a regime; NaN where they sum to nothing.
    p_value : float
        Two-sided, of a mean of zero.
    """

    kind: str
    name: str
    n: int
    mean: float
    sharpe: float
    total: float
    share: float
    p_value: float


def regimes(returns: Floats, market: Floats, *, window: int = WINDOW) -> tuple[RegimeLine, ...]:
    """Split returns [n] by what the market did over the `window` sessions **before** each.

    Parameters
    ----------
    returns, market : float64 [n]
        Net returns of the strategy and of the market, of the same sessions.

    Notes
    -----
    Volatility is the sample deviation of the market's returns, trend their sum; terciles over the whole history name
    the regimes, so they are a description after the fact, not something that could have been traded. The first
    `window` sessions have no regime. Nothing is returned below three windows.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    n = len(returns)
    if n != len(market):
        raise ValueError(f"{n} returns but {len(market)} of the market")
    if n < 3 * window:
        return ()
    before = np.lib.stride_tricks.sliding_window_view(market[:-1], window)
    kept = returns[window:]
    lines = _split("volatility", ("calm", "usual", "turbulent"), before.std(axis=1, ddof=1), kept)
    return lines + _split("trend", ("falling", "sideways", "rising"), before.sum(axis=1), kept)


def _split(kind: str, names: tuple[str, str, str], measure: Floats, returns: Floats) -> tuple[RegimeLine, ...]:
    third = np.searchsorted(np.quantile(measure, [1 / 3, 2 / 3]), measure)
    whole = float(returns.sum())
    return tuple(_line(kind, name, returns, third == place, whole) for place, name in enumerate(names))


def _line(kind: str, name: str, returns: Floats, inside: NDArray[np.bool_], whole: float) -> RegimeLine:
    own = returns[inside]
    return RegimeLine(
        kind=kind,
        name=name,
        n=len(own),
        mean=float(own.mean()) if len(own) else math.nan,
        sharpe=sharpe_ratio(own),
        total=total_return(own),
        share=float(own.sum()) / whole if whole != 0 else math.nan,
        p_value=t_test(own).p_value,
    )
