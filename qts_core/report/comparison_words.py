"""What a comparison of all models shows, in sentences that claim no more than the figures do."""

from __future__ import annotations

import math

import numpy as np

from qts_core.report.comparison_inputs import ComparedModel, ModelComparison
from qts_core.report.formats import decimals, percent, probability
from qts_core.training.evaluation.measuring import VERDICT_COST_RATIO

__all__ = ["basis", "caveats", "headline", "reasons"]

NORMAL_95 = 1.96
YEAR = 252
MANY = 6
IDLE = 0.05


def headline(given: ModelComparison) -> str:
    """Return the verdict in one line."""
    count, passed = len(given.models), given.passed
    if passed:
        names = ", ".join(model.key for model in passed[:MANY])
        return f"{len(passed)} of {count} models passed every gate: {names}"
    if count == 1:
        return f"{given.best.key} is not shown to earn anything after costs"
    return f"None of {count} models is shown to earn anything after costs"


def basis(given: ModelComparison) -> str:
    """Return what the verdict rests on."""
    first, last = min(m.first for m in given.models), max(m.last for m in given.models)
    trials = "one trial" if given.trials == 1 else f"{given.trials:,} trials"
    return (
        f"{given.data.symbols} symbols, out of sample {first} to {last}; {trials} in the ledger, as many as "
        f"{given.independent:.1f} independent ones"
    )


def reasons(given: ModelComparison) -> tuple[str, ...]:
    """Return what was found, the strongest first."""
    best, sharpe = given.best, given.best.sharpe
    found = [
        f"The best, {best.key}, has a Sharpe ratio of {_signed(sharpe.value)} after costs, 95 % interval "
        f"{_signed(sharpe.interval.low)} to {_signed(sharpe.interval.high)}; the best of as many worthless models "
        f"shows {_signed(given.luck)} on average. The probability that it is more than luck is "
        f"{probability(best.deflated)}.",
        *_doubts(best),
        _sides(given),
    ]
    before = [m for m in given.models if math.isfinite(m.gross_return)]
    if before:
        gained = sum(m.gross_return > 0 for m in before)
        after = sum(m.net_return > 0 for m in before)
        paid = float(np.median([m.gross_return - m.net_return for m in before]))
        found.append(
            f"Before costs {gained} of {len(before)} earned something, after costs {after}; the median model paid "
            f"{percent(paid, 1)} of its capital in costs."
        )
    together = given.together
    if together is not None and math.isfinite(together.overfitting):
        found.append(
            f"Choosing the best of them on one half of the sessions gave, in {percent(together.overfitting, 0)} of the "
            f"ways to halve them, one that was no better than the median on the other half (PBO), and in "
            f"{percent(together.losing, 0)} one that lost money there as well."
        )
        found.append(f"p-value that the best is no better than cash, given the others: {probability(together.best_p)}.")
    return tuple(found)


def caveats(given: ModelComparison) -> tuple[str, ...]:
    """Return what these data cannot show, and what the reader must know of them."""
    sessions = max(m.sessions for m in given.models)
    reach = NORMAL_95 * math.sqrt(YEAR / sessions)
    preset = VERDICT_COST_RATIO * 1e4
    found = [
        f"{sessions} sessions tell a Sharpe ratio from zero only beyond about {reach:.1f}: a smaller edge may exist "
        "and would not be seen here. What is not shown is not disproved.",
        f"Costs of every figure after costs, those of single folds too, are the verdict's ({given.costs.words}). "
        f"The figures long_short.* of folds in MLflow are another, simpler measure, always at {preset:g} bp.",
    ]
    data = given.data
    if data.ended:
        judged = max(data.thin - data.unjudged, 0)
        found.append(
            f"Thin end: {len(data.ended)} of {data.symbols} symbols end before the data does, the first on "
            f"{min(data.ended.values())}; of the last {data.thin} sessions without them {judged} are judged. "
            "A position in a symbol that has no more bars stays in the account at its last price."
        )
    found.append(
        "The symbols are those that somebody chose to keep; if that choice was made afterwards, they survived, and "
        "every return is too friendly."
    )
    return tuple(found)


def _doubts(best: ComparedModel) -> list[str]:
    """Say where what the best earned does not follow from what it foretold."""
    found = []
    rank = best.rank_ic
    if rank.interval.low <= 0:
        found.append(
            f"Nothing shows that {best.key} foretold what it earned: its scores have a rank correlation of "
            f"{_signed(rank.value, 3)} with what came, {_signed(rank.interval.low, 3)} to "
            f"{_signed(rank.interval.high, 3)}."
        )
    if best.idle > IDLE * best.sessions:
        found.append(
            f"{best.key} held nothing in {best.idle} of its {best.sessions} sessions: some of its calm is rest."
        )
    return found


def _sides(given: ModelComparison) -> str:
    above = sum(m.sharpe.interval.low > 0 for m in given.models)
    below = sum(m.sharpe.interval.high < 0 for m in given.models)
    ranked = sum(m.rank_ic.interval.low > 0 for m in given.models)
    count = len(given.models)
    return (
        f"The interval of the Sharpe ratio lies above zero for {above} of {count}, below zero for {below}; that of the "
        f"rank correlation with what came lies above zero for {ranked}. With none of them worth anything, "
        f"{count * 0.025:.1f} would be expected."
    )


def _signed(value: float, places: int = 2) -> str:
    return decimals(value, places).replace("(", "−").replace(")", "")
