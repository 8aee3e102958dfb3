"""Walk forward: tune on the past, be judged by what comes next, step on, stitch, judge the whole (specification 11.4).

References
----------
Pardo (2008), "The Evaluation and Optimization of Trading Strategies", 2nd edition, chapter 11.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import numpy as np

from qts_core.analytics.ratios import sharpe_ratio, sortino_ratio
from qts_core.analytics.returns import annualised_return, total_return
from qts_core.config.backtest import GateSettings
from qts_core.market.ids import digest
from qts_core.market.panel import Floats, Panel
from qts_core.models.base import Parameter
from qts_core.research.gates import PermutationLink
from qts_core.research.ledger import Trial, TrialKind, TrialLedger
from qts_core.research.walk_forward.bench import Bench
from qts_core.research.walk_forward.judging import Judged, efficiency, verdict_of, warnings_of
from qts_core.research.walk_forward.objectives import objective_of
from qts_core.research.walk_forward.result import ParameterStability, WalkForwardResult, WindowResult
from qts_core.research.walk_forward.searching import OpenStudy, Searcher, Tried, with_returns
from qts_core.research.walk_forward.settings import WalkForwardSettings
from qts_core.research.walk_forward.windows import Window, lay_out
from qts_core.targets import forward_return
from qts_core.training.folds import RowRange
from qts_core.training.search.space import Choice, Space
from qts_core.training.search.trading import NetReturns

__all__ = ["Progress", "WalkForward", "run_walk_forward"]

Progress = Callable[[WindowResult, int], None]
MOST_BESIDE: Final[Mapping[str, int]] = {"vectorised": 200, "event": 16, "tape": 24}
"""Sets of parameters that are traded over the whole span for the probability of overfitting, by engine."""
MOVED: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """What a walk-forward needs from outside.

    Attributes
    ----------
    panel : Panel
        The bars of the bench, for regimes and the permutation test.
    gates : GateSettings
    fill_mode : str
        Of the bench, for people.
    now : callable
        Returns aware UTC; only ledger rows carry it.
    """

    bench: Bench
    settings: WalkForwardSettings
    panel: Panel
    open_study: OpenStudy
    ledger: TrialLedger
    gates: GateSettings
    fill_mode: str
    now: Callable[[], datetime]
    progress: Progress | None = None

    @property
    def identity(self) -> str:
        """Hash of every choice."""
        settings = asdict(self.settings)
        return digest({**self.bench.identity, "settings": settings, "space": self.bench.space.as_dict()})


def run_walk_forward(asked: WalkForward) -> WalkForwardResult:
    """Run every window and judge the stitched result.

    Raises
    ------
    TrainingError
        If there are too few bars, or a window has no parameters that may be chosen.
    """
    bench, settings = asked.bench, asked.settings
    windows = lay_out(bench.timeline, settings, horizon_bars=bench.horizon_bars)
    searcher = Searcher(
        bench, settings, objective_of(settings.objective, settings.max_drawdown), asked.open_study, asked.ledger,
        f"walk-forward-{asked.identity[:12]}", asked.now,
    )  # fmt: skip
    found: list[WindowResult] = []
    tests: list[Tried] = []
    points: dict[str, Mapping[str, Parameter]] = {}
    for window in windows:
        tried = searcher.search(window)
        chosen, _ = searcher.choose(window, tried)
        test = searcher.judged(chosen, window.test)
        points.update({repr(sorted(t.parameters.items())): t.parameters for t in tried})
        found.append(_window_result(searcher, window, tried, chosen, test))
        tests.append(test)
        if asked.progress is not None:
            asked.progress(found[-1], len(windows))
    net = NetReturns.joined(tuple(t.outcome.net for t in tests if t.outcome is not None))
    _record(asked, net, found)
    return _result(asked, windows, found, tests, net, list(points.values()))


def _result(
    asked: WalkForward, windows: Sequence[Window], found: list[WindowResult], tests: Sequence[Tried], net: NetReturns,
    points: Sequence[Mapping[str, Parameter]],
) -> WalkForwardResult:  # fmt: skip
    everywhere, days = _everywhere(asked, windows, points)
    judged = Judged(
        net, everywhere, everywhere[np.isin(days, net.days)], asked.ledger.summary(), _link(asked, windows, tests)
    )
    stability = stability_of(asked.bench.space, [w.parameters for w in found])
    figures = {**_figures(net, math.nan), "efficiency": efficiency(found), "windows": float(len(found))}
    figures["winning_windows"] = float(np.mean([w.outside["total_return"] > 0 for w in found]))
    figures["objective_inside"] = float(np.nanmean([w.inside["objective"] for w in found]))
    return WalkForwardResult(
        asked.bench.name, asked.identity, asked.bench.engine, asdict(asked.settings), tuple(found), net.days,
        net.values, net.traded, figures, stability, warnings_of(found, stability, net, asked.panel),
        verdict_of(judged, asked.gates, asked.fill_mode),
    )  # fmt: skip


def stability_of(space: Space, chosen: Sequence[Mapping[str, Parameter]]) -> tuple[ParameterStability, ...]:
    """Return how each parameter moved over the windows."""
    lines = []
    for dimension in space:
        values = tuple(point[dimension.name] for point in chosen if dimension.name in point)
        if not values:
            continue
        if isinstance(dimension, Choice):
            commonest = Counter(map(repr, values)).most_common(1)[0][1]
            moved = sum(a != b for a, b in zip(values[1:], values[:-1], strict=True))
            lines.append(ParameterStability(dimension.name, values, 1 - commonest / len(values), moved))
            continue
        places = np.array([dimension.place(value) for value in values])
        spread = float(places.std(ddof=1)) if len(places) > 1 else 0.0
        lines.append(ParameterStability(dimension.name, values, spread, int((np.abs(np.diff(places)) > MOVED).sum())))
    return tuple(lines)


def _window_result(
    searcher: Searcher, window: Window, tried: Sequence[Tried], chosen: Tried, test: Tried
) -> WindowResult:
    dates = window.dates(searcher.bench.timeline)
    near = searcher.neighbourhood(tried, chosen)
    return WindowResult(
        number=window.number + 1,
        train=dates["train"],
        tune=dates.get("tune"),
        test=dates["test"],
        parameters=dict(chosen.parameters),
        trials=len(tried),
        inside=_of(chosen),
        outside=_of(test),
        neighbours={"chosen": near.chosen, "median": near.median, "worst": near.worst, "n": float(near.neighbours)},
    )


def _of(tried: Tried) -> dict[str, float]:
    assert tried.outcome is not None, "a trial that may be chosen has an outcome"
    return {"objective": tried.figure, **_figures(tried.outcome.net, tried.outcome.ic)}


def _figures(net: NetReturns, ic: float) -> dict[str, float]:
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


def _everywhere(
    asked: WalkForward, windows: Sequence[Window], points: Sequence[Mapping[str, Parameter]]
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int32]]]:
    """Trade sets of parameters from the first training to the last test; return float64 [S, N] and the sessions."""
    most = MOST_BESIDE.get(asked.bench.engine, 16)
    picked = list(points)
    if len(picked) > most:
        order = np.random.default_rng(asked.settings.seed).permutation(len(picked))[:most]
        picked = [picked[i] for i in sorted(order.tolist())]
    rows = RowRange(min(w.train.start for w in windows), max(w.test.stop for w in windows))
    nets = [asked.bench.run(point, rows).net for point in picked]
    return np.column_stack([net.values for net in nets]), nets[0].days


def _link(asked: WalkForward, windows: Sequence[Window], tests: Sequence[Tried]) -> PermutationLink | None:
    """Return what was wanted on the judged bars and what came; None where what is wanted is not known."""
    outcomes = forward_return(asked.panel, asked.bench.horizon_bars).values
    wanted = np.full(outcomes.shape, np.nan)
    for window, test in zip(windows, tests, strict=True):
        scores = asked.bench.scores(test.parameters)
        if scores is None:
            return None
        part = slice(window.test.start, window.test.stop)
        wanted[part] = scores[part]
    return PermutationLink(wanted, outcomes, asked.bench.horizon_bars)


def _record(asked: WalkForward, net: NetReturns, found: Sequence[WindowResult]) -> None:
    """Write the whole run into the ledger as one trial: it is what a second run would be chosen beside."""
    detail = {"windows": str(len(found)), "fill_mode": asked.fill_mode, "engine": asked.bench.engine}
    trial = Trial(
        TrialKind.BACKTEST, f"walk-forward/{asked.bench.name}", asked.identity, detail=detail,
        study=f"walk-forward-{asked.identity[:12]}",
    )  # fmt: skip
    asked.ledger.record(with_returns(trial, net), now=asked.now())
