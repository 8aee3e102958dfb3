"""Checks that configuration switches on, inside the core: what they cut, what they say, what they remember."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.settings_files import load_settings
from qts_core.backtest import part_of, run_shared_backtest
from qts_core.config.risk import RiskSettings
from qts_core.config.settings import Settings
from qts_core.exchange import fill_settings
from qts_core.market.errors import ExposureLimitError
from qts_core.market.events import Alert, BarsClosed, BuyingPowerTold, CancelOrder, KillReset, OrderUpdated, SubmitOrder
from qts_core.market.orders import Execution, OrderStatus, OrderUpdate
from qts_core.market.panel import Floats
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.risk.after_trade import QualitySettings
from qts_core.risk.in_flight import InFlightSettings
from qts_core.risk.kill import KillAction, KillPolicy, Trigger
from qts_core.risk.modes import RiskMode
from qts_core.risk.monitor_settings import MonitorSettings
from qts_core.risk.order_checks import OrderChecks
from qts_core.risk.overrides import Override
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Output, RecordDecision
from qts_core.trading.extra_stages import Choices
from qts_core.trading.settings import CoreSettings, core_settings
from tests.support.decision_market import WEIGHTS, core, instruments, panel, slices
from tests.support.strategies import Said, buy

D = Decimal
BARS = panel(breadth=3)
SLICES = slices(BARS)


def weights(*row: float) -> Floats:
    return np.tile(np.array(row), (len(BARS), 1))


def chosen(settings: CoreSettings = WEIGHTS, **choices: object) -> CoreSettings:
    return replace(settings, choices=Choices(**choices))  # type: ignore[arg-type]


def decision(outputs: list[Output]) -> Decision:
    return next(o.decision for o in outputs if isinstance(o, RecordDecision))


def ordered(outputs: list[Output]) -> dict[str, float]:
    """Return the value of each order at the bar's close, ratio of the equity."""
    d = decision(outputs)
    price = dict(zip(d.symbols, d.price.tolist(), strict=True))
    return {o.request.symbol: float(o.request.quantity or 0) * price[o.request.symbol] / d.equity for o in d.orders}


def said(outputs: list[Output]) -> set[str]:
    return {v.name for v in decision(outputs).verdicts if not v.is_allowed}


def filled(one: TradingCore, order: SubmitOrder, price: float, moment: datetime) -> None:
    r = order.request
    assert r.quantity is not None
    name = r.client_order_id
    done = Execution(f"x-{name}", name, r.symbol, r.side, r.quantity, D(str(price)), moment)
    one.handle(OrderUpdated(OrderUpdate(name, r.symbol, OrderStatus.FILLED, r.quantity, moment, "b", done)))


def test_orders_cost_no_more_than_the_broker_lends_less_the_reserve() -> None:
    limits = replace(WEIGHTS.limits, buying_power_reserve_ratio=0.2)
    one = core(BARS, weights(0.1, 0.1, 0.1), chosen(replace(WEIGHTS, limits=limits), has_buying_power=True))
    one.handle(BuyingPowerTold(SLICES[0].ts_event, D(30_000)))
    outputs = one.handle(BarsClosed(SLICES[0]))
    assert len(ordered(outputs)) == 2, "0.8 x 30 % of equity is enough for two"
    assert said(outputs) == {"limit.buying_power"}
    spent = sum(ordered(outputs).values()) * 100_000
    assert float(one.buying_power or 0) == pytest.approx(30_000 - spent)
    assert len(ordered(one.handle(BarsClosed(SLICES[1])))) == 0, "what was ordered since counts until the broker speaks"
    one.handle(BuyingPowerTold(SLICES[1].ts_known, D(90_000)))
    assert len(ordered(one.handle(BarsClosed(SLICES[2])))) == 1


def test_nobody_having_told_restricts_nothing() -> None:
    one = core(BARS, weights(0.1, 0.1, 0.1), chosen(has_buying_power=True))
    assert len(ordered(one.handle(BarsClosed(SLICES[0])))) == 3


def test_a_position_is_worth_no_more_than_its_cap_whoever_asks() -> None:
    outputs = core(BARS, weights(0.1, -0.1, 0.01), chosen(max_position_usd=5_000.0)).handle(BarsClosed(SLICES[0]))
    worth = {symbol: ratio * 100_000 for symbol, ratio in ordered(outputs).items()}
    assert max(worth.values()) <= 5_000
    assert worth["AA"] > 4_800
    strategy = Said(lambda b, v: [buy("AA", 60)] if b.slot == 0 else None)
    part = part_of(strategy, BARS, chosen(max_position_usd=5_000.0), D(100_000))
    result = run_shared_backtest(BARS, [part], instruments=instruments(3), fills=fill_settings("realistic"))
    assert result.fills == ()
    assert result.verdict_counts["limit.position_value"] > 0


def test_additions_shrink_before_the_limit_and_reductions_do_not() -> None:
    limits = replace(WEIGHTS.limits, max_gross_ratio=0.4)
    soft = chosen(replace(WEIGHTS, limits=limits), soft_start=0.5, soft_floor=0.0)
    values = weights(0.3, 0.0, 0.0)
    values[1:] = [0.3, 0.1, 0.0]
    values[2:] = [0.1, 0.1, 0.0]
    one = core(BARS, values, soft)
    first = one.handle(BarsClosed(SLICES[0]))
    assert ordered(first)["AA"] == pytest.approx(0.3, abs=2e-3), "nothing is used yet"
    for order in (o for o in first if isinstance(o, SubmitOrder)):
        filled(one, order, float(SLICES[0].close[0]), SLICES[1].ts_event)
    second = one.handle(BarsClosed(SLICES[1]))
    # 30 % of 40 % are used: half of the way from the start, 20 %, to the limit.
    assert ordered(second)["AB"] == pytest.approx(0.05, abs=3e-3)
    third = one.handle(BarsClosed(SLICES[2]))
    assert ordered(third)["AA"] == pytest.approx(0.2, abs=4e-3)


def test_a_limit_is_set_aside_by_a_person_for_a_while_up_to_a_bound() -> None:
    limits = replace(WEIGHTS.limits, max_position_ratio=0.05)
    until = SLICES[1].ts_known
    wider = Override("limit.position", "*", "Ann", "an index change", SLICES[0].ts_event, until, 0.1)
    settings = chosen(replace(WEIGHTS, limits=limits), overrides=(wider,))
    one = core(BARS, weights(0.08, 0.0, 0.0), settings)
    assert ordered(one.handle(BarsClosed(SLICES[0])))["AA"] == pytest.approx(0.08, abs=2e-3)
    late = core(BARS, weights(0.08, 0.0, 0.0), settings)
    assert ordered(late.handle(BarsClosed(SLICES[1])))["AA"] <= 0.05
    above = core(BARS, weights(0.2, 0.0, 0.0), settings)
    assert ordered(above.handle(BarsClosed(SLICES[0])))["AA"] <= 0.1


def test_fills_that_slip_cancel_the_rest_and_are_told_once() -> None:
    checks = OrderChecks(InFlightSettings(max_slippage_bps=50.0), QualitySettings(max_shortfall_bps=30.0))
    one = core(BARS, weights(0.1, 0.0, 0.0), chosen(checks=checks))
    (order,) = [o for o in one.handle(BarsClosed(SLICES[0])) if isinstance(o, SubmitOrder)]
    name, price = order.request.client_order_id, float(SLICES[0].close[0])
    paid = D(str(round(price * 1.01, 2)))
    part = Execution("e1", name, "AA", order.request.side, D(10), paid, SLICES[1].ts_event)
    one.handle(OrderUpdated(OrderUpdate(name, "AA", OrderStatus.PARTIALLY_FILLED, D(10), part.ts_event, "b", part)))
    outputs = one.handle(BarsClosed(SLICES[1]))
    assert "flight.slippage" in said(outputs)
    assert [o.client_order_id for o in outputs if isinstance(o, CancelOrder)] == [name]
    assert any(isinstance(o, Alert) and "flight.slippage" in o.title for o in outputs)
    again = one.handle(BarsClosed(SLICES[2]))
    assert not any(isinstance(o, CancelOrder) for o in again), "a cancel is asked for once"
    assert not any(isinstance(o, Alert) and "flight.slippage" in o.title for o in again)
    other = core(BARS, weights(0.1, 0.0, 0.0), chosen(checks=checks))
    other.restore(json.loads(json.dumps(one.snapshot())))
    assert other.snapshot() == one.snapshot()
    one.handle(OrderUpdated(OrderUpdate(name, "AA", OrderStatus.CANCELED, D(10), SLICES[2].ts_known, "b")))
    assert {"after.shortfall", "after.estimate"} <= said(one.handle(BarsClosed(SLICES[3]))), "it cost 100 bps"


def test_a_trigger_that_only_halts_latches_the_core_until_a_person_releases_it() -> None:
    actions = (KillAction.CANCEL_ALL_ORDERS, KillAction.HALT_TRADING, KillAction.SEND_CRITICAL_ALERT)
    policy = KillPolicy({Trigger.RAPID_PNL_DECLINE: actions})
    rapid = MonitorSettings(rapid_decline_limit=0.02, rapid_decline_bars=4)
    one = core(BARS, weights(0.5, 0.0, 0.0), chosen(monitor=rapid, kill=policy))
    (order,) = [o for o in one.handle(BarsClosed(SLICES[0])) if isinstance(o, SubmitOrder)]
    filled(one, order, float(SLICES[0].close[0]), SLICES[1].ts_event)
    crash = replace(SLICES[1], close=SLICES[1].close * 0.9)
    outputs = one.handle(BarsClosed(crash))
    assert (one.mode, one.latched_by) == (RiskMode.HALTED, "rapid_pnl_decline")
    assert any(isinstance(o, Alert) and o.title == "kill switch" for o in outputs)
    one.handle(KillReset(crash.ts_known, "looked (by Ann)"))
    assert one.mode.may_send
    assert one.latched_by == ""


RISK = """
position_sizing: {max_position_usd: 9000.0, soft_start: 0.8, soft_floor: 0.1}
pre_trade: {is_buying_power_checked: true}
order_checks: {is_enabled: true, max_slippage_bps: 12.0, stuck_after_seconds: 20.0}
overrides:
  - {limit: limit.sector, who: Ann, why: index change, given: 2024-03-04T14:30:00Z, until: "2024-03-08T21:00:00Z",
     bound: 0.35}
"""


def test_configuration_reaches_the_core_and_ships_with_everything_off(tmp_path: Path) -> None:
    assert core_settings(Settings()).choices == Choices()
    (tmp_path / "risk.yaml").write_text(RISK, encoding="utf-8")
    settings = load_settings(config_dir=tmp_path, environment={}).settings
    made = core_settings(settings).choices
    assert (made.max_position_usd, made.soft_start, made.soft_floor, made.has_buying_power) == (9000, 0.8, 0.1, True)
    assert made.checks is not None
    assert made.checks.flight.max_slippage_bps == 12
    assert made.checks.flight.stuck_after == timedelta(seconds=20)
    assert [(o.limit, o.symbol, o.until) for o in made.overrides] == [
        ("limit.sector", "*", datetime(2024, 3, 8, 21, tzinfo=UTC))
    ]
    assert not made.is_default
    # An epoch keeps the settings as JSON: a replay reads the same.
    again = RiskSettings.model_validate_json(json.dumps(settings.risk.model_dump(mode="json")))
    assert again == settings.risk


@pytest.mark.parametrize(("limit", "code"), [("limit.buying_power", "QTS-RISK-025"), ("loss.daily", "QTS-RISK-025")])
def test_what_nobody_may_set_aside_is_refused(tmp_path: Path, limit: str, code: str) -> None:
    (tmp_path / "risk.yaml").write_text(RISK.replace("limit.sector", limit), encoding="utf-8")
    settings = load_settings(config_dir=tmp_path, environment={}).settings
    with pytest.raises(ExposureLimitError, match=code):
        core_settings(settings)


def test_one_strategy_alone_works_its_orders_over_time_and_several_send_them_whole() -> None:
    worked = replace(WEIGHTS, execution=AlgorithmSettings(AlgorithmChoice.TWAP, timedelta(hours=1)))
    names = ("one", "two")
    parts = []
    for name in names:
        strategy = Said(lambda b, v: {"AA": 0.1} if b.slot == 2 else None)
        strategy.name = name
        parts.append(part_of(strategy, BARS, worked, D(50_000)))
    alone = run_shared_backtest(BARS, parts[:1], instruments=instruments(3), fills=fill_settings("realistic"))
    assert len(alone.parents) >= 1
    assert all(trade.is_divided for trade in alone.parents), "five minutes on bars of fifteen"
    assert {fill.strategy for fill in alone.fills} == {"one"}
    both = run_shared_backtest(BARS, parts, instruments=instruments(3), fills=fill_settings("realistic"))
    assert both.parents == ()
    assert {fill.strategy for fill in both.fills} == {"one+two"}
