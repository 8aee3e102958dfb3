"""Weights and signals by hand: fills at the next open, fees to the cent; what is not covered is refused in one line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from qts_core.backtest.vectorised import Size, run_vectorised_backtest, run_vectorised_signals
from qts_core.data.actions.table import actions_frame
from qts_core.exchange import FillSettings, fill_settings
from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.latency import Latency
from qts_core.exchange.liquidity import Liquidity
from qts_core.market.errors import ConfigurationError
from qts_core.market.panel import Panel
from tests.support.decision_market import panel

FREE = replace(
    fill_settings("realistic"), half_spread_bps=Decimal(0), slippage_bps=Decimal(0), sec_fee_per_million=Decimal(0),
    taf_per_share=Decimal(0),
)  # fmt: skip


def flat(price: float = 100.0, breadth: int = 1) -> Panel:
    """Return five sessions at one price."""
    bars = panel(breadth=breadth)
    for name in ("open", "high", "low", "close"):
        bars[name][:] = price
    return bars


def test_a_position_opens_at_the_next_open_and_pays_spread_slippage_and_commission() -> None:
    bars = flat()
    bars["open"][1] = 101.0
    fills = replace(FREE, half_spread_bps=Decimal(2), slippage_bps=Decimal(3), commission_bps=Decimal(1))
    result = run_vectorised_backtest(bars, np.full((len(bars), 1), 0.5), fills=fills, cash=Decimal(10_000))
    # 50 shares at 101 * 1.0005 = 101.0505; a basis point of 5,052.525 is 0.51 rounded up.
    assert result.cash[1] == pytest.approx(10_000 - 50 * 101.0505 - 0.51, abs=1e-9)
    assert [result.costs[kind][1] for kind in ("spread", "slippage", "commission")] == pytest.approx(
        [50 * 101 * 0.0002, 50 * 101 * 0.0003, 0.51]
    )
    # It left 9,946.965 USD at a close of 100, half of which is 49.73 shares: one is sold at the bar after, then none.
    assert result.quantity[:5, 0].tolist() == [0, 50, 49, 49, 49]
    assert result.fills[:5].tolist() == [0, 1, 1, 0, 0]


def test_a_signal_waits_for_the_next_session_and_its_position_is_left_alone() -> None:
    bars = flat()
    wanted = np.zeros((len(bars), 1))
    wanted[25:60] = 1.0
    result = run_vectorised_signals(bars, wanted, fills=FREE, size=Size(7, is_shares=True))
    held = np.flatnonzero(result.quantity[:, 0])
    # Row 25 ends a session: nothing is ordered there; row 26 orders, row 27 fills. Row 60 orders the exit.
    assert (held[0], held[-1]) == (27, 60)
    assert set(result.quantity[held, 0]) == {7.0}


def test_a_flip_closes_first() -> None:
    bars = flat()
    wanted = np.where(np.arange(len(bars))[:, None] < 5, 1, -1).astype(np.int8)
    result = run_vectorised_signals(bars, wanted, fills=FREE, size=Size(3, is_shares=True))
    assert result.quantity[:8, 0].tolist() == [0, 3, 3, 3, 3, 3, 0, -3]


def test_parts_of_a_share_are_bought_to_the_eighth_place() -> None:
    result = run_vectorised_backtest(
        flat(30.0), np.full((130, 1), 0.1), fills=FREE, cash=Decimal(1_000), fractional=True
    )
    assert result.quantity[1, 0] == pytest.approx(100 / 30, abs=5e-9)
    assert result.equity[-1] == pytest.approx(1_000.0, abs=1e-9)


def test_a_short_pays_the_borrow_fee_each_session() -> None:
    fills = replace(FREE, short_borrow_bps_per_year=Decimal(360))
    result = run_vectorised_signals(flat(), np.full((130, 1), -1), fills=fills, size=Size(100, is_shares=True))
    # 10,000 USD short at 3.6 % a year of 360 days.
    assert result.costs["borrow"][[25, 51, 77, 103, 129]].tolist() == [1.0] * 5
    assert result.equity[-1] == pytest.approx(100_000 - 5.0)


def test_a_dividend_and_a_split_are_booked_before_the_first_bar_of_their_day() -> None:
    bars = flat()
    bars["close"][26:] = bars["open"][26:] = 50.0
    actions = actions_frame(
        [
            {"symbol": "AA", "ex_date": date(2024, 3, 5), "kind": "dividend", "cash_per_share": 1.25},
            {"symbol": "AA", "ex_date": date(2024, 3, 5), "kind": "split", "new_shares": 2.0, "old_shares": 1.0},
        ]
    )
    result = run_vectorised_signals(bars, np.ones((130, 1)), fills=FREE, size=Size(10, is_shares=True), actions=actions)
    assert result.quantity[25:27, 0].tolist() == [10.0, 20.0]
    assert result.equity[26] - result.equity[25] == pytest.approx(12.5)


@pytest.mark.parametrize(
    ("fills", "word"),
    [
        (replace(FREE, latency=Latency()), "latency"),
        (replace(FREE, liquidity=Liquidity(max_participation=Decimal("0.1"))), "liquidity"),
        (replace(FREE, broker=BrokerTerms(non_marginable=frozenset({"AA"}))), "margin terms"),
        (replace(FREE, half_spread_bps=Decimal("0.001")), "half_spread_bps"),
    ],
)
def test_what_it_cannot_do_to_the_cent_it_refuses(fills: FillSettings, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as refused:
        run_vectorised_backtest(flat(), np.full((130, 1), 0.1), fills=fills)
    assert refused.value.code == "QTS-EXEC-040"


@pytest.mark.parametrize(("weight", "cash", "word"), [(4.5, 100_000, "buying power"), (-0.5, 1_500, "2,000 USD")])
def test_orders_that_the_broker_would_refuse_end_the_run(weight: float, cash: int, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        run_vectorised_backtest(flat(), np.full((130, 1), weight), fills=FREE, cash=Decimal(cash))


def test_a_short_with_part_of_a_share_ends_the_run() -> None:
    odd = actions_frame(
        [{"symbol": "AA", "ex_date": date(2024, 3, 6), "kind": "split", "new_shares": 3.0, "old_shares": 7.0}]
    )
    with pytest.raises(ConfigurationError, match="part of a share"):
        run_vectorised_signals(flat(), np.full((130, 1), -1), fills=FREE, size=Size(10, is_shares=True), actions=odd)


def test_other_shapes_and_prices_beyond_its_integers_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="wrong shape"):
        run_vectorised_backtest(flat(), np.zeros((2, 3)), fills=FREE)
    bars = flat()
    bars["open"][0, 0] = 200_000.0
    with pytest.raises(ConfigurationError, match="92,000"):
        run_vectorised_backtest(bars, np.zeros((len(bars), 1)), fills=FREE)
    with pytest.raises(ConfigurationError, match="size"):
        run_vectorised_signals(flat(), np.zeros((130, 1)), fills=FREE, size=-0.1)
