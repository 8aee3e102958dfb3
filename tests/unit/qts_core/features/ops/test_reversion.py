"""An Ornstein-Uhlenbeck process of known parameters is recovered; fits and tests that cannot be are refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from qts_core.features import evaluate, ops
from qts_core.features.ops import regression, reversion
from qts_core.market.errors import InvalidConfigError


def test_the_parameters_of_a_simulated_process_are_found_again() -> None:
    speed, noise, level, count = 0.1, 0.2, 100.0, 5001
    random = np.random.default_rng(9)
    decay = np.exp(-speed)
    shock = noise * np.sqrt((1.0 - decay**2) / (2.0 * speed))
    x = np.empty(count)
    x[0] = level
    for i in range(1, count):
        x[i] = level + decay * (x[i - 1] - level) + shock * random.standard_normal()
    times = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 1) + pl.duration(minutes=count - 1), "1m", eager=True
    )
    bars = pl.DataFrame(
        {"symbol": "AAA", "timestamp": times, "volume": 1.0} | dict.fromkeys(("open", "high", "low", "close"), x)
    )
    fit = reversion.ornstein_uhlenbeck(ops.close, count - 1)
    found = evaluate({"speed": fit.speed, "half": fit.half_life, "noise": fit.noise, "far": fit.distance}, bars).row(-1)
    assert found[2] == pytest.approx(speed, rel=0.15)
    assert found[3] == pytest.approx(np.log(2.0) / speed, rel=0.15)
    assert found[4] == pytest.approx(noise, rel=0.05)
    assert found[5] == pytest.approx((x[-1] - level) / (noise / np.sqrt(2.0 * speed)), abs=0.15)


@pytest.mark.parametrize("lags", [-1, 25])
def test_lags_that_do_not_fit_are_refused(lags: int) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        reversion.dickey_fuller(ops.close, 100, lags, every=1)


def test_windows_too_short_for_a_fit_are_refused() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        regression.line(ops.close, 2)
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        regression.parabola(ops.close, 3)
