"""From target weights to orders: whole shares, exits first, flips in two steps, each admitted (9.3, 10.4, 12.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.bars import BarSlice
from qts_core.market.ids import client_order_id
from qts_core.market.instruments import Instrument
from qts_core.market.money import exact, to_tick
from qts_core.market.orders import OrderRequest, OrderSide, OrderType
from qts_core.market.panel import Floats
from qts_core.risk.limits import Sectors
from qts_core.risk.pre_trade import NO_CONTEXT, PreTrade, TradeContext
from qts_core.risk.settings import LimitSettings
from qts_core.risk.verdict import Verdict
from qts_core.trading.decision import DecidedOrder
from qts_core.trading.holdings import Holdings
from qts_core.trading.settings import OrderRules
from qts_core.trading.strategy import OrderWish

__all__ = ["TradeList"]

SHARE_STEP = Decimal("0.000000001")
BPS = Decimal(10_000)
BUY, SELL, LIMIT = OrderSide.BUY, OrderSide.SELL, OrderType.LIMIT


@dataclass(frozen=True, slots=True)
class TradeList:
    """What one bar asks for: whose orders, by which rules, under which limits."""

    account: str
    strategy: str
    instruments: Sequence[Instrument]
    sectors: Sectors
    limits: LimitSettings
    rules: OrderRules

    def of(
        self,
        bars: BarSlice,
        target: Floats,
        current: Floats,
        urgency: Floats,
        holdings: Holdings,
        equity: float,
        known: TradeContext = NO_CONTEXT,
    ) -> tuple[list[DecidedOrder], list[Verdict]]:
        """Return the orders that bring `current` to `target`, and the verdict on each.

        Parameters
        ----------
        target, current : float64 [N]
            Ratios of equity; only symbols where they differ are traded. A target on the other side of what is held
            closes only.
        urgency : float64 [N]
            Strength of the signals: the stronger goes first, while there is room.
        known : TradeContext
            What is known beside the book, its hours aside.
        """
        columns: list[int] = self._to_trade(bars, target, current, holdings, equity).tolist()
        if not columns:
            return [], []
        if len(columns) > 1:
            columns.sort(key=lambda column: _turn(target.item(column), current.item(column), urgency.item(column)))
        desk = self._desk(bars, holdings, equity, known)
        orders: list[DecidedOrder] = []
        verdicts: list[Verdict] = []
        for column in columns:
            weight = float(target[column])
            held = holdings.book.position(holdings.symbols[column]).quantity
            wanted = self.shares(bars, column, weight, equity, held)
            if wanted == held:
                continue
            verdict = desk.admit(column, float(wanted) * float(bars.close[column]) / equity)
            verdicts.append(verdict)
            if verdict.is_allowed:
                orders.append(self._order(bars, column, held, wanted))
        return orders, verdicts

    def of_wishes(
        self,
        bars: BarSlice,
        wishes: Sequence[OrderWish],
        holdings: Holdings,
        equity: float,
        known: TradeContext = NO_CONTEXT,
        *,
        may_increase: bool,
    ) -> tuple[list[DecidedOrder], list[Verdict]]:
        """Return the orders that a strategy asked for, as far as limits admit them, and the verdict on each.

        Each is judged as if it filled on top of all that is on order. Shares are taken as they are asked for; where
        fractions are not ordered they are cut to whole ones.
        """
        desk = self._desk(bars, holdings, equity, known)
        orders: list[DecidedOrder] = []
        verdicts: list[Verdict] = []
        for leg, wish in enumerate(wishes):
            column = holdings.symbols.index(wish.symbol)
            price, before = float(holdings.mark[column]), float(holdings.quantity[column] + holdings.on_order[column])
            signed = wish.quantity if self.rules.is_fractional else Decimal(int(wish.quantity))
            after = before + float(signed)
            reduces = abs(after) < abs(before) and after * before >= 0.0
            if not signed or price != price or not (reduces or may_increase):
                reason = (
                    "no whole share" if not signed else "no price yet" if price != price else "risk is only reduced"
                )
                verdicts.append(Verdict("order.refused", wish.symbol, False, reason, 0.0, float(wish.quantity)))
                continue
            verdict = desk.admit(column, after * price / equity)
            verdicts.append(verdict)
            if verdict.is_allowed:
                orders.append(self._wished(bars, wish, signed, leg, reduces=reduces))
        return orders, verdicts

    def _desk(self, bars: BarSlice, holdings: Holdings, equity: float, known: TradeContext) -> PreTrade:
        context = TradeContext(
            bars.slot, bars.slots, known.buying_power, known.clusters, known.overrides, known.now, known.max_position
        )
        held_weight, on_order = _ratios(holdings.quantity, holdings.on_order, holdings.mark, equity)
        return PreTrade(holdings.symbols, held_weight, on_order, self.sectors, self.limits, context)

    def _wished(self, bars: BarSlice, wish: OrderWish, signed: Decimal, leg: int, *, reduces: bool) -> DecidedOrder:
        side = OrderSide.BUY if signed > 0 else OrderSide.SELL
        name = client_order_id(
            account=self.account, strategy=self.strategy, symbol=wish.symbol, ts_event=bars.ts_event, purpose="w",
            leg=leg,
        )  # fmt: skip
        request = OrderRequest(
            name, wish.symbol, side, wish.type, wish.time_in_force, abs(signed), limit_price=wish.limit_price,
            stop_price=wish.stop_price,
        )  # fmt: skip
        return DecidedOrder(request, reduces, "w", f"{side} {abs(signed)} {wish.symbol}: the strategy's order")

    def _to_trade(
        self, bars: BarSlice, target: Floats, current: Floats, holdings: Holdings, equity: float
    ) -> NDArray[np.int64]:
        """Return the columns whose target may be another number of shares than is held."""
        if self.rules.is_fractional:
            return np.flatnonzero((target != current) & ~holdings.busy & bars.present())
        return _of_other_shares(bars.close, target, current, holdings.quantity, holdings.busy, equity)

    def shares(self, bars: BarSlice, column: int, weight: float, equity: float, held: Decimal) -> Decimal:
        """Return the signed shares to hold for a target weight.

        Cut towards zero, never through zero from the other side.
        """
        shares = weight * equity / float(bars.close[column])
        if shares * float(held) < 0.0:
            return Decimal(0)
        is_fraction = self.rules.is_fractional and shares > 0.0 and self.instruments[column].is_fractionable
        return exact(shares).quantize(SHARE_STEP, ROUND_DOWN) if is_fraction else Decimal(int(shares))

    def _order(self, bars: BarSlice, column: int, held: Decimal, wanted: Decimal) -> DecidedOrder:
        symbol = bars.symbols[column]
        side = BUY if wanted > held else SELL
        reduces = abs(wanted) < abs(held)
        purpose = "x" if wanted == 0 else "r"
        reason = "close" if wanted == 0 else "reduce" if reduces else "open" if held == 0 else "add"
        request = OrderRequest(
            client_order_id(
                account=self.account, strategy=self.strategy, symbol=symbol, ts_event=bars.ts_event, purpose=purpose
            ),
            symbol,
            side,
            self.rules.type,
            self.rules.time_in_force,
            abs(wanted - held),
            limit_price=self._limit_price(bars.close[column], side),
        )
        return DecidedOrder(request, reduces, purpose, f"{reason} {symbol}: {held} -> {wanted} shares")

    def _limit_price(self, close: float, side: OrderSide) -> Decimal | None:
        if self.rules.type is not LIMIT:
            return None
        return to_tick(exact(close) * (1 + side.sign * self.rules.limit_offset_bps / BPS))


def _turn(target: float, current: float, urgency: float) -> tuple[bool, float]:
    """Return whose turn it is, the least first: what shrinks, then the strongest; no opinion counts as none."""
    return abs(target) > abs(current), -abs(urgency) if urgency == urgency else 0.0


@kernel
def _of_other_shares(
    close: Floats, target: Floats, current: Floats, held: Floats, busy: NDArray[np.bool_], equity: float
) -> NDArray[np.int64]:
    """Return the columns where `target` in whole shares, cut towards zero, is not what is held."""
    columns = np.empty(len(target), dtype=np.int64)
    count = 0
    for i in range(len(target)):
        if target[i] == current[i] or busy[i] or np.isnan(close[i]):
            continue
        shares = target[i] * equity / close[i]
        if (0.0 if shares * held[i] < 0.0 else np.trunc(shares)) != held[i]:
            columns[count] = i
            count += 1
    return columns[:count]


@kernel
def _ratios(held: Floats, on_order: Floats, mark: Floats, equity: float) -> tuple[Floats, Floats]:
    """Return what is held and what is on order, ratios of equity; nothing without a price."""
    have, will = np.zeros(len(held)), np.zeros(len(held))
    for i in range(len(held)):
        if not np.isnan(mark[i]):
            ratio = mark[i] / equity
            have[i] = held[i] * ratio
            will[i] = on_order[i] * ratio
    return have, will
