"""A user's strategy as a predictor, so that it runs wherever a model runs (specification 11.1)."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Protocol, cast, runtime_checkable

import numpy as np

from qts_core.market.bars import BarSlice
from qts_core.market.errors import PredictionError
from qts_core.market.ids import digest
from qts_core.market.panel import Floats
from qts_core.trading.exact_json import canonical
from qts_core.trading.fused_steps import weights
from qts_core.trading.higher_bars import HigherBars
from qts_core.trading.holdings import Holdings
from qts_core.trading.predictors import Prediction
from qts_core.trading.strategy import OrderCancel, OrderWish, Strategy, View, Wanted

__all__ = ["SeesAccount", "StrategyPredictor"]


@runtime_checkable
class SeesAccount(Protocol):
    """A predictor that looks at the ledger for which it predicts; the core shows it."""

    def see(self, holdings: Holdings) -> None:
        """Take the holdings that will be looked at."""


class StrategyPredictor:
    """Asks a strategy at every bar; its target weights are the scores.

    Use it with ``Construction.WEIGHTS``: weights and orders then pass limits and order rules as they are.

    Parameters
    ----------
    strategy : Strategy
    symbols : tuple of str
        The N columns.
    """

    def __init__(self, strategy: Strategy, symbols: tuple[str, ...]) -> None:
        self.strategy = strategy
        self.symbols = symbols
        self.model_id = f"{strategy.name}:{_fingerprint(strategy)[:12]}"
        self._place = {symbol: column for column, symbol in enumerate(symbols)}
        self._higher = HigherBars(strategy.timeframes)
        self._nothing: Floats = np.full(len(symbols), np.nan)
        self._holdings: Holdings | None = None

    def see(self, holdings: Holdings) -> None:
        """Take the ledger that the strategy sees."""
        self._holdings = holdings

    def advance(self, bars: BarSlice) -> None:
        """Take a bar of warm-up: the strategy sees it, its answer is not used."""
        self.predict(bars)

    def predict(self, bars: BarSlice) -> Prediction:
        """Take a bar and return the strategy's answer.

        Raises
        ------
        PredictionError
            If the strategy fails or answers with something else than weights or orders.
        """
        self._higher.update(bars)
        try:
            wanted = self.strategy.on_bar(bars, self._view())
        except Exception as problem:
            where = f"strategy {self.strategy.name}, bar {bars.ts_event.isoformat()}"
            found = f"{type(problem).__name__}: {str(problem)[:200]}"
            raise PredictionError(
                "QTS-EXEC-030", "a strategy failed", where=where, found=found,
                expected="target weights, orders or None", fix="repair on_bar of the strategy",
            ) from problem  # fmt: skip
        return self._answer(wanted, bars)

    def snapshot(self) -> bytes:
        """Return the strategy's state and the higher bars, exact."""
        return canonical({"higher": self._higher.snapshot(), "strategy": self.strategy.snapshot()}).encode()

    def restore(self, state: bytes) -> None:
        """Take up the state of :meth:`snapshot`."""
        kept = cast(Mapping[str, Mapping[str, object]], json.loads(state))
        self._higher.restore(kept["higher"])
        self.strategy.restore(kept["strategy"])

    def _view(self) -> View:
        held = self._holdings
        if held is None:
            raise LookupError("the strategy is not on an account: give it to a trading core")
        equity = held.equity()
        return View(
            self.symbols, equity, float(held.book.cash), _shown(held.quantity), _shown(held.on_order),
            _shown(weights(held.quantity, held.on_order, held.mark, equity)), _shown(held.mark), self._higher.closed,
            held.open_orders(),
        )  # fmt: skip

    def _answer(self, wanted: Wanted, bars: BarSlice) -> Prediction:
        if wanted is None:
            return Prediction(self._nothing, self._nothing)
        if isinstance(wanted, np.ndarray):
            if wanted.shape != self._nothing.shape:
                raise self._refused(bars, f"weights of shape {wanted.shape}", f"shape {self._nothing.shape}")
            return Prediction(wanted.astype(np.float64), self._nothing)
        if isinstance(wanted, Mapping):
            return Prediction(self._by_symbol(wanted, bars), self._nothing)
        for wish in wanted:
            if isinstance(wish, OrderCancel):
                continue
            if not isinstance(wish, OrderWish) or wish.symbol not in self._place or not wish.quantity:
                raise self._refused(bars, repr(wish)[:120], "orders of known symbols with a quantity")
        return Prediction(self._nothing, self._nothing, wishes=tuple(wanted))

    def _by_symbol(self, wanted: Mapping[str, float], bars: BarSlice) -> Floats:
        score = self._nothing.copy()
        for symbol, weight in wanted.items():
            if symbol not in self._place:
                raise self._refused(bars, f"symbol {symbol}", "symbols of the universe")
            score[self._place[symbol]] = weight
        return score

    def _refused(self, bars: BarSlice, found: str, expected: str) -> PredictionError:
        where = f"strategy {self.strategy.name}, bar {bars.ts_event.isoformat()}"
        return PredictionError(
            "QTS-EXEC-031", "a strategy's answer cannot be used", where=where, found=found, expected=expected,
            fix="repair on_bar of the strategy",
        )  # fmt: skip


def _shown(values: Floats) -> Floats:
    """Return a copy that cannot be written to: what a strategy holds on to never changes, and changes nothing."""
    copy = values.copy()
    copy.setflags(write=False)
    return copy


def _fingerprint(strategy: Strategy) -> str:
    """Return a digest of the strategy's source; of its name where there is none, as in an interactive session."""
    kind = type(strategy)
    read: Callable[[type], str] = inspect.getsource
    try:
        return digest(read(kind))
    except (OSError, TypeError):
        return digest(f"{kind.__module__}.{kind.__qualname__}")
