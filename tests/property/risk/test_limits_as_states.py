"""No reachable sequence of events breaks a limit: a machine that trades at random against the whole of risk."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qts_core.config.risk import KillSwitchSettings
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from qts_core.risk.kill import KillAction, KillPolicy, KillSwitch, Trigger
from qts_core.risk.ladder import Losses, LossLadder
from qts_core.risk.limits import Sectors, within_limits
from qts_core.risk.measures.clusters import Clusters
from qts_core.risk.modes import RiskMode
from qts_core.risk.pre_trade import PreTrade, TradeContext
from qts_core.risk.settings import DrawdownLevel, LimitSettings, LossSettings
from qts_core.risk.trade_stops import TradeStops

SYMBOLS = ("AA", "AB", "AC", "AD", "AE", "AF")
N = len(SYMBOLS)
LIMITS = LimitSettings(
    max_position_ratio=0.25, max_gross_ratio=0.45, max_net_ratio=0.5, max_sector_ratio=0.3, max_positions=4,
    max_correlated_ratio=0.35, max_concentration=0.12, restricted=frozenset({"AF"}), quiet_open_bars=1,
)  # fmt: skip
LOSSES = LossSettings(
    daily_limit=0.02, weekly_limit=0.05, monthly_limit=0.10, daily_kill_limit=0.06,
    levels=(DrawdownLevel(0.05, 0.25), DrawdownLevel(0.10, 0.50), DrawdownLevel(0.15, 1.0)),
    scale_in_per_session=0.1, trade_limit=0.015,
)  # fmt: skip
SLOTS = 6
SLACK = 1e-9
CLUSTERS = Clusters(np.array([0, 0, 1, 1, 2, 2]), 3)
MOVES = st.lists(st.sampled_from([0.0, 0.01, -0.01]) | st.floats(-0.12, 0.12), min_size=N, max_size=N)
WANTED = st.lists(st.floats(-0.6, 0.6) | st.sampled_from([-0.2, -0.1, 0.1, 0.2]), min_size=N, max_size=N)
NOW = from_micros(1_700_000_000_000_000)


class Trading(RuleBasedStateMachine):
    """An account, its open orders and all of risk; prices, fills, cancels, kills and restarts come as they like."""

    @initialize()
    def open_account(self) -> None:
        self.cash = 100_000.0
        self.shares: Floats = np.zeros(N)
        self.paid: Floats = np.zeros(N)
        self.price: Floats = np.full(N, 100.0)
        self.orders: dict[int, float] = {}
        self.day, self.slot = date(2024, 3, 4), 1
        self.sectors = Sectors.of([Instrument(s, sector="EEHHTT"[i]) for i, s in enumerate(SYMBOLS)], LIMITS)
        self.ladder = LossLadder(LOSSES, self.equity())
        self.stops = TradeStops(SYMBOLS, LOSSES.trade_limit, rest_bars=3)
        self.switch = KillSwitch(KillPolicy.of(KillSwitchSettings()))
        self.losses: Losses = self.ladder.update(self.equity(), self.day)
        self.scale_before = 1.0

    def equity(self) -> float:
        return self.cash + float(self.shares @ self.price)

    def mode(self) -> RiskMode:
        if self.switch.mode is not RiskMode.NORMAL:
            return self.switch.mode
        return RiskMode.REDUCE_ONLY if self.losses.is_reduce_only else RiskMode.NORMAL

    def worst(self) -> Floats:
        """Return |weight| of each symbol if everything on order that adds risk fills, and nothing that reduces."""
        on_order = np.array([self.orders.get(i, 0.0) for i in range(N)])
        worst: Floats = np.maximum(np.abs(self.shares), np.abs(self.shares + on_order)) * self.price / self.equity()
        return worst

    @precondition(lambda self: self.equity() > 20_000.0)
    @rule(moves=MOVES, is_next_day=st.booleans())
    def a_bar_closes(self, moves: list[float], *, is_next_day: bool) -> None:
        self.price = np.maximum(self.price * (1.0 + np.array(moves)), 1.0)
        self.slot += 1
        if is_next_day or self.slot == SLOTS:
            self.slot, self.orders = 0, {}
            self.day += timedelta(days=1)
        before, turned = self.losses, self.slot == 0
        self.losses = self.ladder.update(self.equity(), self.day)
        step = LOSSES.scale_in_per_session if turned else 0.0
        assert self.losses.scale <= before.scale + step + SLACK, "sizes come back step by step"
        rungs = [level.reduction for level in LOSSES.levels if self.losses.drawdown >= level.threshold]
        assert self.losses.scale <= 1.0 - max(rungs, default=0.0) + SLACK, "a drawdown always cuts"
        if self.losses.is_kill:
            daily = self.losses.daily >= LOSSES.daily_kill_limit
            trigger = Trigger.DAILY_LOSS_BREACH if daily else Trigger.MAX_DRAWDOWN_BREACH
            if KillAction.CANCEL_ALL_ORDERS in self.switch.fire(trigger, "loss", NOW):
                self.orders = {}
            assert self.switch.mode is RiskMode.FLATTEN

    @precondition(lambda self: self.equity() > 20_000.0)
    @rule(wanted=WANTED, is_fitted=st.booleans())
    def a_decision(self, wanted: list[float], *, is_fitted: bool) -> None:
        """Decide with both lines of defence, or with the second alone: it must hold by itself."""
        equity, mode = self.equity(), self.mode()
        current = self.shares * self.price / equity
        stop = self.stops.update(self.shares, self.paid, self.price, equity)
        target = self.decided(np.array(wanted) * self.losses.scale, current, mode)
        target = stop.applied(target)
        if is_fitted and mode in (RiskMode.NORMAL, RiskMode.REDUCE_ONLY):
            target, _ = within_limits(target, current, self.sectors, LIMITS, CLUSTERS)
        on_order = np.array([self.orders.get(i, 0.0) for i in range(N)]) * self.price / equity
        context = TradeContext(slot=self.slot, slots=SLOTS + 2, clusters=CLUSTERS, buying_power=1.0)
        desk = PreTrade(SYMBOLS, current, on_order, self.sectors, LIMITS, context)
        before = self.worst()
        for i in range(N):
            if i in self.orders or target[i] == current[i] or mode is RiskMode.HALTED:
                continue
            self.order(desk, i, float(target[i]), float(current[i]), mode, equity)
        self.check(before)

    @staticmethod
    def decided(wanted: Floats, current: Floats, mode: RiskMode) -> Floats:
        if mode is RiskMode.FLATTEN:
            return np.zeros(N)
        target = np.where(wanted * current < 0.0, 0.0, wanted)
        if mode is RiskMode.NORMAL:
            return target
        return np.sign(current) * np.where(target * current > 0.0, np.minimum(np.abs(target), np.abs(current)), 0.0)

    def order(self, desk: PreTrade, i: int, target: float, current: float, mode: RiskMode, equity: float) -> None:
        verdict = desk.admit(i, target)
        reduces = abs(target) <= abs(current)
        assert verdict.is_allowed or not reduces, "what reduces risk is never refused"
        if not verdict.is_allowed:
            assert not verdict.room >= 0.0, "a refusal says by how much"
            assert verdict.reason
            return
        if mode is not RiskMode.NORMAL:
            assert reduces, f"risk was added in mode {mode}"
        if not reduces:
            assert SYMBOLS[i] not in LIMITS.restricted
            assert self.slot >= LIMITS.quiet_open_bars
        self.orders[i] = target * equity / self.price[i] - self.shares[i]

    def check(self, before: Floats) -> None:
        """Check every cap that something was added under, at its worst case."""
        worst = self.worst()
        grown = worst > before + SLACK
        if not grown.any():
            return
        assert (worst[grown] <= LIMITS.max_position_ratio + SLACK).all()
        assert worst.sum() <= LIMITS.max_gross_ratio + SLACK
        assert np.square(worst).sum() <= LIMITS.max_concentration + SLACK
        assert np.count_nonzero(worst) <= LIMITS.max_positions
        for i in np.flatnonzero(grown):
            assert worst[self.sectors.index == self.sectors.index[i]].sum() <= LIMITS.max_sector_ratio + SLACK
            assert worst[CLUSTERS.index == CLUSTERS.index[i]].sum() <= LIMITS.max_correlated_ratio + SLACK

    @precondition(lambda self: bool(self.orders))
    @rule(data=st.data(), share=st.floats(0.0, 1.0), slip=st.floats(-0.02, 0.02))
    def an_order_fills(self, data: st.DataObject, share: float, slip: float) -> None:
        i = data.draw(st.sampled_from(sorted(self.orders)))
        ordered = self.orders.pop(i)
        filled = ordered if share > 0.8 else ordered * share
        price = float(self.price[i]) * (1.0 + slip)
        self.cash -= filled * price
        held = float(self.shares[i])
        after = 0.0 if abs(held + filled) < 1e-12 else held + filled
        if abs(after) > abs(held):
            self.paid[i] = (abs(held) * self.paid[i] + abs(filled) * price) / abs(after)
        self.shares[i] = after
        if filled != ordered and share > 0.4:
            self.orders[i] = ordered - filled

    @precondition(lambda self: bool(self.orders))
    @rule(data=st.data())
    def an_order_is_cancelled(self, data: st.DataObject) -> None:
        del self.orders[data.draw(st.sampled_from(sorted(self.orders)))]

    @precondition(lambda self: self.slot == SLOTS - 1)
    @rule(trigger=st.sampled_from([Trigger.DATA_FEED_FAILURE, Trigger.SYSTEM_ERROR, Trigger.MANUAL]))
    def something_stops_it(self, trigger: Trigger) -> None:
        before = self.switch.mode
        if KillAction.CANCEL_ALL_ORDERS in self.switch.fire(trigger, "why", NOW):
            self.orders = {}
        order = [RiskMode.NORMAL, RiskMode.HALTED, RiskMode.FLATTEN]
        assert order.index(self.switch.mode) >= max(1, order.index(before)), "a latch only gets stricter"

    @precondition(lambda self: self.switch.mode is not RiskMode.NORMAL)
    @rule()
    def a_person_releases_it(self) -> None:
        self.switch.reset("Ann", "looked at the account", NOW)
        self.ladder.forgive()
        self.losses = self.ladder.update(self.equity(), self.day)
        assert self.losses.scale <= LOSSES.scale_in_per_session + SLACK, "it begins with the first step"

    @rule()
    def it_restarts(self) -> None:
        ladder, stops = LossLadder(LOSSES, 1.0), TradeStops(SYMBOLS, LOSSES.trade_limit, rest_bars=3)
        switch = KillSwitch(KillPolicy.of(KillSwitchSettings()))
        for old, new in ((self.ladder, ladder), (self.stops, stops), (self.switch, switch)):
            new.restore(json.loads(json.dumps(old.snapshot())))
        assert switch.mode is self.switch.mode
        assert ladder.snapshot() == self.ladder.snapshot()
        self.ladder, self.stops, self.switch = ladder, stops, switch

    @invariant()
    def what_must_stop_is_stopped(self) -> None:
        if not hasattr(self, "losses"):
            return
        if self.losses.daily >= LOSSES.daily_limit or self.losses.weekly >= LOSSES.weekly_limit:
            assert not self.mode().may_increase


TestTrading = Trading.TestCase
TestTrading.settings = hypothesis_settings(max_examples=50, stateful_step_count=25, deadline=None, derandomize=True)
