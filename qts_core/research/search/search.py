"""A whole search: every window's study, its neighbours, its test, and what comes of it (specification 7.3, 11.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.ratios import sharpe_ratio, sortino_ratio
from qts_core.models.base import Parameter
from qts_core.ports.studies import Study, Workers
from qts_core.research.ledger import TrialLedger
from qts_core.research.search.preparing import SearchPlan, Window
from qts_core.research.search.result import FINAL, SearchResult, WindowResult, figures
from qts_core.research.search.running import ROLE, Stop, StudyRun, outcomes_of
from qts_core.research.search.summary import as_plain, candidates_of, summarise_study
from qts_core.research.search.watching import SearchWatcher
from qts_core.training.fitting import fit_fold, score_rows
from qts_core.training.search.choice import ranked
from qts_core.training.search.settled import settled_parameters
from qts_core.training.search.trading import NetReturns

__all__ = ["Searching", "search_windows", "work_windows"]

STEP = 0.08
"""Distance of a neighbour on the scale of one hyperparameter."""

OpenStudy = Callable[[Window], Study]


@dataclass(frozen=True, slots=True, eq=False)
class Searching:
    """What a process needs to search.

    Attributes
    ----------
    plan : SearchPlan
    open_study : callable
        Opens the study of a window.
    ledger : TrialLedger
    workers : Workers
    now : callable
        Returns aware UTC.
    stop : callable
        Whether an end is wanted.
    watcher : SearchWatcher
    """

    plan: SearchPlan
    open_study: OpenStudy
    ledger: TrialLedger
    workers: Workers
    now: Callable[[], datetime]
    stop: Stop
    watcher: SearchWatcher

    def run_of(self, window: Window) -> StudyRun:
        """Return this process at work on the study of `window`."""
        return StudyRun(
            model=self.plan.model, study=self.open_study(window), bench=window.bench, objective=self.plan.objective,
            ledger=self.ledger, workers=self.workers, now=self.now, stop=self.stop,
            progress=lambda progress: self.watcher.tried(window, progress),
        )  # fmt: skip


def work_windows(searching: Searching) -> None:
    """Help with the trials of every window: what processes beside the first do."""
    for window in searching.plan.windows:
        searching.run_of(window).work(searching.plan.wanted)


def search_windows(searching: Searching, identity: str) -> SearchResult | None:
    """Search every window, and test what was chosen on the rows that the search never saw.

    Parameters
    ----------
    identity : str
        Hash of the training that the search belongs to.

    Returns
    -------
    SearchResult or None
        None when told to stop before the end; the studies go on where they were when searched again.
    """
    plan, found, tests = searching.plan, [], []
    for window in plan.windows:
        searching.watcher.begun(window, plan.wanted)
        run = searching.run_of(window)
        run.work(plan.wanted)
        run.settle(plan.wanted)
        if not searching.stop():
            _ask_for_neighbours(run, plan)
            run.work(plan.wanted)
            run.settle(plan.wanted)
        if searching.stop():
            return None
        outcomes = outcomes_of(run.study)
        summary = summarise_study(run.study.name, outcomes, plan.space)
        hyperparameters = _settled(window, summary.best) if summary.best else {}
        tested = _tested(plan, window, hyperparameters)
        if tested is not None:
            tests.append(tested)
        measured = {} if tested is None else figures(net_figures(tested))
        known_until = _known_until(window)
        found.append(WindowResult(window.label, known_until, hyperparameters, as_plain(summary), measured))
        searching.watcher.done(window, summary, outcomes)
    overall = figures(net_figures(NetReturns.joined(tuple(tests)))) if tests else {}
    return SearchResult(plan.model, plan.settings.method, plan.objective.name, identity, tuple(found), overall)


def net_figures(net: NetReturns) -> dict[str, float]:
    """Return what a person asks of net returns."""
    return {
        "sharpe": sharpe_ratio(net.values),
        "sortino": sortino_ratio(net.values),
        "drawdown": max_drawdown(np.r_[1.0, np.cumprod(1.0 + net.values)]),
        "return": float(np.prod(1.0 + net.values) - 1.0),
        "turnover": float(net.traded.mean()) if len(net.traded) else float("nan"),
        "trades": float(net.trades),
        "sessions": float(len(net.values)),
    }


def _ask_for_neighbours(run: StudyRun, plan: SearchPlan) -> None:
    """Enqueue points close to the best trials of the search itself.

    Which ones follows from these trials alone, so whoever asks, after an interruption or beside others, asks for the
    same; none is tried twice.
    """
    count, outcomes = plan.settings.neighbours, outcomes_of(run.study)
    searched = [outcome for outcome in outcomes if outcome.role == "search"]
    for one in ranked(candidates_of(searched), plan.space)[: plan.settings.finalists] if count else ():
        near = plan.space.neighbours(one.candidate.point, step=STEP)
        order = np.random.default_rng([plan.settings.seed, one.candidate.number]).permutation(len(near))
        for place in order[:count]:
            run.study.enqueue(near[place], {ROLE: f"neighbour of {one.candidate.number}"}, only_new=True)


def _settled(window: Window, point: Mapping[str, Parameter]) -> dict[str, Parameter]:
    entry = window.bench.entry
    return settled_parameters(entry.kind, entry.model_type, entry.parameters, point, window.bench.space)


def _tested(plan: SearchPlan, window: Window, hyperparameters: Mapping[str, Parameter]) -> NetReturns | None:
    """Fit what was chosen on all training rows of the window and trade the rows it is judged on."""
    if not hyperparameters or window.label == FINAL:
        return None
    bench = window.bench
    entry = replace(bench.entry, parameters=dict(hyperparameters))
    fitted = fit_fold(entry, bench.samples, plan.plan, window.fold, window.label)
    places = plan.plan.test_samples(window.fold, bench.samples)
    scores = np.full((len(bench.samples.timeline), len(bench.samples.symbols)), np.nan)
    at = (bench.samples.row[places], bench.samples.column[places])
    scores[at] = score_rows(fitted, bench.samples.features[places])
    return bench.tape.trade(scores, window.fold.test)


def _known_until(window: Window) -> int:
    plan, line = window.bench.plan, window.bench.samples.timeline
    return int(line.ts_known[max(r.stop for fold in plan.folds for r in (*fold.train, *fold.test)) - 1])
