"""One model's row of the comparison: from its verdict backtest, its predictions and what the gates said of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.overfitting import block_length
from qts_core.analytics.significance import Interval, SharpeEstimate, deflated_sharpe_ratio, sharpe_interval
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import BARS_PER_SESSION, SESSIONS_PER_YEAR
from qts_core.ports.lake import LakePort
from qts_core.report.comparison_inputs import ComparedFold, ComparedModel, Measure
from qts_core.research.comparison.scored import measured, rank_ic_by_session
from qts_core.research.gates.luck import hurdle
from qts_core.research.ledger import ReturnSeries, Trial, TrialSummary
from qts_core.research.tools import ResearchTools
from qts_core.research.training_summary import TrainingSummary, load_predictions
from qts_core.research.version_reference import SEMANTIC_TAG
from qts_core.targets import judged_values, labels_for, parse_target

__all__ = ["Judged", "judged_model"]

EPOCH = date(1970, 1, 1)
NOTHING = Measure(float("nan"), Interval(float("nan"), float("nan"), 0.95))
YEAR = math.sqrt(SESSIONS_PER_YEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A row with the returns that it was made of."""

    model: ComparedModel
    series: ReturnSeries

    def on(self, days: Floats) -> Floats:
        """Return the net returns on `days`, each of which it has, float64 [D]."""
        return self.series.values[np.searchsorted(self.series.days, days)].astype(np.float64)

    def against(self, best: Judged, shared: Floats) -> ComparedModel:
        """Return the row with how far it is behind `best` a year, on the sessions that all share."""
        if best is self or len(shared) < 2:
            return self.model
        lead = (best.on(shared) - self.on(shared)) * SESSIONS_PER_YEAR
        return replace(self.model, behind=measured(lead, block_length(lead)))


def judged_model(
    training: TrainingSummary,
    trial: Trial,
    kind: str,
    *,
    lake: LakePort,
    panel: Panel,
    tools: ResearchTools,
    trials: TrialSummary,
) -> Judged:
    """Return the row of a training.

    Parameters
    ----------
    training : TrainingSummary
    trial : Trial
        Its verdict backtest, with returns.
    kind : str
        Such as `lightgbm`.
    lake : LakePort
        With its predictions.
    panel : Panel
        Every symbol that it predicted.
    tools : ResearchTools
    trials : TrialSummary
        Of everything in the ledger.
    """
    series = trial.returns
    assert series is not None
    returns = series.values.astype(np.float64)
    estimate = SharpeEstimate.of(returns)
    count, variance = hurdle(trials, estimate.n)
    ranked = _ranked(training, lake, panel)
    verdict, refused, chance = _gates(training, tools)
    told = {name: float(text) for name, text in trial.detail.items() if name in TOLD}
    version = tools.registry.version(training.registered, training.version)
    model = ComparedModel(
        key=training.model,
        version=training.version,
        semantic=version.tags.get(SEMANTIC_TAG, ""),
        kind=kind,
        target=training.target,
        sessions=len(series),
        idle=int((returns == 0.0).sum()),
        first=_day(series.days[0]),
        last=_day(series.days[-1]),
        sharpe=_sharpe(estimate),
        deflated=deflated_sharpe_ratio(estimate, trials=count, variance=variance),
        net_return=_earned(returns),
        gross_return=told.get("gross_return", math.nan),
        costs=told.get("costs_dollars", math.nan),
        turnover=told.get("turnover_per_session", math.nan),
        max_drawdown=max_drawdown(np.r_[1.0, np.cumprod(1.0 + returns)]),
        trades=told.get("trades", math.nan),
        rank_ic=measured(np.array(list(ranked.values())), 1.0 + training.horizon_bars / BARS_PER_SESSION),
        permutation_p=chance,
        behind=NOTHING,
        refused=refused,
        is_passed=verdict,
        seconds=training.seconds,
        folds=tuple(_folds(training, series, ranked)),
    )
    return Judged(model, series)


TOLD = ("gross_return", "costs_dollars", "turnover_per_session", "trades")
"""Figures of a verdict backtest that its trial holds beside the returns."""


def _sharpe(estimate: SharpeEstimate) -> Measure:
    found = sharpe_interval(estimate)
    interval = Interval(found.low * YEAR, found.high * YEAR, found.confidence)
    return Measure(estimate.annualised(SESSIONS_PER_YEAR), interval)


def _ranked(training: TrainingSummary, lake: LakePort, panel: Panel) -> dict[date, float]:
    target = parse_target(training.target)
    scores = load_predictions(lake, training, panel.timeline, panel.symbols)
    return rank_ic_by_session(panel.timeline, scores, judged_values(target, labels_for(target, panel), panel))


def _gates(training: TrainingSummary, tools: ResearchTools) -> tuple[bool | None, tuple[str, ...], float]:
    """Return verdict, gates that refused and the p-value of the permutation test, of the version's newest record."""
    record = tools.gates.latest(training.registered, training.version)
    if record is None:
        return None, (), math.nan
    gates = json.loads(record.report)["gates"]
    refused = tuple(g["name"].removeprefix("gate.") for g in gates if not g["passed"])
    values = {g["name"]: g["value"] for g in gates}
    chance = values.get("gate.permutation")
    return not refused, refused, math.nan if chance is None else float(chance)


def _folds(training: TrainingSummary, series: ReturnSeries, ranked: Mapping[date, float]) -> Iterator[ComparedFold]:
    """Cut the backtest of all folds into the test sessions of each."""
    for fold in training.folds:
        first, last = (date.fromisoformat(day) for day in fold.test)
        inside = (series.days >= (first - EPOCH).days) & (series.days <= (last - EPOCH).days)
        returns = series.values[inside].astype(np.float64)
        ranks = [value for day, value in ranked.items() if first <= day <= last]
        yield ComparedFold(
            fold.name, first, last, _earned(returns), SharpeEstimate.of(returns).annualised(SESSIONS_PER_YEAR),
            float(np.mean(ranks)) if ranks else math.nan,
        )  # fmt: skip


def _earned(returns: Floats) -> float:
    return float(np.prod(1.0 + returns) - 1.0)


def _day(number: int) -> date:
    return EPOCH + timedelta(days=int(number))
