"""The verdict strip: what the gates said, and the goals of specification 1.2 met or not, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qts_core.analytics.bootstrap import bootstrap_interval
from qts_core.analytics.drawdown import max_drawdown
from qts_core.analytics.significance import Interval, wilson_interval
from qts_core.analytics.trades import profit_factor
from qts_core.market.panel import Floats
from qts_core.report.context import Context
from qts_core.report.formats import Format, bps, count, decimals, dollars, percent, probability
from qts_core.report.inputs import Gate

__all__ = ["GOALS", "Goal", "KeyNumber", "Tile", "Verdict", "verdict"]

DRAWS: Final = 1000
MEAN_BLOCK_SESSIONS: Final = 10.0
"""Two weeks: keeps the clustering of volatility in the resampled drawdowns."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of specification 1.2."""

    metric: str
    name: str
    threshold: float
    is_floor: bool
    written: Format

    def is_met_by(self, value: float) -> bool:
        """Return whether `value` meets the goal; an undefined value never does."""
        return value > self.threshold if self.is_floor else value < self.threshold

    @property
    def rule(self) -> str:
        """The goal in words."""
        return f"goal {'>' if self.is_floor else '<'} {self.written(self.threshold)}"


GOALS: Final = (
    Goal("sharpe_ratio", "Sharpe ratio", 1.5, True, decimals),
    Goal("max_drawdown", "Maximum drawdown", 0.15, False, lambda v: percent(v, 1)),
    Goal("win_rate", "Win rate", 0.52, True, lambda v: percent(v, 1)),
    Goal("profit_factor", "Profit factor", 1.3, True, decimals),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One goal as it came out: `status` is "met", "not met" or "undefined"."""

    name: str
    value: str
    rule: str
    status: str
    interval: str
    certainty: str
    counted: str
    hover: str


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One of the numbers under the goals."""

    name: str
    value: str
    counted: str
    hover: str
    is_negative: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strip: headline, its tone ("good", "bad" or "none"), reasons, tiles, key numbers."""

    headline: str
    tone: str
    reasons: tuple[str, ...]
    basis: str
    tiles: tuple[Tile, ...]
    numbers: tuple[KeyNumber, ...]


def verdict(context: Context) -> Verdict:
    """Judge the run."""
    trials = context.given.trials.count
    headline, tone, reasons = _headline(context.given.gates)
    met = sum(goal.is_met_by(context.value(goal.metric)) for goal in GOALS)
    return Verdict(
        headline=f"{headline}; {met} of {len(GOALS)} goals met",
        tone=tone,
        reasons=reasons,
        basis=f"Net of costs, out of sample, over {len(context.net):,} sessions; chosen from "
        f"{trials:,} {'trial' if trials == 1 else 'trials'} in the ledger. Intervals are 95 %.",
        tiles=tuple(_tile(context, goal, _INTERVALS[goal.metric](context)) for goal in GOALS),
        numbers=tuple(_key_number(context, *row) for row in _KEYS),
    )


def _headline(gates: Sequence[Gate]) -> tuple[str, str, tuple[str, ...]]:
    gates = [g for g in gates if g.applies]
    failed = [g for g in gates if not g.is_passed]
    if not gates:
        return "Not judged by any gate", "none", ()
    if failed:
        noun = "gate" if len(gates) == 1 else "gates"
        return (
            f"Refused by {len(failed)} of {len(gates)} {noun}",
            "bad",
            tuple(f"{g.name}: {g.reason}" for g in failed),
        )
    return (f"Passed all {len(gates)} gates" if len(gates) > 1 else "Passed its one gate"), "good", ()


def _tile(context: Context, goal: Goal, interval: Interval) -> Tile:
    measured = context.measures[goal.metric]
    value = measured.value
    status = "undefined" if math.isnan(value) else "met" if goal.is_met_by(value) else "not met"
    return Tile(
        name=goal.name,
        value=goal.written(value),
        rule=goal.rule,
        status=status,
        interval=f"{goal.written(interval.low)} to {goal.written(interval.high)}",
        certainty=_certainty(goal, value, interval),
        counted=f"n = {measured.n:,} {measured.counted}",
        hover=f"{measured.definition.formula} ({measured.definition.source})",
    )


def _certainty(goal: Goal, value: float, interval: Interval) -> str:
    """Say whether the interval lies on one side of the goal."""
    if math.isnan(value) or math.isnan(interval.low) or math.isnan(interval.high):
        return "too little data for an interval"
    sides = {goal.is_met_by(interval.low), goal.is_met_by(interval.high)}
    if len(sides) == 2:
        return "the interval spans the goal: not certain"
    return "the whole interval meets the goal" if True in sides else "the whole interval misses the goal"


def _sharpe(context: Context) -> Interval:
    return Interval(context.value("sharpe_low"), context.value("sharpe_high"), 0.95)


def _drawdown(context: Context) -> Interval:
    def deepest(returns: Floats) -> float:
        return max_drawdown(np.r_[1.0, np.cumprod(1 + returns)])

    generator = np.random.default_rng(context.given.identity.seed or 0)
    return bootstrap_interval(context.net.returns, deepest, generator, mean_block=MEAN_BLOCK_SESSIONS, draws=DRAWS)


def _wins(context: Context) -> Interval:
    return wilson_interval(sum(t.pnl > 0 for t in context.trades), len(context.trades))


def _profit(context: Context) -> Interval:
    generator = np.random.default_rng(context.given.identity.seed or 0)
    pnl = np.array([t.pnl for t in context.trades], dtype=np.float64)
    return bootstrap_interval(pnl, profit_factor, generator, draws=DRAWS)


_INTERVALS: Final[dict[str, Callable[[Context], Interval]]] = {
    "sharpe_ratio": _sharpe,
    "max_drawdown": _drawdown,
    "win_rate": _wins,
    "profit_factor": _profit,
}

_KEYS: Final[tuple[tuple[str, str, Format], ...]] = (
    ("Total return", "total_return", percent),
    ("Return per year", "annualised_return", percent),
    ("Volatility per year", "annualised_volatility", percent),
    ("Deflated Sharpe", "deflated_sharpe", probability),
    ("Trades", "trades", count),
    ("Costs", "total_costs", dollars),
    ("Cost per dollar traded", "cost_per_turnover", bps),
    ("Beta", "beta", decimals),
)


def _key_number(context: Context, name: str, metric: str, written: Format) -> KeyNumber:
    measured = context.measures[metric]
    text = written(measured.value)
    hover = f"{measured.definition.formula} ({measured.definition.source})"
    return KeyNumber(name, text, f"n = {measured.n:,} {measured.counted}", hover, text.startswith("("))
