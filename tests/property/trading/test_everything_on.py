"""With every check on, orders worked over time and a core that is cut off, killed and restarted: no limit breaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.backtest import BacktestResult
from qts_core.backtest.event import drive
from qts_core.config.risk import KillSwitchSettings
from qts_core.exchange import FillSettings, fill_settings
from qts_core.exchange.latency import Latency
from qts_core.exchange.liquidity import Liquidity
from qts_core.market.events import (
    BarsClosed,
    BuyingPowerTold,
    ConnectionChanged,
    Event,
    KillRequested,
    KillReset,
    SubmitOrder,
)
from qts_core.market.panel import Floats, Panel
from qts_core.orders.algorithms.maker import AlgorithmChoice, AlgorithmSettings
from qts_core.orders.algorithms.wishes import ScheduleSettings
from qts_core.risk.in_flight import InFlightSettings
from qts_core.risk.kill import KillPolicy
from qts_core.risk.modes import RiskMode
from qts_core.risk.monitor_settings import MonitorSettings
from qts_core.risk.order_checks import OrderChecks
from qts_core.risk.settings import LimitSettings, LossSettings
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Decision, Output, RecordDecision
from qts_core.trading.extra_stages import Choices
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import QUICK, SECTORS, core, instruments, panel, scores

LIMITS = LimitSettings(
    max_position_ratio=0.12, max_gross_ratio=0.6, max_net_ratio=0.3, max_sector_ratio=0.25, max_positions=5,
    max_correlated_ratio=0.3, max_concentration=0.05, restricted=frozenset({"AH"}), buying_power_reserve_ratio=0.2,
    quiet_open_bars=1,
)  # fmt: skip
USD = 9_000.0
CHOICES = Choices(
    monitor=MonitorSettings(is_correlation_enforced=True, var_limit=0.03, rapid_decline_limit=0.03),
    has_trade_stops=True, max_daily_turnover=1.5, kill=KillPolicy.of(KillSwitchSettings()), max_position_usd=USD,
    soft_start=0.7, soft_floor=0.1, has_buying_power=True,
    checks=OrderChecks(InFlightSettings(max_slippage_bps=8.0, partial_after=timedelta(minutes=5))),
)  # fmt: skip
WORKED = AlgorithmSettings(
    AlgorithmChoice.TWAP, timedelta(minutes=45),
    ScheduleSettings(timedelta(minutes=5), jitter_ratio=0.3, limit_offset_bps=Decimal(1), max_participation=0.2),
)  # fmt: skip
EVERYTHING = replace(
    QUICK, limits=LIMITS, choices=CHOICES, execution=WORKED,
    losses=LossSettings(daily_limit=0.01, daily_kill_limit=0.05, trade_limit=0.004, scale_in_per_session=0.5),
    portfolio=replace(QUICK.portfolio, gross_target=0.7, max_positions=6, max_position_ratio=0.15),
)  # fmt: skip
HARSH = replace(fill_settings("pessimistic"), latency=Latency(), liquidity=Liquidity(max_participation=Decimal("0.01")))
SLACK = 1e-9


class Restless:
    """A core to which things happen between bars, and a referee who looks at all that it sends."""

    def __init__(self, bars: Panel, values: Floats, told: CoreSettings, seed: int) -> None:
        self._market = (bars, values, told)
        self._chance = np.random.default_rng(seed)
        self._tight = told.limits
        self.core = core(*self._market)
        self.lent = np.inf
        self.restarts = self.children = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.core, name)

    def handle(self, event: Event) -> list[Output]:
        outputs: list[Output] = []
        if isinstance(event, BarsClosed):
            for other in self.happenings(event):
                outputs += self.seen(other)
        return outputs + self.seen(event)

    def happenings(self, event: BarsClosed) -> Sequence[Event]:
        """Return what else happens at a bar; now and then the core is another one with the old one's memory."""
        draw, now = self._chance.random(), event.bars.ts_known
        if draw < 0.06:
            state = json.loads(json.dumps(self.core.snapshot()))
            predictor = self.core.predictor.snapshot()
            self.core = core(*self._market)
            self.core.restore(state)
            self.core.predictor.restore(predictor)
            assert self.core.snapshot() == state
            self.restarts += 1
        if draw > 0.97:
            return [KillRequested(now, "why", is_flatten=draw > 0.985)]
        if 0.90 < draw < 0.96:
            return [ConnectionChanged(now, is_connected=draw > 0.92)]
        is_latched = self.core.mode in (RiskMode.HALTED, RiskMode.FLATTEN)
        return [KillReset(now, "looked")] if is_latched and draw < 0.3 else []

    def seen(self, event: Event) -> list[Output]:
        before = self.worst()
        if isinstance(event, BuyingPowerTold):
            self.lent = float(event.amount)
        outputs = self.core.handle(event)
        decision = next((o.decision for o in outputs if isinstance(o, RecordDecision)), None)
        sent = [o for o in outputs if isinstance(o, SubmitOrder)]
        self.permitted(event, decision, sent)
        if decision is not None:
            self.capped(decision, before, self.worst())
        else:
            grown = self.worst() - before
            assert isinstance(event, BarsClosed) or "Order" in type(event).__name__ or (grown <= SLACK).all()
            self.children += len(sent)
        return outputs

    def permitted(self, event: Event, decision: Decision | None, sent: list[SubmitOrder]) -> None:
        mode = self.core.mode if decision is None else decision.mode
        if mode is RiskMode.HALTED:
            assert not sent
        if mode is not RiskMode.NORMAL:
            assert all(order.reduces_risk for order in sent)
        if isinstance(event, BarsClosed) and event.bars.is_last_of_session:
            assert not sent
        assert self.core.desk is not None
        for working in self.core.desk.at_work():
            ledger = working.schedule.ledger
            assert ledger.committed <= ledger.parent.quantity

    def shares(self) -> tuple[Floats, Floats]:
        """Return what is held and all that may still fill, children and what is not sent yet, signed shares [N]."""
        place = {symbol: i for i, symbol in enumerate(self.core.holdings.symbols)}
        held, on_order = np.zeros(len(place)), np.zeros(len(place))
        for symbol, quantity in self.core.book.holdings().items():
            held[place[symbol]] = float(quantity)
        for order in self.core.open_orders():
            on_order[place[order.symbol]] += float(order.signed_remaining)
        assert self.core.desk is not None
        for working in self.core.desk.at_work():
            if not working.schedule.outcome.status.is_final:
                parent, free = working.schedule.parent, working.schedule.ledger.free
                on_order[place[parent.symbol]] += float(free) * parent.side.sign
        return held, on_order

    def worst(self) -> Floats:
        held, on_order = self.shares()
        np.testing.assert_allclose(self.core.holdings.on_order, on_order, atol=1e-6)
        return np.maximum(np.abs(held), np.abs(held + on_order))

    def capped(self, decision: Decision, before: Floats, after: Floats) -> None:
        """Check every cap of what a decision has added, at its worst."""
        price = np.nan_to_num(decision.price)
        grown = after > before + SLACK
        if not grown.any():
            return
        limits, weight = self._tight, after * price / decision.equity
        assert (weight[grown] <= limits.max_position_ratio + SLACK).all()
        assert (after * price)[grown].max() <= USD + SLACK
        assert weight.sum() <= limits.max_gross_ratio + SLACK
        assert np.square(weight).sum() <= limits.max_concentration + SLACK
        assert np.count_nonzero(after) <= limits.max_positions
        sector = np.arange(len(after)) % len(SECTORS)
        for number in {int(sector[c]) for c in np.flatnonzero(grown)}:
            assert weight[sector == number].sum() <= limits.max_sector_ratio + SLACK
        symbols = {decision.symbols[c] for c in np.flatnonzero(grown)}
        assert not symbols & limits.restricted
        added = float(((after - before) * price)[grown].sum())
        assert added <= self.lent * (1.0 - limits.buying_power_reserve_ratio) + SLACK
        assert decision.mode is RiskMode.NORMAL


def run(
    seed: int, missing: float, volatility: float, told: CoreSettings = EVERYTHING, fills: FillSettings = HARSH
) -> tuple[Restless, BacktestResult]:
    bars = panel(breadth=9, seed=seed, missing=missing, volatility=volatility)
    traded = Restless(bars, scores(bars, seed=seed + 1), told, seed)
    result = drive(
        bars, cast(TradingCore, traded), (traded.core,), instruments=instruments(9), fills=fills, keep_decisions=True
    )
    return traded, result


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05]), st.sampled_from([0.002, 0.006, 0.02]))
def test_no_reachable_sequence_of_events_breaks_a_limit(seed: int, missing: float, volatility: float) -> None:
    traded, result = run(seed, missing, volatility)
    assert result.decision_count > 100
    held = {symbol: quantity for symbol, quantity in traded.core.book.holdings().items() if quantity}
    assert held == dict(result.final_positions)


@pytest.mark.parametrize("seed", [3, 8])
def test_the_machine_does_trade(seed: int) -> None:
    """The property would hold of a core that sends nothing: this one trades, in slices, through restarts."""
    traded, result = run(seed, 0.0, 0.002)
    assert traded.restarts >= 3
    assert traded.children > 20
    assert len(result.fills) > 30
    assert len({v.name for d in result.decisions for v in d.verdicts if not v.is_allowed}) >= 3
