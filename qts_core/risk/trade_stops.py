"""One position may cost so much and no more: it is closed at its loss limit, and stays closed for a while (10.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.features.kernels.jit import kernel
from qts_core.market.arrays import from_list, to_list
from qts_core.market.panel import Floats
from qts_core.risk.verdict import Verdict

__all__ = ["StopView", "TradeStops"]


@dataclass(frozen=True, slots=True, eq=False)
class StopView:
    """What the loss limit of single positions says at one bar.

    Attributes
    ----------
    must_close : bool [N]
        Positions whose target is zero, whatever the signals say; also flat symbols that wait.
    loss : float64 [N]
        Open loss, positive ratio of equity; 0 for a gain and for flat symbols.
    verdicts : tuple of Verdict
        ``loss.trade``, one for each position at or over the limit.
    """

    must_close: NDArray[np.bool_]
    loss: Floats
    verdicts: tuple[Verdict, ...]

    def applied(self, target: Floats) -> Floats:
        """Return `target` [N] with what must be closed at zero."""
        return np.where(self.must_close, 0.0, target) if self.verdicts or self.must_close.any() else target


class TradeStops:
    """A fold over positions and marks.

    A stop is latched: once a position has lost too much it is closed, even when the next bar is kinder, and its symbol
    is left alone for `rest_bars` after it is flat.

    Parameters
    ----------
    symbols : sequence of str
        The N columns.
    limit : float
        Open loss of one position, ratio of equity; infinite = none.
    rest_bars : int
        Bars after the exit before the symbol may be opened again.
    """

    def __init__(self, symbols: Sequence[str], limit: float, *, rest_bars: int = 26) -> None:
        self.limit = limit
        self.rest_bars = rest_bars
        self._symbols = tuple(symbols)
        self._waits: Floats = np.zeros(len(self._symbols))

    def update(self, quantity: Floats, average_price: Floats, mark: Floats, equity: float) -> StopView:
        """Take what is held, at which average price, and what it is worth, all float64 [N]."""
        breadth = len(self._symbols)
        loss, must_close = np.zeros(breadth), np.zeros(breadth, dtype=np.bool_)
        broken = _judge(
            quantity, average_price, mark, equity, self.limit, float(self.rest_bars), self._waits, loss, must_close
        )
        verdicts: tuple[Verdict, ...] = ()
        if broken:
            verdicts = tuple(
                Verdict("loss.trade", self._symbols[i], False, "the position reached its loss limit: it is closed",
                        self.limit, float(loss[i]))
                for i in np.flatnonzero(loss >= self.limit)
            )  # fmt: skip
        return StopView(must_close, loss, verdicts)

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {"waits": to_list(self._waits)}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._waits = from_list(state["waits"])


@kernel
def _judge(
    quantity: Floats, average_price: Floats, mark: Floats, equity: float, limit: float, rest: float, waits: Floats,
    loss: Floats, must_close: NDArray[np.bool_],
) -> int:  # fmt: skip
    """Write losses and stops; `waits` is rest + 1 while a stopped position is held, then counts down."""
    broken = 0
    for i in range(len(quantity)):
        is_held = quantity[i] != 0.0
        if is_held and equity > 0.0 and not np.isnan(mark[i]):
            loss[i] = max(0.0, quantity[i] * (average_price[i] - mark[i]) / equity)
        if is_held and loss[i] >= limit:
            broken += 1
            waits[i] = rest + 1.0
        elif not is_held and waits[i] > 0.0:
            waits[i] -= 1.0
        must_close[i] = waits[i] > 0.0
    return broken
