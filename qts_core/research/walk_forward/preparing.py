"""From a name on the command line to a bench on the lake's bars (specification 11.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from qts_core.config.settings import OPERATIONAL, Settings
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import market_instruments
from qts_core.exchange import fills_of
from qts_core.market.calendar import TradingCalendar
from qts_core.market.ids import digest
from qts_core.market.membership import membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.ports.lake import LakePort
from qts_core.research.model_backtest import outcome_link
from qts_core.research.preparation import PreparedTraining, prepare_training
from qts_core.research.training_summary import load_predictions, load_training
from qts_core.research.walk_forward.bench import Bench, EventBench, Market, VectorisedBench
from qts_core.research.walk_forward.ml_bench import ScoresBench
from qts_core.research.walk_forward.retraining import RetrainedBench
from qts_core.research.walk_forward.settings import refused
from qts_core.research.walk_forward.strategies import find_strategy
from qts_core.targets import Target, parse_target
from qts_core.trading.settings import core_settings
from qts_core.training.search.trading import TradingTape

__all__ = ["ML", "prepare"]

ML, SCORES = "ml:", "scores:"
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
        Of :func:`find_strategy`; or ``ml:`` and a key of models.yaml, which is trained anew in every window; or
        ``scores:`` and a key that was trained, whose stored predictions are traded.
    engine : {"auto", "vectorised", "event"}
        ``auto`` takes the vectorised one where the strategy says all its weights at once.
    fill_mode : str
        Costs.
    symbols : sequence of str
        All of the lake when empty.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-065 if strategy or engine are not there, or a model cannot be trained in windows.
    """
    if engine not in ENGINES:
        raise refused("there is no such engine", "--engine", engine, ", ".join(ENGINES))
    if strategy.startswith((ML, SCORES)):
        if engine != "auto" or symbols:
            raise refused("a model has its own engine and symbols", strategy, engine, "no --engine and no --symbols")
        how = _retrained if strategy.startswith(ML) else _stored
        return how(lake, settings, strategy.partition(":")[2], fill_mode, calendar)
    tunable = find_strategy(strategy)
    panel = load_panel(lake, calendar=calendar, symbols=symbols or None)
    market = Market(
        panel, market_instruments(lake, settings.universe, panel.symbols), fills_of(settings.backtest, fill_mode),
        settings.backtest.initial_cash_dollars, load_actions(lake), _data_hash(panel),
    )  # fmt: skip
    if engine == "vectorised" or (engine == "auto" and tunable.is_vectorised):
        return VectorisedBench(tunable, market), panel
    return EventBench(tunable, market, core_settings(settings)), panel


def _retrained(
    lake: LakePort, settings: Settings, key: str, fill_mode: str, calendar: TradingCalendar
) -> tuple[Bench, Panel]:
    prepared = prepare_training(lake, settings, key, calendar=calendar)
    _check_unsearched(settings, prepared)
    entry, panel = prepared.entry, prepared.panel
    tape = _tape(settings, panel, fill_mode)
    scored = ScoresBench(
        key, tape, np.full(panel["close"].shape, np.nan), panel.timeline, entry.target.horizon_bars,
        _outcomes(lake, settings, entry.target, panel),
        _source(settings, fill_mode, panel, entry.as_dict(), prepared.samples.catalogue_hash), kind="ml",
    )  # fmt: skip
    return RetrainedBench(entry, prepared.samples, prepared.plan.embargo_bars, scored), panel


def _check_unsearched(settings: Settings, prepared: PreparedTraining) -> None:
    """Refuse hyperparameters that a search found: it may have looked at what a window is tested on."""
    key, target = prepared.entry.key, prepared.entry.target
    if not target.spec.is_return:
        raise refused("the target says nothing of the return", f"models.yaml {key}", target.name, "one that does")
    members = prepared.entry.ensemble.members if prepared.entry.ensemble is not None else ()
    for name in (key, *(member.entry.key for member in members)):
        chosen = settings.models.models[name]
        if chosen.hyperparameters_from is not None or chosen.window_hyperparameters:
            raise refused(
                "its hyperparameters were found by a search that may have seen what windows are tested on",
                f"models.yaml {name}", "hyperparameters_from or window_hyperparameters",
                f"hyperparameters that were chosen before, or scores:{key}",
            )  # fmt: skip


def _stored(
    lake: LakePort, settings: Settings, key: str, fill_mode: str, calendar: TradingCalendar
) -> tuple[Bench, Panel]:
    summary = load_training(lake, key)
    target = parse_target(summary.target)
    whole = load_panel(lake, calendar=calendar, symbols=summary.symbols)
    line = whole.timeline
    first = int(np.searchsorted(line.ts_event, summary.first_test))
    last = int(np.searchsorted(line.ts_known, summary.last_test, side="right"))
    tape = _tape(settings, whole.rows(slice(0, last)), fill_mode)
    predictions = load_predictions(lake, summary, line, whole.symbols)
    outcomes = _outcomes(lake, settings, target, whole)
    source = _source(settings, fill_mode, whole, {"training": summary.identity})
    part = slice(first, last)
    panel = whole.rows(part)
    cut = replace(
        tape, session=tape.session[part], is_last=tape.is_last[part], ready=tape.ready[part], units=tape.units[part],
        volatility=tape.volatility[part], earned=tape.earned[part],
    )  # fmt: skip
    bench = ScoresBench(key, cut, predictions[part], panel.timeline, target.horizon_bars, outcomes[part], source)
    return bench, panel


def _tape(settings: Settings, panel: Panel, fill_mode: str) -> TradingTape:
    core = core_settings(settings)
    return TradingTape.of(panel, core.alpha, core.portfolio, fills_of(settings.backtest, fill_mode))


def _source(
    settings: Settings, fill_mode: str, panel: Panel, model: Mapping[str, object], *more: str
) -> Mapping[str, object]:
    rules = settings.trading.model_dump(mode="json", exclude=OPERATIONAL)
    return {"model": [dict(model), *more], "trading": digest(rules), "fills": fill_mode, "data": _data_hash(panel)}


def _outcomes(lake: LakePort, settings: Settings, target: Target, panel: Panel) -> Floats:
    """Return what a prediction of `target` speaks of, float64 [T, N]; NaN where it speaks of no return."""
    members = membership_mask(market_instruments(lake, settings.universe, panel.symbols), panel.timeline)
    link = outcome_link(target, panel, np.empty(0), members)
    return np.full(panel["close"].shape, np.nan) if link is None else link.outcomes


def _data_hash(panel: Panel) -> str:
    closes = np.ascontiguousarray(panel["close"] * panel["factor"])
    return digest(panel.timeline.ts_event.tobytes() + closes.tobytes())
