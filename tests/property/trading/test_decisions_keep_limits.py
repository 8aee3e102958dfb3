"""No decision breaks a limit, looks ahead or forgets, on any market."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.market.orders import OrderSide
from qts_core.market.panel import Panel
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.risk.settings import LimitSettings
from qts_core.trading.decision import Decision
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import Construction, CoreSettings
from tests.support.decision_market import QUICK, SECTORS, instruments, panel, scores

TIGHT = LimitSettings(
    max_position_ratio=0.12, max_gross_ratio=0.6, max_net_ratio=0.3, max_sector_ratio=0.25, max_positions=5
)
SETTINGS = replace(
    QUICK, limits=TIGHT, portfolio=replace(QUICK.portfolio, gross_target=0.7, max_positions=6, max_position_ratio=0.15)
)


def run(bars: Panel, values: np.ndarray[tuple[int, int], np.dtype[np.float64]], core: CoreSettings) -> BacktestResult:
    return run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, values), core, instruments=instruments(len(bars.symbols)),
        fills=fill_settings("realistic"), keep_decisions=True,
    )  # fmt: skip


def worst_case(decision: Decision, limits: LimitSettings) -> None:
    """Check that with every risk-adding order filled and every reducing one not, each cap holds."""
    place = {s: i for i, s in enumerate(decision.symbols)}
    held = np.zeros(len(place))
    for symbol, quantity in decision.positions:
        held[place[symbol]] = float(quantity)
    # On order from before: what the current weights count beyond what is held.
    with np.errstate(invalid="ignore"):
        projected = np.nan_to_num(decision.current_weight * decision.equity / decision.price)
    worst = np.maximum(np.abs(held), np.abs(projected))
    for order in decision.orders:
        request = order.request
        column = place[request.symbol]
        assert request.quantity is not None
        after = held[column] + float(request.quantity) * (1 if request.side is OrderSide.BUY else -1)
        assert after * held[column] >= 0.0, "an order never turns a position around"
        assert order.reduces_risk == (abs(after) < abs(held[column]))
        worst[column] = max(worst[column], abs(after))
    if all(o.reduces_risk for o in decision.orders):
        return
    weight = worst * np.nan_to_num(decision.price) / decision.equity
    grown = [place[o.request.symbol] for o in decision.orders if not o.reduces_risk]
    sector = np.arange(len(place)) % len(SECTORS)
    slack = 1e-9
    assert (weight[grown] <= limits.max_position_ratio + slack).all()
    assert weight.sum() <= limits.max_gross_ratio + slack
    assert np.count_nonzero(worst) <= limits.max_positions
    for number in {int(sector[c]) for c in grown}:
        assert weight[sector == number].sum() <= limits.max_sector_ratio + slack


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.3]), st.sampled_from([0.002, 0.01, 0.04]))
def test_no_decision_exceeds_a_limit_even_at_its_worst(seed: int, missing: float, volatility: float) -> None:
    bars = panel(breadth=9, seed=seed, missing=missing, volatility=volatility)
    result = run(bars, scores(bars, seed=seed + 1), SETTINGS)
    assert result.decision_count == len(bars)
    for decision in result.decisions:
        worst_case(decision, TIGHT)


@settings(max_examples=6)
@given(st.integers(0, 10_000), st.floats(0.05, 0.6))
def test_wild_target_weights_are_held_within_the_limits(seed: int, scale: float) -> None:
    bars = panel(breadth=9, seed=seed, missing=0.05)
    values = np.random.default_rng(seed).normal(0.0, scale, (len(bars), 9))
    result = run(bars, values, replace(SETTINGS, construction=Construction.WEIGHTS))
    assert result.fills, "something was traded"
    for decision in result.decisions:
        worst_case(decision, TIGHT)


def altered(bars: Panel, row: int, change: Callable[[Panel], None]) -> Panel:
    copy = Panel(bars.timeline, bars.symbols, {k: v.copy() for k, v in bars.fields.items()})
    change(copy.rows(slice(row, None)))
    return copy


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.integers(5, 120))
def test_no_decision_changes_when_the_future_does(seed: int, row: int) -> None:
    bars = panel(breadth=6, seed=seed)
    values = scores(bars, seed=seed)
    other_values = values.copy()
    other_values[row:] *= -3.0

    def wreck(rest: Panel) -> None:
        for name in ("open", "high", "low", "close"):
            rest[name][:] *= 1.5

    one = run(bars, values, QUICK)
    other = run(altered(bars, row, wreck), other_values, QUICK)
    cut = run(bars.rows(slice(0, row)), values[:row], QUICK)
    for mine, theirs, short in zip(one.decisions[:row], other.decisions[:row], cut.decisions, strict=True):
        assert mine.digest() == theirs.digest() == short.digest()


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(["realistic", "pessimistic"]))
def test_every_cent_of_a_run_is_accounted_for(seed: int, mode: str) -> None:
    bars = panel(breadth=6, seed=seed, missing=0.03)
    values = scores(bars, seed=seed)
    result = run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, values), QUICK, instruments=instruments(6),
        fills=fill_settings(mode),
    )  # fmt: skip
    spent = sum((f.quantity * f.side.sign * f.price + f.commission for f in result.fills), Decimal(0))
    borrowed = Decimal(repr(round(float(result.costs["borrow"].sum()), 8)))
    assert abs(result.final_cash - (Decimal(100_000) - spent - borrowed)) < Decimal("0.000001")
    if mode == "realistic":
        assert result.final_cash == Decimal(100_000) - spent
    held = dict(result.final_positions)
    for symbol in bars.symbols:
        traded = sum((f.quantity * f.side.sign for f in result.fills if f.symbol == symbol), Decimal(0))
        assert held.get(symbol, Decimal(0)) == traded
    assert PortfolioSettings().max_positions >= result.position_count.max()
