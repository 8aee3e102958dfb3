"""What happens to an account beside its own orders: late word of fills, symbols that end, margin calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.data.actions.table import actions_frame
from qts_core.exchange import FillSettings, fill_settings
from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.latency import Latency
from qts_core.market.panel import Floats, Panel
from qts_core.trading.predictors import StoredPredictor
from tests.support.decision_market import WEIGHTS, instruments, panel

FREE = fill_settings("optimistic", half_spread_bps=0.0, slippage_bps=0.0, commission_bps=0.0)
GONE = date(2024, 3, 7)


def run(
    bars: Panel, weights: Floats, fills: FillSettings = FREE, price: float | None = None, *, is_gone: bool = False
) -> BacktestResult:
    actions = actions_frame([{"symbol": "AA", "ex_date": GONE, "kind": "delisting", "cash_per_share": price}])
    return run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, weights), WEIGHTS,
        instruments=instruments(len(bars.symbols)), fills=fills, actions=actions if is_gone else None,
        keep_decisions=True,
    )  # fmt: skip


def confirmed_after(seconds: float) -> Latency:
    """Return orders that arrive at once, and word of fills that takes so long."""
    none, late = (0.0, 0.0), (seconds * 1000.0, seconds * 1000.0)
    return Latency(none, none, none, none, none, late)


def ended() -> tuple[Panel, int, float]:
    """Return two symbols of which the first ends; its first row without bars, and its last price."""
    bars = panel(breadth=2)
    row = int(np.searchsorted(bars.timeline.session, (GONE - date(1970, 1, 1)).days))
    for name in ("open", "high", "low", "close", "volume"):
        bars[name][row:, 0] = np.nan
    return bars, row, float(bars["close"][row - 1, 0])


@pytest.mark.parametrize("price", [None, 0.25])
def test_a_delistings_cash_reaches_the_cores_book(price: float | None) -> None:
    bars, row, last = ended()
    weights = np.full((len(bars), 2), np.nan)
    weights[:5, 0] = 0.4
    result = run(bars, weights, price=price, is_gone=True)
    before, after = result.decisions[row - 1], result.decisions[row]
    shares = dict(before.positions)["AA"]
    assert shares > 0
    assert "AA" not in dict(after.positions)
    paid = float(shares) * (last if price is None else price)
    assert float(after.cash - before.cash) == pytest.approx(paid, abs=0.1 + 30e-6 * paid), "but for the fees of a sale"
    assert result.final_positions == ()
    assert [alert.title for alert in result.alerts] == ["delisted"]


def test_word_of_a_fill_that_is_late_reaches_the_core_late() -> None:
    bars = panel(breadth=1)
    weights = np.full((len(bars), 1), 0.3)
    usual = replace(FREE, latency=confirmed_after(0.001))
    late = replace(FREE, latency=confirmed_after(960.0))
    one, other = run(bars, weights, usual), run(bars, weights, late)
    first = [next(i for i, d in enumerate(result.decisions) if d.positions) for result in (one, other)]
    assert first == [1, 2], "sixteen minutes after a bar's open are in the next one"
    assert one.decisions[1].positions == other.decisions[2].positions
    assert one.decisions[1].cash == other.decisions[2].cash
    assert not other.decisions[1].orders, "an order that nobody has confirmed keeps its symbol busy"


def test_what_was_on_its_way_at_the_end_is_in_the_book() -> None:
    bars = panel(breadth=1).rows(slice(0, 2))
    slow = replace(FREE, latency=confirmed_after(3600.0))
    result = run(bars, np.full((2, 1), 0.3), slow)
    assert result.decisions[1].positions == ()
    assert [f.quantity for f in result.fills] == [dict(result.final_positions)["AA"]]


@pytest.mark.parametrize("is_liquidating", [False, True])
def test_a_margin_call_is_met_by_the_broker_where_that_is_switched_on(is_liquidating: bool) -> None:
    bars = panel(breadth=2)
    second = int(np.flatnonzero(bars.timeline.slot == 0)[1])
    for name in ("open", "high", "low", "close"):
        bars[name][second - 3 :] *= 0.8
    weights = np.full((len(bars), 2), np.nan)
    weights[:2] = 1.6
    terms = BrokerTerms(is_liquidating=is_liquidating)
    result = run(bars, weights, replace(FREE, broker=terms))
    held = [dict(result.decisions[row].positions) for row in (second - 1, second)]
    assert len(held[0]) == 2
    assert result.gross_exposure[second - 1] > 1 / 0.3, "the equity is below 30 % of the positions"
    titles = {alert.title for alert in result.alerts}
    assert (held[1] == held[0]) is not is_liquidating
    assert ("margin call" in titles) is is_liquidating
    if is_liquidating:
        equity = result.equity[second]
        assert result.gross_exposure[second] * equity * 0.3 <= equity, "what is left is covered"
    assert result.final_cash == Decimal(100_000) - sum(
        (f.quantity * f.side.sign * f.price + f.commission for f in result.fills), Decimal(0)
    )
