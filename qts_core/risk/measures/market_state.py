"""The state of the market as bars tell it: direction, volatility regime, tails, and how much hangs together (10.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from qts_core.market.panel import Floats
from qts_core.risk.measures.value_at_risk import historical, moments, normal

__all__ = ["Direction", "Trend", "VolatilityRegime", "absorption_ratio", "absorption_shift", "regime_of", "tail_excess",
           "tail_index", "trend"]  # fmt: skip


class Direction(StrEnum):
    """Where the market goes."""

    UP = "up"
    SIDEWAYS = "sideways"
    DOWN = "down"


class VolatilityRegime(StrEnum):
    """How volatile the market is against its own past."""

    CALM = "calm"
    USUAL = "usual"
    HIGH = "high"
    EXTREME = "extreme"


@dataclass(frozen=True, slots=True)
class Trend:
    """Direction and the t-statistic of the mean return it is read from."""

    direction: Direction
    statistic: float


def trend(returns: Floats, *, significant: float = 1.0) -> Trend:
    """Return the direction of the market's returns [T]: up or down when the mean is `significant` standard errors."""
    known = returns[~np.isnan(returns)]
    if len(known) < 2 or float(np.ptp(known)) == 0.0:
        return Trend(Direction.SIDEWAYS, math.nan)
    statistic = float(np.mean(known) / (np.std(known, ddof=1) / math.sqrt(len(known))))
    if abs(statistic) < significant:
        return Trend(Direction.SIDEWAYS, statistic)
    return Trend(Direction.UP if statistic > 0.0 else Direction.DOWN, statistic)


def regime_of(now: float, past: Floats, *, minimum: int = 60) -> VolatilityRegime:
    """Return the regime of a volatility `now` by its rank among those of `past` [T].

    Calm in the lowest third, high in the highest fifth, extreme in the highest twentieth; usual while fewer than
    `minimum` are known.
    """
    known = past[~np.isnan(past)]
    if len(known) < minimum or math.isnan(now):
        return VolatilityRegime.USUAL
    rank = float(np.mean(known < now))
    if rank >= 0.95:
        return VolatilityRegime.EXTREME
    if rank >= 0.8:
        return VolatilityRegime.HIGH
    return VolatilityRegime.CALM if rank < 1.0 / 3.0 else VolatilityRegime.USUAL


def tail_index(returns: Floats, *, share: float = 0.05) -> float:
    """Return Hill's index of the loss tail: about 3 for shares; the lower, the fatter. NaN below 10 losses.

    Parameters
    ----------
    returns : float64 [T]
    share : float
        Part of the returns that is taken for the tail.

    References
    ----------
    Hill (1975), Annals of Statistics 3(5), 1163-1174.
    """
    known = returns[~np.isnan(returns)]
    loss = np.sort(-known[known < 0.0])[::-1]
    count = min(int(len(known) * share), len(loss) - 1)
    if count < 10:
        return math.nan
    spread = float(np.mean(np.log(loss[:count] / loss[count])))
    return 1.0 / spread if spread > 0.0 else math.inf


def tail_excess(returns: Floats, *, confidence: float = 0.99) -> float:
    """Return the mean loss beyond the quantile over that of a normal variable of the same spread: 1 = no fat tail."""
    expected = normal(moments(returns), confidence=confidence).cvar
    return historical(returns, confidence=confidence).cvar / expected if expected > 0.0 else math.nan


def absorption_ratio(returns: Floats, *, half_life: float | None = None, share: float = 0.2) -> float:
    """Return the part of all variance that the first fifth of the eigenvectors explains.

    High = the market is one bet, and a shock to one thing is a shock to all.

    Parameters
    ----------
    returns : float64 [T, N]
        A symbol with an unknown return is left out.
    half_life : float, optional
        Rows after which a return counts half; half of T unless given.
    share : float
        Eigenvectors taken, as a share of the symbols.

    References
    ----------
    Kritzman, Li, Page and Rigobon (2011), "Principal Components as a Measure of Systemic Risk", Journal of Portfolio
    Management 37(4), 112-126.
    """
    known = returns[:, ~np.isnan(returns).any(axis=0)]
    length, breadth = known.shape
    if length < 2 or breadth < 2:
        return math.nan
    decay = 0.5 ** (1.0 / (half_life or length / 2.0))
    importance = decay ** np.arange(length - 1, -1, -1.0)
    importance /= importance.sum()
    centred = (known - importance @ known) * np.sqrt(importance)[:, None]
    values = np.linalg.eigvalsh(centred.T @ centred)
    total = float(values.sum())
    taken = max(1, round(breadth * share))
    return float(values[-taken:].sum() / total) if total > 0.0 else math.nan


def absorption_shift(ratios: Floats, *, recent: int = 15) -> float:
    """Return the mean of the `recent` ratios less the mean of all, in standard deviations of all.

    Kritzman and others find most of the large falls after a rise of one deviation and more.
    """
    known = ratios[~np.isnan(ratios)]
    if len(known) <= recent:
        return math.nan
    spread = float(np.std(known, ddof=1))
    return (float(np.mean(known[-recent:])) - float(np.mean(known))) / spread if spread > 0.0 else math.nan
