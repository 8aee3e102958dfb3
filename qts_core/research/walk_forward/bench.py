"""Trials of a strategy's parameters on rows of history, by the vectorised or the event backtest (specification 11.4).

Every range is traded from flat and ends flat: no price beyond it decides anything in it, and windows laid end to end
share no position.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from qts_core.analytics.returns import DailyCurve
from qts_core.backtest import BacktestResult, VectorisedResult, run_event_backtest, run_vectorised_backtest
from qts_core.exchange import FillSettings
from qts_core.market.bars import BarSlice
from qts_core.market.errors import ConfigurationError
from qts_core.market.ids import digest
from qts_core.market.instruments import Instrument
from qts_core.market.membership import membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import BARS_PER_SESSION, Timeline
from qts_core.models.base import Parameter
from qts_core.research.walk_forward.settings import refused
from qts_core.research.walk_forward.strategies import Tunable, Weighing
from qts_core.research.walk_forward.windows import Window
from qts_core.targets import forward_return
from qts_core.trading.settings import Construction, CoreSettings
from qts_core.trading.strategy import Strategy, View, Wanted
from qts_core.trading.strategy_predictor import StrategyPredictor
from qts_core.training.evaluation import rank_ic
from qts_core.training.folds import RowRange
from qts_core.training.search.space import Space
from qts_core.training.search.trading import NetReturns

__all__ = ["Bench", "EventBench", "LearningBench", "Market", "Outcome", "Uncovered", "VectorisedBench"]

NOT_COVERED = "QTS-EXEC-040"
LAST_BARS = 2
"""A range is flat over its last bars: orders of the last bar of a session would not fill in it."""
CACHED_BYTES = 400_000_000
"""Of wanted weights that are kept for the next window."""
WARM_UP_BARS = 30 * BARS_PER_SESSION


class Uncovered(Exception):
    """A range that the vectorised backtest cannot trade to the cent with these parameters; says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one set of parameters gave on one range.

    Attributes
    ----------
    net : NetReturns
    ic : float
        Mean rank correlation of the wanted weights with what came; NaN where it is not known.
    """

    net: NetReturns
    ic: float


class Bench(Protocol):
    """Where parameters are tried."""

    @property
    def name(self) -> str: ...
    @property
    def engine(self) -> str: ...
    @property
    def space(self) -> Space: ...
    @property
    def horizon_bars(self) -> int: ...
    @property
    def timeline(self) -> Timeline: ...
    @property
    def identity(self) -> Mapping[str, object]:
        """Everything that decides an outcome beside parameters and rows, as JSON values."""
        ...

    def run(self, parameters: Mapping[str, Parameter], rows: RowRange) -> Outcome:
        """Trade `rows` with these parameters, from flat to flat."""
        ...

    def scores(self, parameters: Mapping[str, Parameter]) -> Floats | None:
        """Return what is wanted at every bar, float64 [T, N], for a test against chance; None where it is not known."""
        ...

    def outcomes(self) -> Floats:
        """Return the return that what is wanted at each bar speaks of, float64 [T, N], NaN where it is not known."""
        ...


@runtime_checkable
class LearningBench(Protocol):
    """A bench on which a model is trained anew in every window."""

    def learn(self, window: Window) -> Floats:
        """Return what models say of the rows of `window`, float64 [T, N]; none of them learned from what it scores."""
        ...

    def knowing(self, scores: Floats) -> Bench:
        """Return the bench on which parameters are tried on `scores` [T, N]."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """History and how orders fill in it.

    Attributes
    ----------
    panel : Panel
        Bars of the symbols in order.
    instruments : tuple of Instrument
        At least those of the panel.
    fills : FillSettings
    cash : Decimal
        USD with which each range begins.
    actions : DataFrame, optional
        Splits and dividends.
    data_hash : str
        Names the bars.
    """

    panel: Panel
    instruments: tuple[Instrument, ...]
    fills: FillSettings
    cash: Decimal = Decimal(100_000)
    actions: pl.DataFrame | None = None
    data_hash: str = ""

    def identity(self, tunable: Tunable, engine: str) -> Mapping[str, object]:
        """Return what decides an outcome beside parameters and rows."""
        return {
            "strategy": tunable.name, "fingerprint": fingerprint(tunable.kind), "engine": engine,
            "data": self.data_hash, "symbols": list(self.panel.symbols), "fills": str(self.fills),
            "cash": str(self.cash),
        }  # fmt: skip


@dataclass(slots=True, eq=False)
class _StrategyBench:
    """What both engines know of a strategy and its market."""

    tunable: Tunable
    market: Market

    @property
    def name(self) -> str:
        """Of the strategy."""
        return self.tunable.name

    @property
    def space(self) -> Space:
        """Where its parameters may lie."""
        return self.tunable.space

    @property
    def horizon_bars(self) -> int:
        """How far it looks ahead."""
        return self.tunable.horizon_bars

    @property
    def timeline(self) -> Timeline:
        """The bars."""
        return self.market.panel.timeline


@dataclass(slots=True, eq=False)
class VectorisedBench(_StrategyBench):
    """Trials by the vectorised backtest; the strategy says all its weights at once."""

    engine: str = "vectorised"
    _weights: dict[str, Floats] = field(default_factory=dict)
    _outcomes: Floats | None = None

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides an outcome beside parameters and rows."""
        return self.market.identity(self.tunable, self.engine)

    def run(self, parameters: Mapping[str, Parameter], rows: RowRange) -> Outcome:
        """Trade `rows`, from flat to flat.

        Raises
        ------
        InvalidConfigError
            QTS-EXEC-065 if the strategy or the settings need the event backtest.
        Uncovered
            If these parameters do, on these rows: such as orders beyond the buying power.
        """
        part = slice(rows.start, rows.stop)
        whole = self.scores(parameters)
        weights = whole[part].copy()
        weights[-LAST_BARS:] = 0.0
        panel = self.market.panel.rows(part)
        members = membership_mask(self._instruments(), panel.timeline)
        try:
            result = run_vectorised_backtest(
                panel, weights, fills=self.market.fills, cash=self.market.cash, actions=self.market.actions,
                members=members,
            )  # fmt: skip
        except ValueError as error:
            raise refused("the vectorised backtest cannot do this", "--engine", str(error), "--engine event") from error
        except ConfigurationError as error:
            if error.code != NOT_COVERED:
                raise
            raise Uncovered(error.line()) from error
        return Outcome(net_of(result, float(self.market.cash)), self._ic(whole, rows))

    def scores(self, parameters: Mapping[str, Parameter]) -> Floats:
        """Return the wanted weights at every bar, float64 [T, N]."""
        key = repr(sorted(parameters.items()))
        if key not in self._weights:
            wanted = _weighing(self.tunable.make(parameters)).weights(self.market.panel)
            if wanted.shape != self.market.panel["close"].shape:
                raise refused("weights have the wrong shape", f"{self.name}.weights", wanted.shape,
                              str(self.market.panel["close"].shape))  # fmt: skip
            while self._weights and (len(self._weights) + 1) * wanted.nbytes > CACHED_BYTES:
                del self._weights[next(iter(self._weights))]
            self._weights[key] = wanted
        return self._weights[key]

    def outcomes(self) -> Floats:
        """Return forward returns over the strategy's horizon, float64 [T, N]."""
        if self._outcomes is None:
            self._outcomes = forward_return(self.market.panel, self.horizon_bars).values
        return self._outcomes

    def _instruments(self) -> list[Instrument]:
        by_symbol = {i.symbol: i for i in self.market.instruments}
        return [by_symbol[symbol] for symbol in self.market.panel.symbols]

    def _ic(self, weights: Floats, rows: RowRange) -> float:
        outcomes = self.outcomes()
        known = slice(rows.start, max(rows.start, rows.stop - self.horizon_bars - 1), self.horizon_bars)
        found = rank_ic(weights[known], outcomes[known])
        found = found[np.isfinite(found)]
        return float(found.mean()) if len(found) else float("nan")


@dataclass(slots=True, eq=False)
class EventBench(_StrategyBench):
    """Trials by the event backtest: the decision path with its limits, as live."""

    settings: CoreSettings
    warm_up_bars: int = WARM_UP_BARS
    engine: str = "event"

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides an outcome beside parameters and rows."""
        return {**self.market.identity(self.tunable, self.engine), "path": str(self.settings)}

    def run(self, parameters: Mapping[str, Parameter], rows: RowRange) -> Outcome:
        """Trade `rows` after a warm-up on the bars before, from flat to flat."""
        warm = max(0, rows.start - self.warm_up_bars)
        panel = self.market.panel.rows(slice(warm, rows.stop))
        strategy = EndsFlat(self.tunable.make(parameters), len(panel) - LAST_BARS)
        settings = replace(self.settings, construction=Construction.WEIGHTS)
        result = run_event_backtest(
            panel, StrategyPredictor(strategy, panel.symbols), settings, instruments=self.market.instruments,
            fills=self.market.fills, cash=self.market.cash, actions=self.market.actions, strategy=self.name,
            first_decision=from_micros(int(self.timeline.ts_event[rows.start])),
        )  # fmt: skip
        return Outcome(net_of(result, float(self.market.cash)), float("nan"))

    def scores(self, parameters: Mapping[str, Parameter]) -> Floats | None:
        """Return nothing: what is wanted depends on what is held."""
        del parameters
        return None

    def outcomes(self) -> Floats:
        """Return forward returns over the strategy's horizon, float64 [T, N]."""
        return forward_return(self.market.panel, self.horizon_bars).values


class EndsFlat(Strategy):
    """A strategy that closes everything from bar `last` on, counted from the first bar it sees."""

    def __init__(self, inner: Strategy, last: int) -> None:
        self.name, self.timeframes = inner.name, inner.timeframes
        self._inner, self._last, self._seen = inner, last, 0

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        """Return what the strategy wants, or nothing at the end."""
        self._seen += 1
        wanted = self._inner.on_bar(bars, view)
        return wanted if self._seen <= self._last else np.zeros(len(view.symbols))


def net_of(result: VectorisedResult | BacktestResult, cash: float) -> NetReturns:
    """Return what a backtest gave by session."""
    curve = DailyCurve.of(result.timeline, result.equity, initial=cash)
    days, place = np.unique(result.timeline.session, return_inverse=True)
    traded = np.bincount(place, np.nan_to_num(result.turnover), len(days)).astype(np.float64)
    held = np.asarray(result.quantity) != 0
    opened = int((held & ~np.vstack([np.zeros((1, held.shape[1]), dtype=bool), held[:-1]])).sum())
    return NetReturns(curve.days, curve.returns, traded, opened)


@lru_cache(maxsize=64)
def fingerprint(kind: type[Strategy]) -> str:
    """Return a digest of a strategy's source, so that an edited strategy is another one."""
    try:
        return digest(inspect.getsource(kind))
    except (OSError, TypeError):
        return digest(f"{kind.__module__}.{kind.__qualname__}")


def _weighing(strategy: Strategy) -> Weighing:
    if not callable(getattr(strategy, "weights", None)):
        raise refused("the strategy has no weights(panel)", strategy.name, "on_bar alone", "--engine event")
    weighing: Weighing = strategy  # type: ignore[assignment]
    return weighing
