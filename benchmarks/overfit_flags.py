"""How often each sign of overfitting is raised on planted cases (specification 11.4).

``python -m benchmarks.overfit_flags [--cases 300] [--seed 7]`` prints a Markdown table: share of planted overfit cases
that are flagged, and of honest ones, with how each is made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np

from qts_core.market.panel import Floats
from qts_core.research.overfit_flags import (
    OverfitFlag,
    few_trades,
    high_turnover,
    in_sample_gap,
    parameter_sensitivity,
    regime_dependence,
)
from qts_core.training.evaluation import rank_ic

Case = Callable[[np.random.Generator], OverfitFlag]
SESSIONS, BARS = 310, 26


def gap_case(rng: np.random.Generator, *, signal: float, noise_features: int) -> OverfitFlag:
    """Fit least squares on 60 bars of 20 symbols, judge it there and on 60 more; three folds."""
    inside, outside = [], []
    for _ in range(3):
        features = rng.standard_normal((120, 20, 1 + noise_features))
        returns = signal * features[:, :, 0] + rng.standard_normal((120, 20))
        weights = np.linalg.solve(*_normal(features[:60].reshape(1200, -1), returns[:60].ravel()))
        scores = features @ weights
        inside.append(float(np.nanmean(rank_ic(scores[:60], returns[:60]))))
        outside.append(float(np.nanmean(rank_ic(scores[60:], returns[60:]))))
    return in_sample_gap(inside, outside)


def _normal(features: Floats, returns: Floats) -> tuple[Floats, Floats]:
    return features.T @ features, features.T @ returns


def sensitive_case(rng: np.random.Generator, *, plateau: float) -> OverfitFlag:
    """Choose the best of 30 points; annual Sharpe ratios of 310 sessions, six neighbours alike or not."""
    noise = np.sqrt(252 / SESSIONS)
    shared = rng.standard_normal(30) if plateau else np.zeros(30)
    values = plateau + noise * shared
    best = int(values.argmax()) if plateau else 0
    if not plateau:
        found = noise * rng.standard_normal(30)
        return parameter_sensitivity(float(found.max()), (noise * rng.standard_normal(6)).tolist())
    near = values[best] + 0.3 * noise * rng.standard_normal(6)
    return parameter_sensitivity(float(values[best]), near.tolist())


def trades_case(rng: np.random.Generator, *, rate: float) -> OverfitFlag:
    """Trade so often a session on average."""
    return few_trades(int(rng.poisson(rate * SESSIONS)))


def turnover_case(rng: np.random.Generator, *, level: float) -> OverfitFlag:
    """Trade so much of the equity a session; sessions spread log-normally."""
    return high_turnover(float(np.mean(level * np.exp(0.5 * rng.standard_normal(SESSIONS) - 0.125))))


def regime_case(rng: np.random.Generator, *, sharpe: float, where: str) -> OverfitFlag:
    """Earn an annual Sharpe ratio everywhere, in turbulent sessions, or in one quarter; volatility clusters."""
    turbulence = np.zeros(SESSIONS)
    for day in range(1, SESSIONS):
        turbulence[day] = 0.97 * turbulence[day - 1] + 0.15 * rng.standard_normal()
    spread = 0.01 * np.exp(turbulence)
    bars = spread[:, None] * rng.standard_normal((SESSIONS, BARS)) / np.sqrt(BARS)
    market, moved = bars.sum(axis=1), np.sqrt((bars**2).sum(axis=1))
    earns = np.ones(SESSIONS, dtype=bool)
    if where == "turbulent":
        earns = turbulence > np.quantile(turbulence, 2 / 3)
    elif where == "quarter":
        earns = np.arange(SESSIONS) // 63 == rng.integers(0, 4)
    returns = 0.005 * (sharpe / np.sqrt(252) * earns / earns.mean() + rng.standard_normal(SESSIONS))
    return regime_dependence(returns, market, moved, seed=int(rng.integers(1 << 31)))


CASES: tuple[tuple[str, str, bool, Case], ...] = (
    ("in_sample_gap", "no signal, 30 features", True, lambda r: gap_case(r, signal=0.0, noise_features=29)),
    ("in_sample_gap", "true IC 0.02, 30 features", True, lambda r: gap_case(r, signal=0.02, noise_features=29)),
    ("in_sample_gap", "no signal, 10 features", True, lambda r: gap_case(r, signal=0.0, noise_features=9)),
    ("in_sample_gap", "true IC 0.10, 5 features", False, lambda r: gap_case(r, signal=0.1, noise_features=4)),
    ("in_sample_gap", "true IC 0.05, 5 features", False, lambda r: gap_case(r, signal=0.05, noise_features=4)),
    ("parameter_sensitivity", "best of 30 worthless points", True, lambda r: sensitive_case(r, plateau=0.0)),
    ("parameter_sensitivity", "a plateau of Sharpe ratio 1", False, lambda r: sensitive_case(r, plateau=1.0)),
    ("few_trades", "one trade in 5 sessions", True, lambda r: trades_case(r, rate=0.2)),
    ("few_trades", "one trade in 2 sessions", False, lambda r: trades_case(r, rate=0.5)),
    ("turnover", "3 times the equity a session", True, lambda r: turnover_case(r, level=3.0)),
    ("turnover", "1 time the equity a session", False, lambda r: turnover_case(r, level=1.0)),
    ("regime_dependence", "Sharpe ratio 2, all in turbulent sessions", True,
     lambda r: regime_case(r, sharpe=2.0, where="turbulent")),
    ("regime_dependence", "Sharpe ratio 2, all in one quarter", True,
     lambda r: regime_case(r, sharpe=2.0, where="quarter")),
    ("regime_dependence", "Sharpe ratio 2 everywhere", False, lambda r: regime_case(r, sharpe=2.0, where="all")),
    ("regime_dependence", "Sharpe ratio 0.5 everywhere", False, lambda r: regime_case(r, sharpe=0.5, where="all")),
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args(arguments)
    print("| flag | planted | is overfit | raised | could be judged |\n|---|---|---|---:|---:|")
    for place, (name, planted, is_overfit, case) in enumerate(CASES):
        rng = np.random.default_rng([chosen.seed, place])
        flags = [case(rng) for _ in range(chosen.cases)]
        judged = [flag for flag in flags if flag.applies]
        raised = float(np.mean([flag.is_raised for flag in judged])) if judged else float("nan")
        answer = "yes" if is_overfit else "no"
        print(f"| `{name}` | {planted} | {answer} | {raised:.1%} | {len(judged) / len(flags):.0%} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
