"""Small markets and studies for tests of walk-forward optimisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import ClassVar

import numpy as np

from qts_core.adapters.optuna_studies.samplers import SamplerSettings
from qts_core.adapters.optuna_studies.study import OptunaStudy
from qts_core.alphas.ml import MlAlphaSettings
from qts_core.cli.walk_forward import fresh_study
from qts_core.config.backtest import GateSettings
from qts_core.exchange import fill_settings
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from qts_core.portfolio.settings import PortfolioSettings
from qts_core.research.ledger import TrialLedger
from qts_core.research.walk_forward import (
    Bench,
    EventBench,
    Market,
    RetrainedBench,
    ScoresBench,
    VectorisedBench,
    WalkForward,
    WalkForwardSettings,
)
from qts_core.research.walk_forward.strategies import Tunable, space_of
from qts_core.targets import forward_return
from qts_core.trading.settings import CoreSettings
from qts_core.trading.strategy import Strategy, View, Wanted
from qts_core.training.search.space import Space
from qts_core.training.search.trading import TradingTape
from tests.support import search_bench
from tests.unit.qts_core.research.memory import NOON, MemoryTrials

__all__ = ["Steady", "asked", "market", "retrained", "retrained_walk", "steady_bench", "studies", "timeline"]


@cache
def timeline(first: date = date(2018, 1, 2), last: date = date(2022, 12, 30)) -> Timeline:
    """Return 60 months of three bars a session."""
    return Timeline.between(xnys(), first, last, bar_minutes=130)


def market(line: Timeline, symbols: int = 4, *, seed: int = 0, drift: Floats | None = None) -> Market:
    """Return random walks; `drift` [T, N] is added to the log returns. Optimistic costs."""
    rng = np.random.default_rng(seed)
    moves = 0.006 * rng.standard_normal((len(line), symbols)) + (0.0 if drift is None else drift)
    closes = 50.0 * np.exp(np.cumsum(moves, axis=0))
    opens = np.vstack([closes[:1], closes[:-1]])
    names = tuple(f"S{i}" for i in range(symbols))
    fields = {
        "open": opens, "high": np.maximum(opens, closes), "low": np.minimum(opens, closes), "close": closes,
        "volume": np.full(closes.shape, 1e6), "factor": np.ones(closes.shape),
    }  # fmt: skip
    panel = Panel(line, names, {k: np.ascontiguousarray(v) for k, v in fields.items()})
    instruments = tuple(Instrument(name) for name in names)
    return Market(panel, instruments, fill_settings("optimistic"), Decimal(1_000_000), data_hash=f"seed {seed}")


class Steady(Strategy):
    """Holds every symbol at `weight`, in the sessions that `every` leaves."""

    name = "steady"
    space: ClassVar[Mapping[str, object]] = {"weight": (0.02, 0.2), "every": (1, 4)}
    horizon_bars = 3

    def __init__(self, weight: float = 0.1, every: int = 1) -> None:
        self.weight, self.every = weight, every

    def on_bar(self, bars: BarSlice, view: View) -> Wanted:
        return np.full(len(view.symbols), self.weight)

    def weights(self, panel: Panel) -> Floats:
        on = (panel.timeline.session // 7) % self.every == 0
        return np.where(on[:, None], self.weight, 0.0) * np.ones(len(panel.symbols))


def studies(settings: WalkForwardSettings) -> Callable[[str, Space], OptunaStudy]:
    """Return what opens a study in memory."""
    sampler = SamplerSettings(settings.method, settings.seed, 4, settings.grid_levels, population=6)
    return partial(fresh_study, sampler)


def asked(
    kind: type[Strategy], given: Market, settings: WalkForwardSettings, *, ledger: TrialLedger | None = None,
    engine: str = "vectorised",
) -> WalkForward:  # fmt: skip
    """Return a walk-forward of `kind` on `given`."""
    declared, horizon = (getattr(kind, name) for name in ("space", "horizon_bars"))
    tunable = Tunable(kind.name, kind, space_of(declared), horizon)
    bench: Bench = VectorisedBench(tunable, given)
    if engine == "event":
        bench = EventBench(tunable, given, CoreSettings(), warm_up_bars=30)
    return WalkForward(
        bench, settings, given.panel, studies(settings), ledger or TrialLedger(MemoryTrials()), GateSettings(),
        "optimistic", lambda: NOON,
    )  # fmt: skip


def steady_bench() -> Bench:
    """Return a bench that another process can make."""
    return VectorisedBench(Tunable("steady", Steady, space_of(Steady.space), 3), market(timeline(), seed=2))  # type: ignore[arg-type]


def retrained(*, signal: float = 0.8, seed: int = 5) -> RetrainedBench:
    """Return a small model that is trained in every window; `signal` is how strongly a feature foretells."""
    panel, feature = search_bench.market(sessions=70, signal=signal, seed=seed)
    tape = TradingTape.of(panel, MlAlphaSettings(), PortfolioSettings(max_positions=6), fill_settings("optimistic"))
    horizon = search_bench.HORIZON
    scored = ScoresBench(
        "toy", tape, np.full(feature.shape, np.nan), panel.timeline, horizon, forward_return(panel, horizon).values,
        {"market": [signal, seed]}, kind="ml",
    )  # fmt: skip
    return RetrainedBench(search_bench.ENTRY, search_bench.samples_of(panel, feature), 2, scored)


def retrained_walk(settings: WalkForwardSettings, *, signal: float) -> WalkForward:
    """Return a walk-forward of that model."""
    panel, _ = search_bench.market(sessions=70, signal=signal)
    return WalkForward(
        retrained(signal=signal), settings, panel, studies(settings), TrialLedger(MemoryTrials()), GateSettings(),
        "optimistic", lambda: NOON,
    )  # fmt: skip
