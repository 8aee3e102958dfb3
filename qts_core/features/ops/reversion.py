"""Whether and how fast a series returns to a level: AR(1) and Ornstein-Uhlenbeck fits, unit-root tests.

The rolling fits are incremental; the tests take `every`: they are computed anew at every `every`-th value and held
between (specification 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log as log_of

from qts_core.features.graph import Node, apply, refusal
from qts_core.features.ops.arithmetic import clip, log, sqrt
from qts_core.features.ops.statistics import beta, correlation, fitted, residual_std
from qts_core.features.ops.windows import difference, lag

__all__ = ["OrnsteinUhlenbeck", "dickey_fuller", "dickey_fuller_now", "kpss", "ornstein_uhlenbeck"]

SLOWEST, FASTEST = 0.999, 0.001


@dataclass(frozen=True, slots=True)
class OrnsteinUhlenbeck:
    """``dx = speed (level - x) dt + noise dW``, fitted by least squares of x on the value before.

    Attributes
    ----------
    persistence : Node
        Slope of that regression, ``exp(-speed)`` for one bar.
    speed : Node
        Per bar, the persistence held inside [0.001, 0.999], so that it is always above zero.
    half_life : Node
        Bars in which half of a distance goes away, at most 693 by the same limits.
    noise : Node
        Diffusion per square root of a bar, in units of x.
    pull : Node
        Change expected for the next bar over the deviation of the residuals.
    distance : Node
        ``x - level`` in deviations of the stationary distribution.

    References
    ----------
    Uhlenbeck and Ornstein (1930), Physical Review 36, 823; exact discretisation as in Gillespie (1996), Physical
    Review E 54, 2084.
    """

    persistence: Node
    speed: Node
    half_life: Node
    noise: Node
    pull: Node
    distance: Node


def ornstein_uhlenbeck(x: Node, window: int) -> OrnsteinUhlenbeck:
    """Fit an Ornstein-Uhlenbeck process to the last ``window + 1`` values."""
    before = lag(x)
    persistence = beta(x, before, window)
    residual = residual_std(x, before, window)
    expected = fitted(x, before, window) + persistence * (x - before)
    held = clip(persistence, FASTEST, SLOWEST)
    speed = -log(held)
    left = 1.0 - held * held
    pull = (expected - x) / residual
    return OrnsteinUhlenbeck(
        persistence=persistence,
        speed=speed,
        half_life=log_of(2.0) / speed,
        noise=residual * sqrt(2.0 * speed / left),
        pull=pull,
        distance=-pull * sqrt(left) / (1.0 - held),
    )


def dickey_fuller_now(x: Node, window: int) -> Node:
    """Return the Dickey-Fuller t with a constant and no lags over the last ``window + 1`` values, fresh on every bar.

    From the correlation of the change with the level before it: ``r sqrt((n - 2) / (1 - r^2))``.
    """
    r = correlation(difference(x), lag(x), window)
    return r * sqrt((window - 2.0) / (1.0 - r * r))


def dickey_fuller(x: Node, window: int, lags: int, *, every: int) -> Node:
    """Return the augmented Dickey-Fuller t with a constant and `lags` changes; far below zero means stationary.

    References
    ----------
    Said and Dickey (1984), Biometrika 71, 599. Critical value at 5 % in large samples: -2.86 (MacKinnon 2010).
    """
    if not 0 <= lags < window // 4:
        raise refusal("Lags do not fit the window.", found=lags, expected=f"0 to {window // 4 - 1}")
    return apply("dickey_fuller", x, window=window, every=every, lags=lags)


def kpss(x: Node, window: int, lags: int, *, every: int) -> Node:
    """Return the KPSS statistic of level stationarity, Bartlett weights on `lags`; large means not stationary.

    References
    ----------
    Kwiatkowski, Phillips, Schmidt and Shin (1992), Journal of Econometrics 54, 159. Critical value at 5 %: 0.463.
    """
    if not 0 <= lags < window:
        raise refusal("Lags do not fit the window.", found=lags, expected=f"0 to {window - 1}")
    return apply("kpss", x, window=window, every=every, lags=lags)
