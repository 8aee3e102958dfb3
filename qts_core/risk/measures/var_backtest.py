"""Was the value at risk right: how often it was exceeded, and whether the exceptions came alone (10.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, gammaincc, xlogy

from qts_core.market.panel import Floats

__all__ = ["Coverage", "Zone", "christoffersen", "coverage", "exceptions", "kupiec", "traffic_light"]


class Zone(StrEnum):
    """Traffic light of the Basel Committee for a model of losses."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the exceptions of a value at risk say of it.

    Attributes
    ----------
    days, exceptions : int
        How many days were forecast and on how many the loss was larger.
    expected : float
        Exceptions to be expected.
    unconditional, independence, conditional : float
        Probabilities of so many exceptions, of such runs, and of both, if the forecast is right.
    zone : Zone
    """

    days: int
    exceptions: int
    expected: float
    unconditional: float
    independence: float
    conditional: float
    zone: Zone


def exceptions(returns: Floats, forecast: Floats) -> NDArray[np.bool_]:
    """Return the days on which the loss exceeded the value at risk forecast for them.

    Parameters
    ----------
    returns, forecast : float64 [T]
        Ratio of each day, and the value at risk said before it, positive; days without either are left out.
    """
    known = ~np.isnan(returns) & ~np.isnan(forecast)
    return np.asarray(-returns[known] > forecast[known])


def kupiec(count: int, days: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return likelihood ratio and p-value of the proportion of failures: `count` exceptions in `days` days.

    References
    ----------
    Kupiec (1995), Journal of Derivatives 3(2), 73-84.
    """
    if days == 0:
        return math.nan, math.nan
    statistic = -2.0 * (_likelihood(count, days, 1.0 - confidence) - _likelihood(count, days, count / days))
    return _judged(statistic, 1)


def christoffersen(hits: NDArray[np.bool_], *, confidence: float = 0.95) -> tuple[tuple[float, float], ...]:
    """Return (likelihood ratio, p-value) of independence and of conditional coverage.

    Exceptions that follow each other say that the forecast is late where the market has become wild.

    Parameters
    ----------
    hits : bool [T]
        Of :func:`exceptions`, in the order of time.

    Returns
    -------
    independence, conditional
        The second is Kupiec's ratio over the transitions' days plus the first, with two degrees of freedom.

    References
    ----------
    Christoffersen (1998), International Economic Review 39(4), 841-862.
    """
    if len(hits) < 2:
        return (math.nan, math.nan), (math.nan, math.nan)
    before, after = hits[:-1], hits[1:]
    calm, calm_hit = int((~before).sum()), int((~before & after).sum())
    wild, wild_hit = int(before.sum()), int((before & after).sum())
    hit, days = calm_hit + wild_hit, calm + wild
    chained = _likelihood(calm_hit, calm, _share(calm_hit, calm)) + _likelihood(wild_hit, wild, _share(wild_hit, wild))
    independence = -2.0 * (_likelihood(hit, days, hit / days) - chained)
    conditional = -2.0 * (_likelihood(hit, days, 1.0 - confidence) - chained)
    return _judged(independence, 1), _judged(conditional, 2)


def traffic_light(count: int, days: int, *, confidence: float = 0.99) -> Zone:
    """Return the zone of the Basel Committee: yellow from a cumulative probability of 95 % on, red from 99.99 %.

    References
    ----------
    Basel Committee on Banking Supervision (1996), "Supervisory Framework for the Use of Backtesting", table 2.
    """
    reached = float(bdtr(count, days, 1.0 - confidence))
    return Zone.GREEN if reached < 0.95 else Zone.YELLOW if reached < 0.9999 else Zone.RED


def coverage(returns: Floats, forecast: Floats, *, confidence: float = 0.95) -> Coverage:
    """Return all tests of `forecast` [T] against what happened."""
    hits = exceptions(returns, forecast)
    count, days = int(hits.sum()), len(hits)
    independence, conditional = christoffersen(hits, confidence=confidence)
    return Coverage(
        days, count, days * (1.0 - confidence), kupiec(count, days, confidence=confidence)[1], independence[1],
        conditional[1], traffic_light(count, days, confidence=confidence),
    )  # fmt: skip


def _likelihood(hits: int, days: int, share: float) -> float:
    """Return the log likelihood of `hits` in `days` when each has the chance `share`; 0 log 0 is 0."""
    return float(xlogy(hits, share) + xlogy(days - hits, 1.0 - share))


def _share(hits: int, days: int) -> float:
    return hits / days if days else 0.0


def _judged(statistic: float, degrees: int) -> tuple[float, float]:
    ratio = max(statistic, 0.0)
    return ratio, float(gammaincc(degrees / 2.0, ratio / 2.0))
