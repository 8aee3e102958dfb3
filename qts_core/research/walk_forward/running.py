"""Walk forward: tune on the past, be judged by what comes next, step on, stitch, judge the whole (specification 11.4).

References
----------
Pardo (2008), "The Evaluation and Optimization of Trading Strategies", 2nd edition, chapter 11.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import numpy as np

from qts_core.config.backtest import GateSettings
from qts_core.market.ids import digest
from qts_core.market.panel import Floats, Panel
from qts_core.models.base import Parameter
from qts_core.research.gates import PermutationLink
from qts_core.research.ledger import Trial, TrialKind, TrialLedger
from qts_core.research.walk_forward.bench import Bench, LearningBench, Uncovered
from qts_core.research.walk_forward.judging import Judged, efficiency, verdict_of, warnings_of
from qts_core.research.walk_forward.result import ParameterStability, WalkForwardResult, WindowResult
from qts_core.research.walk_forward.searching import OpenStudy, figures_of, with_returns
from qts_core.research.walk_forward.settings import WalkForwardSettings
from qts_core.research.walk_forward.stepping import Step, Stepped, Stepper, stitched
from qts_core.research.walk_forward.windows import Window, lay_out
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
    progress : callable, optional
        Told after each window.
    stepper : callable, optional
        Does the windows elsewhere, such as in several processes; here, one after the other, by default. The result
        does not depend on it.
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
    stepper: Stepper | None = None

    @property
    def identity(self) -> str:
        """Hash of every choice."""
        settings = asdict(self.settings)
        return digest({**self.bench.identity, "settings": settings, "space": self.bench.space.as_dict()})

    @property
    def run_name(self) -> str:
        """Name of its studies and of its rows in the ledger."""
        return f"walk-forward-{self.identity[:12]}"


def run_walk_forward(asked: WalkForward) -> WalkForwardResult:
    """Run every window and judge the stitched result.

    Raises
    ------
    TrainingError
        If there are too few bars, or a window has no parameters that may be chosen.
    """
    windows = lay_out(asked.bench.timeline, asked.settings, horizon_bars=asked.bench.horizon_bars)
    step = Step(asked.settings, asked.open_study, asked.run_name)
    done: list[Stepped] = []
    for stepped in _steps(asked, step, windows):
        done.append(stepped)
        for trial in stepped.trials:
            _write(asked, trial)
        if asked.progress is not None:
            asked.progress(stepped.result, len(windows))
    net = NetReturns.joined(tuple(s.test.outcome.net for s in done if s.test.outcome is not None))
    _record(asked, net, len(windows))
    return _result(asked, done, net)


def _steps(asked: WalkForward, step: Step, windows: Sequence[Window]) -> Iterator[Stepped]:
    if asked.stepper is not None:
        return asked.stepper(step, windows)
    return (step.on(asked.bench, window, lambda trial: _write(asked, trial)) for window in windows)


def _result(asked: WalkForward, done: Sequence[Stepped], net: NetReturns) -> WalkForwardResult:
    learned, bench = stitched(done), asked.bench
    if isinstance(bench, LearningBench) and learned is not None:
        bench = bench.knowing(learned)
    found = tuple(stepped.result for stepped in done)
    everywhere, days = _everywhere(asked.settings, bench, done)
    judged = Judged(net, everywhere, everywhere[np.isin(days, net.days)], asked.ledger.summary(), _link(bench, done))
    stability = stability_of(bench.space, [w.parameters for w in found])
    figures = {**figures_of(net, math.nan), "efficiency": efficiency(found), "windows": float(len(found))}
    figures["winning_windows"] = float(np.mean([w.outside["total_return"] > 0 for w in found]))
    figures["objective_inside"] = float(np.nanmean([w.inside["objective"] for w in found]))
    return WalkForwardResult(
        asked.bench.name, asked.identity, asked.bench.engine, asdict(asked.settings), found, net.days,
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


def _everywhere(
    settings: WalkForwardSettings, bench: Bench, done: Sequence[Stepped]
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int32]]]:
    """Trade sets of parameters from the first training to the last test; return float64 [S, N] and the sessions.

    Those that need the event backtest somewhere are left out; the gate says how many are in.
    """
    points = {repr(sorted(t.parameters.items())): t.parameters for stepped in done for t in stepped.tried}
    most, picked = MOST_BESIDE.get(bench.engine, 16), list(points.values())
    if len(picked) > most:
        order = np.random.default_rng(settings.seed).permutation(len(picked))[:most]
        picked = [picked[i] for i in sorted(order.tolist())]
    windows = [stepped.window for stepped in done]
    rows = RowRange(min(w.train.start for w in windows), max(w.test.stop for w in windows))
    nets = []
    for point in picked:
        with suppress(Uncovered):
            nets.append(bench.run(point, rows).net)
    if not nets:
        days = np.unique(bench.timeline.session[rows.start : rows.stop]).astype(np.int32)
        return np.empty((len(days), 0)), days
    return np.column_stack([net.values for net in nets]), nets[0].days


def _link(bench: Bench, done: Sequence[Stepped]) -> PermutationLink | None:
    """Return what was wanted on the judged bars and what came; None where what is wanted is not known."""
    wanted: Floats | None = None
    for stepped in done:
        scores = bench.scores(stepped.test.parameters)
        if scores is None:
            return None
        wanted = np.full(scores.shape, np.nan) if wanted is None else wanted
        part = slice(stepped.window.test.start, stepped.window.test.stop)
        wanted[part] = scores[part]
    return None if wanted is None else PermutationLink(wanted, bench.outcomes(), bench.horizon_bars)


def _record(asked: WalkForward, net: NetReturns, windows: int) -> None:
    """Write the whole run into the ledger as one trial: it is what a second run would be chosen beside."""
    detail = {"windows": str(windows), "fill_mode": asked.fill_mode, "engine": asked.bench.engine}
    trial = Trial(
        TrialKind.BACKTEST, f"walk-forward/{asked.bench.name}", asked.identity, detail=detail, study=asked.run_name
    )
    _write(asked, with_returns(trial, net))


def _write(asked: WalkForward, trial: Trial) -> None:
    asked.ledger.record(trial, now=asked.now())
