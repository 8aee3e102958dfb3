"""The vectorised engine gives the cents of the event engine, on random markets, weights, costs and actions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.backtest import run_event_backtest, run_vectorised_backtest
from qts_core.data.actions.chain import chain_factors
from qts_core.data.actions.table import actions_frame
from qts_core.exchange import FillSettings, fill_settings
from qts_core.market.panel import Floats, Panel
from qts_core.trading.predictors import StoredPredictor
from tests.support.decision_market import WEIGHTS, instruments, panel

ACTIONS = actions_frame(
    [
        {"symbol": "AA", "ex_date": date(2024, 3, 6), "kind": "split", "new_shares": 3.0, "old_shares": 1.0},
        {"symbol": "AA", "ex_date": date(2024, 3, 6), "kind": "dividend", "cash_per_share": 0.37},
        {"symbol": "AB", "ex_date": date(2024, 3, 5), "kind": "dividend", "cash_per_share": 1.005},
        {"symbol": "AC", "ex_date": date(2024, 3, 3), "kind": "split", "new_shares": 2.0, "old_shares": 1.0},
    ]
)


def market(seed: int, breadth: int) -> Panel:
    bars = panel(breadth=breadth, seed=seed, missing=0.05, last=date(2024, 3, 6))
    factor = chain_factors(ACTIONS, bars.timeline, bars.symbols)
    raw = {k: bars[k] if k == "volume" else np.round(bars[k] / factor, 2) for k in bars.fields if k != "factor"}
    return Panel(bars.timeline, bars.symbols, {**raw, "factor": factor})


def compare(bars: Panel, weights: Floats, fills: FillSettings, actions: pl.DataFrame | None) -> None:
    cash = Decimal("250000.00")
    fast = run_vectorised_backtest(bars, weights, fills=fills, cash=cash, actions=actions)
    slow = run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, weights), WEIGHTS,
        instruments=instruments(len(bars.symbols)), fills=fills, cash=cash, actions=actions,
    )  # fmt: skip
    assert slow.fills
    assert np.array_equal(fast.quantity, slow.quantity)
    assert np.array_equal(np.round(fast.cash, 8), np.round(slow.cash, 8)), "cash agrees beyond the cent"
    assert np.abs(fast.equity - slow.equity).max() < 1e-6
    for kind, paid in fast.costs.items():
        assert np.abs(paid - slow.costs[kind]).max() < 0.005, kind
    assert np.abs(fast.turnover - slow.turnover).max() < 1e-9
    assert np.abs(fast.equity_gross - slow.equity_gross).max() < 0.005


@settings(max_examples=8)
@given(
    st.integers(0, 100_000), st.integers(1, 12), st.sampled_from(["optimistic", "realistic", "alpaca-paper"]),
    st.booleans(), st.sampled_from([Decimal(0), Decimal("0.35")]), st.booleans(),
)  # fmt: skip
def test_both_engines_agree_on_random_markets(
    seed: int,
    breadth: int,
    mode: str,
    is_long_only: bool,
    commission: Decimal,
    has_actions: bool,
) -> None:
    bars = (
        market(seed, max(breadth, 3))
        if has_actions
        else panel(breadth=breadth, seed=seed, missing=0.05, last=date(2024, 3, 6))
    )
    rng = np.random.default_rng(seed)
    weights = np.repeat(rng.normal(0.0, 0.6 / len(bars.symbols), (len(bars) // 5 + 1, len(bars.symbols))), 5, axis=0)
    weights = weights[: len(bars)]
    weights[rng.random(weights.shape) < 0.2] = np.nan
    if is_long_only:
        weights = np.abs(weights)
    fills = replace(fill_settings(mode), commission_bps=commission)
    compare(bars, weights, fills, ACTIONS if has_actions else None)


def test_a_crossing_of_two_averages_gives_the_same_run() -> None:
    bars = panel(breadth=5, last=date(2024, 3, 15), seed=9)
    frame = pl.DataFrame({s: bars["close"][:, i] for i, s in enumerate(bars.symbols)})
    fast, slow = (frame.select(pl.all().rolling_mean(n)).to_numpy() for n in (5, 20))
    compare(bars, np.where(np.isnan(slow), np.nan, np.where(fast > slow, 0.18, 0.0)), fill_settings("realistic"), None)


@pytest.mark.parametrize(
    ("change", "weight", "word"),
    [
        ({"short_borrow_bps_per_year": Decimal(50)}, -0.1, "borrow"),
        ({"half_spread_bps": Decimal("0.001")}, 0.1, "half_spread_bps"),
    ],
)
def test_what_it_cannot_do_to_the_cent_it_refuses(change: dict[str, Decimal], weight: float, word: str) -> None:
    bars = panel(breadth=3)
    with pytest.raises(ValueError, match=word):
        run_vectorised_backtest(
            bars,
            np.full((len(bars), 3), weight),
            fills=replace(fill_settings("realistic"), **change),  # type: ignore[arg-type]
        )


def test_a_split_that_leaves_part_of_a_share_is_refused() -> None:
    bars = market(1, 3)
    odd = ACTIONS.with_columns(pl.when(pl.col("kind") == "split").then(7.0).alias("old_shares"))
    with pytest.raises(ValueError, match="part of a share"):
        run_vectorised_backtest(bars, np.full((len(bars), 3), 0.1), fills=fill_settings("realistic"), actions=odd)


def test_weights_of_another_shape_and_prices_beyond_its_integers_are_refused() -> None:
    bars = panel(breadth=3)
    with pytest.raises(ValueError, match="expected"):
        run_vectorised_backtest(bars, np.zeros((2, 3)), fills=fill_settings("realistic"))
    bars["open"][0, 0] = 200_000.0
    with pytest.raises(ValueError, match="92,000"):
        run_vectorised_backtest(bars, np.zeros((len(bars), 3)), fills=fill_settings("realistic"))
