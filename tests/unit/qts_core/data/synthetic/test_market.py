"""The synthetic market: deterministic, sound, lifelike, and with exactly the signal that was planted."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy import stats

from qts_core.data.actions.chain import chain_factors
from qts_core.data.panels import bars_to_panel
from qts_core.data.quality.report import check_bars
from qts_core.data.quality.rules import Policy
from qts_core.data.synthetic import SyntheticMarket, SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.panel import Floats, Panel

YEAR = SyntheticMarketSettings(first=date(2023, 1, 1), last=date(2023, 12, 31))
SMALL = SyntheticMarketSettings(symbols=12, first=date(2024, 5, 1), last=date(2024, 7, 31), splits_per_year=3.0)
HORIZON = 26


def panel_of(market: SyntheticMarket) -> Panel:
    return bars_to_panel(market.bars, market.corporate_actions, timeline=market.timeline, symbols=market.symbols)


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return synthetic_market(YEAR)


@pytest.fixture(scope="module")
def returns(market: SyntheticMarket) -> Floats:
    """Log returns from close to close of chain-linked prices."""
    return np.diff(np.log(panel_of(market).chain_linked()["close"]), axis=0)


def test_the_same_settings_give_the_same_market_and_another_seed_another() -> None:
    first, second = synthetic_market(SMALL), synthetic_market(SMALL)
    assert first.bars.equals(second.bars)
    assert first.corporate_actions.equals(second.corporate_actions)
    other = SyntheticMarketSettings(symbols=12, first=SMALL.first, last=SMALL.last, seed=8, splits_per_year=3.0)
    assert not synthetic_market(other).bars.equals(first.bars)


def test_a_longer_span_changes_nothing_before_its_end() -> None:
    long, short = (
        synthetic_market(SMALL),
        synthetic_market(
            SyntheticMarketSettings(symbols=12, first=SMALL.first, last=date(2024, 6, 14), splits_per_year=3.0)
        ),
    )
    end = short.bars["ts_event"].max()
    assert long.bars.filter(pl.col("ts_event") <= end).equals(short.bars)
    assert long.corporate_actions.filter(pl.col("ex_date") <= date(2024, 6, 14)).equals(short.corporate_actions)


def test_it_passes_the_checks_of_any_file(market: SyntheticMarket, calendar: TradingCalendar) -> None:
    report = check_bars(market.bars, calendar=calendar, actions=market.corporate_actions)
    assert {f.policy for f in report.findings} <= {Policy.FLAG}


def test_prices_are_cents_and_volumes_whole(market: SyntheticMarket) -> None:
    for name in ("open", "high", "low", "close"):
        prices = market.bars[name].to_numpy()
        np.testing.assert_array_equal(np.round(prices, 2), prices)
    volume = market.bars["volume"].to_numpy()
    np.testing.assert_array_equal(np.floor(volume), volume)
    assert volume.min() >= 100


def test_bars_lie_on_real_sessions_with_a_few_per_mille_missing(market: SyntheticMarket) -> None:
    panel = panel_of(market)
    assert len(set(panel.timeline.session.tolist())) == 250
    # 3 July and 24 November 2023 closed early.
    assert int((panel.timeline.slots == 14).sum()) == 2 * 14
    missing = float(np.isnan(panel["close"]).mean())
    assert 0.0005 < missing < 0.005


def test_splits_divide_the_price_and_the_chain_linked_series_does_not_jump() -> None:
    market = synthetic_market(SMALL)
    splits = market.corporate_actions.filter(pl.col("kind") == "split")
    assert splits.height >= 3
    panel = panel_of(market)
    factor = chain_factors(market.corporate_actions, market.timeline, market.symbols)
    assert factor.max() >= 1.5
    opens, closes = panel.chain_linked()["open"], panel.chain_linked()["close"]
    gaps = opens[1:] / closes[:-1]
    assert np.nanmin(gaps) > 0.8
    assert np.nanmax(gaps) < 1.25
    raw = panel["open"][1:] / panel["close"][:-1]
    assert np.nanmin(raw) < 0.7


def test_dividends_are_cents_and_of_a_usual_size(market: SyntheticMarket) -> None:
    dividends = market.corporate_actions.filter(pl.col("kind") == "dividend")
    cash = dividends["cash_per_share"].to_numpy()
    np.testing.assert_array_equal(np.round(cash, 2), cash)
    per_symbol = dividends.group_by("symbol").len()["len"]
    assert set(per_symbol.to_list()) <= {3, 4, 5}
    assert 0.4 < per_symbol.len() / 50 < 0.9


def test_returns_have_fat_tails_and_clustered_volatility(returns: Floats) -> None:
    kurtosis = [stats.kurtosis(column[~np.isnan(column)]) for column in returns.T]
    assert np.median(kurtosis) > 5
    daily = np.nansum(np.abs(np.nan_to_num(returns[: 26 * 120]).reshape(120, 26, -1)), axis=1)
    memory = [stats.pearsonr(column[:-1], column[1:]).statistic for column in daily.T]
    assert np.mean(memory) > 0.1


def test_volatility_is_that_of_large_stocks_and_they_move_together(market: SyntheticMarket) -> None:
    closes = panel_of(market).chain_linked()["close"]
    last = closes[market.timeline.slot == market.timeline.slots - 1]
    daily = np.diff(np.log(last), axis=0)
    daily = np.nan_to_num(daily)
    yearly = daily.std(axis=0) * np.sqrt(252)
    assert 0.20 < yearly.mean() < 0.45
    assert 0.10 < daily.mean(axis=1).std() * np.sqrt(252) < 0.25
    correlation = np.corrcoef(daily.T)[np.triu_indices(50, 1)]
    assert 0.15 < correlation.mean() < 0.5


def test_volatility_and_volume_are_high_at_the_open_and_the_close(market: SyntheticMarket) -> None:
    panel = panel_of(market)
    move = np.abs(np.log(panel["close"] / panel["open"]))
    full = market.timeline.slots == 26
    for values in (move, panel["volume"]):
        by_slot = [float(np.nanmean(values[full & (market.timeline.slot == s)])) for s in range(26)]
        midday = float(np.mean(by_slot[10:16]))
        assert by_slot[0] > 1.6 * midday
        assert by_slot[25] > 1.2 * midday


def rank_correlation(feature: Floats, forward: Floats) -> tuple[float, float]:
    """Return mean and t value of Spearman's correlation across symbols, on bars two horizons apart."""
    values = []
    for t in range(3 * HORIZON, len(feature) - HORIZON - 1, 13):
        good = np.isfinite(feature[t]) & np.isfinite(forward[t])
        values.append(stats.spearmanr(feature[t, good], forward[t, good]).statistic)
    mean, spread = float(np.mean(values)), float(np.std(values) / np.sqrt(len(values)))
    return mean, mean / spread


def signal_and_forward(strength: float, seed: int) -> tuple[Floats, Floats]:
    """Return close location averaged over a session, and the return from the next open over the horizon."""
    market = synthetic_market(
        SyntheticMarketSettings(first=YEAR.first, last=YEAR.last, seed=seed, signal_strength=strength)
    )
    linked = panel_of(market).chain_linked()
    high, low, close, opens = (linked[name] for name in ("high", "low", "close", "open"))
    location = np.where(high > low, (2 * close - high - low) / np.where(high > low, high - low, 1.0), 0.0)
    total = np.cumsum(np.nan_to_num(location), axis=0)
    feature = np.full_like(total, np.nan)
    feature[HORIZON:] = total[HORIZON:] - total[:-HORIZON]
    forward = np.full_like(close, np.nan)
    forward[: -HORIZON - 1] = opens[HORIZON + 1 :] / opens[1:-HORIZON] - 1.0
    return feature, forward


def test_strength_one_shows_in_a_simple_feature() -> None:
    mean, t_value = rank_correlation(*signal_and_forward(1.0, seed=7))
    assert 0.05 < mean < 0.13
    assert t_value > 8


def test_strength_zero_shows_nothing() -> None:
    mean, t_value = rank_correlation(*signal_and_forward(0.0, seed=7))
    assert abs(mean) < 0.02
    # Values a session apart overlap, so the naive t is wider than normal.
    assert abs(t_value) < 4


def test_strength_zero_means_returns_that_do_not_know_the_latent() -> None:
    market = synthetic_market(SyntheticMarketSettings(first=YEAR.first, last=YEAR.last, signal_strength=0.0))
    panel = panel_of(market)
    moves = np.log(panel["close"] / panel["open"])[1:]
    good = np.isfinite(moves)
    assert abs(stats.spearmanr(market.latent[:-1][good], moves[good]).statistic) < 0.006


@pytest.mark.parametrize(
    "wrong",
    [{"symbols": 0}, {"symbols": 1000}, {"bar_minutes": 7}, {"signal_strength": -1.0}, {"last": date(2000, 1, 1)}],
)
def test_settings_that_make_no_market_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected|before"):
        SyntheticMarketSettings(**wrong)  # type: ignore[arg-type]


def test_a_span_without_sessions_is_refused() -> None:
    with pytest.raises(ValueError, match="no session"):
        synthetic_market(SyntheticMarketSettings(first=date(2024, 3, 2), last=date(2024, 3, 3)), calendar=xnys())
