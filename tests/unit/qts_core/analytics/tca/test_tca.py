"""Costs of orders by hand, by Perold's definition, and by scipy."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from qts_core.analytics.tca import Benchmark, MarketWindow, ParentTrade, analyse, measure
from qts_core.analytics.tca.groups import ratio_interval
from qts_core.analytics.tca.shortfall import shortfall
from qts_core.market.errors import OrderSubmissionError
from qts_core.market.orders import Execution, OrderSide

D = Decimal
START = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
MARKET = MarketWindow(
    high=np.array([101.0, 102.0]), low=np.array([99.0, 100.0]), close=np.array([100.0, 101.0]),
    volume=np.array([1000.0, 3000.0]),
)  # fmt: skip


def fills(*pairs: tuple[str, str], side: OrderSide = OrderSide.BUY, fee: str = "0") -> tuple[Execution, ...]:
    return tuple(
        Execution(f"e{i}", f"c{i}", "AA", side, D(q), D(p), START + timedelta(minutes=i), D(fee))
        for i, (q, p) in enumerate(pairs)
    )


def trade(side: OrderSide = OrderSide.BUY, algorithm: str = "twap", **more: object) -> ParentTrade:
    """A decision at 100 that arrived at 100.20 and ended at 101, with 800 of 1000 filled at 100.50 and 100.75."""
    given: dict[str, object] = {
        "executions": fills(("600", "100.50"), ("200", "100.75"), side=side, fee="1.50"),
        "market": MARKET,
        "close_price": D("100.40"),
    }
    return ParentTrade(
        "p", "AA", side, algorithm, D(1000), START, START + timedelta(minutes=1), START + timedelta(hours=1),
        D("100"), D("100.20"), D("101"), **{**given, **more},  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_four_parts_of_the_shortfall_are_perolds() -> None:
    """Delay 800 x 0.20; trading 600 x 0.30 + 200 x 0.55; opportunity 200 x 1; fees 2 x 1.50."""
    found = shortfall(trade())
    assert (found.delay, found.trading, found.opportunity, found.fees) == (D(160), D(290), D(200), D(3))
    assert found.total == 653
    assert found.total_bps == pytest.approx(65.3)


@pytest.mark.parametrize("side", OrderSide)
def test_the_parts_add_up_to_paper_profit_less_real_profit(side: OrderSide) -> None:
    one = trade(side)
    paper = side.sign * one.quantity * (one.end_price - one.decision_price)
    real = side.sign * sum((e.quantity * (one.end_price - e.price) for e in one.executions), D(0)) - one.fees
    assert shortfall(one).total == paper - real


def test_an_order_is_held_against_every_benchmark() -> None:
    """Mean price 100.5625; the bars' typical prices 100 and 101 by 1 and 3 give 100.75; closes' mean 100.5."""
    found = measure(trade())
    assert found.average_price == 100.5625
    expected = {
        Benchmark.ARRIVAL: (100.5625 / 100.2 - 1) * 1e4,
        Benchmark.VWAP: (100.5625 / 100.75 - 1) * 1e4,
        Benchmark.TWAP: (100.5625 / 100.5 - 1) * 1e4,
        Benchmark.CLOSE: (100.5625 / 100.4 - 1) * 1e4,
        Benchmark.SHORTFALL: 65.3,
    }
    assert dict(found.slippage_bps) == pytest.approx(expected)
    assert found.drift_bps == pytest.approx((100.75 / 100.2 - 1) * 1e4)
    assert found.participation == pytest.approx(0.2)


def test_a_sale_turns_the_signs() -> None:
    buy, sale = measure(trade()), measure(trade(OrderSide.SELL))
    for name in (Benchmark.ARRIVAL, Benchmark.VWAP, Benchmark.TWAP, Benchmark.CLOSE):
        assert sale.slippage_bps[name] == pytest.approx(-buy.slippage_bps[name])


@pytest.mark.parametrize("side", OrderSide)
def test_the_slippage_against_the_true_vwap_lies_between_bounds(side: OrderSide) -> None:
    """Lows by volume 99.75, highs 101.75."""
    found = measure(trade(side))
    low, high = found.vwap_bounds_bps
    ends = sorted(side.sign * (100.5625 / v - 1) * 1e4 for v in (99.75, 101.75))
    assert (low, high) == pytest.approx(tuple(ends))
    assert low <= found.slippage_bps[Benchmark.VWAP] <= high


def test_what_never_filled_costs_its_opportunity_alone() -> None:
    found = measure(trade(executions=(), market=None, close_price=None))
    assert found.shortfall.total == found.shortfall.opportunity == 1000
    assert math.isnan(found.slippage_bps[Benchmark.ARRIVAL])
    assert found.notional == 0.0


@pytest.mark.parametrize(
    "broken",
    [
        {"executions": fills(("1001", "100"))},
        {"executions": fills(("1", "100"), side=OrderSide.SELL)},
        {"end_price": D(0)},
        {"quantity": D(0)},
    ],
)
def test_a_trade_that_cannot_be_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(OrderSubmissionError, match="QTS-EXEC-060"):
        replace(trade(), **broken)  # type: ignore[arg-type]


def random_trades(count: int = 40) -> list[ParentTrade]:
    generator = np.random.default_rng(7)
    trades = []
    for k in range(count):
        shares, move = int(generator.integers(1, 10)) * 100, float(generator.normal(5, 20))
        price = D(repr(round(100.20 * (1 + move / 1e4), 4)))
        one = trade(algorithm="vwap" if k % 3 else "twap", executions=fills((str(shares), str(price))))
        expected = float(generator.normal(5, 3))
        trades.append(replace(one, parent_id=f"p{k}", expected_bps=expected, expected_risk_bps=20.0))
    return trades


def test_means_and_intervals_are_scipys() -> None:
    found = analyse(random_trades())
    values = np.array([o.slippage_bps[Benchmark.ARRIVAL] for o in found.orders])
    cost = found.total.costs[Benchmark.ARRIVAL]
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    assert cost.mean_bps == pytest.approx(values.mean())
    assert (cost.interval.low, cost.interval.high) == pytest.approx((low, high))
    weights = np.array([o.notional for o in found.orders])
    assert cost.weighted_bps == pytest.approx(np.average(values, weights=weights))


def test_the_interval_by_size_holds_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    hits = 0
    for _ in range(2000):
        weights = generator.uniform(1, 3, 40)
        values = weights * generator.normal(4.0, 10.0, 40)
        _, interval = ratio_interval(values, weights)
        hits += interval.low <= 4.0 <= interval.high
    assert 0.93 < hits / 2000 < 0.965


def test_groups_divide_the_orders_and_their_dollars() -> None:
    found = analyse(random_trades())
    assert set(found.by_algorithm) == {"twap", "vwap"}
    assert sum(g.n for g in found.by_algorithm.values()) == found.total.n == 40
    assert sum((g.shortfall.total for g in found.by_algorithm.values()), D(0)) == found.total.shortfall.total
    assert found.by_symbol["AA"] == found.total


def test_the_models_record_is_scipys_regression() -> None:
    found = analyse(random_trades())
    expected = [o.expected_bps for o in found.orders]
    realised = [o.slippage_bps[Benchmark.ARRIVAL] for o in found.orders]
    line = stats.linregress(expected, realised)
    model = found.model
    assert model is not None
    assert (model.slope, model.intercept, model.correlation) == pytest.approx(
        (line.slope, line.intercept, line.rvalue), rel=1e-9
    )
    assert model.bias_bps == pytest.approx(np.mean(realised) - np.mean(expected))
    inside = [abs(r - e) <= 1.959963984540054 * 20 for r, e in zip(realised, expected, strict=True)]
    assert model.inside == pytest.approx(np.mean(inside))
    assert model.inside_interval.low < model.inside < model.inside_interval.high


def test_a_model_that_always_says_the_same_has_no_slope() -> None:
    same = [replace(t, expected_bps=5.0, expected_risk_bps=None) for t in random_trades(5)]
    model = analyse(same).model
    assert model is not None
    assert math.isnan(model.slope)
    assert math.isnan(model.inside)
    assert model.judged == 0


def test_no_orders_and_one_order_give_no_intervals_and_no_error() -> None:
    nothing, one = analyse([]), analyse([trade()])
    assert (nothing.total.n, nothing.model) == (0, None)
    assert math.isnan(one.total.costs[Benchmark.ARRIVAL].interval.low)
    assert one.total.costs[Benchmark.ARRIVAL].mean_bps == pytest.approx((100.5625 / 100.2 - 1) * 1e4)
    assert one.total.fill_ratio == pytest.approx(0.8)


def test_the_result_is_json_with_exact_money() -> None:
    text = json.dumps(analyse([trade(is_divided=True)]).to_json(), allow_nan=False)
    read = json.loads(text)
    assert read["orders"][0]["shortfall"]["delay"] == "160.00"
    assert read["total"]["divided"] == 1
    assert read["total"]["costs"]["vwap"]["interval"]["low"] is None
