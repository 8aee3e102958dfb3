"""The vectorised engine gives the cents of the event engine on random markets, wishes, costs and corporate actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.backtest.vectorised import Size, VectorisedResult, run_vectorised_backtest, run_vectorised_signals
from qts_core.backtest.vectorised.orders import Directions
from qts_core.data.actions.chain import chain_factors
from qts_core.data.actions.table import actions_frame
from qts_core.exchange import FillSettings, fill_settings
from qts_core.exchange.broker import BrokerTerms
from qts_core.market.bars import BarSlice
from qts_core.market.panel import Floats, Panel
from qts_core.trading.predictors import Predictor, StoredPredictor
from qts_core.trading.settings import OrderRules
from qts_core.trading.strategy import OrderWish, View, Wanted
from qts_core.trading.strategy_predictor import StrategyPredictor
from tests.support.decision_market import WEIGHTS, instruments, panel
from tests.support.strategies import Said

CASH = Decimal("250000.00")
MODES = ("optimistic", "realistic", "pessimistic", "alpaca-paper")


@st.composite
def action_tables(draw: st.DrawFn) -> pl.DataFrame | None:
    """Splits, reverse splits and dividends around the weekend of the market."""
    if draw(st.booleans()):
        return None
    new, old = draw(st.sampled_from([(3.0, 1.0), (2.0, 1.0), (1.0, 2.0), (3.0, 2.0), (1.0, 7.0)]))
    return actions_frame(
        [
            {"symbol": "AA", "ex_date": date(2024, 3, 6), "kind": "split", "new_shares": new, "old_shares": old},
            {"symbol": "AA", "ex_date": date(2024, 3, 6), "kind": "dividend", "cash_per_share": 0.37},
            {"symbol": "AB", "ex_date": date(2024, 3, 5), "kind": "dividend", "cash_per_share": 1.005},
            {"symbol": "AC", "ex_date": date(2024, 3, 3), "kind": "split", "new_shares": 2.0, "old_shares": 1.0},
        ]
    )


@st.composite
def costs(draw: st.DrawFn) -> FillSettings:
    """A preset with a commission, the audit trail's fee, borrowing and interest, or without."""
    base = fill_settings(draw(st.sampled_from(MODES)))
    broker = BrokerTerms(
        interest_bps_per_year=draw(st.sampled_from([Decimal(0), Decimal(625)])),
        borrow_bps=MappingProxyType(draw(st.sampled_from([{}, {"AB": Decimal(300)}]))),
        is_borrow_nightly=draw(st.booleans()),
    )
    commission = draw(st.sampled_from([Decimal(0), Decimal("0.35"), Decimal(1)]))
    cat = draw(st.sampled_from([Decimal(0), Decimal("0.0000265")]))
    return replace(base, commission_bps=commission, cat_per_share=cat, broker=broker)


def market(seed: int, breadth: int, missing: float, actions: pl.DataFrame | None) -> Panel:
    """Return a random walk whose prices move with its splits."""
    bars = panel(breadth=breadth, seed=seed, missing=missing, last=date(2024, 3, 6))
    if actions is None:
        return bars
    factor = chain_factors(actions, bars.timeline, bars.symbols)
    raw = {k: bars[k] if k == "volume" else np.round(bars[k] / factor, 2) for k in bars.fields if k != "factor"}
    return Panel(bars.timeline, bars.symbols, {**raw, "factor": factor})


def event(
    bars: Panel, predictor: Predictor, fills: FillSettings, actions: pl.DataFrame | None, *, is_fractional: bool
) -> BacktestResult:
    """Run the event engine without limits."""
    rules = replace(WEIGHTS, orders=OrderRules(is_fractional=is_fractional))
    return run_event_backtest(
        bars, predictor, rules, instruments=instruments(len(bars.symbols)), fills=fills, cash=CASH, actions=actions
    )


def check(fast: VectorisedResult, slow: BacktestResult, *, is_fractional: bool) -> None:
    """Compare to the cent, and whole shares exactly."""
    # A part of a share may be cut one step of the broker's ninth decimal apart.
    assert np.abs(fast.quantity - slow.quantity).max() <= (1.1e-8 if is_fractional else 0.0)
    assert np.abs(fast.cash - slow.cash).max() < (0.004 if is_fractional else 1e-7)
    assert np.abs(fast.equity - slow.equity).max() < (0.004 if is_fractional else 1e-6)
    for kind, paid in fast.costs.items():
        assert np.abs(paid - slow.costs[kind]).max() < 0.004, kind
    for name in ("turnover", "gross_exposure", "net_exposure"):
        assert np.abs(getattr(fast, name) - getattr(slow, name)).max() < 1e-9, name
    assert fast.fills.sum() == len(slow.fills)
    assert np.abs(fast.equity_gross - slow.equity_gross).max() < 0.004


@settings(max_examples=15)
@given(
    st.integers(0, 100_000), st.integers(3, 12), st.sampled_from([0.0, 0.05, 0.3]), action_tables(), costs(),
    st.sampled_from(["long", "both"]), st.booleans(), st.sampled_from([1, 5]),
)  # fmt: skip
def test_target_weights(
    seed: int, breadth: int, missing: float, actions: pl.DataFrame | None, fills: FillSettings, side: str,
    is_fractional: bool, every: int,
) -> None:  # fmt: skip
    bars = market(seed, breadth, missing, actions)
    rng = np.random.default_rng(seed)
    weights = np.repeat(rng.normal(0.0, 0.6 / breadth, (len(bars) // every + 1, breadth)), every, axis=0)[: len(bars)]
    weights[rng.random(weights.shape) < 0.2] = np.nan
    if side == "long" or splits_leave_parts(actions):
        weights = np.abs(weights)
    slow = event(
        bars, StoredPredictor(bars.timeline, bars.symbols, weights), fills, actions, is_fractional=is_fractional
    )
    fast = run_vectorised_backtest(bars, weights, fills=fills, cash=CASH, actions=actions, fractional=is_fractional)
    assert slow.fills
    check(fast, slow, is_fractional=is_fractional or splits_leave_parts(actions))


@settings(max_examples=15)
@given(
    st.integers(0, 100_000), st.sampled_from([0.0, 0.05, 0.3]), action_tables(), costs(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_signals(
    seed: int, missing: float, actions: pl.DataFrame | None, fills: FillSettings, is_short: bool, is_shares: bool
) -> None:
    bars = market(seed, 5, missing, actions)
    rng = np.random.default_rng(seed)
    low = -1 if is_short and not splits_leave_parts(actions) else 0
    changes = rng.random((len(bars), 5)) < 0.15
    changes[0] = True
    drawn = rng.integers(low, 2, changes.shape).astype(np.int8)
    last = np.maximum.accumulate(np.where(changes, np.arange(len(bars))[:, None], 0), axis=0)
    directions = np.take_along_axis(drawn, last, axis=0)
    size = Size(np.array([10.0, 25.0, 3.0, 100.0, 0.0]), is_shares=True) if is_shares else Size(0.15)
    fast = run_vectorised_signals(bars, directions, fills=fills, size=size, cash=CASH, actions=actions)
    said = Said(follower(bars, directions, size))
    slow = event(bars, StrategyPredictor(said, bars.symbols), fills, actions, is_fractional=False)
    check(fast, slow, is_fractional=splits_leave_parts(actions))


def follower(bars: Panel, directions: Directions, size: Size) -> Callable[[BarSlice, View], Wanted]:
    """Return what a strategy says that brings each symbol to its direction and then leaves it alone."""
    row_of = {int(moment): row for row, moment in enumerate(bars.timeline.ts_event)}

    def weights(bar: BarSlice, view: View) -> Wanted:
        wanted = directions[row_of[round(bar.ts_event.timestamp() * 1e6)]]
        is_there = np.sign(view.quantity) == wanted
        target: Floats = np.where(is_there, np.nan, np.where(view.quantity * wanted < 0, 0.0, wanted * size.amount))
        return target

    def shares(bar: BarSlice, view: View) -> Wanted:
        wanted = directions[row_of[round(bar.ts_event.timestamp() * 1e6)]]
        amount = np.broadcast_to(size.amount, wanted.shape)
        wishes = []
        for i, symbol in enumerate(view.symbols):
            held, is_open = view.quantity[i], view.on_order[i] != 0.0 or np.isnan(bar.close[i])
            if is_open or np.sign(held) == wanted[i]:
                continue
            change = -Decimal(repr(float(held))) if held else Decimal(int(wanted[i]) * int(amount[i]))
            if change:
                wishes.append(OrderWish(symbol, change))
        return wishes

    return shares if size.is_shares else weights


def splits_leave_parts(actions: pl.DataFrame | None) -> bool:
    """Whether a holding may have parts of a share after its split: such a short is refused."""
    if actions is None:
        return False
    rows = actions.filter(pl.col("kind") == "split").to_dicts()
    return any(float(str(row["new_shares"])) % float(str(row["old_shares"])) for row in rows)
