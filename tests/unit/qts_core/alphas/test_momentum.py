"""Momentum against closed forms and hand-made channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from qts_core.alphas.momentum import Breakout, CrossSectionalMomentum, TimeSeriesMomentum
from qts_core.market.panel import Floats
from tests.support.alpha_bars import bars_of, random_closes

NAN = float("nan")


def last_strength(alpha: TimeSeriesMomentum | Breakout, closes: Floats) -> Floats:
    for bars in bars_of(closes):
        signals = alpha.update(bars, np.full(closes.shape[1], NAN))
    return signals.strength


def test_time_series_momentum_is_the_t_statistic_of_the_mean_return_over_three() -> None:
    closes = random_closes(np.random.default_rng(1), 60, 4)
    found = last_strength(TimeSeriesMomentum("m", 10, 4, lookback_bars=26), closes)
    expected = stats.ttest_1samp(np.diff(np.log(closes[-27:]), axis=0), 0.0).statistic / 3.0
    assert found == pytest.approx(np.clip(expected, -1, 1), rel=1e-12)


def test_the_newest_bars_can_be_left_out() -> None:
    closes = random_closes(np.random.default_rng(2), 60, 4)
    found = last_strength(TimeSeriesMomentum("m", 10, 4, lookback_bars=26, skip_bars=4), closes)
    expected = stats.ttest_1samp(np.diff(np.log(closes[-31:-4]), axis=0), 0.0).statistic / 3.0
    assert found == pytest.approx(np.clip(expected, -1, 1), rel=1e-12)


def test_confidence_is_the_two_sided_normal_share() -> None:
    closes = random_closes(np.random.default_rng(3), 40, 4)
    alpha = TimeSeriesMomentum("m", 10, 4, lookback_bars=26)
    for bars in bars_of(closes):
        signals = alpha.update(bars, np.full(4, NAN))
    t = stats.ttest_1samp(np.diff(np.log(closes[-27:]), axis=0), 0.0).statistic
    assert signals.confidence == pytest.approx(2.0 * stats.norm.cdf(np.abs(t)) - 1.0, rel=1e-12)


def test_cross_sectional_momentum_is_the_z_score_across_symbols_over_three() -> None:
    closes = random_closes(np.random.default_rng(4), 60, 8)
    found = last_strength(CrossSectionalMomentum("m", 10, 8, lookback_bars=26), closes)
    expected = stats.zscore(np.log(closes[-1] / closes[-27])) / 3.0
    assert found == pytest.approx(np.clip(expected, -1, 1), rel=1e-9)


def test_too_little_history_is_no_opinion() -> None:
    closes = random_closes(np.random.default_rng(5), 20, 8)
    assert np.isnan(last_strength(TimeSeriesMomentum("m", 10, 8, lookback_bars=26), closes)).all()


def test_a_split_is_no_return() -> None:
    closes = random_closes(np.random.default_rng(6), 40, 3)
    plain, split = (TimeSeriesMomentum("m", 10, 3, lookback_bars=26) for _ in range(2))
    for i, bars in enumerate(bars_of(closes)):
        halved = bars.close / 2.0 if i >= 30 else bars.close
        factor = np.full(3, 2.0 if i >= 30 else 1.0)
        other = replace(bars, close=halved, factor=factor)
        one, two = plain.update(bars, bars.close), split.update(other, bars.close)
    assert one.strength.tobytes() == two.strength.tobytes()


def test_an_opinion_expires_when_the_symbol_has_no_bars_for_its_horizon() -> None:
    closes = random_closes(np.random.default_rng(7), 45, 2)
    closes[40:, 0] = NAN
    alpha = TimeSeriesMomentum("m", 3, 2, lookback_bars=20)
    expired = [alpha.update(bars, bars.close).is_expired.tolist() for bars in bars_of(closes)]
    assert [e[0] for e in expired[-5:]] == [False, False, False, True, True]
    assert not any(e[1] for e in expired[-5:])


def test_a_breakout_holds_until_half_the_channel_is_left_on_the_other_side() -> None:
    # channel of four bars; highs and lows are the closes
    path = [10.0, 11.0, 9.0, 10.0, 12.0, 12.0, 11.5, 10.9, 10.0, 8.0]
    alpha = Breakout("b", 10, 1, lookback_bars=4)
    found = [float(alpha.update(bars, bars.close).strength[0]) for bars in bars_of(np.array(path)[:, np.newaxis])]
    assert np.isnan(found[:2]).all()
    # 12 breaks out of [9, 11]: beyond the edge is full strength
    assert found[4] == 1.0
    # channel [9, 12]: middle 10.5, reach 1.5
    assert found[5] == pytest.approx(1.0)
    # 11.5 is under both of the last two lows: the breakout is over
    assert found[6] == 0.0
    # 8 is under the channel [10, 12]: short at full strength
    assert found[9] == -1.0
