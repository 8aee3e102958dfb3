"""Is the stitched result worth anything? Gates that refuse, and signs of overfitting that warn (specification 11.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.overfitting import permutation_test, reality_check
from qts_core.analytics.significance import SharpeEstimate
from qts_core.config.backtest import GateSettings
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import SESSIONS_PER_YEAR
from qts_core.research.gates import PermutationLink
from qts_core.research.gates.luck import deflated_gate, overfitting_gates
from qts_core.research.gates.report import Gate, GateReport, at_least, at_most, not_applicable
from qts_core.research.ledger import TrialSummary
from qts_core.research.overfit_flags import (
    OverfitFlag,
    few_trades,
    high_turnover,
    parameter_sensitivity,
    regime_dependence,
    session_market,
    session_turbulence,
)
from qts_core.research.walk_forward.result import ParameterStability, WindowResult
from qts_core.training.search.trading import NetReturns

__all__ = ["Judged", "efficiency", "verdict_of", "warnings_of"]

LEAST_KEPT: Final = 0.5
"""Walk-forward efficiency below which in-sample results are an illusion (Pardo 2008, chapter 11)."""
MOST_SPREAD: Final = 0.2
FEWEST_WINDOWS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What is judged.

    Attributes
    ----------
    net : NetReturns
        Stitched out of sample.
    everywhere : float64 [S, N]
        Return of each of N sets of parameters on each of S sessions from the first training to the last test.
    beside : float64 [D, N]
        The same on the judged sessions.
    trials : TrialSummary
        Of the whole ledger.
    link : PermutationLink or None
        What was wanted at every judged bar, and what came.
    """

    net: NetReturns
    everywhere: Floats
    beside: Floats
    trials: TrialSummary
    link: PermutationLink | None


def verdict_of(judged: Judged, settings: GateSettings, fill_mode: str) -> GateReport:
    """Return every gate's verdict on the stitched result; the thresholds are those of models."""
    net = judged.net
    estimate = SharpeEstimate.of(net.values)
    fall = max_drawdown(np.r_[1.0, np.cumprod(1.0 + net.values)])
    gates = (
        at_least("net_sharpe", estimate.annualised(SESSIONS_PER_YEAR), settings.min_net_sharpe,
                 "annualised Sharpe ratio out of sample, net of costs"),
        deflated_gate(estimate, judged.trials, settings),
        *overfitting_gates(judged.everywhere, settings, "sets of parameters"),
        _reality(net.values, judged.beside, settings),
        _permutation(judged.link, settings),
        at_most("max_drawdown", fall, settings.max_drawdown, "largest drawdown out of sample"),
        at_most("turnover", float(net.traded.mean()) if len(net.traded) else math.nan,
                settings.max_turnover_per_session, "traded value per session over equity"),
        at_least("sessions", float(len(net.days)), float(settings.min_sessions), "sessions out of sample"),
        at_least("trades", float(net.trades), float(settings.min_trades), "trades out of sample"),
    )  # fmt: skip
    return GateReport(gates, fill_mode)


def warnings_of(
    windows: Sequence[WindowResult], stability: Sequence[ParameterStability], net: NetReturns, panel: Panel
) -> tuple[OverfitFlag, ...]:
    """Return the signs of overfitting that the walk-forward shows or does not."""
    lost = [_lost(w) for w in windows]
    known = [1.0 - each for each in lost if math.isfinite(each)]
    market, turbulence = session_market(panel, net.days), session_turbulence(panel, net.days)
    return (
        _gap(windows),
        parameter_sensitivity(1.0, known),
        _instability(stability, len(windows)),
        few_trades(net.trades),
        high_turnover(float(net.traded.mean()) if len(net.traded) else math.nan),
        regime_dependence(net.values, market, turbulence),
    )


def efficiency(windows: Sequence[WindowResult]) -> float:
    """Return the mean objective out of sample over that in sample; NaN where nothing was found in sample."""
    pairs = [(w.inside["objective"], w.outside["objective"]) for w in windows]
    known = [(i, o) for i, o in pairs if math.isfinite(i) and math.isfinite(o)]
    if not known:
        return math.nan
    inside, outside = np.mean(known, axis=0)
    return float(outside / inside) if inside > 0 else math.nan


def _gap(windows: Sequence[WindowResult]) -> OverfitFlag:
    kept = efficiency(windows)
    name = "flag.walk_forward_gap"
    if not math.isfinite(kept) or len(windows) < FEWEST_WINDOWS:
        why = f"fewer than {FEWEST_WINDOWS} windows, or nothing found in sample"
        return OverfitFlag(name, math.nan, LEAST_KEPT, is_raised=False, applies=False, sentence=why)
    said = f"out of sample {kept:.0%} of the objective in sample is left, over {len(windows)} windows"
    return OverfitFlag(name, kept, LEAST_KEPT, is_raised=kept < LEAST_KEPT, applies=True, sentence=said)


def _instability(stability: Sequence[ParameterStability], windows: int) -> OverfitFlag:
    name = "flag.parameter_instability"
    if windows < FEWEST_WINDOWS or not stability:
        why = f"fewer than {FEWEST_WINDOWS} windows"
        return OverfitFlag(name, math.nan, MOST_SPREAD, is_raised=False, applies=False, sentence=why)
    worst = max(stability, key=lambda each: each.spread)
    said = f"{worst.name} moves by {worst.spread:.2f} of its range from window to window, by chance it would by 0.29"
    return OverfitFlag(name, worst.spread, MOST_SPREAD, worst.spread > MOST_SPREAD, applies=True, sentence=said)


def _lost(window: WindowResult) -> float:
    """Return what share of the chosen value the middle neighbour loses."""
    near = window.neighbours
    if near["n"] < 2 or not near["chosen"] > 0:
        return math.nan
    return (near["chosen"] - near["median"]) / near["chosen"]


def _reality(returns: Floats, beside: Floats, settings: GateSettings) -> Gate:
    if len(returns) < 2 or not np.isfinite(returns).all():
        return at_most("reality_check", math.nan, settings.max_reality_check_p, "p-value that nothing beats cash")
    found = reality_check(np.column_stack([returns, beside]), candidate=0)
    what = f"p-value that the stitched result, among {beside.shape[1]} fixed sets of parameters, does not beat cash"
    return at_most("reality_check", found.consistent, settings.max_reality_check_p, what)


def _permutation(link: PermutationLink | None, settings: GateSettings) -> Gate:
    name, limit = "permutation", settings.max_permutation_p
    if link is None:
        return not_applicable(name, limit, "<=", "what is wanted is not known beside what is held")
    found = permutation_test(link.scores, link.outcomes, horizon_rows=link.horizon_rows)
    if not math.isfinite(found.p_value):
        return not_applicable(name, limit, "<=", "wanted weights do not differ between symbols")
    what = f"p-value that wanted weights know nothing of returns (rank correlation {found.statistic:.3f})"
    return at_most(name, found.p_value, limit, what)
