"""The search of one window: propose, trade, judge, write into the ledger, choose (specification 11.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qts_core.analytics.ratios import sharpe_ratio, sortino_ratio
from qts_core.analytics.returns import annualised_return, total_return
from qts_core.analytics.sensitivity import RADIUS, Plateau, plateau
from qts_core.analytics.significance import SharpeEstimate
from qts_core.market.errors import TrainingError
from qts_core.market.ids import digest
from qts_core.models.base import Parameter
from qts_core.ports.studies import Study, TrialState
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind
from qts_core.research.walk_forward.bench import Bench, Outcome, Uncovered
from qts_core.research.walk_forward.settings import WalkForwardSettings, refused
from qts_core.research.walk_forward.windows import Window, first_day, last_day
from qts_core.training.folds import RowRange
from qts_core.training.search.objective import Evidence, FoldEvidence, Judgement, Objective, judge
from qts_core.training.search.space import Space
from qts_core.training.search.trading import NetReturns

__all__ = ["OpenStudy", "Searcher", "Tried", "figures_of", "with_returns"]

OpenStudy = Callable[[str, Space], Study]
"""Opens a fresh study of this name over a space; what it forgets at its end the ledger keeps."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """One set of parameters on one range.

    Attributes
    ----------
    value : float
        What the search is told: the judged figure less what it varies between parts of the range.
    judgement : Judgement or None
        None for a trial that failed.
    """

    parameters: Mapping[str, Parameter]
    rows: RowRange
    outcome: Outcome | None
    judgement: Judgement | None
    value: float
    failure: str = ""

    @property
    def figure(self) -> float:
        """The objective itself; NaN for a trial that failed."""
        return math.nan if self.judgement is None else self.judgement.figure


@dataclass(frozen=True, slots=True, eq=False)
class Searcher:
    """Searches windows on one bench.

    Attributes
    ----------
    record : callable
        Takes every trial, for the ledger.
    """

    bench: Bench
    settings: WalkForwardSettings
    objective: Objective
    open_study: OpenStudy
    record: Callable[[Trial], None]
    run_name: str

    @property
    def budget(self) -> int:
        """Trials of a window."""
        if self.settings.method != "grid":
            return self.settings.trials
        return min(len(self.bench.space.grid(self.settings.grid_levels)), 10_000)

    def search(self, window: Window) -> tuple[Tried, ...]:
        """Try parameters on the training rows of `window`; each set of parameters once."""
        study = self.open_study(f"{self.run_name}-{window.number}", self.bench.space)
        known: dict[str, Tried] = {}
        for _ in range(self.budget):
            asked = study.ask()
            key = repr(sorted(asked.parameters.items()))
            if key not in known:
                known[key] = self.attempt(asked.parameters, window.train)
            tried = known[key]
            state = TrialState.FINISHED if math.isfinite(tried.value) else TrialState.FAILED
            study.tell(asked.number, state, tried.value if state is TrialState.FINISHED else None)
        return tuple(known.values())

    def attempt(self, parameters: Mapping[str, Parameter], rows: RowRange) -> Tried:
        """Trade `rows` with `parameters`, judge it, and write it into the ledger."""
        try:
            outcome = self.bench.run(parameters, rows)
        except Uncovered as error:
            failed = Tried(parameters, rows, None, None, math.nan, str(error))
            self.record(self._row(failed, rows))
            return failed
        evidence = Evidence(_parts(outcome, self.settings.blocks), 0.0)
        found = judge(evidence, self.objective)
        known = [value for value in found.by_fold if math.isfinite(value)]
        spread = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
        tried = Tried(parameters, rows, outcome, found, found.value - self.settings.instability_penalty * spread)
        self.record(self._row(tried, rows))
        return tried

    def choose(self, window: Window, tried: Sequence[Tried]) -> tuple[Tried, tuple[Tried, ...]]:
        """Return the chosen trial, and the finalists on the tuning rows where there are such.

        Raises
        ------
        TrainingError
            QTS-EXEC-068 if no trial may be chosen.
        """
        able = sorted((t for t in tried if self._may_be_chosen(t)), key=lambda t: -t.value)
        if not able:
            raise TrainingError(
                "QTS-EXEC-068", "no parameters may be chosen", where=f"window {window.number + 1}",
                found=f"{len(tried)} trials", expected="one that trades within the drawdown limit",
                fix="widen the space, or --max-drawdown, or lower --fewest-trades",
            )  # fmt: skip
        if window.tune is None:
            return able[0], ()
        finalists = tuple(self.attempt(t.parameters, window.tune) for t in able[: self.settings.finalists])
        best = max(range(len(finalists)), key=lambda i: _or_worst(finalists[i].value))
        return able[best], finalists

    def neighbourhood(self, tried: Sequence[Tried], chosen: Tried) -> Plateau:
        """Return how the chosen trial stands among those next to it."""
        points = np.stack([self.bench.space.encode(t.parameters) for t in tried])
        values = np.array([t.figure for t in tried])
        step = 1.0 / max(self.settings.grid_levels - 1, 1) if self.settings.method == "grid" else 0.0
        place = next(i for i, t in enumerate(tried) if t is chosen)
        return plateau(points, values, place, radius=max(RADIUS, step))

    def judged(self, chosen: Tried, rows: RowRange) -> Tried:
        """Trade the test rows with what was chosen; the whole walk-forward is one trial, so none of these is a row.

        Raises
        ------
        InvalidConfigError
            QTS-EXEC-065 if that needs the event backtest: a test is never left out.
        """
        try:
            outcome = self.bench.run(chosen.parameters, rows)
        except Uncovered as error:
            raise refused("the vectorised backtest cannot do this", "--engine", str(error), "--engine event") from error
        found = judge(Evidence(_parts(outcome, 1), 0.0), self.objective)
        return Tried(chosen.parameters, rows, outcome, found, found.figure)

    def _may_be_chosen(self, tried: Tried) -> bool:
        found = tried.judgement
        has_value = found is not None and found.is_feasible and math.isfinite(tried.value)
        return has_value and found is not None and found.trades >= self.settings.fewest_trades

    def _row(self, tried: Tried, rows: RowRange) -> Trial:
        identity = {**self.bench.identity, "parameters": dict(tried.parameters), "rows": [rows.start, rows.stop]}
        line = self.bench.timeline
        detail = {
            **{f"parameter.{k}": str(v) for k, v in tried.parameters.items()},
            "value": repr(tried.value), "first": first_day(line, rows), "last": last_day(line, rows),
        }  # fmt: skip
        base = Trial(
            TrialKind.SEARCH, f"walk-forward/{self.bench.name}", digest(identity), failure=tried.failure, detail=detail,
            study=self.run_name,
        )  # fmt: skip
        return with_returns(base, None if tried.outcome is None else tried.outcome.net)


def with_returns(trial: Trial, net: NetReturns | None) -> Trial:
    """Return `trial` with its returns, and their Sharpe ratio."""
    if net is None or not np.isfinite(net.values).all():
        return replace(trial, failure=trial.failure or "its returns are not known")
    sharpe = SharpeEstimate.of(net.values).sharpe
    return replace(
        trial, daily_sharpe=sharpe if math.isfinite(sharpe) else None, sessions=len(net.days),
        returns=ReturnSeries.of(net.days, net.values),
    )  # fmt: skip


def figures_of(net: NetReturns, ic: float) -> dict[str, float]:
    """Return what trading some rows gave, by name."""
    values = net.values
    growth = np.r_[1.0, np.cumprod(1.0 + values)]
    fall = float(np.max(1.0 - growth / np.maximum.accumulate(growth)))
    annual = annualised_return(values)
    return {
        "sharpe": sharpe_ratio(values),
        "sortino": sortino_ratio(values),
        "return_over_drawdown": annual / fall if fall > 0 else math.nan,
        "total_return": total_return(values),
        "annualised_return": annual,
        "max_drawdown": fall,
        "trades": float(net.trades),
        "turnover": float(net.traded.mean()) if len(net.traded) else math.nan,
        "sessions": float(len(net.days)),
        "ic": ic,
    }


def _parts(outcome: Outcome, count: int) -> tuple[FoldEvidence, ...]:
    """Cut a range into `count` parts of sessions; trades are shared out evenly, the whole has its own number."""
    net = outcome.net
    places = [part for part in np.array_split(np.arange(len(net.days)), count) if len(part)]
    shares = np.diff(np.linspace(0, net.trades, len(places) + 1).round().astype(int))
    parts = [NetReturns(net.days[p], net.values[p], net.traded[p], int(n)) for p, n in zip(places, shares, strict=True)]
    return tuple(FoldEvidence(part, part, outcome.ic, outcome.ic) for part in parts)


def _or_worst(value: float) -> float:
    return value if math.isfinite(value) else -math.inf
