"""The event backtest of a model's out-of-sample predictions, on the bars of the lake (specification 11.1)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.returns import DailyCurve, annualised_return
from qts_core.analytics.significance import SharpeEstimate
from qts_core.analytics.survivorship import Survivorship, survivorship
from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.config.settings import OPERATIONAL, Settings
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import market_instruments
from qts_core.exchange import fills_of
from qts_core.market.calendar import TradingCalendar
from qts_core.market.ids import digest
from qts_core.market.membership import Flags, membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import BARS_PER_SESSION, SESSIONS_PER_YEAR
from qts_core.ports.lake import LakePort
from qts_core.report.uncertainty_inputs import Silence, UncertaintyRecord
from qts_core.research.doubt_store import load_doubts, load_record
from qts_core.research.gates import PermutationLink
from qts_core.research.overfit_flags import (
    OverfitFlag,
    few_trades,
    high_turnover,
    in_sample_gap,
    parameter_sensitivity,
    regime_dependence,
    session_market,
    session_turbulence,
)
from qts_core.research.search.sensitivity import searched_sensitivity
from qts_core.research.training_summary import TrainingSummary, load_predictions
from qts_core.targets import Target, TargetKind, forward_return, parse_target, relative_return
from qts_core.trading.abstention import ABSTAINED
from qts_core.trading.decision import Hashes
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import core_settings

__all__ = ["ModelBacktest", "outcome_link", "run_model_backtest"]

WARM_UP_BARS = 30 * BARS_PER_SESSION
"""Bars before the first decision, fed so that the core's volatility estimates are warm."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelBacktest:
    """A backtest with what gates and pages ask of it.

    Attributes
    ----------
    summary : TrainingSummary
        The training whose predictions were traded.
    fill_mode : str
    identity : str
        The trial's identity in the ledger: training and trading rules, whatever the fill mode.
    result : BacktestResult
    returns : float64 [D]
        Net return of each session, ratios.
    sharpe : SharpeEstimate
        Net, per session.
    survivorship : Survivorship
        Who was still there at the end.
    seconds : float
    link : PermutationLink or None
        The predictions and the returns that they speak of; None when they speak of none.
    uncertainty : UncertaintyRecord, optional
        What the model promised out of sample, and what came.
    without : ModelBacktest, optional
        The same predictions traded without abstention.
    market, turbulence : float64 [D], optional
        Mean return of the symbols on each session, and how much they moved within it.
    sensitivity : OverfitFlag, optional
        Whether the search that found the hyperparameters found a spike.
    is_abstaining : bool
        Whether the model kept silent by its rules, as it does live.
    panel : Panel, optional
        The bars that were traded, a row for each of the result.
    """

    summary: TrainingSummary
    fill_mode: str
    identity: str
    result: BacktestResult
    returns: Floats
    sharpe: SharpeEstimate
    survivorship: Survivorship
    seconds: float
    link: PermutationLink | None = None
    uncertainty: UncertaintyRecord | None = None
    without: ModelBacktest | None = None
    market: Floats | None = None
    turbulence: Floats | None = None
    sensitivity: OverfitFlag | None = None
    is_abstaining: bool = True
    panel: Panel | None = None

    @property
    def abstains(self) -> bool:
        """Whether the model was silent anywhere by its rules."""
        return any(name.startswith(ABSTAINED) for name in self.result.verdict_counts)

    @property
    def silence(self) -> Silence | None:
        """What abstaining changed; None when the same was not traded without it."""
        if self.without is None:
            return None
        counts = self.result.verdict_counts.items()
        reasons = {name.removeprefix(ABSTAINED): number for name, number in counts if name.startswith(ABSTAINED)}
        return Silence(reasons, self.metrics(), self.without.metrics())

    @property
    def days(self) -> NDArray[np.int32]:
        """Session of each net return, days since 1970-01-01."""
        return self.curve.days

    @property
    def curve(self) -> DailyCurve:
        """Equity at the close of each session."""
        return DailyCurve.of(self.result.timeline, self.result.equity, initial=self.result.initial_cash)

    @property
    def turnover_per_session(self) -> float:
        """Average traded value per session over equity, both sides counted."""
        sessions = len(self.returns)
        return float(np.nansum(self.result.turnover)) / sessions if sessions else float("nan")

    def flags(self) -> tuple[OverfitFlag, ...]:
        """Return the signs of overfitting that training and backtest show or do not."""
        folds = self.summary.folds
        inside = [fold.in_sample.get("rank_ic", float("nan")) for fold in folds]
        outside = [fold.out_of_sample.get("rank_ic", float("nan")) for fold in folds]
        market = np.full(len(self.returns), np.nan) if self.market is None else self.market
        return (
            in_sample_gap(inside, outside),
            few_trades(len(self.result.trades)),
            high_turnover(self.turnover_per_session),
            regime_dependence(self.returns, market, self.turbulence),
            parameter_sensitivity(0.0, ()) if self.sensitivity is None else self.sensitivity,
        )

    def metrics(self) -> dict[str, float]:
        """Return finite figures by name."""
        curve = self.curve
        figures = {
            "net_sharpe": self.sharpe.annualised(SESSIONS_PER_YEAR),
            "net_return": float(self.result.equity[-1]) / self.result.initial_cash - 1.0,
            "gross_return": float(self.result.equity_gross[-1]) / self.result.initial_cash - 1.0,
            "annualised_return": annualised_return(curve.returns),
            "max_drawdown": max_drawdown(curve.equity),
            "trades": float(len(self.result.trades)),
            "turnover_per_session": self.turnover_per_session,
            "costs_dollars": float(self.result.cost_total.sum()),
            "sessions": float(len(self.returns)),
        }
        return {name: value for name, value in figures.items() if np.isfinite(value)}


def run_model_backtest(
    lake: LakePort,
    settings: Settings,
    summary: TrainingSummary,
    *,
    fill_mode: str,
    calendar: TradingCalendar,
    is_abstaining: bool = True,
    traded: BacktestResult | None = None,
) -> ModelBacktest:
    """Trade the stored predictions of `summary` from its first to its last test bar.

    With `is_abstaining` the model keeps silent by its rules, as it does live; without, every score is heard. What was
    `traded` before is not traded again.
    """
    started = time.perf_counter()
    panel = _tested(load_panel(lake, calendar=calendar, symbols=summary.symbols), summary)
    predictions = load_predictions(lake, summary, panel.timeline, panel.symbols)
    instruments = market_instruments(lake, settings.universe, panel.symbols)
    result = traded
    if result is None:
        doubts = load_doubts(lake, summary, panel.timeline, panel.symbols)
        if doubts is not None and not is_abstaining:
            doubts = doubts.silent()
        predictor = StoredPredictor(
            panel.timeline, panel.symbols, predictions, uncertainty=summary.dispersion, model_id=summary.model_id,
            doubts=doubts,
        )  # fmt: skip
        result = run_event_backtest(
            panel, predictor, core_settings(settings),
            instruments=instruments, fills=fills_of(settings.backtest, fill_mode),
            cash=settings.backtest.initial_cash_dollars, actions=load_actions(lake),
            hashes=Hashes(
                configuration=settings.configuration_hash, catalogue=summary.catalogue_hash,
                model=summary.bundle_sha256, data=summary.data_hash,
            ),
            first_decision=from_micros(summary.first_test),
        )  # fmt: skip
    curve = DailyCurve.of(result.timeline, result.equity, initial=result.initial_cash)
    returns = curve.returns
    rules = {
        "risk": settings.risk.model_dump(mode="json"),
        "trading": settings.trading.model_dump(mode="json", exclude=OPERATIONAL),
        "training": summary.identity,
        **({} if is_abstaining else {"abstains": False}),
    }
    seconds = time.perf_counter() - started
    members = membership_mask(instruments, panel.timeline)
    alive = survivorship(panel, members)
    return ModelBacktest(
        summary, fill_mode, digest(rules), result, returns, SharpeEstimate.of(returns), alive, seconds,
        outcome_link(parse_target(summary.target), panel, predictions, members), load_record(lake, summary),
        market=session_market(panel, curve.days),
        turbulence=session_turbulence(panel, curve.days),
        sensitivity=_sensitivity(lake, settings, summary.model), is_abstaining=is_abstaining,
        panel=panel.rows(slice(len(panel) - len(result.timeline), None)),
    )  # fmt: skip


def _sensitivity(lake: LakePort, settings: Settings, key: str) -> OverfitFlag | None:
    chosen = settings.models.models.get(key)
    return None if chosen is None else searched_sensitivity(lake, key, chosen)


def outcome_link(target: Target, panel: Panel, predictions: Floats, members: Flags) -> PermutationLink | None:
    """Return predictions beside the returns that they speak of; None where the target speaks of none.

    A score that is relative to the market says nothing of the market's own move, which is most of what symbols do: held
    against plain returns it would drown in it (docs/concepts/calibration.md).
    """
    if not target.spec.is_return:
        return None
    if target.kind is TargetKind.RELATIVE_RETURN:
        outcomes = relative_return(panel, target.horizon_bars, members)
    else:
        outcomes = forward_return(panel, target.horizon_bars)
    return PermutationLink(predictions, outcomes.values, target.horizon_bars)


def _tested(panel: Panel, summary: TrainingSummary) -> Panel:
    line = panel.timeline
    first = int(np.searchsorted(line.ts_event, summary.first_test))
    last = int(np.searchsorted(line.ts_known, summary.last_test, side="right"))
    return panel.rows(slice(max(0, first - WARM_UP_BARS), last))
