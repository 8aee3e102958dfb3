"""Spread and impact proxies by their definitions in plain numpy, and on a tick process whose spread is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from qts_core.features import Catalogue, FeatureBlock, FeatureEngine
from qts_core.features.catalogue import spreads
from qts_core.market.panel import Panel
from tests.golden.features.market_for_tests import Bars, Floats, Market, make_panel, market_of

CATALOGUE = Catalogue(spreads.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def old(b: Bars, x: Floats, bars: int = 1) -> Floats:
    return b.before(x, lambda was, _: was, bars)


def ratio(x: Floats, y: Floats) -> Floats:
    return np.divide(x, y, out=np.full_like(x, np.nan), where=y != 0)


def corwin_schultz(b: Bars, bars: int) -> Floats:
    """Equations 14 and 18 of the paper; the gap between two bars is closed by moving the second."""
    out = np.full(len(b.close), np.nan)
    for i in range(1, len(out)):
        high, low = b.high[i], b.low[i]
        shift = low - b.close[i - 1] if low > b.close[i - 1] else min(0.0, high - b.close[i - 1])
        high, low = high - shift, low - shift
        beta = np.log(high / low) ** 2 + np.log(b.high[i - 1] / b.low[i - 1]) ** 2
        gamma = np.log(max(high, b.high[i - 1]) / min(low, b.low[i - 1])) ** 2
        k = 3.0 - 2.0 * np.sqrt(2.0)
        alpha = (np.sqrt(2.0 * beta) - np.sqrt(beta)) / k - np.sqrt(gamma / k)
        out[i] = max(0.0, 2.0 * (np.exp(alpha) - 1.0) / (1.0 + np.exp(alpha)))
    return b.mean(out, bars)


def abdi_ranaldo(b: Bars, bars: int) -> Floats:
    close, middle = np.log(b.close), (np.log(b.high) + np.log(b.low)) / 2.0
    product = (old(b, close) - old(b, middle)) * (old(b, close) - middle)
    return 2.0 * np.sqrt(np.maximum(0.0, b.mean(product, bars)))


def roll(b: Bars, bars: int) -> Floats:
    def cov(x: Floats, y: Floats) -> float:
        return float(np.cov(x, y)[0, 1])

    return 2.0 * np.sqrt(np.maximum(0.0, -b.pairs(b.log_return, old(b, b.log_return), bars, cov)))


def quiet(b: Bars) -> Floats:
    moved = b.before(b.close, lambda was, now: (was != now).astype(float))
    return 1.0 - b.mean(moved, 130)


def fong(b: Bars) -> Floats:
    return np.asarray(2.0 * b.std(b.log_return, 130) * stats.norm.ppf((1.0 + quiet(b)) / 2.0))


def amihud(b: Bars, bars: int) -> Floats:
    return b.mean(ratio(abs(b.log_return), b.close * b.volume), bars)


def one_sided(b: Bars, side: float) -> Floats:
    moves = np.where(np.isnan(b.log_return), np.nan, np.maximum(0.0, side * b.log_return))
    return b.mean(ratio(moves, b.close * b.volume), 130)


def flow(b: Bars) -> Floats:
    return np.sign(b.log_return) * b.close * b.volume / b.mean(b.close * b.volume, 130)


def bulk_flow(b: Bars) -> Floats:
    change = b.before(b.close, lambda was, now: now - was)
    bought = stats.norm.cdf(change / b.std(change, 50))
    return np.asarray((2.0 * bought - 1.0) * b.close * b.volume / b.mean(b.close * b.volume, 130))


def impact(b: Bars, x: Floats, bars: int) -> Floats:
    return b.pairs(b.log_return, x, bars, lambda y, x: float(np.polyfit(x, y, 1)[0])) / b.std(b.log_return, bars)


def correlation(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1])


REFEREES: dict[str, Callable[[Bars], Floats]] = {
    "micro_corwinschultz_26_spread": lambda b: corwin_schultz(b, 26),
    "micro_corwinschultz_130_spread": lambda b: corwin_schultz(b, 130),
    "micro_corwinschultz_26_shock": lambda b: ratio(corwin_schultz(b, 26), corwin_schultz(b, 520)) - 1.0,
    "micro_abdiranaldo_26_spread": lambda b: abdi_ranaldo(b, 26),
    "micro_abdiranaldo_130_spread": lambda b: abdi_ranaldo(b, 130),
    "micro_roll_130_spread": lambda b: roll(b, 130),
    "micro_roll_520_spread": lambda b: roll(b, 520),
    "micro_fong_130_spread": fong,
    "micro_effective_26_spread": lambda b: b.mean(abs(2.0 * b.close / (b.high + b.low) - 1.0), 26) * 2.0,
    "micro_zeroreturn_130_share": quiet,
    "micro_amihud_130_log": lambda b: np.log(1e9 * amihud(b, 130)),
    "micro_amihud_26_shock": lambda b: np.log(amihud(b, 26) / amihud(b, 520)),
    "micro_amihud_130_asymmetry": lambda b: np.log(one_sided(b, -1.0) / one_sided(b, 1.0)),
    "micro_liquidityratio_130_log": lambda b: np.log(b.sum(b.close * b.volume, 130) / b.sum(abs(b.log_return), 130)),
    "micro_kyle_130_slope": lambda b: impact(b, flow(b), 130),
    "micro_kyle_520_slope": lambda b: impact(b, flow(b), 520),
    "micro_kylebulk_130_slope": lambda b: impact(b, bulk_flow(b), 130),
    "micro_pastor_130_correlation": lambda b: b.pairs(b.log_return, old(b, flow(b)), 130, correlation),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    # The root of a small difference doubles its relative error.
    agree(name, REFEREES[name], tolerance=1e-8 if "abdiranaldo" in name or "roll" in name else 1e-9)


@pytest.fixture(scope="module")
def known() -> dict[str, Floats]:
    """Return the proxies on bars of 400 trades at a bid and an ask one per cent apart around a slow random walk."""
    line, random, trades, half = make_panel().timeline, np.random.default_rng(11), 400, 0.005
    middle = np.exp(np.cumsum(random.normal(0.0, 0.004 / np.sqrt(trades), (len(line), 3, trades)), axis=2))
    middle *= np.cumprod(np.vstack([np.ones((1, 3)), middle[:-1, :, -1]]), axis=0)[..., None]
    price = 50.0 * middle * (1.0 + half * random.choice([-1.0, 1.0], middle.shape))
    fields = {"open": price[..., 0], "high": price.max(axis=2), "low": price.min(axis=2), "close": price[..., -1]}
    fields |= {"volume": np.full(price.shape[:2], 40_000.0), "factor": np.ones(price.shape[:2])}
    found = FeatureEngine(CATALOGUE, ("A", "B", "C")).push(FeatureBlock.of(Panel(line, ("A", "B", "C"), fields)))
    return dict(zip(CATALOGUE.names, found, strict=True))


@pytest.mark.parametrize(
    "name", ["micro_corwinschultz_130_spread", "micro_abdiranaldo_130_spread", "micro_roll_520_spread"]
)
def test_a_spread_of_one_per_cent_is_found_in_bars_made_of_its_trades(name: str, known: dict[str, Floats]) -> None:
    assert np.nanmean(known[name]) == pytest.approx(0.01, rel=0.15)
