"""Your own strategy in one class: ``on_bar`` says what to hold; backtest, live session and replay run the same object.

    class Crossover(Strategy):
        name = "crossover"
        timeframes = ("60min",)

        def on_bar(self, bars, view):
            hours = view.higher("60min")
            if len(hours) < 20:
                return None
            closes = np.array([hour.close for hour in hours[-20:]])
            return np.where(closes[-5:].mean(axis=0) > closes.mean(axis=0), 0.02, 0.0)

Limits, loss ladders, the kill latch and order rules stand between what it asks for and what is sent, as for a model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qts_core.market.bars import BarSlice
from qts_core.market.orders import OrderType, TimeInForce
from qts_core.market.panel import Floats
from qts_core.orders.state import OrderState
from qts_core.trading.higher_bars import HigherBar

__all__ = ["OrderCancel", "OrderWish", "Strategy", "View", "Wanted", "Wish"]


@dataclass(frozen=True, slots=True)
class OrderWish:
    """An order that a strategy asks for.

    Attributes
    ----------
    symbol : str
    quantity : Decimal
        Signed shares: negative sells.
    type, time_in_force
        As of :class:`OrderRequest`.
    limit_price, stop_price : Decimal, optional
        USD.
    """

    symbol: str
    quantity: Decimal
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderCancel:
    """An order of its own that a strategy wants cancelled: the id as in :attr:`View.orders`."""

    client_order_id: str


Wish = OrderWish | OrderCancel
"""What a strategy may ask for beside weights."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a strategy sees beside the bar: its own ledger, and closed bars of longer timeframes.

    Attributes
    ----------
    symbols : tuple of str
        The N columns.
    equity, cash : float
        USD at this bar's closes.
    quantity, on_order : float64 [N]
        Signed shares held, and those that open orders may still fill; read-only.
    weight : float64 [N]
        What is held or on order at the last closes, ratio of equity; read-only.
    price : float64 [N]
        Last closes, USD; NaN before the first bar; read-only.
    higher : callable
        Gives the closed bars of one of the strategy's `timeframes`, oldest first.
    orders : tuple of OrderState
        Its orders that may still fill, by symbol, then id.
    """

    symbols: tuple[str, ...]
    equity: float
    cash: float
    quantity: Floats
    on_order: Floats
    weight: Floats
    price: Floats
    higher: Callable[[str], Sequence[HigherBar]]
    orders: tuple[OrderState, ...] = ()


Wanted = Floats | Mapping[str, float] | Sequence[Wish] | None
"""Target weights [N] or by symbol (NaN or not named = leave as it is), orders and cancels, or nothing new."""


class Strategy(ABC):
    """Base of user strategies; a bar's answer may follow from this bar and those before, and from nothing else.

    Attributes
    ----------
    name : str
        Enters every decision and every order id.
    timeframes : tuple of str
        Longer timeframes that `on_bar` reads, such as ``("60min", "1d")``.
    """

    name: str = "strategy"
    timeframes: tuple[str, ...] = ()

    @abstractmethod
    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        """Return what to hold after this bar.

        Weights are ratios of equity, negative = short. A flip closes first; the other side is opened from flat, at a
        later bar.
        """

    def snapshot(self) -> Mapping[str, object]:
        """Return what :meth:`on_bar` remembers, as JSON values; a strategy without memory has nothing to say."""
        return {}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        del state
