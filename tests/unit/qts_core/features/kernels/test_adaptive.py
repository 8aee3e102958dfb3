"""Averages whose weight follows the market, by hand and at their limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qts_core.features import ops
from qts_core.features.kernels import adaptive, fisher
from qts_core.features.ops.adaptive import alma, mcginley, vidya
from tests.unit.qts_core.features.kernels.test_windows import run

Floats = NDArray[np.float64]
NAN = np.nan


def varying(x: list[float], weight: list[float]) -> Floats:
    out = np.empty((len(x), 1))
    columns = (np.array(x, dtype=np.float64)[:, None], np.array(weight, dtype=np.float64)[:, None])
    adaptive.varying_mean(*columns, out, np.zeros((1, 2)))
    return out[:, 0]


def test_a_varying_mean_starts_at_the_first_weight_and_moves_by_the_weight() -> None:
    found = varying([10.0, 20.0, 30.0, 50.0], [NAN, 0.5, 0.1, 1.0])
    np.testing.assert_allclose(found, [NAN, 20.0, 21.0, 50.0])


def test_a_varying_mean_stands_still_without_a_weight_and_skips_a_missing_value() -> None:
    found = varying([10.0, 20.0, NAN, 20.0], [0.5, NAN, 0.5, 0.5])
    np.testing.assert_allclose(found, [10.0, 10.0, NAN, 15.0])


def test_the_variable_mean_of_constant_prices_has_no_value_as_nothing_has_moved() -> None:
    assert np.isnan(run(vidya(ops.close, 14), np.full(50, 100.0))).all()


def test_mcginley_falls_faster_than_it_rises() -> None:
    rise = run(mcginley(ops.close, 5), np.array([100.0] * 5 + [110.0]))[-1] - 100.0
    fall = 100.0 - run(mcginley(ops.close, 5), np.array([100.0] * 5 + [90.0]))[-1]
    assert rise == pytest.approx(10.0 / (0.6 * 5 * 1.1**4))
    assert fall == pytest.approx(10.0 / (0.6 * 5 * 0.9**4))


def test_mcginley_never_steps_past_the_price() -> None:
    # A fall to a tenth would divide by a number far below one and throw the mean beyond the price.
    assert run(mcginley(ops.close, 5), np.array([100.0] * 5 + [10.0]))[-1] == 10.0


def test_a_bell_of_one_value_is_the_value_and_of_constants_the_constant() -> None:
    x = np.array([3.0, NAN, 7.0])
    np.testing.assert_array_equal(run(alma(ops.close, 1), x), x)
    np.testing.assert_allclose(run(alma(ops.close, 9), np.full(12, 5.0))[8:], 5.0, rtol=1e-15)


@pytest.mark.parametrize(("place", "limit"), [(1.0, 1.0), (0.0, -1.0)])
def test_the_fisher_transform_of_a_lasting_extreme_is_finite(place: float, limit: float) -> None:
    out = np.empty((400, 1))
    fisher.fisher_transform(np.full((400, 1), place), out, np.zeros((1, 2)))
    # 0.67 * 0.999 + 0.33 counts as 0.999 again; halves of the same logarithm add up to twice one half.
    assert out[-1, 0] == pytest.approx(limit * 2.0 * np.arctanh(0.999))
