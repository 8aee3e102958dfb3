"""What a study showed: how much was tried, how much of it was luck, which trial to believe and why (7.3, 11.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from qts_core.analytics.overfitting import effective_trials, probability_of_overfitting
from qts_core.analytics.significance import SharpeEstimate, deflated_sharpe_ratio
from qts_core.market.panel import Floats
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.models.base import Parameter
from qts_core.ports.studies import TrialState
from qts_core.research.gates.luck import hurdle
from qts_core.research.ledger import ReturnSeries, TrialSummary
from qts_core.research.ledger.counting import sharpe_spread
from qts_core.research.ledger.returns import aligned
from qts_core.research.search.outcome import TrialOutcome
from qts_core.training.search.choice import Candidate, Ranked, ranked
from qts_core.training.search.space import Space

__all__ = ["StudySummary", "candidates_of", "summarise_study"]

BLOCKS = 16
SHOWN = 5

FEW_TRADES = 100
MUCH_TURNOVER = 2.0
GAP = 1.0
SPIKE = 0.5


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study in figures.

    Attributes
    ----------
    study : str
    trials, finished, pruned, failed : int
        Trials that ended, neighbours among them, and what became of them.
    different : int
        Different points among them.
    effective : float
        Independent trials that these amount to, by their returns.
    overfitting : float
        Probability that the best in half of the sessions is not above the median in the other half (PBO); NaN where
        there are too few trials or sessions.
    best : mapping of str to Parameter
        The point that was chosen; empty when no trial keeps the drawdown limit.
    ranking : tuple of mapping
        The first five with every part of their score.
    sharpe : float
        Of the chosen trial, annualised, net of costs, on inner folds.
    deflated : float
        Probability that it is more than the luck of so many trials.
    warnings : tuple of str
        Signs of overfitting, one sentence each.
    seconds : float
        Time of all trials together.
    """

    study: str
    trials: int
    finished: int
    pruned: int
    failed: int
    different: int
    effective: float
    overfitting: float
    best: Mapping[str, Parameter]
    ranking: tuple[Mapping[str, object], ...]
    sharpe: float
    deflated: float
    warnings: tuple[str, ...]
    seconds: float


def candidates_of(outcomes: Sequence[TrialOutcome]) -> tuple[Candidate, ...]:
    """Return the finished trials as they are judged for choice, each point once."""
    found: dict[str, Candidate] = {}
    for outcome in outcomes:
        judged = outcome.judgement
        if outcome.state is not TrialState.FINISHED or judged is None:
            continue
        key = repr(sorted(outcome.parameters.items()))
        candidate = Candidate(
            outcome.number, outcome.parameters, judged.value, judged.figure, judged.inside, judged.by_fold,
            judged.sortino, outcome.seconds, judged.is_feasible,
        )  # fmt: skip
        found.setdefault(key, candidate)
    return tuple(found.values())


def summarise_study(study: str, outcomes: Sequence[TrialOutcome], space: Space) -> StudySummary:
    """Return what `outcomes` show."""
    order = ranked(candidates_of(outcomes), space)
    series = [outcome.series for outcome in _different(outcomes)]
    known = [each for each in series if each is not None]
    effective = _effective(known, len(series))
    chosen = order[0] if order else None
    best = None if chosen is None else next(o for o in outcomes if o.number == chosen.candidate.number)
    estimate = SharpeEstimate.of(np.array(best.returns)) if best else SharpeEstimate(math.nan, 0)
    return StudySummary(
        study=study,
        trials=len(outcomes),
        finished=sum(1 for o in outcomes if o.state is TrialState.FINISHED),
        pruned=sum(1 for o in outcomes if o.state is TrialState.PRUNED),
        failed=sum(1 for o in outcomes if o.state is TrialState.FAILED),
        different=len(series),
        effective=effective,
        overfitting=_overfitting(outcomes),
        best={} if best is None else dict(best.parameters),
        ranking=tuple(_line(one) for one in order[:SHOWN]),
        sharpe=estimate.annualised(SESSIONS_PER_YEAR),
        deflated=_deflated(estimate, known, effective),
        warnings=() if chosen is None or best is None else warnings_of(chosen, best),
        seconds=sum(outcome.seconds for outcome in outcomes),
    )


def warnings_of(chosen: Ranked, best: TrialOutcome) -> tuple[str, ...]:
    """Return the specification's signs of overfitting that the chosen trial shows."""
    found, candidate, judged = [], chosen.candidate, best.judgement
    if candidate.inside - candidate.figure > max(GAP, abs(candidate.figure)):
        found.append(f"where it learned it shows {candidate.inside:.2f}, where it did not {candidate.figure:.2f}")
    if chosen.spike > SPIKE * abs(candidate.value):
        found.append("its neighbours are much worse: a spike, not a plateau")
    if judged is not None and judged.trades < FEW_TRADES:
        found.append(f"it rests on {judged.trades} trades")
    if judged is not None and judged.turnover > MUCH_TURNOVER:
        found.append(f"it trades {judged.turnover:.1f} times its equity each session")
    good = [value for value in candidate.by_fold if value > 0]
    if len(candidate.by_fold) > 2 and len(good) <= 1:
        found.append("only one inner fold of them all is positive: it may live from one regime")
    return tuple(found)


def _different(outcomes: Sequence[TrialOutcome]) -> list[TrialOutcome]:
    """Return the last outcome of each point."""
    return list({repr(sorted(outcome.parameters.items())): outcome for outcome in outcomes}.values())


def _effective(series: Sequence[ReturnSeries], different: int) -> float:
    if not series:
        return float(different)
    return effective_trials(aligned(series)[1]) + (different - len(series))


def _overfitting(outcomes: Sequence[TrialOutcome]) -> float:
    done = [outcome.series for outcome in _different(outcomes) if outcome.state is TrialState.FINISHED]
    table: Floats = aligned([each for each in done if each is not None])[1] if done else np.empty((0, 0))
    if table.shape[1] < 2 or len(table) < 2 * BLOCKS or not np.isfinite(table).all():
        return math.nan
    return probability_of_overfitting(table, blocks=BLOCKS).probability


def _deflated(estimate: SharpeEstimate, series: Sequence[ReturnSeries], effective: float) -> float:
    if estimate.n < 2 or not math.isfinite(estimate.sharpe):
        return math.nan
    found = [SharpeEstimate.of(each.values.astype(np.float64)) for each in series if len(each) > 1]
    known = [each for each in found if math.isfinite(each.sharpe)]
    spread = sharpe_spread([each.sharpe for each in known])
    chance = float(np.mean([1.0 / (each.n - 1) for each in known])) if known else None
    tried = TrialSummary(max(1, math.ceil(effective)), 0, spread, effective, chance)
    trials, variance = hurdle(tried, estimate.n)
    return deflated_sharpe_ratio(estimate, trials=trials, variance=variance)


def _line(one: Ranked) -> dict[str, object]:
    candidate = one.candidate
    return {
        "trial": candidate.number,
        "score": one.score,
        "value": candidate.value,
        "gap": 0.0 - one.gap,
        "spread": 0.0 - one.spread,
        "spike": 0.0 - one.spike,
        "cost": 0.0 - one.cost,
        "neighbours": one.neighbours,
        "sortino": candidate.sortino,
        "seconds": candidate.seconds,
        "parameters": dict(candidate.point),
    }


def as_plain(summary: StudySummary) -> dict[str, object]:
    """Return JSON values; what is not finite becomes null."""
    return {name: _finite(value) for name, value in asdict(summary).items()}


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value
