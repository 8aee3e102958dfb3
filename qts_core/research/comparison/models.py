"""Every trained model beside the others, net of costs, by what ledger, gates and lake hold of it (specification 11.4).

Nothing is trained or traded here, and nothing is chosen: the figures are those of the verdict backtests that
`qts train` entered in the ledger, so a comparison adds no trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np

from qts_core.analytics.overfitting import probability_of_overfitting, reality_check
from qts_core.analytics.significance import expected_maximum_sharpe
from qts_core.config.settings import Settings
from qts_core.data.ingest import load_panel
from qts_core.data.market_record import recorded_source
from qts_core.exchange import fill_settings
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import ModelNotFoundError
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.ports.lake import LakePort
from qts_core.report.comparison_inputs import ComparedTogether, Costs, Data, ModelComparison
from qts_core.research.comparison.standing import Judged, judged_model
from qts_core.research.gates.luck import hurdle
from qts_core.research.ledger import Trial, TrialKind, summarise
from qts_core.research.overfit_flags import session_market
from qts_core.research.tools import ResearchTools
from qts_core.research.training_summary import TrainingSummary, load_training
from qts_core.targets import parse_target

__all__ = ["compare_models"]

EPOCH = date(1970, 1, 1)
BLOCKS = 16


@dataclass(frozen=True, slots=True)
class _Found:
    """Models with their verdict backtests and kinds, and the others with the reason why they have none."""

    judged: tuple[tuple[TrainingSummary, Trial, str], ...]
    left_out: Mapping[str, str]


def compare_models(
    lake: LakePort, settings: Settings, tools: ResearchTools, *, calendar: TradingCalendar
) -> ModelComparison:
    """Compare the newest version of every model of models.yaml that was trained and backtested.

    Parameters
    ----------
    lake : LakePort
        With the bars, and the predictions that the trainings left.
    settings : Settings
        Name the models, and the costs.
    tools : ResearchTools
        The ledger gives the returns, the gate records the verdicts.
    calendar : TradingCalendar

    Raises
    ------
    ModelNotFoundError
        QTS-MODEL-085 if no model was trained and backtested yet.
    ModelLoadError
        If the ledger was changed.
    """
    known = tools.ledger.checked().trials
    found = _found(lake, settings, known)
    if not found.judged:
        raise ModelNotFoundError(
            "QTS-MODEL-085", "no model was trained and backtested yet, so there is nothing to compare",
            where="models.yaml", found=f"{len(found.left_out)} models, none of them with a verdict backtest",
            expected="at least one", fix=f"run `qts train {settings.models.live_model}`",
        )  # fmt: skip
    summary = summarise(known)
    panel = load_panel(lake, calendar=calendar, symbols=_symbols(found.judged))
    row = partial(judged_model, lake=lake, panel=panel, tools=tools, trials=summary)
    standings = sorted((row(*each) for each in found.judged), key=_rank)
    shared = _shared(standings)
    longest = max(each.model.sessions for each in standings)
    count, variance = hurdle(summary, longest)
    return ModelComparison(
        models=tuple(each.against(standings[0], shared) for each in standings),
        trials=summary.count,
        independent=summary.independent,
        luck=expected_maximum_sharpe(trials=count, variance=variance) * SESSIONS_PER_YEAR**0.5,
        together=_together(standings, shared, panel),
        costs=_costs(settings),
        data=_data(lake, panel, max(each.last_test for each, _, _ in found.judged)),
        left_out=found.left_out,
    )


def _found(lake: LakePort, settings: Settings, known: Sequence[Trial]) -> _Found:
    kinds = {t.identity: t.detail.get("kind", "") for t in known if t.kind is TrialKind.TRAINING}
    judged: list[tuple[TrainingSummary, Trial, str]] = []
    left_out: dict[str, str] = {}
    for key in settings.models.models:
        try:
            training = load_training(lake, key)
        except ModelNotFoundError:
            left_out[key] = f"not trained yet: qts train {key}"
            continue
        trial = _verdict(training, settings.backtest.verdict_fill_mode, known)
        if not parse_target(training.target).spec.is_return:
            left_out[key] = f"{training.target} says nothing of the return, so it is not traded"
        elif trial is None:
            left_out[key] = f"trained, but without a backtest in the ledger: qts train {key}"
        else:
            judged.append((training, trial, kinds.get(training.identity, "")))
    return _Found(tuple(judged), left_out)


def _verdict(training: TrainingSummary, fill_mode: str, known: Sequence[Trial]) -> Trial | None:
    """Return the last backtest of a training under the fills that judge; one that failed has no returns."""
    mine = [
        trial
        for trial in known
        if trial.kind is TrialKind.BACKTEST
        and trial.parent == training.identity
        and trial.returns is not None
        and trial.detail.get("fill_mode") == fill_mode
        and trial.detail.get("is_abstaining") != "False"
    ]
    return mine[-1] if mine else None


def _symbols(judged: Sequence[tuple[TrainingSummary, Trial, str]]) -> tuple[str, ...]:
    return tuple(sorted({symbol for training, _, _ in judged for symbol in training.symbols}))


def _rank(each: Judged) -> tuple[bool, float, str]:
    sharpe = each.model.sharpe.value
    return bool(np.isnan(sharpe)), -sharpe if np.isfinite(sharpe) else 0.0, each.model.key


def _shared(standings: Sequence[Judged]) -> Floats:
    """Return the sessions that all models were judged on, days since 1970-01-01 [D]."""
    days = standings[0].series.days.astype(np.float64)
    for each in standings[1:]:
        days = days[np.isin(days, each.series.days)]
    return days


def _together(standings: Sequence[Judged], shared: Floats, panel: Panel) -> ComparedTogether | None:
    if len(standings) < 2 or not len(shared):
        return None
    returns = np.stack([each.on(shared) for each in standings], axis=1)
    days = tuple(EPOCH + timedelta(days=int(day)) for day in shared)
    market = session_market(panel, shared.astype(np.int32))
    if len(days) < 2 * BLOCKS:
        return ComparedTogether(days, returns, market)
    luck = probability_of_overfitting(returns, blocks=BLOCKS)
    best = reality_check(returns, candidate=0).consistent
    return ComparedTogether(days, returns, market, luck.probability, luck.losing, best)


def _costs(settings: Settings) -> Costs:
    chosen = settings.backtest
    fills = fill_settings(
        chosen.verdict_fill_mode, half_spread_bps=chosen.half_spread_bps, slippage_bps=chosen.slippage_bps,
        commission_bps=chosen.commission_bps,
    )  # fmt: skip
    return Costs(
        chosen.verdict_fill_mode, float(fills.half_spread_bps), float(fills.slippage_bps),
        float(fills.commission_bps), float(fills.short_borrow_bps_per_year),
    )  # fmt: skip


def _data(lake: LakePort, panel: Panel, last_test: int) -> Data:
    days = [day for day, _ in panel.timeline.session_rows()]
    has_bar = np.array([np.isfinite(panel["close"][rows]).any(axis=0) for _, rows in panel.timeline.session_rows()])
    last = [int(np.flatnonzero(column)[-1]) if column.any() else -1 for column in has_bar.T]
    ended = {symbol: days[row] for symbol, row in zip(panel.symbols, last, strict=True) if 0 <= row < len(days) - 1}
    judged_until = from_micros(last_test).date()
    thin = len(days) - 1 - min((row for row in last if row >= 0), default=len(days) - 1)
    source = recorded_source(lake)
    return Data(
        len(panel.symbols), days[0], days[-1], sum(day > judged_until for day in days), thin, ended,
        lake.data_hash("clean_bars"), is_synthetic=source is not None and source.is_synthetic,
    )  # fmt: skip
