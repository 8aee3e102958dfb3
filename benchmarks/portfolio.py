"""Time of every way to spread weights over 50 assets: ours, and skfolio's for the same answer (specification 10.2).

``python -m benchmarks.portfolio [--assets 50] [--sessions 252] [--repeats 7]`` prints the median time of each method in
milliseconds of wall and of processor, skfolio's, and the largest difference of a weight. Goals: 1 ms for what may run
at every bar, 100 ms for what needs a solver. skfolio runs at its usual accuracy; the tests compare at a higher one.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from skfolio import RiskMeasure
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.optimization import (
    HierarchicalRiskParity,
    InverseVolatility,
    MeanRisk,
    ObjectiveFunction,
    RiskBudgeting,
)

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Penalties
from qts_core.portfolio.optimisation.covariance import ledoit_wolf, sample_covariance
from qts_core.portfolio.optimisation.hierarchical import hierarchical_risk_parity
from qts_core.portfolio.optimisation.mean_variance import maximum_return, maximum_sharpe, minimum_variance
from qts_core.portfolio.optimisation.risk_parity import inverse_volatility, risk_parity
from qts_core.portfolio.optimisation.robust import worst_of_ellipsoid, worst_of_interval
from qts_core.portfolio.optimisation.tail_risk import minimum_cvar

BAR_GOAL_MS, SOLVER_GOAL_MS = 1.0, 100.0
LIMITS, NONE = Constraints(max_weight=0.1), Penalties()
Call = Callable[[], Floats]


def drawn(assets: int, sessions: int) -> Floats:
    """Return daily returns [T, N] with a common factor."""
    rng = np.random.default_rng(1)
    own = rng.standard_normal((sessions, assets)) * rng.uniform(0.5, 2.0, assets)
    return np.asarray(4e-4 + 0.008 * (own + rng.standard_normal((sessions, 1)) * rng.uniform(0.5, 1.5, assets)))


def timed(call: Call, repeats: int) -> tuple[float, float, Floats]:
    """Return the median wall and processor milliseconds of `call` once warm, and its answer."""
    answer = call()
    taken = np.empty((repeats, 2))
    for turn in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        taken[turn] = time.perf_counter() - wall, time.process_time() - cpu
    wall_ms, cpu_ms = np.median(taken, axis=0) * 1e3
    return float(wall_ms), float(cpu_ms), answer


def rows(returns: Floats) -> list[tuple[str, float, Call, Call | None]]:
    """Return name, goal, our call and skfolio's."""
    mean = returns.mean(axis=0)
    covariance = sample_covariance(returns)
    volatility = float(np.sqrt(np.diagonal(covariance)).mean()) * 0.8

    def theirs(**choice: object) -> Call:
        return lambda: np.asarray(MeanRisk(max_weights=0.1, **choice).fit(returns).weights_)

    ratio, most = ObjectiveFunction.MAXIMIZE_RATIO, ObjectiveFunction.MAXIMIZE_RETURN
    both: dict[str, Any] = {"limits": LIMITS, "penalties": NONE}
    return [
        ("covariance, 60 sessions, shrunk", BAR_GOAL_MS, lambda: ledoit_wolf(returns[-60:])[0], None),
        ("inverse volatility", BAR_GOAL_MS, lambda: inverse_volatility(sample_covariance(returns)),
         lambda: InverseVolatility().fit(returns).weights_),
        ("risk parity", BAR_GOAL_MS, lambda: risk_parity(sample_covariance(returns)),
         lambda: RiskBudgeting().fit(returns).weights_),
        ("hierarchical risk parity", SOLVER_GOAL_MS, lambda: hierarchical_risk_parity(sample_covariance(returns)),
         lambda: HierarchicalRiskParity(
             hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
         ).fit(returns).weights_),
        ("least variance", SOLVER_GOAL_MS, lambda: minimum_variance(covariance, **both), theirs()),
        ("most return for a risk", SOLVER_GOAL_MS, lambda: maximum_return(covariance, mean, volatility, **both),
         theirs(objective_function=most, max_standard_deviation=volatility)),
        ("best ratio", SOLVER_GOAL_MS, lambda: maximum_sharpe(covariance, mean, **both),
         theirs(objective_function=ratio)),
        ("utility (Black-Litterman, interval)", SOLVER_GOAL_MS,
         lambda: worst_of_interval(covariance, mean, np.zeros(len(mean)), 2.5, **both), None),
        ("robust, ellipsoid", SOLVER_GOAL_MS,
         lambda: worst_of_ellipsoid(covariance, mean, covariance / 60, 1.0, 2.5, **both), None),
        ("least CVaR", SOLVER_GOAL_MS, lambda: minimum_cvar(returns, 0.95, **both),
         theirs(risk_measure=RiskMeasure.CVAR)),
    ]  # fmt: skip


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("assets", 50), ("sessions", 252), ("repeats", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"{'method':38}{'goal ms':>9}{'wall ms':>9}{'cpu ms':>9}{'skfolio':>9}{'difference':>12}")
    for name, goal, ours, other in rows(drawn(asked.assets, asked.sessions)):
        wall, cpu, weights = timed(ours, asked.repeats)
        line = f"{name:38}{goal:9.0f}{wall:9.3f}{cpu:9.3f}"
        if other is not None:
            their_wall, _, their_weights = timed(other, asked.repeats)
            line += f"{their_wall:9.1f}{np.abs(weights - their_weights).max():12.1e}"
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
