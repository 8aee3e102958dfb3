"""How often a walk-forward on markets without a signal passes all gates (specification 11.4).

``python -m benchmarks.walk_forward_noise [--markets 100] [--seed 1]`` prints passes with a Clopper-Pearson interval,
and how many markets each gate refused. Markets are independent random walks of six symbols over 36 months, three bars a
session, traded without costs: whatever passes is luck.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import numpy as np

from qts_core.adapters.optuna_studies.samplers import SamplerSettings
from qts_core.cli.walk_forward import fresh_study
from qts_core.config.backtest import GateSettings
from qts_core.exchange import fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Panel
from qts_core.market.timeline import Timeline
from qts_core.research.calibration.rates import pass_rate_interval
from qts_core.research.calibration.stores import MemoryTrials
from qts_core.research.ledger import TrialLedger
from qts_core.research.walk_forward import (
    Market,
    VectorisedBench,
    WalkForward,
    WalkForwardResult,
    WalkForwardSettings,
    find_strategy,
    run_walk_forward,
)

SYMBOLS = 6
MOVE = 0.006
STRATEGIES = ("crossover", "reversal")
TRIALS = 12
EVERY = 10
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def noise_market(line: Timeline, seed: int) -> Market:
    """Return independent random walks without drift, which trade without costs."""
    moves = MOVE * np.random.default_rng(seed).standard_normal((len(line), SYMBOLS))
    closes = 50.0 * np.exp(np.cumsum(moves, axis=0))
    opens = np.vstack([closes[:1], closes[:-1]])
    fields = {
        "open": opens, "high": np.maximum(opens, closes), "low": np.minimum(opens, closes), "close": closes,
        "volume": np.full(closes.shape, 1e6), "factor": np.ones(closes.shape),
    }  # fmt: skip
    names = tuple(f"S{i}" for i in range(SYMBOLS))
    panel = Panel(line, names, fields)
    instruments = tuple(Instrument(name) for name in names)
    return Market(panel, instruments, fill_settings("optimistic"), Decimal(1_000_000), data_hash=f"noise {seed}")


def walked(market: Market, strategy: str, seed: int) -> WalkForwardResult:
    """Walk one strategy forward on one market, with a ledger of its own."""
    settings = WalkForwardSettings(method="random", trials=TRIALS, seed=seed)
    sampler = SamplerSettings(settings.method, seed, 5, settings.grid_levels)
    return run_walk_forward(
        WalkForward(
            VectorisedBench(find_strategy(strategy), market), settings, market.panel, partial(fresh_study, sampler),
            TrialLedger(MemoryTrials()), GateSettings(), "optimistic", lambda: NOON,
        )
    )  # fmt: skip


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--markets", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    line = Timeline.between(xnys(), date(2020, 1, 2), date(2022, 12, 30), bar_minutes=130)
    found: dict[str, list[WalkForwardResult]] = {strategy: [] for strategy in STRATEGIES}
    for number in range(given.markets):
        market = noise_market(line, given.seed * 100_000 + number)
        for strategy, results in found.items():
            results.append(walked(market, strategy, number))
        if number % EVERY == EVERY - 1 or number == given.markets - 1:
            sys.stdout.write("".join(f"{told(strategy, results)}\n" for strategy, results in found.items()))
            sys.stdout.flush()


def told(strategy: str, results: Sequence[WalkForwardResult]) -> str:
    """Return what the markets so far say, in two lines."""
    passed = sum(result.verdict.passed for result in results)
    low, high = pass_rate_interval(passed, len(results))
    sharpes = [result.figures["sharpe"] for result in results]
    refused = Counter(
        gate.name.removeprefix("gate.") for result in results for gate in result.verdict.gates if not gate.passed
    )
    return (
        f"{strategy}: {passed} of {len(results)} markets passed ({low:.1%} to {high:.1%} at 95 % confidence); "
        f"Sharpe ratio out of sample from {min(sharpes):.2f} over {np.median(sharpes):.2f} to {max(sharpes):.2f}\n"
        f"  refused by {', '.join(f'{name} {count}' for name, count in refused.most_common())}"
    )


if __name__ == "__main__":
    main()
