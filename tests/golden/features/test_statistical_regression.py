"""Lines against statsmodels, parabolas against numpy's polyfit, on every window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.features import Catalogue
from qts_core.features.catalogue import regression
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(regression.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def line(window: int, function: Callable[[Any], float]) -> Callable[[Any], Any]:
    """Apply a function to statsmodels' fit of every window of log closes on time."""
    design = sm.add_constant(np.arange(window) - (window - 1) / 2)
    return lambda b: b.roll(
        np.log(b.close), window, lambda windows: np.array([function(sm.OLS(w - w[0], design).fit()) for w in windows])
    )


def parabolas(windows: Any) -> tuple[Any, Any, Any, Any]:
    """Return level, slope and bend at the last value of the parabola through every window, and the windows' sums of
    squares about line and parabola."""
    count = windows.shape[1]
    time = np.arange(count) - (count - 1.0)
    bent = np.polynomial.polynomial.polyfit(time, windows.T, 2)
    straight = np.polynomial.polynomial.polyfit(time, windows.T, 1)
    squares = [((windows - np.polynomial.polynomial.polyval(time, each)) ** 2).sum(axis=1) for each in (straight, bent)]
    return bent, windows, squares[0], squares[1]


def curvature(w: Any) -> Any:
    return 2.0 * parabolas(w)[0][2]


def velocity(w: Any) -> Any:
    return parabolas(w)[0][1]


def residual(w: Any) -> Any:
    return w[:, -1] - parabolas(w)[0][0]


def gain(w: Any) -> Any:
    _, _, straight, bent = parabolas(w)
    return (straight - bent) / (w.var(axis=1) * w.shape[1])


def scaled(window: int, function: Callable[[Any], Any], factor: float = 1.0) -> Callable[[Any], Any]:
    return lambda b: factor * b.roll(np.log(b.close), window, function) / b.std(b.log_return, window)


def turned(b: Any) -> Any:
    bend = np.sign(b.roll(np.log(b.close), 60, curvature))
    return b.before(bend, lambda old, new: (new - old) / 2.0)


REFEREES: dict[str, Callable[[Any], Any]] = {
    "stat_line_60_slope": line(60, lambda fit: fit.params[1]),
    "stat_line_260_slope": line(260, lambda fit: fit.params[1]),
    "stat_line_20_t": line(20, lambda fit: fit.tvalues[1]),
    "stat_line_60_t": line(60, lambda fit: fit.tvalues[1]),
    "stat_line_260_t": line(260, lambda fit: fit.tvalues[1]),
    "stat_line_20_rsquared": line(20, lambda fit: fit.rsquared),
    "stat_line_260_rsquared": line(260, lambda fit: fit.rsquared),
    "stat_line_20_residual": line(20, lambda fit: fit.resid[-1] / np.sqrt(fit.mse_resid)),
    "stat_line_260_residual": line(260, lambda fit: fit.resid[-1] / np.sqrt(fit.mse_resid)),
    "stat_line_60_error": line(60, lambda fit: np.sqrt(fit.mse_resid)),
    "stat_line_60_slopeerror": line(60, lambda fit: fit.bse[1]),
    "stat_parabola_60_velocity": scaled(60, velocity),
    "stat_parabola_60_curvature": scaled(60, curvature, 60.0),
    "stat_parabola_260_curvature": scaled(260, curvature, 260.0),
    "stat_parabola_60_residual": scaled(60, residual),
    "stat_parabola_60_gain": lambda b: b.roll(np.log(b.close), 60, gain),
    "stat_inflection_60_sign": turned,
    "stat_inflection_60_rate": lambda b: b.mean(abs(turned(b)), 60),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-8)


def test_the_bend_turns_both_ways(market: Market) -> None:
    sign = market.values["stat_inflection_60_sign"]
    assert set(sign[~np.isnan(sign)]) == {-1.0, 0.0, 1.0}
