"""The figures of docs/concepts/calibration.md: false passes on noise, power by strength and length.

``nice python -m benchmarks.calibration [--nulls 100] [--markets 20] [--seed 1] [--jobs 1]`` prints two Markdown tables.
A market takes about 20 seconds of one core. It may be stopped at any time: what is done is kept, and the same command
goes on from there. All points grow together, so that the tables of an unfinished run say something too.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from qts_core.adapters.settings_files import load_settings
from qts_core.cli.output import note
from qts_core.cli.rehearsal_journal import RehearsalJournal
from qts_core.cli.rehearsals import Interrupted, run_calibration
from qts_core.config.settings import Settings
from qts_core.research.calibration import Calibration, CalibrationSettings

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
LENGTHS = (18, 24, 36)
TRIALS = 5
STEP = 5
"""Markets of a point before the next point has its turn."""


def points(seed: int, nulls: int, markets: int) -> list[tuple[CalibrationSettings, int]]:
    """Return every kind of market, and how many of it."""
    base = CalibrationSettings(signal=0.0, seed=seed)
    noise = [(base, nulls), (replace(base, trials=TRIALS), max(1, nulls // 2))]
    return noise + [(replace(base, signal=x, months=m), markets) for m in LENGTHS for x in STRENGTHS]


def known(settings: Settings, point: CalibrationSettings, markets: int) -> Calibration | None:
    """Return what is done of a point, None before its first market."""
    done = RehearsalJournal.of(settings, point).outcomes(markets)
    nominal = 1.0 - settings.backtest.gates.min_deflated_sharpe_probability
    return Calibration(point, nominal, tuple(done[n] for n in sorted(done))) if done else None


def run(settings: Settings, plan: list[tuple[CalibrationSettings, int]], jobs: int) -> None:
    """Rehearse everything, a few markets of each point at a time."""
    for upto in range(STEP, max(count for _, count in plan) + STEP, STEP):
        for point, count in plan:
            if min(upto, count) > upto - STEP:
                said = f"signal {point.signal:g}, {point.months} months, trials {point.trials}"
                note(said)
                run_calibration(settings, point, min(upto, count), jobs=jobs, progress=note)


def tables(settings: Settings, plan: list[tuple[CalibrationSettings, int]]) -> str:
    """Return the two tables in Markdown."""
    found = {point: known(settings, point, count) for point, count in plan}
    lines = ["| noise, things tried | markets | passed | pass rate, 95 % | median net Sharpe ratio | refused most by |",
             "|---|---:|---:|---:|---:|---|"]  # fmt: skip
    for point, done in found.items():
        if point.signal == 0.0 and done is not None:
            low, high = done.interval
            most = ", ".join(f"{name} {count}" for name, count in list(done.refusals().items())[:3])
            lines.append(f"| {point.trials} | {len(done.outcomes)} | {done.passed} | {low:.1%} to {high:.1%} | "
                         f"{_median(done)} | {most} |")  # fmt: skip
    lines += ["", "| signal | " + " | ".join(f"{months} months" for months in LENGTHS) + " |",
              "|---|" + "---:|" * len(LENGTHS)]  # fmt: skip
    for strength in STRENGTHS:
        cells = [found[p] for p in found if p.signal == strength]
        lines.append(f"| {strength:g} | " + " | ".join("" if c is None else _cell(c) for c in cells) + " |")
    return "\n".join(lines)


def _cell(done: Calibration) -> str:
    low, high = done.interval
    return f"{done.passed} of {len(done.outcomes)} ({low:.0%} to {high:.0%}), Sharpe {_median(done)}"


def _median(done: Calibration) -> str:
    value = done.as_dict()["median_net_sharpe"]
    return "none" if value is None else f"{value:.2f}"


def main(arguments: list[str]) -> int:
    """Run what is not done yet and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nulls", type=int, default=100)
    parser.add_argument("--markets", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print the tables of what is done, and run nothing")
    chosen = parser.parse_args(arguments)
    settings = load_settings().settings
    plan = points(chosen.seed, chosen.nulls, chosen.markets)
    try:
        if not chosen.show:
            run(settings, plan, chosen.jobs)
    except Interrupted as stopped:
        note(str(stopped))
    print(tables(settings, plan))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
