"""Compiled sums against numpy's, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features.kernels.sums import pairwise_sum


@pytest.mark.parametrize("count", [*range(40), 50, 127, 128, 129, 136, 137, 255, 256, 257, 300, 1000, 4097])
def test_every_length_gives_the_bits_of_numpy(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        values = rng.normal(size=count) * 10.0 ** rng.integers(-6, 6, size=count)
        assert pairwise_sum(values) == values.sum()


def test_nan_spreads_as_in_numpy() -> None:
    values = np.ones(50)
    values[17] = np.nan
    assert np.isnan(pairwise_sum(values))
