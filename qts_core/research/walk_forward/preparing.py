"""From a name on the command line to a bench on the lake's bars (specification 11.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qts_core.config.settings import OPERATIONAL, Settings
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import market_instruments
from qts_core.exchange import fills_of
from qts_core.market.calendar import TradingCalendar
from qts_core.market.ids import digest
from qts_core.market.panel import Panel
from qts_core.ports.lake import LakePort
from qts_core.research.training_summary import load_predictions, load_training
from qts_core.research.walk_forward.bench import Bench, EventBench, Market, VectorisedBench
from qts_core.research.walk_forward.ml_bench import ScoresBench
from qts_core.research.walk_forward.settings import refused
from qts_core.research.walk_forward.strategies import find_strategy
from qts_core.targets import parse_target
from qts_core.trading.settings import core_settings
from qts_core.training.search.trading import TradingTape

__all__ = ["prepare"]

ML = "ml:"
ENGINES = ("auto", "vectorised", "event")


def prepare(
    lake: LakePort,
    settings: Settings,
    strategy: str,
    *,
    engine: str,
    fill_mode: str,
    symbols: Sequence[str],
    calendar: TradingCalendar,
) -> tuple[Bench, Panel]:
    """Return the bench on which `strategy` is tried, and its bars.

    Parameters
    ----------
    strategy : str
        Of :func:`find_strategy`, or ``ml:`` and a key of models.yaml that was trained.
    engine : {"auto", "vectorised", "event"}
        ``auto`` takes the vectorised one where the strategy says all its weights at once.
    fill_mode : str
        Costs.
    symbols : sequence of str
        All of the lake when empty.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-065 if strategy or engine are not there.
    """
    if engine not in ENGINES:
        raise refused("there is no such engine", "--engine", engine, ", ".join(ENGINES))
    if strategy.startswith(ML):
        return _of_model(lake, settings, strategy.removeprefix(ML), fill_mode, calendar)
    tunable = find_strategy(strategy)
    panel = load_panel(lake, calendar=calendar, symbols=symbols or None)
    market = Market(
        panel, market_instruments(lake, settings.universe, panel.symbols), fills_of(settings.backtest, fill_mode),
        settings.backtest.initial_cash_dollars, load_actions(lake), _data_hash(panel),
    )  # fmt: skip
    if engine == "vectorised" or (engine == "auto" and tunable.is_vectorised):
        return VectorisedBench(tunable, market), panel
    return EventBench(tunable, market, core_settings(settings)), panel


def _of_model(
    lake: LakePort, settings: Settings, key: str, fill_mode: str, calendar: TradingCalendar
) -> tuple[Bench, Panel]:
    summary = load_training(lake, key)
    target = parse_target(summary.target)
    whole = load_panel(lake, calendar=calendar, symbols=summary.symbols)
    line = whole.timeline
    first = int(np.searchsorted(line.ts_event, summary.first_test))
    last = int(np.searchsorted(line.ts_known, summary.last_test, side="right"))
    core = core_settings(settings)
    tape = TradingTape.of(
        whole.rows(slice(0, last)), core.alpha, core.portfolio, fills_of(settings.backtest, fill_mode)
    )
    predictions = load_predictions(lake, summary, line, whole.symbols)
    rules = settings.trading.model_dump(mode="json", exclude=OPERATIONAL)
    source = {"training": summary.identity, "trading": digest(rules), "fills": fill_mode, "data": _data_hash(whole)}
    part = slice(first, last)
    panel = whole.rows(part)
    cut = TradingTape(
        tape.session[part], tape.is_last[part], tape.ready[part], tape.units[part], tape.volatility[part],
        tape.earned[part], tape.alpha, tape.portfolio, tape.cost_ratio, tape.sale_ratio, tape.borrow_ratio,
    )  # fmt: skip
    bench = ScoresBench(key, cut, predictions[part], panel.timeline, target.horizon_bars, source)
    return bench, panel


def _data_hash(panel: Panel) -> str:
    closes = np.ascontiguousarray(panel["close"] * panel["factor"])
    return digest(panel.timeline.ts_event.tobytes() + closes.tobytes())
