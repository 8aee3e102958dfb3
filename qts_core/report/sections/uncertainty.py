"""How sure the model was: coverage against the promise, probabilities against what came, and what silence changed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from qts_core.report.blocks import Block, Cell, Figure, Table, Words, cell, figure, on_screen, table
from qts_core.report.context import Context
from qts_core.report.formats import count, decimals, dollars, percent
from qts_core.report.svg.certainty import coverage_chart, reliability_chart
from qts_core.report.uncertainty_inputs import Silence, UncertaintyRecord

__all__ = ["uncertainty_blocks"]

MEASURES = (
    ("Net return", "net_return", percent),
    ("Net Sharpe ratio", "net_sharpe", decimals),
    ("Largest drawdown", "max_drawdown", percent),
    ("Costs", "costs_dollars", dollars),
    ("Trades", "trades", count),
)
OF = {"intervals": "prediction intervals", "sets": "sets of classes"}


def uncertainty_blocks(context: Context) -> list[Block]:
    """Show what was promised, what came, and what abstaining changed; nothing of a model that does not say."""
    record, silence = context.given.uncertainty, context.given.silence
    if record is None:
        return []
    blocks: list[Block] = []
    if record.kind and record.months:
        blocks.append(on_screen(_coverage(record)))
    if record.bins:
        blocks.append(on_screen(_reliability(record)))
    if silence is not None:
        blocks.append(on_screen(_silence(silence, record)))
    if record.months:
        blocks.append(on_screen(_months(record)))
    if not blocks:
        blocks.append(Words("The model gives neither intervals nor probabilities."))
    return blocks


def _coverage(record: UncertaintyRecord) -> Figure:
    months = [m for m in record.months if math.isfinite(m.share)]
    inside = sum(m.low <= m.share <= m.high for m in months)
    share = record.figures.get(f"coverage_{record.kind}", math.nan)
    low, high = (record.figures.get(f"coverage_{record.kind}_{edge}", math.nan) for edge in ("low", "high"))
    verdict = "kept" if low <= share <= high else "not kept"
    return figure(
        f"{percent(share, 1)} of outcomes were inside {OF[record.kind]} that promise {percent(record.level, 0)}: "
        f"{verdict} (band {percent(low, 1)} to {percent(high, 1)}); {inside} of {len(months)} months in their band",
        f"n = {record.figures.get(f'coverage_{record.kind}_effective', math.nan):,.0f} independent outcomes",
        lambda width: coverage_chart(months, record.level, width=width),
        note="The band is binomial, 95 %, over outcomes that do not share a horizon or a common move; about one month "
        "in twenty lies outside by chance.",
    )


def _reliability(record: UncertaintyRecord) -> Figure:
    error = record.figures.get("calibration_error", math.nan)
    before = record.figures.get("uncalibrated_calibration_error", math.nan)
    was = f", {percent(before, 1)} before calibration" if math.isfinite(before) else ""
    parts = {
        name: record.figures.get(f"brier_{name}", math.nan) for name in ("reliability", "resolution", "uncertainty")
    }
    return figure(
        f"Probabilities of a rise are off by {percent(error, 1)} on average{was}",
        f"n = {sum(one.count for one in record.bins):,} predictions",
        lambda width: reliability_chart(record.bins, record.raw_bins, width=width),
        note=f"Brier score {decimals(record.figures.get('brier', math.nan), 4)} = reliability "
        f"{decimals(parts['reliability'], 4)} - resolution {decimals(parts['resolution'], 4)} + uncertainty "
        f"{decimals(parts['uncertainty'], 4)} + what bins hide.",
        is_half=True,
    )


def _silence(silence: Silence, record: UncertaintyRecord) -> Table:
    share = record.figures.get("abstained", math.nan)
    rows = [
        (Cell(words), cell(_of(silence.abstaining, name), written), cell(_of(silence.outspoken, name), written))
        for words, name, written in MEASURES
    ]
    change = _of(silence.abstaining, "net_return") - _of(silence.outspoken, "net_return")
    reasons = ", ".join(f"{name} {number:,}" for name, number in sorted(silence.reasons.items())) or "none"
    verb = "cost" if change < 0 else "gained"
    return table(
        f"Abstaining from {percent(share, 1)} of the scores {verb} {percent(abs(change))} of net return",
        f"silenced by rule: {reasons}",
        ("Measure", "With abstention", "Without"),
        rows,
        note="The same predictions, costs and limits; both runs stand in the ledger as trials. One difference of two "
        "returns is no evidence that abstaining helps.",
        is_half=True,
    )


def _months(record: UncertaintyRecord) -> Table:
    def share(value: float) -> Cell:
        return cell(value, lambda v: percent(v, 1))

    rows = [
        (Cell(m.month), share(m.share), share(m.low), share(m.high), cell(m.effective, count), share(m.silent))
        for m in record.months
    ]
    heads = ("Month", "Inside", "Band from", "to", "Independent outcomes", "Abstained")
    return table("Coverage and silence by month", f"n = {len(rows):,} months", heads, rows)


def _of(figures: Mapping[str, float], name: str) -> float:
    return figures.get(name, math.nan)
