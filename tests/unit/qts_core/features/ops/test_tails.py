"""Tails refuse what is none, keep exact values through ties and renewals, and agree with plain sorting."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features import ops
from qts_core.features.kernels import losses
from qts_core.features.operations import OPERATIONS
from qts_core.features.ops import tails
from qts_core.market.errors import InvalidConfigError


@pytest.mark.parametrize("level", [0.5, 1.0, 1.5, -0.1])
def test_a_level_that_is_no_tail_is_refused(level: float) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        tails.value_at_risk(ops.close, 100, level)
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        tails.shortfall(ops.close, 100, level)


@pytest.mark.parametrize("count", [0, 26, 100])
def test_a_tail_that_does_not_fit_its_window_is_refused(count: int) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        tails.tail_index(ops.close, 100, count)


def falling_tails(random: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Values whose low ones come first and then stop, so that the list runs out again and again; many ties."""
    waves = np.concatenate([np.linspace(-9.0, 9.0, 70) + 0.1 * random.standard_normal(70) for _ in range(12)])
    return np.round(waves, 1)


@pytest.mark.parametrize(("window", "share"), [(20, 0.05), (40, 0.25), (60, 0.1), (7, 0.2)])
def test_the_short_list_gives_what_sorting_the_window_gives(window: int, share: float) -> None:
    x = falling_tails(np.random.default_rng(3))[:, None]
    rule = OPERATIONS["lowest_quantile"]
    state = np.zeros((1, rule.state_size((window, share))))
    out = np.empty_like(x)
    losses.lowest_quantile(x, out, state, window, share)
    expected = [np.quantile(x[i - window + 1 : i + 1, 0], share) for i in range(window - 1, len(x))]
    assert np.isnan(out[: window - 1]).all()
    np.testing.assert_allclose(out[window - 1 :, 0], expected, rtol=1e-12, atol=1e-12)
