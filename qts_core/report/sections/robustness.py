"""How much of it holds up: gates, folds, windows, intervals, chance, and how sure the model itself was."""

from __future__ import annotations

from math import isfinite
from typing import Final

import numpy as np

from qts_core.report.blocks import Block, Cell, Figure, Section, Table, cell, figure, from_line, on_screen, table
from qts_core.report.context import Context
from qts_core.report.formats import count, decimals, short_decimals
from qts_core.report.inputs import Fold, Gate
from qts_core.report.sections.chance import chance_blocks
from qts_core.report.sections.surface import surface_figure
from qts_core.report.sections.uncertainty import uncertainty_blocks
from qts_core.report.sections.walk_forward import walk_forward_blocks
from qts_core.report.svg.spread import scatter

__all__ = ["robustness_section"]


_SIGNS = {">=": "≥", "<=": "≤"}
SCORES: Final = {
    "rank_ic": "Rank IC",
    "rank_ic_t": "t of rank IC",
    "rank_ic_std": "Spread of rank IC",
    "hit_ratio": "Hit ratio",
    "rmse": "RMSE",
    "r2": "R²",
    "accuracy": "Accuracy",
    "log_loss": "Log loss",
    "roc_auc": "ROC AUC",
}
"""Scores of a fold in words; one that is not here is written with blanks."""
TABLED = 3
"""Scores in the table of folds; all of them stand with the training's run."""


def robustness_section(context: Context) -> Section | None:
    """Lay out gates, walk-forward windows, folds, what chance would do, and the model's own uncertainty."""
    blocks: list[Block] = []
    if context.given.gates:
        blocks.append(from_line(_gates(context), "ledger"))
    windows = context.given.evidence.walk_forward
    if windows is not None:
        blocks += walk_forward_blocks(windows)
    blocks += _folds(context)
    surface = context.given.evidence.surface
    blocks += chance_blocks(context, has_neighbour=surface is not None)
    if surface is not None:
        blocks.append(surface_figure(surface))
    blocks += uncertainty_blocks(context)
    return Section("robustness", "Walk-forward and robustness", tuple(blocks), "model") if blocks else None


def _folds(context: Context) -> list[Block]:
    """Lay out what each fold showed on the data it was fitted to and on the data after them."""
    folds = context.given.folds
    if not folds:
        return []
    known = list(dict.fromkeys(name for fold in folds for name in fold.measures))
    # The spread of a score and its t say how sure its mean is: beside it they are no score of their own.
    names = [name for name in known if not name.endswith(("_std", "_t"))] or known
    return [_table(folds, names[:TABLED]), *(on_screen(_compared(folds, name)) for name in names[:2])]


def _number(value: float) -> str:
    if abs(value) >= 100 or (float(value).is_integer() and abs(value) >= 10):
        return decimals(value, 0)
    return decimals(value, 2 if abs(value) >= 1 else 3 if abs(value) >= 0.01 else 4)


def _bound(value: float) -> str:
    """Write a threshold as it was set, without the digits that it does not have."""
    return count(value) if abs(value) >= 100 else short_decimals(value)


def _named(measure: str) -> str:
    return SCORES.get(measure, measure.replace("_", " "))


def _table(folds: tuple[Fold, ...], names: list[str]) -> Table:
    nothing = (float("nan"), float("nan"))
    rows = []
    for f in folds:
        row = [
            Cell(f.name),
            Cell(f"{f.train_first:%-d %b %Y} – {f.train_last:%-d %b %Y}"),
            Cell(f"{f.test_first:%-d %b %Y} – {f.test_last:%-d %b %Y}"),
            cell(f.train_samples, count),
            cell(f.test_samples, count),
        ]
        for name in names:
            inside, outside = f.measures.get(name, nothing)
            row += [cell(inside, _number), cell(outside, _number)]
        rows.append(row)
    heads = ["Fold", "Fitted on", "Tested on", "n fitted", "n tested"]
    for name in names:
        heads += [f"{_named(name)}, in sample", "out of sample"]
    return table(
        "Each fold on the sessions it was fitted to, and on others that it had never seen",
        f"n = {len(folds)} folds",
        heads,
        rows,
        words=(0, 1, 2),
        note="Labels that reach into the test sessions are purged from the fit. Every score stands with the training.",
    )


def _compared(folds: tuple[Fold, ...], name: str) -> Figure:
    pairs = [(f, *f.measures[name]) for f in folds if name in f.measures]
    pairs = [p for p in pairs if isfinite(p[1]) and isfinite(p[2])]
    return figure(
        f"{_named(name)}: out of sample (upward) against in sample (to the right); on the dashed line nothing is lost",
        f"n = {len(pairs)} folds",
        lambda width: scatter(
            np.array([p[1] for p in pairs]),
            np.array([p[2] for p in pairs]),
            ["net"] * len(pairs),
            [f"{f.name}: {_number(a)} in sample, {_number(b)} out of sample" for f, a, b in pairs],
            width=width,
            height=200,
            label=f"{_named(name)} of each fold, out of sample against in sample",
            unit="Out of sample",
            x_format=short_decimals,
            y_format=short_decimals,
            is_square=True,
        ),
        is_half=True,
    )


def _gates(context: Context) -> Table:
    """Lay out the gates with value, threshold and reason."""
    gates = context.given.gates
    judged = [g for g in gates if g.applies]
    passed = sum(g.is_passed for g in judged)
    trials = context.given.trials
    spread = (
        "their spread was not recorded, so chance alone stands in for it"
        if trials.variance is None
        else f"their Sharpe ratios per session vary by {trials.variance:.2g}"
    )
    alike = "" if trials.deflating >= trials.count else f", as many as {trials.deflating:,} independent ones"
    return table(
        f"{passed} of {len(judged)} gates passed; one refusal is enough to refuse the model",
        f"n = {len(gates)} gates, {trials.count:,} trial{'' if trials.count == 1 else 's'}",
        ("Gate", "Result", "Value", "Needed", "Reason"),
        [_gate(g) for g in gates],
        words=(0, 1, 4),
        note=f"The deflated Sharpe ratio counts every trial in the ledger: {trials.count:,}{alike}; {spread}.",
    )


def _result(gate: Gate) -> Cell:
    if not gate.applies:
        return Cell("not applicable")
    return Cell("passed", role="good") if gate.is_passed else Cell("refused", role="bad")


def _gate(gate: Gate) -> tuple[Cell, ...]:
    result = _result(gate)
    needed = Cell(f"{_SIGNS.get(gate.comparison, gate.comparison)} {_bound(gate.threshold)}")
    return Cell(gate.name.replace("_", " ")), result, cell(gate.value, _number), needed, Cell(gate.reason)
