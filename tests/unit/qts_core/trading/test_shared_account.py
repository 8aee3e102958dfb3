"""Two strategies in one account, order by order and by hand."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from qts_core.backtest import BacktestResult, part_of, run_shared_backtest
from qts_core.exchange import fill_settings
from qts_core.market.bars import BarSlice
from qts_core.market.errors import ExecutionError
from qts_core.market.events import Alert, BarsClosed, CancelOrder, KillRequested, OrderUpdated, SubmitOrder
from qts_core.market.orders import Execution, OrderSide, OrderStatus, OrderType, OrderUpdate
from qts_core.market.panel import Panel
from qts_core.market.time import from_micros
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes
from qts_core.trading.shared_account import SharedAccount
from qts_core.trading.strategy import OrderCancel, OrderWish, Strategy, View, Wanted
from qts_core.trading.strategy_predictor import StrategyPredictor
from tests.support.decision_market import WEIGHTS, instruments, panel, slices
from tests.support.strategies import Said, buy

D = Decimal


def at(slots: dict[int, int], name: str) -> Strategy:
    """Order shares of AA at the first session's slots."""
    seen: list[int] = []

    def say(b: BarSlice, v: object) -> Wanted:
        seen.append(b.slot)
        return [buy("AA", slots[b.slot])] if len(seen) <= 26 and b.slot in slots else None

    one = Said(say)
    one.name = name
    return one


def run(bars: Panel, *strategies: Strategy) -> BacktestResult:
    chosen = [part_of(each, bars, WEIGHTS, D(50_000)) for each in strategies]
    return run_shared_backtest(
        bars, chosen, instruments=instruments(1), fills=fill_settings("realistic"), keep_decisions=True
    )


def account(*names: str, cash: int = 100_000) -> SharedAccount:
    bars = panel(breadth=1)
    cores = [
        TradingCore(
            WEIGHTS, instruments(1), StrategyPredictor(at({3: 10}, name), bars.symbols), account="A", strategy=name,
            hashes=Hashes(), cash=D(50_000),
        )
        for name in names
    ]  # fmt: skip
    return SharedAccount(cores, cash=D(cash))


def test_orders_of_one_side_are_one_order_and_its_fill_is_divided() -> None:
    bars = panel(breadth=1)
    result = run(bars, at({3: 10}, "a"), at({3: 5}, "b"))
    (fill,) = result.fills
    assert fill.quantity == 15
    assert fill.strategy == "a+b"
    assert dict(result.ledgers["a"].positions) == {"AA": 10}
    assert dict(result.ledgers["b"].positions) == {"AA": 5}
    assert result.ledgers["a"].cash == D(50_000) - 10 * fill.price


def test_opposite_orders_are_crossed_at_the_close_and_the_rest_is_sent() -> None:
    bars = panel(breadth=1)
    result = run(bars, at({3: 10}, "a"), at({3: -4}, "b"))
    (fill,) = result.fills
    close = D(repr(float(bars["close"][3, 0])))
    assert fill.quantity == 6
    assert result.ledgers["a"].cash == D(50_000) - 4 * close - 6 * fill.price
    assert result.ledgers["b"].cash == D(50_000) + 4 * close
    assert dict(result.ledgers["b"].positions) == {"AA": -4}
    assert dict(result.final_positions) == {"AA": 6}


def test_what_cancels_out_never_reaches_the_market() -> None:
    result = run(panel(breadth=1), at({3: 10}, "a"), at({3: -10}, "b"))
    assert not result.fills
    assert not result.final_positions
    assert result.final_cash == 100_000
    assert {name: dict(ledger.positions) for name, ledger in result.ledgers.items()} == {
        "a": {"AA": D(10)}, "b": {"AA": D(-10)},
    }  # fmt: skip


def test_the_account_never_goes_through_zero_in_one_order() -> None:
    bars = panel(breadth=1)
    result = run(bars, at({3: 10, 6: -10}, "a"), at({6: -5}, "b"))
    # At slot 6 the account holds 10 and 15 are sold: 10 go out, two thirds of them the first strategy's.
    assert [fill.quantity for fill in result.fills] == [10, 10]
    held = {name: dict(ledger.positions) for name, ledger in result.ledgers.items()}
    assert sum((shares.get("AA", D(0)) for shares in held.values()), D(0)) == 0
    assert held["a"] == {"AA": D(3)}
    assert held["b"] == {"AA": D(-3)}


def test_a_kill_cancels_the_account_s_own_order() -> None:
    shared = account("a", "b")
    sent = [o for b in slices(panel(breadth=1))[:4] for o in shared.handle(BarsClosed(b)) if isinstance(o, SubmitOrder)]
    (order,) = sent
    outputs = shared.handle(KillRequested(from_micros(0), "stop"))
    assert [o.client_order_id for o in outputs if isinstance(o, CancelOrder)] == [order.request.client_order_id]
    assert len([o for o in outputs if isinstance(o, Alert)]) == 1


def test_cash_that_nobody_was_given_is_the_residual() -> None:
    shared = account("a", cash=60_000)
    assert shared.residual.cash == 10_000
    assert not shared.residual.positions


@pytest.mark.parametrize(
    ("names", "cash", "words"),
    [(("a", "a"), 100_000, "different names"), (("a", "b"), 99_999, "more than the whole"), (("net",), 50_000, "net")],
)
def test_strategies_that_do_not_fit_are_refused(names: tuple[str, ...], cash: int, words: str) -> None:
    with pytest.raises(ExecutionError, match=words) as refused:
        account(*names, cash=cash)
    assert "QTS-EXEC-032" in refused.value.line()


def test_an_account_stopped_with_orders_open_goes_on_as_if_it_had_not_been() -> None:
    bars = slices(panel(breadth=1))
    one, other = account("a", "b"), account("a", "b")
    for bar in bars[:4]:
        sent = [o for o in one.handle(BarsClosed(bar)) if isinstance(o, SubmitOrder)]
    assert len(sent) == 1, "both want the same: one order of the account"
    other.restore(json.loads(json.dumps(one.snapshot())))
    for mine, theirs in zip(one.cores, other.cores, strict=True):
        theirs.predictor.restore(mine.predictor.snapshot())
    request = sent[0].request
    assert request.quantity is not None
    for part in (one, other):
        done = Execution("e1", request.client_order_id, "AA", request.side, request.quantity, D(100), bars[4].ts_event)
        name = request.client_order_id
        update = OrderUpdate(name, "AA", OrderStatus.FILLED, request.quantity, done.ts_event, "b", done)
        part.handle(OrderUpdated(update))
    assert other.snapshot() == one.snapshot()
    assert [core.book.position("AA").quantity for core in other.cores] == [10, 10]
    assert other.residual.cash == 0


def test_what_a_strangers_order_closes_is_divided_among_who_holds_it() -> None:
    bars = panel(breadth=1)
    one = account("a", "b")
    for bar in slices(bars)[:5]:
        for output in one.handle(BarsClosed(bar)):
            if isinstance(output, SubmitOrder):
                r = output.request
                assert r.quantity is not None
                done = Execution("e1", r.client_order_id, "AA", r.side, r.quantity, D(100), bar.ts_known)
                filled = OrderUpdate(
                    done.client_order_id, "AA", OrderStatus.FILLED, r.quantity, bar.ts_known, "b", done
                )
                one.handle(OrderUpdated(filled))
    moment = slices(bars)[5].ts_known
    paid = Execution("e2", "issuer", "AA", OrderSide.SELL, D(20), D(90), moment)
    one.handle(OrderUpdated(OrderUpdate("issuer", "AA", OrderStatus.FILLED, D(20), moment, "b", paid)))
    assert [core.book.holdings() for core in one.cores] == [{}, {}]
    assert one.residual.cash == 0
    assert one.residual.positions == {}


def test_a_strategy_cancels_its_own_order_and_no_other() -> None:
    bars = panel(breadth=1)
    ids: list[str] = []

    def say(b: BarSlice, v: View) -> Wanted:
        if b.slot == 3 and not v.orders:
            return [OrderWish("AA", D(10), OrderType.LIMIT, limit_price=D("0.5"))]
        ids.extend(order.client_order_id for order in v.orders)
        return (
            [OrderCancel(v.orders[0].client_order_id), OrderCancel("another's")] if b.slot == 5 and v.orders else None
        )

    result = run(bars.rows(slice(0, 26)), Said(say))
    assert len(set(ids)) == 1
    assert ids.count(ids[0]) == 2, "open at the fourth and fifth bar, gone after the sixth"
    assert result.fills == ()


def test_a_strategys_own_count_of_positions_holds() -> None:
    bars = panel(breadth=4)
    everything = Said(lambda b, v: dict.fromkeys(v.symbols, 0.1))
    part = part_of(everything, bars, WEIGHTS, D(50_000), max_positions=2)
    result = run_shared_backtest(bars, [part], instruments=instruments(4), fills=fill_settings("realistic"))
    assert result.position_count.max() == 2
